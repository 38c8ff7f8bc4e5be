/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session.h"
#include "tls_fixture.h"
#include "tls_session_internal.h"
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include <openssl/async.h>
#include <openssl/x509v3.h>

static struct tls_fixture fixture;

static struct memory_client *pair_with(enum tls_fixture_kind kind)
{
	return tls_fixture_pair(&fixture, kind, true, true);
}

static void expect_failure(struct memory_client *client, const char *words)
{
	CU_ASSERT_FALSE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
	CU_ASSERT_FALSE(tls_session_established(client->session));
	if (strstr(tls_session_error(client->session), words) == NULL)
		printf("\nexpected '%s' in '%s'\n", words, tls_session_error(client->session));
	CU_ASSERT_PTR_NOT_NULL(strstr(tls_session_error(client->session), words));
	tls_fixture_part(client);
}

static void test_byte_by_byte(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		client->piece = 1;
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		tls_fixture_part(client);
	}
}

static void test_data_both_ways(void)
{
	enum { TOTAL = 100000 };
	static uint8_t sent[TOTAL], got[TOTAL];
	for (size_t i = 0; i < TOTAL; i++)
		sent[i] = (uint8_t)(i * 31 >> 3);
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));

	CU_ASSERT_EQUAL(SSL_write(client->ssl, sent, TOTAL), TOTAL);
	client->piece = 5000;
	size_t n_got = 0, n;
	enum tls_session_result result;
	bool moved = true;
	while (moved) {
		moved = memory_client_turn(client);
		while ((result = tls_session_read(client->session, got + n_got,
				777 < TOTAL - n_got ? 777 : TOTAL - n_got, &n)) == TLS_SESSION_OK &&
			n_got + n < TOTAL) {
			n_got += n;
			moved = true;
		}
		if (result == TLS_SESSION_OK)
			n_got += n;
		if (n_got == TOTAL)
			break;
	}
	CU_ASSERT_EQUAL(n_got, TOTAL);
	CU_ASSERT_EQUAL(memcmp(sent, got, TOTAL), 0);

	size_t n_sent = 0, largest = 0;
	memset(got, 0, sizeof(got));
	for (n_got = 0; n_got < TOTAL;) {
		CU_ASSERT_EQUAL(tls_session_write(client->session, (struct bytes){sent + n_sent, TOTAL - n_sent}, &n),
			TLS_SESSION_OK);
		n_sent += n;
		size_t waiting = tls_session_output(client->session).len;
		largest = waiting > largest ? waiting : largest;
		memory_client_turn(client);
		int got_now;
		while ((got_now = SSL_read(client->ssl, got + n_got, (int)(TOTAL - n_got))) > 0)
			n_got += (size_t)got_now;
		if (n == 0 && waiting == 0)
			break;
	}
	CU_ASSERT_EQUAL(n_got, TOTAL);
	CU_ASSERT_EQUAL(memcmp(sent, got, TOTAL), 0);
	CU_ASSERT_TRUE(largest <= TLS_SESSION_OUTPUT_MAX_BYTES + 16384 + 256);
	tls_fixture_part(client);
}

/* The client's last handshake message and its first request in one segment: nothing may be left behind. */
static void test_request_with_the_finished(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	(void)SSL_do_handshake(client->ssl);
	memory_client_turn(client);
	CU_ASSERT_EQUAL(SSL_do_handshake(client->ssl), 1);
	CU_ASSERT_EQUAL(SSL_write(client->ssl, "GET /", 5), 5);
	memory_client_turn(client);
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_OK);
	CU_ASSERT_EQUAL(client->n_pending, 0);
	uint8_t got[16];
	size_t n;
	CU_ASSERT_EQUAL(tls_session_read(client->session, got, sizeof(got), &n), TLS_SESSION_OK);
	CU_ASSERT_EQUAL(n, 5);
	CU_ASSERT_EQUAL(tls_session_read(client->session, got, sizeof(got), &n), TLS_SESSION_WANT_INPUT);
	tls_fixture_part(client);
}

