/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_dpdk_link.h"

#include "eal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Ring sizes that a burst of answers to every open connection's last segment fits in. */
#define RING_PKTS 1024

static struct config config_of(struct load_dpdk_link *link)
{
	struct load_dpdk_link_settings *settings = &link->settings;
	link->port_config = (struct config_port){.device = settings->device,
		.mtu_bytes = settings->mtu_bytes,
		.rx_ring_pkts = RING_PKTS,
		.tx_ring_pkts = RING_PKTS,
		.addresses = settings->addresses,
		.n_addresses = settings->n_addresses};
	return (struct config){.worker = {.lcores = &settings->lcore,
				       .n_lcores = 1,
				       .huge_pages = settings->huge_pages,
				       .memory_mib = settings->memory_mib,
				       .eal_arguments = settings->eal_arguments,
				       .n_eal_arguments = settings->n_eal_arguments},
		.ports = &link->port_config,
		.n_ports = 1,
		.control = {.log_level = CONFIG_LOG_ERROR}};
}

static bool start_port(struct load_dpdk_link *link, struct load_error *error)
{
	link->port = port_create(&link->port_config, 1, link->settings.memory_mib, error->text, sizeof(error->text));
	if (!link->port)
		return false;
	struct local_address_link own = {.port_id = link->port->id, .config = &link->port_config};
	memcpy(own.mac, link->port->mac, sizeof(own.mac));
	link->addresses = local_address_create(&own, 1);
	return link->addresses || load_error_set(error, "out of memory");
}

static bool tell_nobody(void *context, const struct neigh_news *news)
{
	(void)context;
	(void)news;
	return false;
}

static bool start_neighbours(struct load_dpdk_link *link, struct load_error *error)
{
	const struct neigh_callbacks callbacks = {
		.context = &link->tx, .transmit = tx_frame, .send = tx_packet, .drop = tx_drop, .learned = tell_nobody};
	uint8_t key[16];
	if (getrandom(key, sizeof(key), 0) != sizeof(key) || tx_init(&link->tx, 0, &link->port, 1, &link->stats) != 0)
		return load_error_set(error, "out of memory");
	link->neigh = neigh_create(link->addresses, &callbacks, key, &link->stats);
	link->tx.neigh = link->neigh;
	return link->neigh || load_error_set(error, "out of memory");
}

struct load_dpdk_link *load_dpdk_link_start(const struct load_dpdk_link_settings *settings, struct load_error *error)
{
	struct load_dpdk_link *link = calloc(1, sizeof(*link));
	if (!link) {
		load_error_set(error, "out of memory");
		return NULL;
	}
	link->settings = *settings;
	link->config = config_of(link);
	if (eal_start(&link->config, error->text, sizeof(error->text)) != 0) {
		free(link);
		return NULL;
	}
	if (start_port(link, error) && start_neighbours(link, error))
		return link;
	load_dpdk_link_stop(link);
	return NULL;
}

void load_dpdk_link_stop(struct load_dpdk_link *link)
{
	if (!link)
		return;
	neigh_destroy(link->neigh);
	tx_fini(&link->tx);
	local_address_destroy(link->addresses);
	port_destroy(link->port);
	eal_stop();
	free(link);
}
