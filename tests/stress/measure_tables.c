/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of docs/decisions: bytes and nanoseconds per name, cycles per handshake. Argument: names. */
#include "cert_table_writer.h"
#include "eal.h"
#include "tls_fixture.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#define N_HANDSHAKES 400

static struct host_name numbered(uint32_t number, const char *label)
{
	struct host_name name;
	int len = snprintf(name.text, sizeof(name.text), "%s-%u.example.com", label, number);
	name.len = (uint8_t)len;
	return name;
}

static size_t memory_used(void)
{
	struct rte_malloc_socket_stats stats;
	memset(&stats, 0, sizeof(stats));
	rte_malloc_get_socket_stats(0, &stats);
	struct mallinfo2 heap = mallinfo2();
	return stats.heap_allocsz_bytes + heap.uordblks + heap.hblkhd;
}

static double ns(uint64_t tsc, uint32_t n)
{
	return (double)tsc * 1e9 / (double)rte_get_tsc_hz() / n;
}

/* The name is made inside the loop; what that costs is measured alone and taken off. */
static double lookup_ns(const struct cert_table *table, uint32_t n_names, const char *label, bool is_looked_up)
{
	uint32_t state = 1, found = 0;
	const uint32_t n = 500000;
	uint64_t begin = rte_rdtsc_precise();
	for (uint32_t i = 0; i < n; i++) {
		state = state * 1664525 + 1013904223;
		struct host_name name = numbered((state >> 4) % n_names, label);
		struct cert_table_result result = {.state = CERT_TABLE_MISS};
		if (is_looked_up)
			cert_table_lookup(table, 0, &name, false, &result);
		found += result.state != CERT_TABLE_MISS;
	}
	uint64_t end = rte_rdtsc_precise();
	return found <= n ? ns(end - begin, n) : 0;
}

static int measure_table(uint32_t n_names)
{
	static const uint8_t key[16] = {1};
	size_t before = memory_used();
	struct cert_table *table = cert_table_writer_create(0, 1, key);
	if (table == NULL)
		return 1;
	cert_table_register_reader(table, 0);
	uint64_t begin = rte_rdtsc_precise(), slowest = 0;
	for (uint32_t i = 0; i < n_names; i++) {
		struct host_name name = numbered(i, "host");
		uint64_t one = rte_rdtsc_precise();
		if (cert_table_writer_index(table, &name) != 0) {
			fprintf(stderr, "no memory for name %u\n", i);
			return 1;
		}
		uint64_t took = rte_rdtsc_precise() - one;
		slowest = took > slowest ? took : slowest;
		cert_table_quiescent(table, 0);
		cert_table_writer_reclaim(table);
	}
	printf("%u names: %zu bytes each, %.0f ns to add one, %.0f ms the slowest (growth)\n", n_names,
		(memory_used() - before) / n_names, ns(rte_rdtsc_precise() - begin, n_names), ns(slowest, 1) / 1e6);
	double naming = lookup_ns(table, n_names, "host", false);
	printf("look-up: %.0f ns a hit, %.0f ns a miss (exact and wildcard)\n",
		lookup_ns(table, n_names, "host", true) - naming, lookup_ns(table, n_names, "nost", true) - naming);
	cert_table_unregister_reader(table, 0);
	cert_table_writer_destroy(table);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* @return TSC cycles the server spends: start, both feeds, destruction. */
static uint64_t one_handshake(struct tls_fixture *fixture, enum tls_fixture_kind kind, bool tls13)
{
	struct memory_client *client = tls_fixture_pair(fixture, kind, tls13, true);
	uint64_t begin, spent = 0;
	while (!tls_session_established(client->session)) {
		ERR_clear_error();
		(void)SSL_do_handshake(client->ssl);
		uint8_t flight[8192];
		int len = BIO_read(SSL_get_wbio(client->ssl), flight, sizeof(flight));
		size_t consumed;
		begin = rte_rdtsc_precise();
		(void)tls_session_feed(client->session, (struct bytes){flight, (size_t)len}, &consumed);
		spent += rte_rdtsc_precise() - begin;
		struct bytes output = tls_session_output(client->session);
		BIO_write(SSL_get_rbio(client->ssl), output.data, (int)output.len);
		tls_session_output_consume(client->session, output.len);
	}
	/* The start is measured on the next session, so that the client's making stays out of it. */
	struct tls_session_params params = {.allow_tls13 = tls13};
	struct tls_session *session;
	begin = rte_rdtsc_precise();
	tls_session_destroy(client->session);
	if (tls_session_start(fixture->engine, fixture->certificates[kind], &params, &session) != TLS_SESSION_OK)
		abort();
	spent += rte_rdtsc_precise() - begin;
	client->session = session;
	tls_fixture_part(client);
	return spent;
}

static int measure_handshakes(void)
{
	static const struct {
		const char *name;
		enum tls_fixture_kind kind;
		bool tls13;
	} rows[] = {
		{"TLS 1.3 ECDSA P-256 + X25519", TLS_FIXTURE_P256, true},
		{"TLS 1.2 ECDSA P-256 + X25519", TLS_FIXTURE_P256, false},
		{"TLS 1.3 RSA-2048 + X25519", TLS_FIXTURE_RSA2048, true},
	};
	static struct tls_fixture fixture;
	if (!tls_fixture_init(&fixture))
		return 1;
	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		static uint64_t spent[N_HANDSHAKES];
		for (unsigned i = 0; i < N_HANDSHAKES; i++)
			spent[i] = one_handshake(&fixture, rows[row].kind, rows[row].tls13);
		qsort(spent, N_HANDSHAKES, sizeof(spent[0]), by_size);
		printf("%s: %lu thousand TSC cycles (p10), %lu (p50); %.0f handshakes/s\n", rows[row].name,
			spent[N_HANDSHAKES / 10] / 1000, spent[N_HANDSHAKES / 2] / 1000,
			(double)rte_get_tsc_hz() / (double)spent[N_HANDSHAKES / 10]);
	}
	tls_fixture_fini(&fixture);
	return 0;
}

int main(int argc, char **argv)
{
	uint32_t n_names = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
	if (!eal_start(512, "0"))
		return 1;
	return measure_table(n_names) + measure_handshakes();
}
