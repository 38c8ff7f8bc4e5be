/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make bench: what a TLS handshake costs the server, in memory: from tls_session_start() to tls_session_destroy(),
 * without the client's part. And records, of the server's session and of our own TLS 1.3.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* RAND_set_rand_method() */
#include "bench.h"
#include "tls13_record.h"
#include "tls_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

enum {
	HANDSHAKES_PER_ROUND = 20,
	RECORDS_PER_ROUND = 200,
	KILOBYTE = 1024,
};

/* --- random numbers and a time that are the same in every run: counts of instructions depend on nonces and keys --- */

static uint64_t random_state = 1;

static int fill_bytes(unsigned char *out, int len)
{
	for (int i = 0; i < len; i++)
		out[i] = (unsigned char)(bench_random(&random_state) >> 32);
	return 1;
}

/* In place of the C library's, for OpenSSL too: certificates get the same dates, so their signatures the same length.
 */
time_t time(time_t *out)
{
	const time_t now = 1767225600; /* 2026-01-01 */
	if (out != NULL)
		*out = now;
	return now;
}

static int is_seeded(void)
{
	return 1;
}

static void fix_randomness(void)
{
	static const RAND_METHOD method = {.bytes = fill_bytes, .pseudorand = fill_bytes, .status = is_seeded};
	if (RAND_set_rand_method(&method) != 1)
		bench_fail("OpenSSL takes no random numbers from us");
}

/* --- handshakes --- */

struct handshakes {
	struct tls_fixture *fixture;
	enum tls_fixture_kind kind;
	bool tls13;
	SSL_CTX *client_ctx;
	struct tls_session_engine *engine; /* with ticket keys */
	uint32_t ticket_lifetime_s;        /* 0: no tickets */
	SSL_SESSION *resumed;              /* NULL: full handshakes */
};

static SSL *start_client(SSL_CTX *ctx)
{
	SSL *ssl = SSL_new(ctx);
	if (ssl == NULL)
		bench_fail("no memory for a client");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_tlsext_host_name(ssl, TLS_FIXTURE_NAME);
	SSL_set_connect_state(ssl);
	return ssl;
}

/* Without a good-bye libssl would not offer its session again. */
static void stop_client(SSL *ssl)
{
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
}

/* The client's turn, not measured. @return octets for the server. */
static size_t client_turn(SSL *ssl, struct tls_session *session, uint8_t *flight, size_t size)
{
	bench_clock_stop();
	struct bytes output = tls_session_output(session);
	if (output.len > 0)
		BIO_write(SSL_get_rbio(ssl), output.data, (int)output.len);
	tls_session_output_consume(session, output.len);
	SSL_do_handshake(ssl);
	int n = BIO_read(SSL_get_wbio(ssl), flight, (int)size);
	bench_clock_start();
	return n > 0 ? (size_t)n : 0;
}

static struct tls_session *start_session(const struct handshakes *handshakes)
{
	struct tls_session_params params = {.allow_tls13 = handshakes->tls13,
		.ticket_lifetime_s = handshakes->ticket_lifetime_s,
		.tickets_tls13 = 2};
	struct tls_session *session;
	params.name.len = sizeof(TLS_FIXTURE_NAME) - 1;
	memcpy(params.name.text, TLS_FIXTURE_NAME, sizeof(TLS_FIXTURE_NAME));
	const struct certificate *certificate = handshakes->fixture->certificates[handshakes->kind];
	if (tls_session_start(handshakes->engine, certificate, &params, &session) != TLS_SESSION_OK)
		bench_fail("no session");
	return session;
}

static void shake_hands(SSL *ssl, struct tls_session *session)
{
	uint8_t flight[4096];
	size_t used;
	for (size_t n; (n = client_turn(ssl, session, flight, sizeof(flight))) > 0;)
		(void)tls_session_feed(session, (struct bytes){flight, n}, &used);
	if (!tls_session_established(session) || SSL_is_init_finished(ssl) != 1)
		bench_fail("a handshake failed");
}

