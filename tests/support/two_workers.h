/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Two workers on one port with one queue: a ring device, whose other end the test holds. TCP is replaced by functions
 * of the test's own, so that what rx hands to it and what tx makes of it can be seen.
 */
#ifndef HANDFAST_TWO_WORKERS_H
#define HANDFAST_TWO_WORKERS_H

#include "rx.h"
#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "frame.h"
#include "ring_wire.h"
#include "unit.h"

#include <sched.h>
#include <stdlib.h>

#define START   UINT64_C(10000000)
#define WORKERS 2

struct tcp_stack {
	struct stats *stats;
	struct flow_key last;
	struct tcp_segment last_segment;
	unsigned n_input, n_too_big;
	bool believes;
};

struct world {
	struct tcp_stack tcp;
	struct stats stats;
	struct fellow fellow;
	struct tx tx;
	struct rx rx;
	struct neigh *neigh;
};

static struct config_address addresses[3] = {
	{.prefix_len = 24, .has_gateway = true}, {.prefix_len = 64}, {.prefix_len = 24, .vlan = 42}};
static struct config_port port_config = {.device = "net_ring0",
	.mtu_bytes = 1500,
	.rx_ring_pkts = 64,
	.tx_ring_pkts = 64,
	.addresses = addresses,
	.n_addresses = 3};
static struct port *port;
static struct local_address_table *table;
static struct rte_ring *wire; /* what is put in is received, what is sent comes out */
static struct world workers[WORKERS];
static char error[256];

/* --- TCP, as far as rx and tx need it --- */

void tcp_stack_input(
	struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment, uint64_t now_us)
{
	(void)now_us;
	stack->n_input++;
	stack->last = *key;
	stack->last_segment = *segment;
	stats_add(stack->stats, STAT_RX_DELIVERED_PKTS, 1);
}

bool tcp_stack_packet_too_big(
	struct tcp_stack *stack, const struct flow_key *key, uint32_t sequence, uint32_t mtu_bytes, uint64_t now_us)
{
	(void)now_us;
	(void)sequence;
	(void)mtu_bytes;
	stack->last = *key;
	stack->n_too_big++;
	return stack->believes;
}

void tcp_conn_copy_payload(const struct tcp_conn *conn, const struct tcp_segment *segment, uint8_t *data)
{
	(void)conn;
	for (uint32_t i = 0; i < segment->payload_len; i++)
		data[i] = (uint8_t)(segment->payload_offset + i);
}

/* --- the two workers --- */

static inline void on_transmit(void *context, uint16_t port_id, struct bytes frame)
{
	struct world *world = context;
	tx_frame(&world->tx, port_id, frame);
}

static inline void on_send(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct world *world = context;
	tx_packet(&world->tx, port_id, packet, mac);
}

static inline void on_drop(void *context, void *packet)
{
	struct world *world = context;
	tx_drop(&world->tx, packet);
}

static inline bool on_learned(void *context, const struct neigh_news *news)
{
	struct world *world = context;
	struct fellow_message message = {.kind = FELLOW_NEIGHBOUR, .neighbour = *news};
	return fellow_tell(&world->fellow, &message);
}

static inline bool two_workers_start_one(unsigned index)
{
	static const uint8_t key[16] = {1, 2, 3};
	struct world *world = &workers[index];
	struct neigh_callbacks callbacks = {
		.context = world, .transmit = on_transmit, .send = on_send, .drop = on_drop, .learned = on_learned};
	world->tcp.stats = &world->stats;
	world->neigh = neigh_create(table, &callbacks, key, &world->stats);
	if (!world->neigh || fellow_init(&world->fellow, index, key) != 0 ||
		tx_init(&world->tx, index, &port, 1, &world->stats) != 0)
		return false;
	world->tx.neigh = world->neigh;
	world->rx = (struct rx){.ports = &port,
		.n_ports = 1,
		.addresses = table,
		.fellow = &world->fellow,
		.neigh = world->neigh,
		.tcp = &world->tcp,
		.tx = &world->tx,
		.stats = &world->stats};
	return true;
}

