/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port's way in and out: what a SYN costs from the receive burst to the transmit burst, and what 64 KiB written cost
 * in segments, as they leave one by one, in trains, and with a port that segments. The port is a ring, so that
 * everything counted is ours: no driver, no copy to shared memory.
 */
#include "bench.h"
#include "bench_peer.h"
#include "bench_wire.h"
#include "../tests/flood/spoof.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include <rte_mbuf.h>

enum { SYNS = 1024, BURST = 32 };

static struct bench_wire wire;

/* Frames go in and come out untimed: only our own work is counted. */
static double time_syns(struct spoof *spoof)
{
	uint64_t cycles = 0;
	for (unsigned done = 0; done < SYNS; done += BURST) {
		for (unsigned i = 0; i < BURST; i++) {
			uint8_t frame[SPOOF_FRAME_BYTES];
			spoof_next(spoof, frame);
			bench_wire_put(&wire, (struct bytes){frame, sizeof(frame)});
		}
		uint64_t start = __rdtsc();
		bench_wire_poll(&wire);
		cycles += __rdtsc() - start;
		if (bench_wire_drop_all(&wire) != BURST) {
			fprintf(stderr, "bench_port: not every SYN was answered\n");
			exit(1);
		}
	}
	return (double)cycles / SYNS;
}

static void bench_syns(void)
{
	struct spoof spoof;
	struct spoof_target target = {.port = BENCH_WIRE_PORT};
	double cycles[BENCH_ROUNDS];
	bench_wire_target(&wire, target.mac, &target.ip);
	memcpy(target.our_mac, BENCH_WIRE_PEER_MAC, sizeof(target.our_mac));
	spoof_init(&spoof, &target, 1);
	time_syns(&spoof);
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		cycles[round] = time_syns(&spoof);
	bench_print("port: spoofed SYN, receive burst to cookie in transmit burst", cycles);
}

/* --- 64 KiB out -------------------------------------------------------------------------------------------------- */

enum { WRITE_BYTES = 65536, WRITES = 64 };

static void send_segment(struct bench_peer *peer, uint8_t flags)
{
	uint8_t frame[BENCH_PEER_MAX_FRAME];
	bench_wire_put(&wire, (struct bytes){frame, bench_peer_send(peer, flags, 0, frame)});
}

/* Take what was sent. @return octets of payload and of SYN. */
static uint32_t hear_all(struct bench_peer *peer, unsigned *packets)
{
	uint32_t before = peer->ack;
	for (struct rte_mbuf *mbuf; (mbuf = bench_wire_take(&wire)); (*packets)++) {
		struct bytes first = {rte_pktmbuf_mtod(mbuf, uint8_t *), rte_pktmbuf_data_len(mbuf)};
		bench_peer_hear(peer, first, mbuf->pkt_len);
		rte_pktmbuf_free(mbuf);
	}
	return peer->ack - before;
}

static struct tcp_conn *open_connection(struct bench_peer *peer)
{
	static const uint8_t somebody[4] = {203, 0, 113, 9};
	unsigned packets = 0;
	*peer = (struct bench_peer){
		.ip = ip_address_from_v4(somebody), .port = 40000, .target_port = BENCH_WIRE_PORT, .seq = 1000};
	memcpy(peer->mac, BENCH_WIRE_PEER_MAC, sizeof(peer->mac));
	bench_wire_target(&wire, peer->target_mac, &peer->target_ip);
	send_segment(peer, TCP_SYN);
	bench_wire_poll(&wire);
	hear_all(peer, &packets);
	send_segment(peer, TCP_ACK);
	bench_wire_poll(&wire);
	return tcp_stack_next_event(wire.tcp);
}

static uint32_t acknowledge(struct bench_peer *peer, unsigned *packets)
{
	uint32_t octets = hear_all(peer, packets);
	send_segment(peer, TCP_ACK);
	rx_poll(&wire.rx, wire.now_us);
	return octets;
}

/* @return cycles of TCP's output and the transmit burst for each 64 KiB, copying and sums included. */
static double time_writes(struct tcp_conn *conn, struct bench_peer *peer, unsigned *packets)
{
	static const uint8_t octets[WRITE_BYTES];
	uint64_t cycles = 0;
	*packets = 0;
	for (unsigned i = 0; i < WRITES; i++) {
		uint32_t left = tcp_conn_send(conn, (struct bytes){octets, sizeof(octets)});
		while (left > 0) {
			wire.now_us += 100;
			tx_begin(&wire.tx, wire.now_us);
			uint64_t start = __rdtsc();
			tcp_stack_output(wire.tcp, wire.now_us);
			tx_flush(&wire.tx);
			cycles += __rdtsc() - start;
			left -= acknowledge(peer, packets);
		}
		(void)tcp_conn_take_events(conn);
	}
	return (double)cycles / WRITES;
}

/* @return the median. */
static double bench_writes(const char *name, uint16_t train_segments, bool checksums, uint32_t segment_bytes)
{
	double cycles[BENCH_ROUNDS];
	struct bench_peer peer;
	unsigned packets;
	wire.port->offload_tcp_checksum = checksums;
	wire.port->segment_bytes = segment_bytes;
	wire.port->cut_frame_bytes = 1518;
	struct tcp_conn *conn = bench_wire_renew_tcp(&wire, train_segments) ? open_connection(&peer) : NULL;
	if (!conn) {
		fprintf(stderr, "bench_port: no connection\n");
		exit(1);
	}
	time_writes(conn, &peer, &packets); /* the congestion window grows to more than 64 KiB */
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		cycles[round] = time_writes(conn, &peer, &packets);
	char line[128];
	snprintf(line, sizeof(line), "port: 64 KiB out, %s (%.1f packets)", name, (double)packets / WRITES);
	return bench_print(line, cycles);
}

static void bench_all_writes(void)
{
	double single = bench_writes("segment by segment", 1, false, 0);
	double train = bench_writes("trains cut here", TX_TRAIN_SEGMENTS, false, 0);
	double sums = bench_writes("and summed by the port", TX_TRAIN_SEGMENTS, true, 0);
	double cut = bench_writes("and cut by the port", TX_TRAIN_SEGMENTS, true, 65407);
	printf("of segment by segment: trains %.2f, sums left to the port %.2f, cutting left to the port %.2f\n",
		train / single, sums / single, cut / single);
}

int main(void)
{
	if (!bench_wire_start(&wire)) {
		fprintf(stderr, "bench_port: %s\n", wire.error);
		return 1;
	}
	bench_print_header();
	bench_syns();
	bench_all_writes();
	bench_wire_stop(&wire);
	return 0;
}