/* A second record waits until the first has been read: the session never holds more than one. */
static void test_plaintext_must_be_taken_first(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	SSL_write(client->ssl, "one", 3);
	SSL_write(client->ssl, "two", 3);
	memory_client_turn(client);
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_OK);
	CU_ASSERT_NOT_EQUAL(client->n_pending, 0);
	size_t left = client->n_pending, n;
	memory_client_turn(client);
	CU_ASSERT_EQUAL(client->n_pending, left);
	uint8_t got[8];
	CU_ASSERT_EQUAL(tls_session_read(client->session, got, sizeof(got), &n), TLS_SESSION_OK);
	CU_ASSERT_EQUAL(memcmp(got, "one", 3), 0);
	memory_client_turn(client);
	CU_ASSERT_EQUAL(tls_session_read(client->session, got, sizeof(got), &n), TLS_SESSION_OK);
	CU_ASSERT_EQUAL(memcmp(got, "two", 3), 0);
	tls_fixture_part(client);
}

static void test_garbage(void)
{
	static const char *const rows[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff",
		"\x17\x03\x03\x00\x02zz", "\x16\x03\x03\xff\xff", "\x15\x03\x03\x00\x02\x02\x28"};
	static const size_t lens[] = {18, 10, 7, 5, 7};
	for (unsigned i = 0; i < 5; i++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		CU_ASSERT_EQUAL(memory_client_inject(client, rows[i], lens[i]), TLS_SESSION_FAILED);
		CU_ASSERT_STRING_NOT_EQUAL(tls_session_error(client->session), "");
		size_t consumed;
		CU_ASSERT_EQUAL(tls_session_feed(client->session, (struct bytes){(const uint8_t *)"x", 1}, &consumed),
			TLS_SESSION_FAILED);
		CU_ASSERT_EQUAL(consumed, 0);
		tls_fixture_part(client);
	}
}

/* A fatal alert names itself; the words are what an operator sees. */
static void test_client_alert_is_named(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	X509_STORE *nobody = X509_STORE_new();
	SSL_CTX_set_cert_store(client->ctx, nobody); /* trusts no root */
	SSL_set1_verify_cert_store(client->ssl, nobody);
	expect_failure(client, "client sent alert 48 unknown_ca");
}

static void test_corrupt_record(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	uint8_t record[64];
	SSL_write(client->ssl, "hello", 5);
	int len = BIO_read(SSL_get_wbio(client->ssl), record, sizeof(record));
	record[len - 1] ^= 1;
	CU_ASSERT_EQUAL(memory_client_inject(client, record, (size_t)len), TLS_SESSION_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(tls_session_error(client->session), "sent alert 20 bad_record_mac"));
	CU_ASSERT_TRUE(tls_session_output(client->session).len > 0);
	uint8_t got[8];
	size_t n;
	CU_ASSERT_EQUAL(tls_session_read(client->session, got, sizeof(got), &n), TLS_SESSION_FAILED);
	CU_ASSERT_EQUAL(tls_session_write(client->session, (struct bytes){got, 1}, &n), TLS_SESSION_FAILED);
	tls_fixture_part(client);
}

static void test_close_from_each_side(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		SSL_shutdown(client->ssl);
		memory_client_turn(client);
		CU_ASSERT_EQUAL(client->result, TLS_SESSION_CLOSED);
		size_t n;
		CU_ASSERT_EQUAL(/* its direction is closed, ours is not */
			tls_session_write(client->session, (struct bytes){(const uint8_t *)"bye", 3}, &n),
			TLS_SESSION_OK);
		CU_ASSERT_EQUAL(n, 3);
		tls_session_close(client->session);
		memory_client_turn(client);
		char byte;
		CU_ASSERT_EQUAL(SSL_read(client->ssl, &byte, 1), 1); /* 'b' */
		tls_fixture_part(client);

		client = pair_with(TLS_FIXTURE_P256);
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		tls_session_close(client->session);
		memory_client_turn(client);

		CU_ASSERT_EQUAL(SSL_get_error(client->ssl, SSL_read(client->ssl, &byte, 1)), SSL_ERROR_ZERO_RETURN);
		tls_fixture_part(client);
	}
}

