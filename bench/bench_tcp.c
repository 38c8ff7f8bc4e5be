/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TCP by itself: what a SYN, a connection and a segment cost, what the worst segments an attacker can make cost beside
 * the median, and what a million idle connections cost in memory and per poll.
 */
#include "bench.h"
#include "tcp_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#define OPERATIONS 1000
#define MILLION    1000000u

struct rig {
	struct tcp_stack *stack;
	struct stats stats;
	struct tcp_segment last; /* that the stack sent */
	struct tcp_conn *conn;
	struct flow_key key;
	uint64_t now_us, random;
	uint32_t seq, ack; /* the client's */
	uint32_t step;
};

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct rig *rig = context;
	(void)key;
	(void)conn;
	rig->last = *segment;
	return true;
}

static bool listens(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return true;
}

static void start(struct rig *rig, uint32_t max_connections, uint64_t buffer_bytes)
{
	memset(rig, 0, sizeof(*rig));
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = max_connections;
	settings.buffer_memory_bytes = buffer_bytes;
	settings.send_buffer_bytes = 1 << 20;
	settings.time_wait_us = 1;
	struct tcp_stack_callbacks callbacks = {rig, emit, listens};
	uint8_t seed[32] = "a seed of thirty-two octets ....";
	rig->now_us = 1000000;
	rig->random = 1;
	rig->stack = tcp_stack_create(&settings, &callbacks, seed, &rig->stats, rig->now_us);
	if (rig->stack == NULL)
		exit(1);
}

static void input(struct rig *rig, uint8_t flags, uint32_t seq, const void *payload, size_t len)
{
	struct tcp_segment segment = {
		.seq = seq, .ack = rig->ack, .flags = flags, .window = 65535, .payload = {payload, len}};
	if ((flags & TCP_SYN) != 0)
		segment.options = (struct tcp_segment_options){.has_mss = true,
			.mss = 1460,
			.sack_permitted = true,
			.has_window_scale = true,
			.window_scale = 8};
	tcp_stack_input(rig->stack, &rig->key, &segment, rig->now_us);
}

static struct tcp_conn *serve(struct rig *rig)
{
	struct tcp_conn *conn, *seen = NULL;
	while ((conn = tcp_stack_next_event(rig->stack)) != NULL) {
		uint32_t events = tcp_conn_take_events(conn);
		tcp_conn_consume(conn, tcp_conn_readable_bytes(conn));
		if ((events & TCP_EVENT_EOF) != 0)
			tcp_conn_close(conn);
		if ((events & TCP_EVENT_CLOSED) != 0)
			tcp_conn_release(conn);
		else
			seen = conn;
	}
	tcp_stack_output(rig->stack, rig->now_us);
	return seen;
}

static void open_connection(struct rig *rig, uint32_t number)
{
	rig->key.remote_port = (uint16_t)number;
	memcpy(rig->key.remote_ip.octets, &number, sizeof(number));
	rig->seq = 1000;
	input(rig, TCP_SYN, rig->seq++, NULL, 0);
	rig->ack = rig->last.seq + 1;
	input(rig, TCP_ACK, rig->seq, NULL, 0);
	rig->conn = serve(rig);
}

static void run_syn(void *context, unsigned round)
{
	struct rig *rig = context;
	for (unsigned i = 0; i < OPERATIONS; i++) {
		rig->key.remote_port = (uint16_t)(i + round);
		input(rig, TCP_SYN, i, NULL, 0);
	}
}

static void run_connection(void *context, unsigned round)
{
	struct rig *rig = context;
	static const uint8_t request[300];
	for (unsigned i = 0; i < OPERATIONS; i++) {
		open_connection(rig, round * OPERATIONS + i);
		input(rig, TCP_ACK | TCP_PSH, rig->seq, request, sizeof(request));
		serve(rig);
		input(rig, TCP_ACK | TCP_FIN, rig->seq + sizeof(request), NULL, 0);
		serve(rig);
		rig->ack++;
		input(rig, TCP_ACK, rig->seq + sizeof(request) + 1, NULL, 0);
		serve(rig);
	}
}

static void run_in_order(void *context, unsigned round)
{
	struct rig *rig = context;
	static const uint8_t payload[1448];
	(void)round;
	for (unsigned i = 0; i < OPERATIONS; i++) {
		input(rig, TCP_ACK, rig->seq, payload, sizeof(payload));
		rig->seq += sizeof(payload);
		serve(rig);
	}
}

