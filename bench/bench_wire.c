/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_wire.h"

#include "../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "packet_build.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

const uint8_t BENCH_WIRE_PEER_MAC[PACKET_MAC_BYTES] = {0x02, 0, 0, 0, 0, 1};

static const uint8_t OUR_IP[4] = {192, 0, 2, 10}, GATEWAY_IP[4] = {192, 0, 2, 1};

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct bench_wire *wire = context;
	return tx_emit(&wire->tx, key, conn, segment);
}

static bool listens(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return true;
}

static void transmit(void *context, uint16_t port_id, struct bytes frame)
{
	struct bench_wire *wire = context;
	tx_frame(&wire->tx, port_id, frame);
}

static void send_packet(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct bench_wire *wire = context;
	tx_packet(&wire->tx, port_id, packet, mac);
}

static void drop_packet(void *context, void *packet)
{
	struct bench_wire *wire = context;
	tx_drop(&wire->tx, packet);
}

static bool tell_nobody(void *context, const struct neigh_news *news)
{
	(void)context;
	(void)news;
	return false;
}

static bool start_port(struct bench_wire *wire)
{
	cpu_set_t set;
	unsigned processor = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (processor < CPU_SETSIZE && !CPU_ISSET(processor, &set))
		processor++;
	wire->address = (struct config_address){.ip = ip_address_from_v4(OUR_IP),
		.gateway = ip_address_from_v4(GATEWAY_IP),
		.has_gateway = true,
		.prefix_len = 24};
	wire->config = (struct config_port){.device = "net_ring0",
		.mtu_bytes = 1500,
		.rx_ring_pkts = 64,
		.tx_ring_pkts = 1024,
		.addresses = &wire->address,
		.n_addresses = 1};
	struct config config = {
		.worker = {.lcores = &processor, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 128},
		.ports = &wire->config,
		.n_ports = 1};
	if (eal_start(&config, wire->error, sizeof(wire->error)) != 0)
		return false;
	wire->port = port_create(&wire->config, 1, 128, wire->error, sizeof(wire->error));
	wire->ring = rte_ring_lookup("ETH_RXTX0_net_ring0");
	return wire->port && wire->ring;
}

bool bench_wire_renew_tcp(struct bench_wire *wire, uint16_t train_segments)
{
	static const uint8_t seed[32] = "a seed of thirty-two octets ....";
	struct tcp_stack_callbacks callbacks = {wire, emit, listens};
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.send_buffer_bytes = 1 << 20;
	settings.train_segments = train_segments;
	tcp_stack_destroy(wire->tcp);
	wire->tcp = tcp_stack_create(&settings, &callbacks, seed, &wire->stats, wire->now_us);
	wire->rx.tcp = wire->tcp;
	return wire->tcp != NULL;
}

static bool start_stages(struct bench_wire *wire)
{
	static const uint8_t key[16] = "sixteen octets.";
	struct neigh_callbacks neigh = {.context = wire,
		.transmit = transmit,
		.send = send_packet,
		.drop = drop_packet,
		.learned = tell_nobody};
	struct local_address_link link = {.port_id = wire->port->id, .config = &wire->config};
	memcpy(link.mac, wire->port->mac, sizeof(link.mac));
	wire->now_us = 1000000;
	wire->addresses = local_address_create(&link, 1);
	if (!wire->addresses || fellow_init(&wire->fellow, 0, key) != 0 ||
		tx_init(&wire->tx, 0, &wire->port, 1, &wire->stats) != 0)
		return false;
	fellow_connect(&wire->fellow, &wire->fellow);
	wire->neigh = neigh_create(wire->addresses, &neigh, key, &wire->stats);
	wire->tx.neigh = wire->neigh;
	wire->rx = (struct rx){.ports = &wire->port,
		.n_ports = 1,
		.addresses = wire->addresses,
		.fellow = &wire->fellow,
		.neigh = wire->neigh,
		.tx = &wire->tx,
		.stats = &wire->stats};
	return wire->neigh && bench_wire_renew_tcp(wire, TX_TRAIN_SEGMENTS);
}

/* The gateway asks for us: from then on it is known. */
static void meet_gateway(struct bench_wire *wire)
{
	static const uint8_t unknown[PACKET_MAC_BYTES];
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = {0};
	memset(link.destination_mac, 0xff, PACKET_MAC_BYTES);
	memcpy(link.source_mac, BENCH_WIRE_PEER_MAC, PACKET_MAC_BYTES);
	size_t len = packet_build_arp(frame, &link, true, &wire->address.gateway, unknown, &wire->address.ip);
	bench_wire_put(wire, (struct bytes){frame, len});
	bench_wire_poll(wire);
	bench_wire_drop_all(wire);
}

bool bench_wire_start(struct bench_wire *wire)
{
	if (!start_port(wire))
		return false;
	if (!start_stages(wire)) {
		snprintf(wire->error, sizeof(wire->error), "out of memory");
		return false;
	}
	meet_gateway(wire);
	return true;
}

void bench_wire_stop(struct bench_wire *wire)
{
	tcp_stack_destroy(wire->tcp);
	neigh_destroy(wire->neigh);
	tx_fini(&wire->tx);
	fellow_fini(&wire->fellow);
	local_address_destroy(wire->addresses);
	port_destroy(wire->port);
	eal_stop();
}

void bench_wire_target(const struct bench_wire *wire, uint8_t out_mac[PACKET_MAC_BYTES], struct ip_address *out_ip)
{
	memcpy(out_mac, wire->port->mac, PACKET_MAC_BYTES);
	*out_ip = wire->address.ip;
}

void bench_wire_put(struct bench_wire *wire, struct bytes frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(wire->port->pool);
	if (!mbuf)
		return;
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)frame.len), frame.data, frame.len);
	if (rte_ring_enqueue(wire->ring, mbuf) != 0)
		rte_pktmbuf_free(mbuf);
}

struct rte_mbuf *bench_wire_take(struct bench_wire *wire)
{
	void *mbuf;
	return rte_ring_dequeue(wire->ring, &mbuf) == 0 ? mbuf : NULL;
}

unsigned bench_wire_drop_all(struct bench_wire *wire)
{
	unsigned n = 0;
	for (struct rte_mbuf *mbuf; (mbuf = bench_wire_take(wire)); n++)
		rte_pktmbuf_free(mbuf);
	return n;
}

void bench_wire_poll(struct bench_wire *wire)
{
	tx_begin(&wire->tx, wire->now_us);
	rx_poll(&wire->rx, wire->now_us);
	tcp_stack_output(wire->tcp, wire->now_us);
	tx_flush(&wire->tx);
}
