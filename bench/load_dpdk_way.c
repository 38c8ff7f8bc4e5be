/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_dpdk_way.h"

#include "load_dpdk.h"
#include "load_words.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#define MAX_EAL_ARGUMENTS 64

/* Of the one run; DPDK itself is once in a process. */
static struct {
	struct config_address *addresses;
	size_t n_addresses;
	char *eal_text;
	const char *eal_arguments[MAX_EAL_ARGUMENTS];
	struct load_dpdk_link *link;
	pthread_key_t adopted; /* set in a thread that is to be let go at its end */
} way;

/* --- addresses --- */

static bool add_address(const struct config_address *address, struct load_error *error)
{
	for (size_t i = 0; i < way.n_addresses; i++)
		if (ip_address_equal(&way.addresses[i].ip, &address->ip))
			return true;
	if (way.n_addresses == LOAD_DPDK_LINK_MAX_ADDRESSES)
		return load_error_set(
			error, "--address, --source: expected at most %d addresses", LOAD_DPDK_LINK_MAX_ADDRESSES);
	way.addresses[way.n_addresses++] = *address;
	return true;
}

static bool read_own_addresses(const char *text, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	size_t at = 0;
	while (load_words_next(text, ",", &at, word)) {
		struct config_address address = {0};
		if (ip_address_parse_prefix(word, &address.ip, &address.prefix_len) != 0)
			return load_error_set(
				error, "--address: expected ADDRESS/LENGTH such as 192.0.2.2/24, found \"%s\"", word);
		if (!add_address(&address, error))
			return false;
	}
	return true;
}

/* A gateway serves every address of ours that shares its network. */
static bool read_gateways(const char *text, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	size_t at = 0;
	while (text && load_words_next(text, ",", &at, word)) {
		struct ip_address gateway;
		bool is_used = false;
		if (ip_address_parse(word, &gateway) != 0)
			return load_error_set(error, "--gateway: expected an address, found \"%s\"", word);
		for (size_t i = 0; i < way.n_addresses; i++) {
			struct config_address *own = &way.addresses[i];
			if (!ip_address_same_prefix(&own->ip, &gateway, own->prefix_len))
				continue;
			own->gateway = gateway;
			own->has_gateway = is_used = true;
		}
		if (!is_used)
			return load_error_set(
				error, "--gateway %s: expected an address in a network of --address", word);
	}
	return true;
}

/* Each source becomes an address of ours, in the network of the --address that it lies in. */
static bool add_sources(const struct load_sources *sources, struct load_error *error)
{
	const size_t n_own = way.n_addresses;
	for (uint64_t turn = 0; turn < sources->n_addresses; turn++) {
		char text[IP_ADDRESS_TEXT_SIZE];
		struct load_endpoint source;
		load_sources_at(sources, turn, &source);
		size_t i = 0;
		while (i < n_own &&
			!ip_address_same_prefix(&way.addresses[i].ip, &source.address, way.addresses[i].prefix_len))
			i++;
		if (i == n_own)
			return load_error_set(error, "--source %s: expected an address in a network of --address",
				ip_address_format(&source.address, text));
		struct config_address address = way.addresses[i];
		address.ip = source.address;
		if (!add_address(&address, error))
			return false;
	}
	return true;
}

/* Those that can reach the target: of its family, and of --source if that was given. */
static uint64_t count_sources(const struct load_plan *plan)
{
	const bool is_v4 = ip_address_is_v4(&plan->target.address);
	uint64_t n = 0;
	for (size_t i = 0; i < way.n_addresses; i++)
		n += ip_address_is_v4(&way.addresses[i].ip) == is_v4;
	return plan->sources.n_addresses > 0 ? plan->sources.n_addresses : n;
}

/* What is open at one time has a port each. */
static bool has_enough_ports(const struct load_plan *plan, struct load_error *error)
{
	const uint64_t n = count_sources(plan);
	const struct load_sources *sources = &plan->sources;
	const unsigned ports = sources->first_port ? sources->last_port - sources->first_port + 1U : LOAD_DPDK_PORTS;
	if (n == 0)
		return load_error_set(error, "--address: expected an %s address, as the target's",
			ip_address_is_v4(&plan->target.address) ? "IPv4" : "IPv6");
	if (plan->connections <= n * ports)
		return true;
	return load_error_set(error,
		"more connections than ports: expected --connections of at most %llu (%u ports, source addresses: "
		"%llu), "
		"found %llu",
		(unsigned long long)n * ports, ports, (unsigned long long)n, (unsigned long long)plan->connections);
}