/* One octet each, every other place, in random order: islands up to their limit. */
static void run_tiny_islands(void *context, unsigned round)
{
	struct rig *rig = context;
	(void)round;
	for (unsigned i = 0; i < OPERATIONS; i++) {
		uint32_t at = (uint32_t)(bench_random(&rig->random) % 30000) * 2 + 1;
		input(rig, TCP_ACK, rig->seq + at, "x", 1);
		tcp_stack_output(rig->stack, rig->now_us);
	}
}

/* SACKs of one octet at random places of a large flight: the scoreboard cut up to its limit. */
static void run_sack_attack(void *context, unsigned round)
{
	struct rig *rig = context;
	(void)round;
	for (unsigned i = 0; i < OPERATIONS; i++) {
		struct tcp_segment segment = {.seq = rig->seq, .ack = rig->ack, .flags = TCP_ACK, .window = 65535};
		segment.options.n_sack = 4;
		for (unsigned n = 0; n < 4; n++) {
			uint32_t left = rig->ack + 1 + (uint32_t)(bench_random(&rig->random) % 14000);
			segment.options.sack[n] = (struct tcp_segment_sack){left, left + 1};
		}
		rig->now_us += 1;
		tcp_stack_input(rig->stack, &rig->key, &segment, rig->now_us);
		tcp_stack_output(rig->stack, rig->now_us);
	}
}

static void run_poll(void *context, unsigned round)
{
	struct rig *rig = context;
	(void)round;
	for (unsigned i = 0; i < OPERATIONS; i++) {
		rig->now_us += 10;
		tcp_stack_advance(rig->stack, rig->now_us);
		bench_keep((uintptr_t)tcp_stack_next_event(rig->stack));
		tcp_stack_output(rig->stack, rig->now_us);
	}
}

static void one(const char *name, void (*run)(void *, unsigned), struct rig *rig)
{
	struct bench bench = {name, OPERATIONS, run, rig};
	bench_run(&bench);
}

static void bench_segments(void)
{
	static struct rig rig;
	start(&rig, 65536, 64 << 20);
	one("TCP: SYN answered by a cookie", run_syn, &rig);
	one("TCP: connection, SYN to FIN, 4 segments in", run_connection, &rig);
	open_connection(&rig, 1u << 31);
	one("TCP: 1,448 octets in order, acknowledged, read", run_in_order, &rig);
	one("TCP: attack: one-octet islands", run_tiny_islands, &rig);
	static const uint8_t octets[1 << 20];
	open_connection(&rig, (1u << 31) + 1);
	tcp_conn_send(rig.conn, (struct bytes){octets, sizeof(octets)});
	tcp_stack_output(rig.stack, rig.now_us);
	one("TCP: attack: four one-octet SACKs", run_sack_attack, &rig);
	tcp_stack_destroy(rig.stack);
}

/* --- the worst single segment ------------------------------------------------------------------------------------ */

enum { SINGLES = 5000, REPEATS = 7 };

/* Segments of one kind, each measured by itself. */
struct kind {
	const char *name;
	void (*begin)(struct rig *rig);
	void (*next)(struct rig *rig);
};

static void begin_receiving(struct rig *rig)
{
	open_connection(rig, 1);
}

static void acknowledge(struct rig *rig)
{
	tcp_stack_output(rig->stack, rig->now_us);
	rig->now_us += 1000;
	rig->ack = rig->last.seq + rig->last.payload_len;
	input(rig, TCP_ACK, rig->seq, NULL, 0);
	serve(rig);
}

/* A quarter of a million octets in flight, to a client that has acknowledged honestly so far: the window has grown. */
static void begin_sending(struct rig *rig)
{
	static const uint8_t octets[1 << 18];
	open_connection(rig, 1);
	for (unsigned i = 0; i < 8; i++) {
		tcp_conn_send(rig->conn, (struct bytes){octets, sizeof(octets)});
		while (tcp_conn_unacked_bytes(rig->conn) > 0)
			acknowledge(rig);
	}
	tcp_conn_send(rig->conn, (struct bytes){octets, sizeof(octets)});
	tcp_stack_output(rig->stack, rig->now_us);
}

static void next_in_order(struct rig *rig)
{
	static const uint8_t payload[1448];
	input(rig, TCP_ACK, rig->seq, payload, sizeof(payload));
	rig->seq += sizeof(payload);
}

static void next_island(struct rig *rig)
{
	input(rig, TCP_ACK, rig->seq + (uint32_t)(bench_random(&rig->random) % 30000) * 2 + 1, "x", 1);
}