static void test_close_before_the_handshake(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	tls_session_close(client->session);
	CU_ASSERT_EQUAL(tls_session_output(client->session).len, 0);
	uint8_t byte = 0;
	size_t n;
	CU_ASSERT_EQUAL(tls_session_read(client->session, &byte, 1, &n), TLS_SESSION_WANT_INPUT);
	CU_ASSERT_EQUAL(tls_session_write(client->session, (struct bytes){&byte, 1}, &n), TLS_SESSION_WANT_INPUT);
	CU_ASSERT_EQUAL(n, 0);
	tls_fixture_part(client);
}

/* Destroy after every number of octets that a client may have sent. */
static void test_destroy_in_every_step(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		for (size_t limit = 0; limit < 900; limit += limit < 500 ? 13 : 1) {
			struct memory_client *client = pair_with(TLS_FIXTURE_P256);
			SSL_set_max_proto_version(client->ssl, version);
			client->piece = 13;
			size_t fed = 0;
			bool moved = true;
			while (moved && fed < limit) {
				(void)SSL_do_handshake(client->ssl);
				moved = memory_client_turn(client);
				fed += 13;
			}
			tls_fixture_part(client);
		}
	}
}

static void test_key_update_flood_is_cut_off(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	unsigned sent = 0;
	while (client->result != TLS_SESSION_FAILED && sent < 1000) {
		SSL_key_update(client->ssl, SSL_KEY_UPDATE_REQUESTED);
		SSL_do_handshake(client->ssl);
		memory_client_turn(client);
		char byte;
		(void)SSL_read(client->ssl, &byte, 1);
		sent++;
	}
	CU_ASSERT_EQUAL(sent, 33);
	CU_ASSERT_STRING_EQUAL(tls_session_error(client->session), "client sent too many messages without data");
	tls_fixture_part(client);
}

/* What may stand between the flights of a handshake, but not for ever. */
static void test_floods_during_the_handshake(void)
{
	static const char *const rows[] = {
		"\x14\x03\x03\x00\x01\x01",     /* change_cipher_spec (RFC 8446 appendix D.4) */
		"\x15\x03\x03\x00\x02\x01\x5a", /* a warning: user_canceled */
	};
	static const size_t lens[] = {6, 7};
	for (unsigned i = 0; i < 2; i++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		(void)SSL_do_handshake(client->ssl);
		memory_client_turn(client);
		unsigned sent = 0;
		while (sent < 1000 && memory_client_inject(client, rows[i], lens[i]) != TLS_SESSION_FAILED)
			sent++;
		CU_ASSERT_TRUE(sent <= 32);
		tls_fixture_part(client);
	}
}

/* The largest flight there is: longer than what data may put into the output, and sent in one go all the same. */
static void test_chain_of_many_records(void)
{
	enum { CONTENT = 8000 };
	struct test_certificates_pair *pair = &fixture.pairs[TLS_FIXTURE_P256];
	struct test_certificates_ca ca = fixture.ca;
	ca.intermediate = X509_dup(fixture.ca.intermediate);
	static char comment[CONTENT + 1];
	memset(comment, 'x', CONTENT);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, comment);
	for (unsigned i = 0; i < 10; i++)
		X509_add_ext(ca.intermediate, extension, -1);
	X509_EXTENSION_free(extension);
	X509_sign(ca.intermediate, ca.root_key, EVP_sha256());
	struct certificate *large = test_certificates_pack(&ca, fixture.chains, pair, 1, "large.pfx");
	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	struct tls_session_params params = {.allow_tls13 = true};
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	tls_session_destroy(client->session);
	CU_ASSERT_EQUAL_FATAL(tls_session_start(fixture.engine, large, &params, &client->session), TLS_SESSION_OK);
	SSL_set_verify(client->ssl, SSL_VERIFY_NONE, NULL);
	(void)SSL_do_handshake(client->ssl);
	memory_client_turn(client);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	tls_fixture_part(client);
	certificate_destroy(large);
	X509_free(ca.intermediate);
}

