/* SPDX-License-Identifier: BSD-3-Clause */
/* The figures of docs/decisions/tls-sessions.md: cycles per handshake, the server's side. */
#include "eal.h"
#include "tls_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include <rte_cycles.h>

#define N_HANDSHAKES 400

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

int main(void)
{
	return eal_start(512, "0") ? measure_handshakes() : 1;
}
