/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"

#include "fellow.h"
#include "neigh.h"
#include "packet.h"
#include "tx.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

enum {
	/* Buffers that each worker keeps at hand; a mempool's cache holds up to half as many more before it gives back.
	 */
	POOL_CACHE = 256,
	LINK_WAIT_MS = 2000,
	LINK_POLL_MS = 10,
	/* Ethernet header, VLAN tag, frame check sequence; and room to build the longest headers before a full segment.
	 */
	FRAME_OVERHEAD = 128,
	/* Receive bursts in hand, on both sides of a hand-off. */
	IN_HAND = 64,
};

static const uint64_t WANTED_RSS =
	RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_TCP;
static const uint64_t TCP_RSS = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP;
static const uint64_t RX_CHECKSUMS = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
/* What a port must be able to do for us to leave cutting to it: each packet it makes needs both sums. */
static const uint64_t TX_SEGMENTATION = RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
					RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS;

/* What port_create() hands from step to step. */
struct setup {
	struct port *port;
	struct rte_eth_dev_info info;
	unsigned n_workers, memory_mib;
	uint16_t n_rx, n_tx; /* descriptors */
	char *error;
	size_t error_size;
};

static int fail(const struct setup *setup, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(const struct setup *setup, const char *format, ...)
{
	char text[256];
	va_list list;
	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	snprintf(setup->error, setup->error_size, "port %s: %s", setup->port->config->device, text);
	return -EIO;
}

static bool is_driver(const struct setup *setup, const char *name)
{
	return setup->info.driver_name && strcmp(setup->info.driver_name, name) == 0;
}

/* "net_tap0,iface=hf0" is the device net_tap0. @return false if there is none. */
static bool look_up(const struct config_port *config, uint16_t *out_id)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	size_t length = strcspn(config->device, ",");
	if (length >= sizeof(name))
		return false;
	memcpy(name, config->device, length);
	name[length] = '\0';
	return rte_eth_dev_get_port_by_name(name, out_id) == 0;
}

bool port_exists(const struct config_port *config)
{
	uint16_t id;
	return look_up(config, &id);
}

static int find_device(struct setup *setup)
{
	struct port *port = setup->port;
	if (!look_up(port->config, &port->id))
		return fail(setup, "no such device (no --vdev for it in worker.eal_arguments, a NIC not bound to "
				   "vfio-pci, or no right to it)");
	int result = rte_eth_dev_info_get(port->id, &setup->info);
	return result == 0 ? 0 : fail(setup, "cannot be asked for its abilities: %s", rte_strerror(-result));
}

static void choose_queues(struct setup *setup)
{
	struct port *port = setup->port;
	unsigned rx = setup->info.max_rx_queues, tx = setup->info.max_tx_queues;
	unsigned most = RTE_MIN(rx, tx);
	/* One queue per worker is only of use where flows stay on theirs: else each packet would be handed on anyway.
	 */
	bool spreads = (setup->info.flow_type_rss_offloads & TCP_RSS) == TCP_RSS && most >= setup->n_workers;
	port->n_queues = (uint16_t)(spreads ? setup->n_workers : 1);
	port->steers_flows = port->n_queues == setup->n_workers;
}

/* What the driver does in software it does no better than we: net_tap's offloads copy and sum. */
static bool wants_offloads(const struct setup *setup)
{
	switch (setup->port->config->offloads) {
	case CONFIG_OFFLOADS_OFF:
		return false;
	case CONFIG_OFFLOADS_DRIVER:
		return true;
	case CONFIG_OFFLOADS_AUTO:
		break;
	}
	return !is_driver(setup, "net_tap");
}

/* Octets of one buffer that packets may fill. */
static unsigned buffer_bytes(const struct setup *setup)
{
	return RTE_MAX(setup->port->config->mtu_bytes + FRAME_OVERHEAD, 2048U);
}

/* How much payload one packet may bring to a port that segments: an IP packet's length has 16 bits, and each buffer
 * takes a descriptor. */
static uint32_t segment_bytes(const struct setup *setup)
{
	uint32_t most = UINT16_MAX - FRAME_OVERHEAD;
	uint32_t buffers = setup->info.tx_desc_lim.nb_seg_max;
	if (buffers == 0) /* no limit */
		return most;
	uint32_t fits = buffers * buffer_bytes(setup);
	return fits <= FRAME_OVERHEAD ? 0 : RTE_MIN(most, fits - FRAME_OVERHEAD);
}

/* net_tap takes the MTU for the longest frame, and what it does not cut stays at the head of its queue for ever
 * (DPDK 22.11, pmd_tx_burst()): what would fill the MTU is cut by us. */
