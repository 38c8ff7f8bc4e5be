/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A SYN flood over shared memory: a process with a net_memif port of its own that sends SYNs from random sources to a
 * Handfast on the other end, at a given rate, and takes what comes back.
 *
 *   generator target=198.18.0.10 source=198.18.0.1 port=443 rate=1000000 seconds=60 processor=0 socket=PATH
 *
 * source is the gateway that Handfast sends its answers to. Prints "ready" when the flood begins, and at its end, after
 * `seconds` or a SIGTERM, what was sent and what came back. It sleeps whenever nothing is due: what the processor has
 * left is another process's.
 */
#include "spoof.h"

#include "checksum.h"
#include "packet_build.h"
#include "tcp_segment.h"
#include "../wire/words.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

enum {
	BURST = 32,
	POOL_MBUFS = 16384,
	RING_PKTS = 4096,
	LINK_WAIT_MS = 5000,
	ARP_WAIT_MS = 5000,
	/* What comes back late. */
	DRAIN_MS = 200,
	/* Not for less: each time it wakes, somebody else has to stop. */
	SLEEP_US = 100,
	/* What the port did not take is made up for, but not more than that: a flood does not remember for ever. */
	MAX_BEHIND_MS = 20,
};

static const uint8_t MAC[PACKET_MAC_BYTES] = {0x02, 0x48, 0x46, 0, 0, 0x0f};

struct counts {
	uint64_t sent, refused, forgone, answers, resets, other;
};

struct generator {
	uint16_t port_id;
	struct rte_mempool *pool;
	struct ip_address source, target;
	uint64_t rate, seconds;
	struct spoof_target spoof_target;
	struct spoof spoof;
	bool target_known;
	double took_s;
	struct counts counts;
};

static atomic_bool stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	atomic_store_explicit(&stopped, true, memory_order_relaxed);
}

/* --- frames in --------------------------------------------------------------------------------------------------- */

static void send_frame(struct generator *generator, const uint8_t *frame, size_t len)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(generator->pool);
	if (!mbuf)
		return;
	memcpy(rte_pktmbuf_append(mbuf, (uint16_t)len), frame, len);
	if (rte_eth_tx_burst(generator->port_id, 0, &mbuf, 1) == 0)
		rte_pktmbuf_free(mbuf);
}

static void take_arp(struct generator *generator, const struct packet *packet)
{
	const struct packet_arp *arp = &packet->arp;
	if (!ip_address_equal(&arp->sender_ip, &generator->target))
		return;
	memcpy(generator->spoof_target.mac, arp->sender_mac, PACKET_MAC_BYTES);
	generator->target_known = true;
	if (!arp->is_request || !ip_address_equal(&arp->target_ip, &generator->source))
		return;
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = {0};
	memcpy(link.destination_mac, arp->sender_mac, PACKET_MAC_BYTES);
	memcpy(link.source_mac, MAC, PACKET_MAC_BYTES);
	size_t len = packet_build_arp(frame, &link, false, &generator->source, arp->sender_mac, &arp->sender_ip);
	send_frame(generator, frame, len);
}

/* One octet tells what came back; the rare ARP is parsed. */
static void take_frame(struct generator *generator, struct bytes frame)
{
	enum { ETHERTYPE_AT = 12, PROTOCOL_AT = 23, FLAGS_AT = 47 };
	struct packet packet;
	enum drop_reason reason;
	if (frame.len > FLAGS_AT && frame.data[ETHERTYPE_AT] == 0x08 && frame.data[ETHERTYPE_AT + 1] == 0x00 &&
		frame.data[PROTOCOL_AT] == PACKET_PROTOCOL_TCP) {
		generator->counts.answers += frame.data[FLAGS_AT] == (TCP_SYN | TCP_ACK);
		generator->counts.resets += (frame.data[FLAGS_AT] & TCP_RST) != 0;
		return;
	}
	if (packet_parse(frame, 0, &packet, &reason) && packet.kind == PACKET_ARP)
		take_arp(generator, &packet);
	else
		generator->counts.other++;
}