static inline bool two_workers_start(void)
{
	cpu_set_t set;
	unsigned lcore = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (lcore < CPU_SETSIZE && !CPU_ISSET(lcore, &set))
		lcore++;
	struct config config = {
		.worker = {.lcores = &lcore, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 128},
		.ports = &port_config,
		.n_ports = 1,
	};
	if (eal_start(&config, error, sizeof(error)) != 0)
		return false;
	addresses[0].ip = frame_ip("192.0.2.10");
	addresses[0].gateway = frame_ip("192.0.2.1");
	addresses[1].ip = frame_ip("2001:db8::10");
	addresses[2].ip = frame_ip("198.51.100.10");
	port = port_create(&port_config, WORKERS, 128, error, sizeof(error));
	wire = ring_wire_open();
	if (!port || !wire || port->n_queues != 1 || port->steers_flows)
		return false;
	memcpy(port->mac, FRAME_OUR_MAC, sizeof(port->mac));
	struct local_address_link link = {.port_id = port->id, .config = &port_config};
	memcpy(link.mac, FRAME_OUR_MAC, sizeof(link.mac));
	table = local_address_create(&link, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		if (!table || !two_workers_start_one(i))
			return false;
	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned j = 0; j < WORKERS; j++)
			fellow_connect(&workers[i].fellow, &workers[j].fellow);
	return true;
}

static inline void two_workers_stop(void)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		neigh_destroy(workers[i].neigh);
		tx_fini(&workers[i].tx);
		fellow_fini(&workers[i].fellow);
	}
	local_address_destroy(table);
	port_destroy(port);
	eal_stop();
}

/* --- the wire --- */

static inline void put_mbuf(struct rte_mbuf *mbuf)
{
	ring_wire_put_mbuf(wire, mbuf);
}

static inline struct rte_mbuf *make_mbuf(struct bytes frame)
{
	return ring_wire_make_mbuf(port, frame);
}

static inline void put(const struct frame *frame)
{
	put_mbuf(make_mbuf(frame_bytes(frame)));
}

static inline bool get(struct packet *out)
{
	return ring_wire_get(wire, out);
}

static inline void empty_wire(void)
{
	ring_wire_empty(wire);
}

/* One poll of both workers, sends left out. */
static inline void two_workers_poll(uint64_t now_us)
{
	struct fellow_message message;
	for (unsigned i = 0; i < WORKERS; i++)
		tx_begin(&workers[i].tx, now_us);
	rx_poll(&workers[0].rx, now_us);
	for (unsigned i = 0; i < WORKERS; i++) {
		if (i > 0)
			rx_poll(&workers[i].rx, now_us);
		while (fellow_take_message(&workers[i].fellow, &message)) {
			if (message.kind == FELLOW_NEIGHBOUR)
				neigh_learn(workers[i].neigh, &message.neighbour, now_us);
			else
				tcp_stack_packet_too_big(&workers[i].tcp, &message.too_big.key, 0, 0, now_us);
		}
	}
}

static inline void two_workers_flush(void)
{
	tx_flush(&workers[1].tx); /* has no queue: gives to worker 0 */
	tx_flush(&workers[0].tx);
}

static inline uint64_t two_workers_total(enum stat which)
{
	return stats_get_mt(&workers[0].stats, which) + stats_get_mt(&workers[1].stats, which);
}

static inline uint64_t two_workers_drops(enum drop_reason which)
{
	return stats_get_drop_mt(&workers[0].stats, which) + stats_get_drop_mt(&workers[1].stats, which);
}

static inline void two_workers_begin(void)
{
	struct fellow_message message;
	for (unsigned i = 0; i < WORKERS; i++) {
		memset(&workers[i].stats, 0, sizeof(workers[i].stats));
		memset(&workers[i].tcp, 0, sizeof(workers[i].tcp));
		workers[i].tcp.stats = &workers[i].stats;
		while (fellow_take_message(&workers[i].fellow, &message))
			;
	}
	CU_ASSERT_EQUAL(rte_ring_count(wire), 0);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

#endif
