/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_plan.h"
#include "load_tls12.h"
#include "load_tls13.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* A closed loop has as many connections as it is asked for; an open one needs room for what the server is late with. */
#define OPEN_LOOP_CONNECTIONS 10000
#define DURATION_NS           UINT64_C(10000000000)
#define SEARCH_DURATION_NS    UINT64_C(5000000000)

/* "name:443", "192.0.2.1:443", "[2001:db8::1]:443". */
static bool split_target(const char *text, char *host, size_t size, uint16_t *out_port, struct load_error *error)
{
	const char *colon = strrchr(text, ':');
	char *end = NULL;
	const unsigned long port = colon ? strtoul(colon + 1, &end, 10) : 0;
	size_t len = colon ? (size_t)(colon - text) : 0;
	const bool is_bracketed = len > 2 && text[0] == '[' && text[len - 1] == ']';
	if (is_bracketed) {
		text++;
		len -= 2;
	}
	if (!end || *end != '\0' || colon[1] < '0' || colon[1] > '9' || port == 0 || port > UINT16_MAX || len == 0 ||
		len >= size || (!is_bracketed && memchr(text, ':', len)))
		return load_error_set(error, "expected a target HOST:PORT (IPv6 in brackets), found \"%s\"",
			is_bracketed ? text - 1 : text);
	memcpy(host, text, len);
	host[len] = '\0';
	*out_port = (uint16_t)port;
	return true;
}

static bool resolve(const char *host, struct ip_address *out, struct load_error *error)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	const int status = getaddrinfo(host, NULL, &hints, &found);
	if (status != 0)
		return load_error_set(error, "%s: %s", host, gai_strerror(status));
	if (found->ai_family == AF_INET6)
		memcpy(out->octets, &((struct sockaddr_in6 *)(void *)found->ai_addr)->sin6_addr, 16);
	else
		*out = ip_address_from_v4((const uint8_t *)&((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr);
	freeaddrinfo(found);
	return true;
}

static void set_shape(struct load_plan *plan)
{
	const struct load_options *options = &plan->options;
	plan->is_open = options->rate.from > 0 || options->search_p99_ns > 0;
	plan->count = options->count;
	plan->duration_ns = options->duration_ns;
	if (plan->duration_ns == 0 && options->count == 0)
		plan->duration_ns = options->search_p99_ns ? SEARCH_DURATION_NS : DURATION_NS;
	plan->connections = options->connections;
	if (options->connections == 0)
		plan->connections = plan->is_open ? OPEN_LOOP_CONNECTIONS : 64;
	plan->arrivals = (struct load_arrivals_wish){
		options->rate.from, options->rate.to, options->is_poisson, plan->duration_ns};
}

static bool read_target(struct load_plan *plan, bool *out_is_literal, struct load_error *error)
{
	if (!split_target(plan->options.target, plan->host, sizeof(plan->host), &plan->target.port, error))
		return false;
	*out_is_literal = ip_address_parse(plan->host, &plan->target.address) == 0;
	return *out_is_literal || resolve(plan->host, &plan->target.address, error);
}

static bool read_names(struct load_plan *plan, bool is_literal, struct load_error *error)
{
	const struct load_options *options = &plan->options;
	if (options->sni && options->sni_file)
		return load_error_set(error, "--sni and --sni-file: expected one of them, found both");
	if (options->sni_file)
		return load_names_read(&plan->names, options->sni_file, error);
	return load_names_set(&plan->names, options->sni ? options->sni : is_literal ? "" : plan->host, error);
}

static bool check_shape(const struct load_options *options, struct load_error *error)
{
	if (options->rate.from != options->rate.to && options->duration_ns == 0)
		return load_error_set(error, "--rate: a ramp needs a --duration");
	if (options->is_poisson && options->rate.from == 0)
		return load_error_set(error, "--poisson: expected with --rate alone");
	if (options->search_p99_ns > 0 && (options->count || options->rate.from != options->rate.to))
		return load_error_set(error, "--search-p99: expected with neither --count nor a ramp");
	if (options->response_bytes && !options->requests)
		return load_error_set(error, "--response-bytes: expected with --requests alone");
	return true;
}

bool load_plan_init(struct load_plan *plan, const struct load_options *options, struct load_error *error)
{
	bool is_literal;
	*plan = (struct load_plan){.options = *options};
	if (!check_shape(options, error) || !read_target(plan, &is_literal, error) ||
		!load_sources_read(
			&plan->sources, options->source, options->source_ports, &plan->target.address, error) ||
		!read_names(plan, is_literal, error))
		return false;
	set_shape(plan);
	plan->tls_ops = options->version == LOAD_OPTIONS_TLS13 ? &load_tls13_ops : &load_tls12_ops;
	plan->tls = (struct load_tls_settings){.groups = options->groups,
		.suites = options->ciphers,
		.signatures = options->signatures,
		.alpn = options->alpn,
		.ca_file = options->ca_file,
		.reuse_key_share = options->reuse_key_share};
	return true;
}

void load_plan_fini(struct load_plan *plan)
{
	load_names_fini(&plan->names);
	*plan = (struct load_plan){0};
}