static void test_key_updates_with_data_are_served(void)
{
	static uint8_t data[16384];
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	for (unsigned i = 0; i < 100; i++) {
		SSL_key_update(client->ssl, SSL_KEY_UPDATE_REQUESTED);
		CU_ASSERT_EQUAL(SSL_write(client->ssl, data, sizeof(data)), sizeof(data));
		while (memory_client_turn(client)) {
			size_t n;
			static uint8_t got[16384];
			while (tls_session_read(client->session, got, sizeof(got), &n) == TLS_SESSION_OK)
				continue;
			(void)SSL_read(client->ssl, got, 1);
		}
	}
	CU_ASSERT_NOT_EQUAL(client->result, TLS_SESSION_FAILED);
	tls_fixture_part(client);
}

static void test_renegotiation_is_refused(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	SSL_renegotiate(client->ssl);
	CU_ASSERT_NOT_EQUAL(SSL_do_handshake(client->ssl), 1);
	memory_client_turn(client);
	CU_ASSERT_NOT_EQUAL(SSL_do_handshake(client->ssl), 1);
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).version, "TLSv1.2"); /* the session itself goes on */
	tls_fixture_part(client);
}

/* A thousand full sessions: AddressSanitizer finds what is left; the heap tells what an idle one costs. */
static void test_thousand_sessions(void)
{
	enum { N = 1000 };
	static struct tls_session *sessions[N];
	struct mallinfo2 before = mallinfo2();
	for (unsigned i = 0; i < N; i++) {
		struct memory_client *client = pair_with(i % TLS_FIXTURE_DUAL);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		sessions[i] = client->session;
		client->session = NULL;
		tls_fixture_part(client);
	}
	struct mallinfo2 after = mallinfo2();
	printf("\n\t%zu bytes of heap for each idle session ... ", (after.uordblks - before.uordblks) / N);
	for (unsigned i = 0; i < N; i++)
		tls_session_destroy(sessions[i]);
	CU_ASSERT_EQUAL(tls_session_engine_live(fixture.engine), 4);
	tls_session_destroy(NULL);
}

/* Stands for public-key work that is done outside the fibre: pauses in the handshake until told that it is done. */
struct work {
	const struct tls_session *session;
	unsigned n_pauses;
	bool is_done, is_good, heeds_cancellation;
};

static int pause_for_work(SSL *ssl, void *argument)
{
	(void)ssl;
	struct work *work = argument;
	while (!work->is_done) {
		if (work->heeds_cancellation && work->session->is_cancelled)
			return 0;
		work->n_pauses++;
		CU_ASSERT_EQUAL(ASYNC_pause_job(), 1);
	}
	return work->is_good ? 1 : 0;
}

/* A client whose session is paused for work. */
static struct memory_client *paused_pair(struct work *work)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	*work = (struct work){.session = client->session, .is_good = true, .heeds_cancellation = true};
	SSL_set_cert_cb(client->session->ssl, pause_for_work, work);
	CU_ASSERT_FALSE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_WANT_ASYNC);
	CU_ASSERT_EQUAL(work->n_pauses, 1);
	return client;
}

static void test_pause_and_resume(void)
{
	struct work work;
	struct memory_client *client = paused_pair(&work);
	uint8_t byte = 0;
	size_t n;
	CU_ASSERT_EQUAL(memory_client_inject(client, "x", 1), TLS_SESSION_WANT_ASYNC);
	CU_ASSERT_EQUAL(tls_session_read(client->session, &byte, 1, &n), TLS_SESSION_WANT_ASYNC);
	CU_ASSERT_EQUAL(tls_session_write(client->session, (struct bytes){&byte, 1}, &n), TLS_SESSION_WANT_ASYNC);
	CU_ASSERT_EQUAL(work.n_pauses, 1); /* none of these woke it */
	for (unsigned i = 2; i < 5; i++) {
		CU_ASSERT_EQUAL(tls_session_resume(client->session), TLS_SESSION_WANT_ASYNC);
		CU_ASSERT_EQUAL(work.n_pauses, i);
	}
	work.is_done = true;
	CU_ASSERT_EQUAL(tls_session_resume(client->session), TLS_SESSION_WANT_INPUT);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(tls_session_resume(client->session), TLS_SESSION_WANT_INPUT); /* nothing to resume */
	tls_fixture_part(client);
}

