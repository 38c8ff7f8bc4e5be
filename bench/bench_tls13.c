/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a full handshake of TLS 1.3 costs our client: X25519, an ECDSA P-256 server of libssl in memory, whose own work
 * is not counted. TSC cycles by phase and calls of the allocator; tests/support/tls13_pair moves the octets.
 *
 *   bench_tls13                  the table
 *   bench_tls13 count N [reused] N handshakes, no figures: for callgrind --collect-atstart=no
 * --toggle-collect=FUNCTION, with tls13_client_start and tls13_client_feed as functions
 */
#include "bench.h"
#include "tls_key_share.h"
#include "tls13_pair.h"
#include "tls13_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#define HANDSHAKES   400
#define VERIFY_EVERY 100

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);

static unsigned allocations;

/* The C library lets a program's own allocator come first: these only count. */
void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

static void fail(const char *reason)
{
	fprintf(stderr, "bench_tls13: %s\n", reason);
	exit(1);
}

struct phase {
	const char *name;
	double cycles[HANDSHAKES], allocations[HANDSHAKES];
};

/* One client, and for each handshake a fresh server. */
struct rig {
	struct tls13_pair pair;
	struct phase hello, flight, whole;
	unsigned n_done;
};

static int by_value(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double percentile(double *values, unsigned percent)
{
	qsort(values, HANDSHAKES, sizeof(values[0]), by_value);
	return values[(size_t)HANDSHAKES * percent / 100];
}

static void print_phase(struct phase *phase)
{
	const double allocated = percentile(phase->allocations, 50);
	printf("%-60s %12.0f %12.0f %12.0f %8.0f\n", phase->name, percentile(phase->cycles, 50),
		percentile(phase->cycles, 10), percentile(phase->cycles, 90), allocated);
}

static void record(struct phase *phase, unsigned i, uint64_t cycles, unsigned allocated)
{
	phase->cycles[i] = (double)cycles;
	phase->allocations[i] = allocated;
}

static void renew_server(struct tls13_pair *pair)
{
	SSL_free(pair->server);
	pair->server = SSL_new(pair->server_context);
	SSL_set_bio(pair->server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(pair->server);
}

/* Give the server what the client has written, and take its answer. Returns octets. */
static size_t answer(struct tls13_pair *pair, uint8_t *out, size_t size)
{
	const struct bytes output = tls13_client_output(pair->client);
	BIO_write(SSL_get_rbio(pair->server), output.data, (int)output.len);
	tls13_client_output_consume(pair->client, output.len);
	SSL_do_handshake(pair->server);
	const int n = BIO_read(SSL_get_wbio(pair->server), out, (int)size);
	return n > 0 ? (size_t)n : 0;
}

static void handshake(struct rig *rig, unsigned i)
{
	static const char name[] = "a.example";
	struct tls13_pair *pair = &rig->pair;
	uint8_t flight[8192];
	struct tls13_client_params params = {
		.server_name = {(const uint8_t *)name, strlen(name)}, .verify = i % VERIFY_EVERY == 0};
	memcpy(params.random, &i, sizeof(i));
	renew_server(pair);
	unsigned before = allocations;
	uint64_t start = __rdtsc();
	const bool started = tls13_client_start(pair->client, &params);
	const uint64_t hello_cycles = __rdtsc() - start;
	const unsigned hello_allocations = allocations - before;
	const size_t len = answer(pair, flight, sizeof(flight));
	size_t used;
	before = allocations;
	start = __rdtsc();
	tls13_client_feed(pair->client, (struct bytes){flight, len}, &used);
	const uint64_t flight_cycles = __rdtsc() - start;
	const unsigned flight_allocations = allocations - before;
	answer(pair, flight, sizeof(flight));
	if (!started || !tls13_pair_is_established(pair))
		fail("a handshake did not complete");
	record(&rig->hello, i % HANDSHAKES, hello_cycles, hello_allocations);
	record(&rig->flight, i % HANDSHAKES, flight_cycles, flight_allocations);
	record(&rig->whole, i % HANDSHAKES, hello_cycles + flight_cycles, hello_allocations + flight_allocations);
}

static void open_rig(struct rig *rig, bool reuse)
{
	struct tls13_client_settings settings = tls13_pair_settings();
	settings.reuse_key_share = reuse;
	if (!tls13_pair_init(&rig->pair, CERTIFICATE_KEY_EC_P256, &settings))
		fail("no memory, or no libssl");
	SSL_CTX_set_num_tickets(rig->pair.server_context, 0);
	SSL_CTX_set_ciphersuites(rig->pair.server_context, "TLS_AES_128_GCM_SHA256");
}

static void bench_handshakes(bool reuse)
{
	static struct rig rig;
	rig = (struct rig){.hello = {.name = "  ClientHello, its key share made"},
		.flight = {.name = "  the server's flight, the secret agreed"},
		.whole = {.name = "full handshake, a fresh key share, 1 of 100 verified"}};
	if (reuse) {
		rig.hello.name = "  ClientHello";
		rig.whole.name = "full handshake, the key share reused, 1 of 100 verified";
	}
	open_rig(&rig, reuse);
	for (unsigned i = 0; i < 2 * HANDSHAKES; i++) /* the first half warms up */
		handshake(&rig, i);
	print_phase(&rig.whole);
	print_phase(&rig.hello);
	print_phase(&rig.flight);
	tls13_pair_fini(&rig.pair);
}

/* --- what they consist of --- */

struct parts {
	struct tls_key_share_tools tools;
	struct tls_key_share share, peer;
	struct tls_aead_ciphers aeads;
	struct tls13_record record;
	struct tls13_keys_secret secret;
};

#define PER_ROUND 64

static void run_generate(void *context, unsigned round)
{
	struct parts *parts = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(tls_key_share_generate(&parts->share, &parts->tools, TLS_KEY_SHARE_X25519));
}

static void run_agree(void *context, unsigned round)
{
	struct parts *parts = context;
	uint8_t secret[TLS_KEY_SHARE_SECRET_MAX_BYTES];
	const struct bytes peer = {parts->peer.public_value, parts->peer.public_len};
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(tls_key_share_agree(&parts->share, &parts->tools, peer, secret));
}

static void run_derive(void *context, unsigned round)
{
	struct parts *parts = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		tls13_keys_derive(TLS_HASH_SHA256, &parts->secret, "c hs traffic", NULL, &parts->secret);
}

static void run_set_secret(void *context, unsigned round)
{
	struct parts *parts = context;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(tls13_record_set_secret(
			&parts->record, &parts->aeads, tls13_suite_find(0x1301), &parts->secret));
}

static void run_seal(void *context, unsigned round)
{
	struct parts *parts = context;
	uint8_t message[36] = {0}, out[128];
	size_t len;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		bench_keep(tls13_record_seal(&parts->record, TLS13_RECORD_HANDSHAKE,
			(struct bytes){message, sizeof(message)}, 0, out, &len));
}

static void bench_parts(void)
{
	struct parts parts = {0};
	const struct bench benches[] = {
		{"  X25519: make a key share", PER_ROUND, run_generate, &parts},
		{"  X25519: agree", PER_ROUND, run_agree, &parts},
		{"  key schedule: one secret derived (about 12 of them)", PER_ROUND, run_derive, &parts},
		{"  record: new keys (4 times)", PER_ROUND, run_set_secret, &parts},
		{"  record: seal a Finished", PER_ROUND, run_seal, &parts},
	};
	if (!tls_aead_ciphers_init(&parts.aeads) || !tls13_record_init(&parts.record, true) ||
		!tls_key_share_generate(&parts.peer, &parts.tools, TLS_KEY_SHARE_X25519))
		fail("no memory");
	for (size_t i = 0; i < sizeof(benches) / sizeof(benches[0]); i++)
		bench_run(&benches[i]);
	tls_key_share_tools_fini(&parts.tools);
	tls_key_share_fini(&parts.share);
	tls_key_share_fini(&parts.peer);
	tls13_record_fini(&parts.record);
	tls_aead_ciphers_fini(&parts.aeads);
}

/* For callgrind: nothing but handshakes. */
static void count(unsigned n, bool reuse)
{
	static struct rig rig;
	open_rig(&rig, reuse);
	for (unsigned i = 1; i <= n; i++)
		handshake(&rig, i);
	tls13_pair_fini(&rig.pair);
}

int main(int argc, char **argv)
{
	if (argc >= 3 && strcmp(argv[1], "count") == 0) {
		count((unsigned)strtoul(argv[2], NULL, 10), argc > 3);
		return 0;
	}
	printf("%-60s %12s %12s %12s %8s\n", "TLS 1.3 client, TSC cycles", "median", "10 %", "90 %", "mallocs");
	bench_handshakes(false);
	bench_handshakes(true);
	bench_print_header();
	bench_parts();
	return 0;
}
