/* SPDX-License-Identifier: BSD-3-Clause */
/** make bench: the stages of a packet's path that need no port, one line each, cycles per operation. */
#include "bench.h"
#include "binding.h"
#include "cert_table_writer.h"
#include "clienthello.h"
#include "eal.h"
#include "flow_table.h"
#include "hello_bytes.h"
#include "siphash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/ssl.h>

enum { MILLION = 1000000, PER_ROUND = 20000 };

static uint8_t hash_key[16];

static void fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static struct host_name numbered_name(unsigned i)
{
	struct host_name name = {0};
	name.len = (uint8_t)snprintf(name.text, sizeof(name.text), "host%u.customer%u.example.com", i, i % 977);
	return name;
}

/* --- hash --- */

static void run_siphash(void *context, unsigned round)
{
	struct flow_key *key = context;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		key->remote_port = (uint16_t)(i + round);
		bench_keep(siphash(key, sizeof(*key), hash_key));
	}
}

/* --- flow table --- */

struct flows {
	struct flow_table *table;
	struct flow_key *keys;
	uint64_t random;
};

static void run_flow_find(void *context, unsigned round)
{
	struct flows *flows = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct flow_key key = flows->keys[bench_random(&flows->random) % MILLION];
		bench_keep((uintptr_t)flow_table_find(flows->table, &key));
	}
}

static void bench_flows(void)
{
	struct flows flows = {.table = flow_table_create(MILLION, hash_key), .random = 1};
	flows.keys = calloc(MILLION, sizeof(*flows.keys));
	if (!flows.table || !flows.keys)
		fail("no memory for the flow table");
	for (uint32_t i = 0; i < MILLION; i++) {
		flows.keys[i] = (struct flow_key){.local_port = 443, .remote_port = (uint16_t)(1024 + i % 60000)};
		memcpy(&flows.keys[i].remote_ip.octets[12], &i, sizeof(i));
		flow_table_insert(flows.table, &flows.keys[i]);
	}
	const struct bench bench = {"flow_table: find one of 1,000,000 flows", PER_ROUND, run_flow_find, &flows};
	bench_run(&bench);
	flow_table_destroy(flows.table);
	free(flows.keys);
}

/* --- ClientHello --- */

struct hello {
	uint8_t stream[8192];
	size_t len, segment_bytes;
	uint8_t scratch[CLIENTHELLO_MAX_BYTES + 4];
};

static void run_hello(void *context, unsigned round)
{
	struct hello *hello = context;
	(void)round;
	for (unsigned i = 0; i < 1000; i++) {
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
			fail("the ClientHello was refused");
		bench_keep((uintptr_t)parsed.server_name.data);
	}
}

static void bench_hello(void)
{
	struct hello *hello = calloc(1, sizeof(*hello));
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = hello && ctx ? SSL_new(ctx) : NULL;
	if (!ssl)
		fail("no memory for a ClientHello");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_tlsext_host_name(ssl, "www.example.com");
	SSL_connect(ssl);
	hello->len = (size_t)BIO_read(SSL_get_wbio(ssl), hello->stream, sizeof(hello->stream));
	hello->segment_bytes = sizeof(hello->stream);
	struct bench bench = {"clienthello: feed and parse, one segment", 1000, run_hello, hello};
	bench_run(&bench);
	hello->segment_bytes = 1;
	bench.name = "clienthello: the same, one byte per segment";
	bench_run(&bench);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	free(hello);
}

/* --- binding --- */

struct bound {
	struct binding_table *table;
	struct binding_query query;
	uint64_t random;
};

static void run_binding(void *context, unsigned round)
{
	struct bound *bound = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct binding_walk walk;
		struct binding_candidate candidate;
		bound->query.name = numbered_name((unsigned)(bench_random(&bound->random) % MILLION));
		binding_walk_start(bound->table, &bound->query, &walk);
		if (!binding_walk_next(&walk, &candidate))
			fail("a bound name was not found");
		bench_keep((uintptr_t)candidate.binding);
	}
}

static void run_name(void *context, unsigned round)
{
	uint64_t *random = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(numbered_name((unsigned)(bench_random(random) % MILLION)).len);
}

static void bench_bindings(void)
{
	struct config_binding *bindings = calloc(MILLION, sizeof(*bindings));
	if (!bindings)
		fail("no memory for 1,000,000 bindings");
	for (unsigned i = 0; i < MILLION; i++)
		bindings[i] = (struct config_binding){.ip_kind = CONFIG_BIND_ANY,
			.port = 443,
			.host = numbered_name(i),
			.ssl_flags = CONFIG_SSL_SNI,
			.certificate = "main"};
	struct config config = {.bindings = bindings, .n_bindings = MILLION};
	struct bound bound = {
		.table = binding_table_create(&config, hash_key), .query = {.local_port = 443}, .random = 1};
	if (!bound.table || ip_address_parse("192.0.2.1", &bound.query.local_ip) < 0)
		fail("no memory for the binding table");
	const struct bench name = {
		"(making a random name, part of the lines below)", PER_ROUND, run_name, &bound.random};
	bench_run(&name);
	const struct bench bench = {
		"binding: first candidate, 1,000,000 host bindings", PER_ROUND, run_binding, &bound};
	bench_run(&bench);
	binding_table_destroy(bound.table);
	free(bindings);
}

/* --- certificate table --- */

struct names {
	struct cert_table *table;
	unsigned first; /* MILLION: none of the names is there */
	uint64_t random;
};

static void run_lookup(void *context, unsigned round)
{
	struct names *names = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		struct host_name name =
			numbered_name(names->first + (unsigned)(bench_random(&names->random) % MILLION));
		struct cert_table_result result;
		cert_table_lookup(names->table, 0, &name, false, &result);
		bench_keep(result.state);
	}
	cert_table_quiescent(names->table, 0);
}

static void bench_certificates(void)
{
	struct names names = {.table = cert_table_writer_create(MILLION, 1, hash_key), .random = 1};
	if (!names.table)
		fail("no memory for the certificate table");
	for (unsigned i = 0; i < MILLION; i++) {
		struct host_name name = numbered_name(i);
		if (cert_table_writer_index(names.table, &name) < 0)
			fail("no memory for a name");
	}
	cert_table_register_reader(names.table, 0);
	struct bench bench = {"cert_table: hit among 1,000,000 names", PER_ROUND, run_lookup, &names};
	bench_run(&bench);
	names.first = MILLION;
	bench.name = "cert_table: miss (exact, then wildcard)";
	bench_run(&bench);
	cert_table_unregister_reader(names.table, 0);
	cert_table_writer_destroy(names.table);
}

int main(void)
{
	if (getrandom(hash_key, sizeof(hash_key), 0) != sizeof(hash_key) || !eal_start(1024, "0"))
		fail("the EAL did not start");
	struct flow_key key = {.local_port = 443};
	const struct bench hash = {"siphash: 40 octets (a flow key)", PER_ROUND, run_siphash, &key};
	bench_print_header();
	bench_run(&hash);
	bench_flows();
	bench_hello();
	bench_bindings();
	bench_certificates();
	return 0;
}