static void test_work_that_fails(void)
{
	struct work work;
	struct memory_client *client = paused_pair(&work);
	work.is_done = true;
	work.is_good = false;
	CU_ASSERT_EQUAL(tls_session_resume(client->session), TLS_SESSION_FAILED);
	CU_ASSERT_PTR_NOT_NULL(strstr(tls_session_error(client->session), "sent alert 80 internal_error"));
	CU_ASSERT_TRUE(tls_session_output(client->session).len > 0);
	CU_ASSERT_EQUAL(tls_session_resume(client->session), TLS_SESSION_FAILED);
	tls_fixture_part(client);
}

static void test_destroy_while_paused(void)
{
	struct work work;
	struct memory_client *client = paused_pair(&work);
	tls_fixture_part(client);
	CU_ASSERT_PTR_NULL(fixture.engine->dying);
	CU_ASSERT_EQUAL(work.n_pauses, 1);
}

/* Work in a batch that cannot be taken back: the session outlives its owner until the batch has run. */
static void test_destroy_while_work_cannot_stop(void)
{
	struct work work[3];
	for (unsigned i = 0; i < 3; i++) {
		struct memory_client *client = paused_pair(&work[i]);
		work[i].heeds_cancellation = false;
		tls_fixture_part(client);
	}
	CU_ASSERT_PTR_NOT_NULL(fixture.engine->dying);
	work[1].is_done = true;
	tls_fixture_part(pair_with(TLS_FIXTURE_P256)); /* sweeps */
	CU_ASSERT_PTR_EQUAL(fixture.engine->dying, work[2].session);
	CU_ASSERT_PTR_EQUAL(fixture.engine->dying->next_dying, work[0].session);
	work[0].is_done = work[2].is_done = true;
	tls_fixture_part(pair_with(TLS_FIXTURE_P256));
	CU_ASSERT_PTR_NULL(fixture.engine->dying);
}

static void test_many_paused_at_once(void)
{
	enum { N = 300 };
	static struct work work[N];
	static struct memory_client *clients[N];
	for (unsigned i = 0; i < N; i++)
		clients[i] = paused_pair(&work[i]);
	for (unsigned i = 0; i < N; i++) {
		unsigned at = i * 7 % N; /* another order than they paused in */
		work[at].is_done = true;
		if (i % 3 != 0) {
			CU_ASSERT_EQUAL(tls_session_resume(clients[at]->session), TLS_SESSION_WANT_INPUT);
			CU_ASSERT_TRUE(memory_client_handshake(clients[at]));
		}
		tls_fixture_part(clients[at]);
	}
	CU_ASSERT_PTR_NULL(fixture.engine->dying);
}

int main(void)
{
	if (!tls_fixture_init(&fixture))
		return 1;
	CU_TestInfo tests[] = {
		{"byte by byte", test_byte_by_byte},
		{"data both ways", test_data_both_ways},
		{"a request together with the Finished", test_request_with_the_finished},
		{"plaintext must be taken first", test_plaintext_must_be_taken_first},
		{"garbage", test_garbage},
		{"a client's alert is named", test_client_alert_is_named},
		{"a corrupt record", test_corrupt_record},
		{"close from each side", test_close_from_each_side},
		{"close before the handshake", test_close_before_the_handshake},
		{"destroy in every step", test_destroy_in_every_step},
		{"a flood of KeyUpdates is cut off", test_key_update_flood_is_cut_off},
		{"floods during the handshake are cut off", test_floods_during_the_handshake},
		{"a chain of many records", test_chain_of_many_records},
		{"KeyUpdates with data are served", test_key_updates_with_data_are_served},
		{"renegotiation is refused", test_renegotiation_is_refused},
		{"a thousand sessions", test_thousand_sessions},
		{"pause and resume", test_pause_and_resume},
		{"public-key work that fails", test_work_that_fails},
		{"destroy while paused", test_destroy_while_paused},
		{"destroy while the work cannot stop", test_destroy_while_work_cannot_stop},
		{"many paused at once", test_many_paused_at_once},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("tls_session", tests);
	tls_fixture_fini(&fixture);
	return result;
}