static unsigned receive(struct generator *generator)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned n = rte_eth_rx_burst(generator->port_id, 0, mbufs, BURST);
	for (unsigned i = 0; i < n; i++)
		take_frame(generator,
			(struct bytes){rte_pktmbuf_mtod(mbufs[i], const uint8_t *), rte_pktmbuf_data_len(mbufs[i])});
	rte_pktmbuf_free_bulk(mbufs, n);
	return n;
}

static void sleep_us(unsigned us)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)us * 1000}, NULL);
}

/* Ask where the target is; it learns by that where its gateway is. */
static bool find_target(struct generator *generator)
{
	static const uint8_t unknown[PACKET_MAC_BYTES];
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = {0};
	memset(link.destination_mac, 0xff, PACKET_MAC_BYTES);
	memcpy(link.source_mac, MAC, PACKET_MAC_BYTES);
	size_t len = packet_build_arp(frame, &link, true, &generator->source, unknown, &generator->target);
	for (unsigned waited_ms = 0; waited_ms < ARP_WAIT_MS && !generator->target_known; waited_ms++) {
		if (waited_ms % 100 == 0)
			send_frame(generator, frame, len);
		sleep_us(1000);
		receive(generator);
	}
	return generator->target_known;
}

/* --- the flood --------------------------------------------------------------------------------------------------- */

static unsigned send_burst(struct generator *generator, unsigned n)
{
	struct rte_mbuf *mbufs[BURST];
	if (rte_pktmbuf_alloc_bulk(generator->pool, mbufs, n) != 0)
		return 0;
	for (unsigned i = 0; i < n; i++)
		spoof_next(&generator->spoof, (uint8_t *)rte_pktmbuf_append(mbufs[i], SPOOF_FRAME_BYTES));
	unsigned sent = rte_eth_tx_burst(generator->port_id, 0, mbufs, (uint16_t)n);
	rte_pktmbuf_free_bulk(mbufs + sent, n - sent);
	generator->counts.sent += sent;
	generator->counts.refused += n - sent;
	return sent;
}

/* How many are due by now, of those that are still to be sent. */
static uint64_t due_now(struct generator *generator, uint64_t elapsed_tsc)
{
	struct counts *counts = &generator->counts;
	uint64_t hz = rte_get_tsc_hz();
	uint64_t due = elapsed_tsc / hz * generator->rate + elapsed_tsc % hz * generator->rate / hz;
	uint64_t behind = due - counts->sent - counts->forgone, most = generator->rate * MAX_BEHIND_MS / 1000;
	if (behind > most) {
		counts->forgone += behind - most;
		behind = most;
	}
	return behind;
}

static void flood(struct generator *generator)
{
	uint64_t began = rte_get_tsc_cycles(), length = generator->seconds * rte_get_tsc_hz(), elapsed;
	while ((elapsed = rte_get_tsc_cycles() - began) < length &&
		!atomic_load_explicit(&stopped, memory_order_relaxed)) {
		uint64_t due = due_now(generator, elapsed);
		unsigned n = due < BURST ? (unsigned)due : BURST;
		unsigned sent = n > 0 ? send_burst(generator, n) : 0;
		unsigned received = receive(generator);
		if (received < BURST && (due < BURST || sent == 0))
			sleep_us(SLEEP_US);
	}
	generator->took_s = (double)elapsed / (double)rte_get_tsc_hz();
	for (unsigned i = 0; i < DRAIN_MS; i++) {
		while (receive(generator) > 0)
			;
		sleep_us(1000);
	}
}

static void print_counts(const struct generator *generator)
{
	const struct counts *counts = &generator->counts;
	printf("flood: sent %" PRIu64 " per_second %.0f refused %" PRIu64 " forgone %" PRIu64 " answers %" PRIu64
	       " resets %" PRIu64 " other %" PRIu64 "\n",
		counts->sent, (double)counts->sent / generator->took_s, counts->refused, counts->forgone,
		counts->answers, counts->resets, counts->other);
}

/* --- the beginning ----------------------------------------------------------------------------------------------- */

struct arguments {
	const char *target, *source, *socket;
	uint64_t port, rate, seconds, processor;
};

