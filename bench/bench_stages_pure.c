/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make bench: the stages before TLS that need neither DPDK nor OpenSSL, in the order of a packet's path: the frame's
 * checks, the flow, the ClientHello, the binding.
 */
#include "bench.h"
#include "bench_name.h"
#include "binding.h"
#include "clienthello.h"
#include "flow_table.h"
#include "frame.h"
#include "hello_bytes.h"
#include "packet.h"
#include "siphash.h"

#include <stdlib.h>
#include <string.h>

enum {
	PER_ROUND = 20000,
	HELLOS_PER_ROUND = 1000,
	SEGMENT_BYTES = 1448, /* what a segment carries over Ethernet, with time stamps */
};

/* Callgrind looks up in smaller tables: what it counts is the path, not the cache misses. */
static unsigned table_size(void)
{
	return bench_is_counting() ? 10000 : 1000000;
}

/* --- rx: the frame's checks --- */

struct frames {
	struct frame frame;
	unsigned trusted;
};

static void run_frame(void *context, unsigned round)
{
	struct frames *frames = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct packet packet;
		enum drop_reason reason;
		if (!packet_parse(frame_bytes(&frames->frame), frames->trusted, &packet, &reason))
			bench_fail("a good frame was refused");
		bench_keep((uintptr_t)packet.payload.data);
	}
}

static struct frame full_frame(void)
{
	static const uint8_t segment[20 + SEGMENT_BYTES] = {0x04, 0xd2, 0x01, 0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x10};
	struct packet_build_ip ip = {.source = frame_ip("192.0.2.1"),
		.destination = frame_ip("192.0.2.10"),
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = 64,
		.payload_len = sizeof(segment)};
	struct frame frame = frame_ip_packet(0, &ip, segment);
	frame_sum(&frame, &ip, 16);
	return frame;
}

static void bench_frames(void)
{
	struct frames frames = {.frame = frame_syn(0, "192.0.2.1", "192.0.2.10")};
	struct bench bench = {"rx: check a SYN's frame", PER_ROUND, run_frame, &frames};
	bench_run(&bench);
	frames.frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	bench.name = "rx: check a SYN's frame, IPv6";
	bench_run(&bench);
	frames.frame = full_frame();
	bench.name = "rx: check a full frame";
	bench_run(&bench);
	frames.trusted = PACKET_IP_CHECKSUM_GOOD | PACKET_TCP_CHECKSUM_GOOD;
	bench.name = "rx: check a full frame, checksums found by the NIC";
	bench_run(&bench);
}

/* --- flow table --- */

static void run_siphash(void *context, unsigned round)
{
	struct flow_key *key = context;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		key->remote_port = (uint16_t)(i + round);
		bench_keep(siphash(key, sizeof(*key), bench_hash_key));
	}
}

struct flows {
	struct flow_table *table;
	struct flow_key *keys;
	uint64_t random;
	unsigned size;
};

static void run_flow_find(void *context, unsigned round)
{
	struct flows *flows = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct flow_key key = flows->keys[bench_random(&flows->random) % flows->size];
		bench_keep((uintptr_t)flow_table_find(flows->table, &key));
	}
}

static void bench_flows(void)
{
	struct flow_key key = {.local_port = 443};
	const struct bench hash = {"siphash: 40 octets (a flow key)", PER_ROUND, run_siphash, &key};
	bench_run(&hash);
	struct flows flows = {.random = 1, .size = table_size()};
	flows.table = flow_table_create(flows.size, bench_hash_key);
	flows.keys = calloc(flows.size, sizeof(*flows.keys));
	if (!flows.table || !flows.keys)
		bench_fail("no memory for the flow table");
	for (uint32_t i = 0; i < flows.size; i++) {
		flows.keys[i] = (struct flow_key){.local_port = 443, .remote_port = (uint16_t)(1024 + i % 60000)};
		memcpy(&flows.keys[i].remote_ip.octets[12], &i, sizeof(i));
		if (!flow_table_insert(flows.table, &flows.keys[i]))
			bench_fail("a flow found no place");
	}
	const struct bench bench = {"flow_table: find one of 1,000,000 flows", PER_ROUND, run_flow_find, &flows};
	bench_run(&bench);
	flow_table_destroy(flows.table);
	free(flows.keys);
}

/* --- ClientHello --- */