static uint32_t cut_frame_bytes(const struct setup *setup)
{
	uint32_t mtu = setup->port->config->mtu_bytes;
	return is_driver(setup, "net_tap") ? mtu : mtu + PACKET_MAX_ETHERNET_BYTES;
}

static void choose_offloads(struct setup *setup, struct rte_eth_conf *conf)
{
	struct port *port = setup->port;
	/* Every packet sent comes from this port's pool and has one reference. */
	conf->txmode.offloads = setup->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (!wants_offloads(setup))
		return;
	conf->rxmode.offloads = setup->info.rx_offload_capa & RX_CHECKSUMS;
	port->offload_rx_checksum = conf->rxmode.offloads != 0;
	port->offload_tcp_checksum = (setup->info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0;
	if (port->offload_tcp_checksum)
		conf->txmode.offloads |= RTE_ETH_TX_OFFLOAD_TCP_CKSUM;
	if ((setup->info.tx_offload_capa & TX_SEGMENTATION) != TX_SEGMENTATION)
		return;
	port->segment_bytes = segment_bytes(setup);
	port->cut_frame_bytes = cut_frame_bytes(setup);
	conf->txmode.offloads |= TX_SEGMENTATION;
}

static int configure(struct setup *setup)
{
	struct port *port = setup->port;
	struct rte_eth_conf conf = {.rxmode = {.mtu = port->config->mtu_bytes}};
	if (port->n_queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = setup->info.flow_type_rss_offloads & WANTED_RSS;
	}
	choose_offloads(setup, &conf);
	int result = rte_eth_dev_configure(port->id, port->n_queues, port->n_queues, &conf);
	if (result != 0)
		return fail(setup, "cannot set up %u queues and an MTU of %u: %s", port->n_queues,
			port->config->mtu_bytes, rte_strerror(-result));
	setup->n_rx = (uint16_t)port->config->rx_ring_pkts;
	setup->n_tx = (uint16_t)port->config->tx_ring_pkts;
	result = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &setup->n_rx, &setup->n_tx);
	return result == 0 ? 0
			   : fail(setup, "refuses rings of %u and %u packets: %s", setup->n_rx, setup->n_tx,
				     rte_strerror(-result));
}

/* Where packet buffers can be at one time; so that a pool that runs empty is a fault of the peer, never of the sizes.
 */
static unsigned pool_size(const struct setup *setup)
{
	unsigned per_queue = setup->n_rx + setup->n_tx;
	unsigned per_worker = POOL_CACHE * 3 / 2 + IN_HAND + TX_BUFFER_PKTS + NEIGH_MAX_ASKED * NEIGH_MAX_HELD;
	if (!setup->port->steers_flows)
		per_worker += FELLOW_INBOX_PKTS;
	if (setup->port->n_queues < setup->n_workers)
		per_queue += TX_RELAY_PKTS;
	return setup->port->n_queues * per_queue + setup->n_workers * per_worker;
}

static int create_pool(struct setup *setup)
{
	struct port *port = setup->port;
	char name[RTE_MEMPOOL_NAMESIZE];
	unsigned n = pool_size(setup);
	unsigned room = RTE_PKTMBUF_HEADROOM + buffer_bytes(setup);
	snprintf(name, sizeof(name), "hf-pool-%u", port->id);
	int socket = rte_eth_dev_socket_id(port->id);
	port->pool = rte_pktmbuf_pool_create(name, n, POOL_CACHE, 0, (uint16_t)room, socket);
	if (port->pool)
		return 0;
	uint64_t bytes = (uint64_t)n * (room + sizeof(struct rte_mbuf) + RTE_CACHE_LINE_SIZE);
	return fail(setup, "%u packet buffers need %u MiB, worker.memory_mib is %u: %s", n, (unsigned)(bytes >> 20) + 1,
		setup->memory_mib, rte_strerror(rte_errno));
}