static bool read_ip(const char *text, struct ip_address *out)
{
	uint8_t octets[4];
	if (text == NULL || inet_pton(AF_INET, text, octets) != 1)
		return false;
	*out = ip_address_from_v4(octets);
	return true;
}

static bool read_arguments(struct arguments *arguments, struct generator *generator, int argc, char **argv)
{
	const struct words_row rows[] = {
		{"target", NULL, &arguments->target},
		{"source", NULL, &arguments->source},
		{"socket", NULL, &arguments->socket},
		{"port", &arguments->port, NULL},
		{"rate", &arguments->rate, NULL},
		{"seconds", &arguments->seconds, NULL},
		{"processor", &arguments->processor, NULL},
		{NULL, NULL, NULL},
	};
	if (!words_read(rows, argc, argv))
		return false;
	if (read_ip(arguments->target, &generator->target) && read_ip(arguments->source, &generator->source))
		return true;
	fprintf(stderr, "%s: target= and source= are to be IPv4 addresses\n", argv[0]);
	return false;
}

static bool start_eal(const struct arguments *arguments)
{
	char lcores[32], device[160];
	snprintf(lcores, sizeof(lcores), "--lcores=0@(%u)", (unsigned)arguments->processor);
	snprintf(device, sizeof(device), "--vdev=net_memif0,role=client,rsize=12,socket=%s", arguments->socket);
	char program[] = "generator", no_shconf[] = "--no-shconf", no_huge[] = "--no-huge", no_pci[] = "--no-pci";
	char no_telemetry[] = "--no-telemetry", quiet[] = "--log-level=error", memory[] = "-m128";
	char iova[] = "--iova-mode=va";
	char *argv[] = {program, lcores, no_shconf, no_huge, no_pci, no_telemetry, quiet, memory, iova, device, NULL};
	return rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])) - 1, argv) >= 0;
}

static bool wait_for_link(const struct generator *generator)
{
	struct rte_eth_link link = {0};
	for (unsigned waited_ms = 0; waited_ms < LINK_WAIT_MS; waited_ms++) {
		if (rte_eth_link_get_nowait(generator->port_id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP)
			return true;
		sleep_us(1000);
	}
	return false;
}

static bool start_port(struct generator *generator)
{
	struct rte_eth_conf conf = {0};
	uint16_t *id = &generator->port_id;
	generator->pool =
		rte_pktmbuf_pool_create("generator", POOL_MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return generator->pool && rte_eth_dev_get_port_by_name("net_memif0", id) == 0 &&
	       rte_eth_dev_configure(*id, 1, 1, &conf) == 0 &&
	       rte_eth_rx_queue_setup(*id, 0, RING_PKTS, 0, NULL, generator->pool) == 0 &&
	       rte_eth_tx_queue_setup(*id, 0, RING_PKTS, 0, NULL) == 0 && rte_eth_dev_start(*id) == 0 &&
	       wait_for_link(generator);
}

static int run(struct generator *generator, const struct arguments *arguments)
{
	if (!start_port(generator) || !find_target(generator)) {
		fprintf(stderr, "generator: %s\n", generator->pool ? "nobody at the other end" : "out of memory");
		return 1;
	}
	struct spoof_target *to = &generator->spoof_target;
	memcpy(to->our_mac, MAC, PACKET_MAC_BYTES);
	to->ip = generator->target;
	to->port = (uint16_t)arguments->port;
	spoof_init(&generator->spoof, to, rte_get_tsc_cycles() | 1);
	puts("ready");
	fflush(stdout);
	flood(generator);
	print_counts(generator);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments = {.port = 443, .rate = 1000000, .seconds = 60, .socket = "/run/memif.sock"};
	static struct generator generator;
	if (!read_arguments(&arguments, &generator, argc, argv))
		return 2;
	generator.rate = arguments.rate;
	generator.seconds = arguments.seconds;
	if (!start_eal(&arguments)) {
		fprintf(stderr, "generator: the EAL does not start\n");
		return 1;
	}
	prctl(PR_SET_TIMERSLACK, 1);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	int status = run(&generator, &arguments);
	rte_eth_dev_stop(generator.port_id);
	rte_eal_cleanup();
	return status;
}