struct hello {
	uint8_t *stream;
	size_t len, segment_bytes;
	uint8_t scratch[CLIENTHELLO_MAX_BYTES + 4];
};

static void run_hello(void *context, unsigned round)
{
	struct hello *hello = context;
	(void)round;
	for (unsigned i = 0; i < HELLOS_PER_ROUND; i++) {
		struct clienthello_progress progress = {0};
		struct clienthello parsed;
		enum clienthello_fault fault;
		uint8_t alert;
		for (size_t at = 0; at < hello->len; at += hello->segment_bytes) {
			size_t n = hello->len - at < hello->segment_bytes ? hello->len - at : hello->segment_bytes;
			clienthello_feed(&progress, (struct bytes){hello->stream + at, n}, &fault, &alert);
		}
		if (clienthello_parse((struct bytes){hello->stream, hello->len}, hello->scratch, &parsed, &fault,
			    &alert) != CLIENTHELLO_OK)
			bench_fail("the ClientHello was refused");
		bench_keep((uintptr_t)parsed.server_name.data);
	}
}

static void read_hello(struct hello *hello, const char *file)
{
	char path[200];
	snprintf(path, sizeof(path), "tests/unit/data/hellos/%s", file);
	if (!hello_bytes_read_file(path, hello->stream, &hello->len))
		bench_fail("tests/unit/data/hellos cannot be read: run make bench where the Makefile is");
}

static void bench_hellos(void)
{
	struct hello *hello = calloc(1, sizeof(*hello));
	if (hello)
		hello->stream = malloc(HELLO_BYTES_MAX);
	if (!hello || !hello->stream)
		bench_fail("no memory for a ClientHello");
	struct bench bench = {"clienthello: OpenSSL's, 249 octets", HELLOS_PER_ROUND, run_hello, hello};
	hello->segment_bytes = SEGMENT_BYTES;
	read_hello(hello, "openssl-tls13.bin");
	bench_run(&bench);
	read_hello(hello, "chromium.bin");
	bench.name = "clienthello: Chromium's, 1,987 octets, 2 segments";
	bench_run(&bench);
	hello->segment_bytes = 1;
	bench.name = "clienthello: the same, one octet per segment";
	bench_run(&bench);
	free(hello->stream);
	free(hello);
}

/* --- binding --- */

struct bound {
	struct binding_table *table;
	struct binding_query query;
	uint64_t random;
	unsigned size;
};

static void run_binding(void *context, unsigned round)
{
	struct bound *bound = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct binding_walk walk;
		struct binding_candidate candidate;
		bound->query.name = bench_name((unsigned)(bench_random(&bound->random) % bound->size));
		binding_walk_start(bound->table, &bound->query, &walk);
		if (!binding_walk_next(&walk, &candidate))
			bench_fail("a bound name was not found");
		bench_keep((uintptr_t)candidate.binding);
	}
}

static void run_name(void *context, unsigned round)
{
	struct bound *bound = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(bench_name((unsigned)(bench_random(&bound->random) % bound->size)).len);
}

static void bench_bindings(void)
{
	struct bound bound = {.query = {.local_port = 443}, .random = 1, .size = table_size()};
	struct config_binding *bindings = calloc(bound.size, sizeof(*bindings));
	if (!bindings)
		bench_fail("no memory for 1,000,000 bindings");
	for (unsigned i = 0; i < bound.size; i++)
		bindings[i] = (struct config_binding){.ip_kind = CONFIG_BIND_ANY,
			.port = 443,
			.host = bench_name(i),
			.ssl_flags = CONFIG_SSL_SNI,
			.certificate = "main"};
	struct config config = {.bindings = bindings, .n_bindings = bound.size};
	bound.table = binding_table_create(&config, bench_hash_key);
	if (!bound.table || ip_address_parse("192.0.2.1", &bound.query.local_ip) < 0)
		bench_fail("no memory for the binding table");
	const struct bench name = {"(making a random name, part of the next line)", PER_ROUND, run_name, &bound};
	bench_run(&name);
	const struct bench bench = {
		"binding: first candidate, 1,000,000 host bindings", PER_ROUND, run_binding, &bound};
	bench_run(&bench);
	binding_table_destroy(bound.table);
	free(bindings);
}

int main(void)
{
	bench_print_header();
	bench_frames();
	bench_flows();
	bench_hellos();
	bench_bindings();
	return 0;
}