static int create_relays(struct setup *setup)
{
	struct port *port = setup->port;
	if (port->n_queues >= setup->n_workers)
		return 0;
	for (unsigned i = 0; i < port->n_queues; i++) {
		char name[RTE_RING_NAMESIZE];
		snprintf(name, sizeof(name), "hf-relay-%u-%u", port->id, i);
		port->tx_relay[i] = rte_ring_create(name, TX_RELAY_PKTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (!port->tx_relay[i])
			return fail(setup, "out of memory (worker.memory_mib is %u)", setup->memory_mib);
	}
	return 0;
}

static int set_up_queues(struct setup *setup)
{
	const struct port *port = setup->port;
	int socket = rte_eth_dev_socket_id(port->id);
	for (uint16_t i = 0; i < port->n_queues; i++) {
		int result = rte_eth_rx_queue_setup(port->id, i, setup->n_rx, (unsigned)socket, NULL, port->pool);
		if (result == 0)
			result = rte_eth_tx_queue_setup(port->id, i, setup->n_tx, (unsigned)socket, NULL);
		if (result != 0)
			return fail(setup, "queue %u: %s", i, rte_strerror(-result));
	}
	return 0;
}

static int set_mtu(struct setup *setup)
{
	unsigned mtu = setup->port->config->mtu_bytes;
	int result = rte_eth_dev_set_mtu(setup->port->id, (uint16_t)mtu);
	/* Rings and the like have no MTU: whatever fits into a buffer passes. */
	if (result == 0 || result == -ENOTSUP)
		return 0;
	return fail(setup, "refuses an MTU of %u: %s", mtu, rte_strerror(-result));
}

static int read_mac(struct setup *setup)
{
	struct port *port = setup->port;
	struct rte_ether_addr mac;
	int result = rte_eth_macaddr_get(port->id, &mac);
	if (result != 0)
		return fail(setup, "has no MAC address: %s", rte_strerror(-result));
	if (rte_is_zero_ether_addr(&mac))
		rte_eth_random_addr(mac.addr_bytes);
	/* A tap's address is that of the kernel's end, our peer. The kernel gives us every frame not for itself, so the
	 * neighbouring address is free. */
	if (is_driver(setup, "net_tap"))
		mac.addr_bytes[5] ^= 1;
	memcpy(port->mac, mac.addr_bytes, sizeof(port->mac));
	return 0;
}

static bool has_ipv6(const struct config_port *config)
{
	for (size_t i = 0; i < config->n_addresses; i++)
		if (!ip_address_is_v4(&config->addresses[i].ip))
			return true;
	return false;
}

/* Neighbour solicitations come to the groups of our addresses. Devices that can do neither receive everything. */
static void receive_multicast(const struct port *port)
{
	if (has_ipv6(port->config) && rte_eth_allmulticast_enable(port->id) != 0)
		(void)rte_eth_promiscuous_enable(port->id);
}

static void wait_for_link(const struct port *port)
{
	struct rte_eth_link link = {0};
	for (unsigned waited = 0; waited < LINK_WAIT_MS; waited += LINK_POLL_MS) {
		if (rte_eth_link_get_nowait(port->id, &link) != 0 || link.link_status == RTE_ETH_LINK_UP)
			return;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
	}
}

static int start(struct setup *setup)
{
	struct port *port = setup->port;
	int result = rte_eth_dev_start(port->id);
	if (result != 0)
		return fail(setup, "does not start: %s", rte_strerror(-result));
	receive_multicast(port);
	wait_for_link(port);
	port->device_mbufs = rte_mempool_in_use_count(port->pool);
	return 0;
}

struct port *port_create(
	const struct config_port *config, unsigned n_workers, unsigned memory_mib, char *error, size_t error_size)
{
	static int (*const steps[])(struct setup *) = {
		configure, create_pool, create_relays, set_up_queues, set_mtu, read_mac, start};
	struct port *port = calloc(1, sizeof(*port));
	if (!port) {
		snprintf(error, error_size, "port %s: out of memory", config->device);
		return NULL;
	}
	struct setup setup = {.port = port,
		.n_workers = n_workers,
		.memory_mib = memory_mib,
		.error = error,
		.error_size = error_size};
	port->config = config;
	if (find_device(&setup) != 0) {
		free(port);
		return NULL;
	}
	choose_queues(&setup);
	for (size_t i = 0; i < RTE_DIM(steps); i++) {
		if (steps[i](&setup) != 0) {
			port_destroy(port);
			return NULL;
		}
	}
	return port;
}

void port_destroy(struct port *port)
{
	if (!port)
		return;
	(void)rte_eth_dev_stop(port->id);
	(void)rte_eth_dev_close(port->id);
	for (unsigned i = 0; i < port->n_queues; i++) {
		struct rte_mbuf *mbuf;
		while (port->tx_relay[i] && rte_ring_dequeue(port->tx_relay[i], (void **)&mbuf) == 0)
			rte_pktmbuf_free(mbuf);
		rte_ring_free(port->tx_relay[i]);
	}
	rte_mempool_free(port->pool);
	free(port);
}

unsigned port_mbufs_in_use_mt(const struct port *port)
{
	unsigned in_use = rte_mempool_in_use_count(port->pool);
	return in_use > port->device_mbufs ? in_use - port->device_mbufs : 0;
}