static void run_handshakes(void *context, unsigned round)
{
	const struct handshakes *handshakes = context;
	(void)round;
	for (unsigned i = 0; i < HANDSHAKES_PER_ROUND; i++) {
		bench_clock_stop();
		SSL *ssl = start_client(handshakes->client_ctx);
		if (handshakes->resumed != NULL)
			SSL_set_session(ssl, handshakes->resumed);
		bench_clock_start();
		struct tls_session *session = start_session(handshakes);
		shake_hands(ssl, session);
		if (SSL_session_reused(ssl) != (handshakes->resumed != NULL))
			bench_fail("a handshake was not what was asked for");
		tls_session_destroy(session);
		bench_clock_stop();
		stop_client(ssl);
		bench_clock_start();
	}
}

static void bench_handshakes(struct handshakes *handshakes)
{
	static const struct {
		const char *name;
		bool tls13;
		enum tls_fixture_kind kind;
	} rows[] = {
		{"tls_session: TLS 1.3, full, ECDSA P-256", true, TLS_FIXTURE_P256},
		{"tls_session: TLS 1.3, full, RSA-2048", true, TLS_FIXTURE_RSA2048},
		{"tls_session: TLS 1.2, full, ECDSA P-256", false, TLS_FIXTURE_P256},
		{"tls_session: TLS 1.2, full, RSA-2048", false, TLS_FIXTURE_RSA2048},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		handshakes->tls13 = rows[i].tls13;
		handshakes->kind = rows[i].kind;
		const struct bench bench = {rows[i].name, HANDSHAKES_PER_ROUND, run_handshakes, handshakes};
		bench_run(&bench);
	}
}

/* @return what a client needs to resume; SSL_SESSION_free() it. */
static SSL_SESSION *get_ticket(const struct handshakes *handshakes)
{
	char byte;
	SSL *ssl = start_client(handshakes->client_ctx);
	struct tls_session *session = start_session(handshakes);
	shake_hands(ssl, session);
	(void)SSL_read(ssl, &byte, 1); /* TLS 1.3: tickets come like data */
	SSL_SESSION *ticket = SSL_get1_session(ssl);
	stop_client(ssl);
	tls_session_destroy(session);
	return ticket;
}

static void bench_tickets(struct handshakes *handshakes)
{
	static const struct {
		const char *name;
		bool tls13, resumes;
	} rows[] = {
		{"tls_session: TLS 1.3, full, ECDSA P-256, 2 tickets", true, false},
		{"tls_session: TLS 1.3, resumed, 1 ticket", true, true},
		{"tls_session: TLS 1.2, full, ECDSA P-256, 1 ticket", false, false},
		{"tls_session: TLS 1.2, resumed", false, true},
	};
	handshakes->kind = TLS_FIXTURE_P256;
	handshakes->ticket_lifetime_s = 7200;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		handshakes->tls13 = rows[i].tls13;
		handshakes->resumed = rows[i].resumes ? get_ticket(handshakes) : NULL;
		const struct bench bench = {rows[i].name, HANDSHAKES_PER_ROUND, run_handshakes, handshakes};
		bench_run(&bench);
		SSL_SESSION_free(handshakes->resumed);
	}
	handshakes->resumed = NULL;
	handshakes->ticket_lifetime_s = 0;
}

/* @return its keys; tls_tickets_destroy() them after it. */
static struct tls_tickets *make_engine(struct handshakes *handshakes)
{
	static const uint8_t key[TLS_TICKETS_KEY_BYTES] = {1, 2, 3};
	char error[160] = "no memory";
	struct tls_tickets *tickets = tls_tickets_create(key);
	const struct tls_session_settings settings = {
		.live_certificates = 4, .allow_vectors = true, .tickets = tickets};
	if (tickets != NULL)
		handshakes->engine = tls_session_engine_create(&settings, error, sizeof(error));
	if (handshakes->engine == NULL)
		bench_fail(error);
	return tickets;
}

/* --- records of the server's session --- */

struct session_records {
	struct tls_session *session;
	uint8_t plaintext[TLS13_RECORD_FRAGMENT_MAX_BYTES];
	size_t len;
};

static void run_session_write(void *context, unsigned round)
{
	struct session_records *records = context;
	(void)round;
	for (unsigned i = 0; i < RECORDS_PER_ROUND; i++) {
		size_t taken;
		struct bytes plaintext = {records->plaintext, records->len};
		if (tls_session_write(records->session, plaintext, &taken) != TLS_SESSION_OK || taken != records->len)
			bench_fail("a record was not written");
		tls_session_output_consume(records->session, tls_session_output(records->session).len);
	}
}