static bool read_addresses(const struct load_plan *plan, struct load_error *error)
{
	way.addresses = calloc(LOAD_DPDK_LINK_MAX_ADDRESSES, sizeof(*way.addresses));
	if (!way.addresses)
		return load_error_set(error, "out of memory");
	return read_own_addresses(plan->options.address, error) && read_gateways(plan->options.gateway, error) &&
	       add_sources(&plan->sources, error) && has_enough_ports(plan, error);
}

/* --- a way --- */

static bool split_eal_arguments(const char *text, size_t *out_n, struct load_error *error)
{
	char *rest = NULL;
	*out_n = 0;
	way.eal_text = strdup(text ? text : "");
	if (!way.eal_text)
		return load_error_set(error, "out of memory");
	for (char *word = strtok_r(way.eal_text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (*out_n == MAX_EAL_ARGUMENTS)
			return load_error_set(error, "--eal: expected at most %d arguments", MAX_EAL_ARGUMENTS);
		way.eal_arguments[(*out_n)++] = word;
	}
	return true;
}

static bool start_link(const struct load_plan *plan, struct load_error *error)
{
	const struct load_options *options = &plan->options;
	struct load_dpdk_link_settings settings = {.device = options->device,
		.eal_arguments = way.eal_arguments,
		.addresses = way.addresses,
		.n_addresses = way.n_addresses,
		.mtu_bytes = (unsigned)options->mtu_bytes,
		.memory_mib = (unsigned)options->memory_mib,
		.huge_pages = (enum config_huge_pages)options->huge_pages,
		.lcore = (unsigned)options->lcore};
	if (!split_eal_arguments(options->eal, &settings.n_eal_arguments, error))
		return false;
	way.link = load_dpdk_link_start(&settings, error);
	return way.link != NULL;
}

static void let_thread_go(void *unused)
{
	(void)unused;
	rte_thread_unregister();
}

static void finish(void)
{
	load_dpdk_link_stop(way.link);
	pthread_key_delete(way.adopted);
	free(way.addresses);
	free(way.eal_text);
	memset(&way, 0, sizeof(way));
}

static bool prepare(const struct load_plan *plan, struct load_error *error)
{
	const struct load_options *options = &plan->options;
	if (!options->device || !options->address)
		return load_error_set(error, "--via dpdk: expected --device and --address");
	if (options->threads != 1)
		return load_error_set(error, "--via dpdk: expected --threads 1 (one process per processor and port)");
	if (pthread_key_create(&way.adopted, let_thread_go) != 0)
		return load_error_set(error, "out of memory");
	if (read_addresses(plan, error) && start_link(plan, error))
		return true;
	finish();
	return false;
}

/* The thread becomes DPDK's, with a cache of packet buffers, on a processor of its own; until it ends, when the next
 * one takes over its number and the cache. */
static bool adopt_thread(unsigned lcore, struct load_error *error)
{
	cpu_set_t processors;
	CPU_ZERO(&processors);
	CPU_SET(lcore, &processors);
	if (sched_setaffinity(0, sizeof(processors), &processors) != 0)
		return load_error_set(error, "--lcore %u: %s", lcore, strerror(errno));
	if (rte_thread_register() != 0)
		return load_error_set(error, "DPDK refuses a thread: %s", rte_strerror(rte_errno));
	pthread_setspecific(way.adopted, &way);
	return true;
}

static struct load_transport *open_transport(
	const struct load_plan *plan, unsigned thread, uint32_t n_slots, struct load_error *error)
{
	(void)thread;
	if (!adopt_thread((unsigned)plan->options.lcore, error))
		return NULL;
	return load_dpdk_create(way.link, n_slots, error);
}

const struct load_way load_dpdk_way = {
	.name = "dpdk", .prepare = prepare, .open = open_transport, .close = load_dpdk_destroy, .finish = finish};