/* As many islands as there may be, then one segment over all of them. */
static void next_island_or_cover(struct rig *rig)
{
	static const uint8_t payload[1448];
	if (++rig->step % 168 != 0) {
		input(rig, TCP_ACK, rig->seq + rig->step % 168 * 8, "x", 1);
		return;
	}
	input(rig, TCP_ACK, rig->seq, payload, sizeof(payload));
	rig->seq += sizeof(payload);
}

static void send_sacks(struct rig *rig, uint32_t len)
{
	struct tcp_segment segment = {.seq = rig->seq, .ack = rig->ack, .flags = TCP_ACK, .window = 65535};
	segment.options.n_sack = 4;
	for (unsigned n = 0; n < 4; n++) {
		uint32_t left = rig->ack + 1 + (uint32_t)(bench_random(&rig->random) % ((1 << 18) - len));
		segment.options.sack[n] = (struct tcp_segment_sack){left, left + len};
	}
	tcp_stack_input(rig->stack, &rig->key, &segment, rig->now_us);
}

static void next_sacks(struct rig *rig)
{
	send_sacks(rig, 1);
}

/* The smallest that are recorded. */
static void next_long_sacks(struct rig *rig)
{
	send_sacks(rig, 536);
}

/* The same, but time passes: what lies between is lost, and is sent again. */
static void next_sacks_later(struct rig *rig)
{
	rig->now_us += 1000;
	send_sacks(rig, 536);
	tcp_stack_advance(rig->stack, rig->now_us);
}

/* All memory that it will use has been used before. */
static void warm(struct rig *rig, const struct kind *kind)
{
	kind->begin(rig);
	for (unsigned i = 0; i < SINGLES; i++) {
		kind->next(rig);
		serve(rig);
	}
	input(rig, TCP_RST, rig->seq, NULL, 0);
	serve(rig);
	rig->step = 0;
	rig->random = 1;
}

/* Each segment's best of several identical runs: no interrupt meets the same one every time. */
static void measure(const struct kind *kind, double best[SINGLES])
{
	for (unsigned repeat = 0; repeat < REPEATS; repeat++) {
		static struct rig rig;
		start(&rig, 16, 64 << 20);
		warm(&rig, kind);
		kind->begin(&rig);
		for (unsigned i = 0; i < SINGLES; i++) {
			uint64_t begin = __rdtsc();
			kind->next(&rig);
			serve(&rig);
			double cycles = (double)(__rdtsc() - begin);
			best[i] = repeat == 0 || cycles < best[i] ? cycles : best[i];
		}
		tcp_stack_destroy(rig.stack);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void bench_worst(void)
{
	static const struct kind kinds[] = {
		{"honest: 1,448 octets in order", begin_receiving, next_in_order},
		{"one-octet islands", begin_receiving, next_island},
		{"islands, then one over all of them", begin_receiving, next_island_or_cover},
		{"four one-octet SACKs", begin_sending, next_sacks},
		{"four SACKs of 536 octets", begin_sending, next_long_sacks},
		{"the same while time passes", begin_sending, next_sacks_later},
	};
	static double cycles[SINGLES];
	double honest = 0;
	printf("%-52s %12s %12s %12s\n", "single segments, TSC cycles", "median", "worst", "x honest");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		measure(&kinds[i], cycles);
		qsort(cycles, SINGLES, sizeof(cycles[0]), by_value);
		if (i == 0)
			honest = cycles[SINGLES / 2];
		printf("%-52s %12.0f %12.0f %12.1f\n", kinds[i].name, cycles[SINGLES / 2], cycles[SINGLES - 1],
			cycles[SINGLES - 1] / honest);
	}
}

static double resident_mib(void)
{
	unsigned long size = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file == NULL || fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file != NULL)
		fclose(file);
	return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void bench_idle(void)
{
	static struct rig rig;
	double before = resident_mib();
	start(&rig, MILLION, UINT64_C(1) << 30);
	one("TCP: empty poll, no connections", run_poll, &rig);
	for (uint32_t i = 0; i < MILLION; i++)
		open_connection(&rig, i);
	one("TCP: empty poll, 1,000,000 idle connections", run_poll, &rig);
	printf("1,000,000 established idle connections: %.0f MiB, %llu blocks\n", resident_mib() - before,
		(unsigned long long)stats_get_mt(&rig.stats, STAT_TCP_BLOCKS_NOW));
	tcp_stack_destroy(rig.stack);
}

int main(void)
{
	bench_print_header();
	bench_segments();
	if (bench_is_counting()) /* a million connections take valgrind minutes */
		return 0;
	bench_worst();
	bench_idle();
	return 0;
}