static void bench_session_records(struct handshakes *handshakes)
{
	static struct session_records records;
	handshakes->tls13 = true;
	handshakes->kind = TLS_FIXTURE_P256;
	SSL *ssl = start_client(handshakes->client_ctx);
	records.session = start_session(handshakes);
	shake_hands(ssl, records.session);
	records.len = KILOBYTE;
	struct bench bench = {"tls_session: write a record of 1 kB", RECORDS_PER_ROUND, run_session_write, &records};
	bench_run(&bench);
	records.len = sizeof(records.plaintext);
	bench.name = "tls_session: write a record of 16 kB";
	bench_run(&bench);
	tls_session_destroy(records.session);
	SSL_free(ssl);
}

/* --- records of our own TLS 1.3 --- */

struct own_records {
	struct tls13_record seals, opens;
	uint8_t plaintext[TLS13_RECORD_PAYLOAD_MAX_BYTES], wire[TLS13_RECORD_PAYLOAD_MAX_BYTES + 64];
	size_t len, wire_len;
};

static void run_seal(void *context, unsigned round)
{
	struct own_records *records = context;
	const struct bytes fragment = {records->plaintext, records->len};
	(void)round;
	for (unsigned i = 0; i < RECORDS_PER_ROUND; i++) {
		records->seals.sequence = 0; /* so that the last one can be opened as the first */
		if (tls13_record_seal(&records->seals, TLS13_RECORD_DATA, fragment, 0, records->wire,
			    &records->wire_len) != TLS13_RECORD_OK)
			bench_fail("a record was not sealed");
	}
}

static void run_open(void *context, unsigned round)
{
	struct own_records *records = context;
	(void)round;
	for (unsigned i = 0; i < RECORDS_PER_ROUND; i++) {
		uint8_t type;
		size_t len;
		records->opens.sequence = 0;
		if (tls13_record_open(&records->opens, (struct bytes){records->wire, records->wire_len},
			    records->plaintext, &type, &len) != TLS13_RECORD_OK)
			bench_fail("a record was not opened");
	}
}

static void seal_and_open(struct own_records *records, size_t len, const char *seal_name, const char *open_name)
{
	records->len = len;
	const struct bench seal = {seal_name, RECORDS_PER_ROUND, run_seal, records};
	bench_run(&seal);
	const struct bench open = {open_name, RECORDS_PER_ROUND, run_open, records};
	bench_run(&open);
}

static void bench_own_records(void)
{
	static struct own_records records;
	const struct tls13_keys_secret secret = {{1, 2, 3}};
	const struct tls13_suite *suite = tls13_suite_find(0x1301); /* TLS_AES_128_GCM_SHA256 */
	struct tls_aead_ciphers aeads;
	if (!tls_aead_ciphers_init(&aeads) || !tls13_record_init(&records.seals, true) ||
		!tls13_record_init(&records.opens, false) ||
		!tls13_record_set_secret(&records.seals, &aeads, suite, &secret) ||
		!tls13_record_set_secret(&records.opens, &aeads, suite, &secret))
		bench_fail("no record protection");
	seal_and_open(&records, KILOBYTE, "tls13_record: seal 1 kB", "tls13_record: open 1 kB");
	seal_and_open(
		&records, TLS13_RECORD_FRAGMENT_MAX_BYTES, "tls13_record: seal 16 kB", "tls13_record: open 16 kB");
	tls13_record_fini(&records.seals);
	tls13_record_fini(&records.opens);
	tls_aead_ciphers_fini(&aeads);
}

int main(void)
{
	static struct tls_fixture fixture;
	fix_randomness();
	struct handshakes handshakes = {.fixture = &fixture, .client_ctx = SSL_CTX_new(TLS_client_method())};
	if (handshakes.client_ctx == NULL || !tls_fixture_init(&fixture))
		bench_fail("no certificates or no engine");
	SSL_CTX_set_session_cache_mode(handshakes.client_ctx, SSL_SESS_CACHE_OFF);
	struct tls_tickets *tickets = make_engine(&handshakes);
	bench_print_header();
	bench_handshakes(&handshakes);
	bench_tickets(&handshakes);
	bench_session_records(&handshakes);
	bench_own_records();
	SSL_CTX_free(handshakes.client_ctx);
	tls_session_engine_leave(handshakes.engine);
	tls_session_engine_destroy(handshakes.engine);
	tls_tickets_destroy(tickets);
	tls_fixture_fini(&fixture);
	return 0;
}
