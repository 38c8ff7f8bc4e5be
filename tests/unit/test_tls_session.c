/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session.h"
#include "memory_client.h"
#include "test_certificates.h"
#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#define NAME "cawl.nau.edu"

static struct test_certificates_ca ca;
static struct certificate_chains *chains;
static struct tls_session_engine *engine;
enum { P256, P384, RSA2048, ED25519, N_KINDS };
static struct test_certificates_pair pairs[N_KINDS];
static struct certificate *certificates[N_KINDS];
static struct certificate *dual;

static struct tls_session_params params(bool allow_tls13, bool allow_http2)
{
	struct tls_session_params p = {.allow_tls13 = allow_tls13, .allow_http2 = allow_http2};
	p.name.len = sizeof(NAME) - 1;
	memcpy(p.name.text, NAME, sizeof(NAME));
	return p;
}

static struct tls_session *start(const struct certificate *certificate)
{
	struct tls_session_params p = params(true, true);
	struct tls_session *session;
	CU_ASSERT_EQUAL_FATAL(tls_session_start(engine, certificate, &p, &session), TLS_SESSION_OK);
	return session;
}

/* A client and a session that wait for the first byte. On the heap: under a sanitizer, the client's buffer is guarded.
 */
static struct memory_client *pair_with(const struct certificate *certificate)
{
	struct memory_client *client = malloc(sizeof(*client));
	CU_ASSERT_TRUE_FATAL(memory_client_init(client, ca.root, NAME, start(certificate)));
	return client;
}

static void part(struct memory_client *client)
{
	tls_session_destroy(client->session);
	memory_client_fini(client);
	free(client);
	ERR_clear_error();
}

static struct tls_session_info info_of(const struct memory_client *client)
{
	struct tls_session_info info;
	tls_session_get_info(client->session, &info);
	return info;
}

static void test_versions_and_keys(void)
{
	static const struct {
		int version;
		unsigned kind;
		const char *name, *cipher, *signature;
	} rows[] = {
		{TLS1_3_VERSION, P256, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ecdsa_secp256r1_sha256"},
		{TLS1_3_VERSION, P384, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ecdsa_secp384r1_sha384"},
		{TLS1_3_VERSION, RSA2048, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "rsa_pss_rsae_sha256"},
		{TLS1_3_VERSION, ED25519, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ed25519"},
		{TLS1_2_VERSION, P256, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa_secp256r1_sha256"},
		{TLS1_2_VERSION, P384, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ecdsa_secp256r1_sha256"},
		{TLS1_2_VERSION, RSA2048, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "rsa_pss_rsae_sha256"},
		{TLS1_2_VERSION, ED25519, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ed25519"},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct memory_client *client = pair_with(certificates[rows[i].kind]);
		SSL_set_max_proto_version(client->ssl, rows[i].version);
		CU_ASSERT_STRING_EQUAL(info_of(client).version, "");
		CU_ASSERT_TRUE(memory_client_handshake(client));
		struct tls_session_info info = info_of(client);
		CU_ASSERT_STRING_EQUAL(info.version, rows[i].name);
		CU_ASSERT_STRING_EQUAL(info.cipher, rows[i].cipher);
		CU_ASSERT_STRING_EQUAL(info.signature, rows[i].signature);
		CU_ASSERT_STRING_EQUAL(info.group, "X25519");
		CU_ASSERT_STRING_EQUAL(info.protocol, "");
		CU_ASSERT_FALSE(info.resumed);
		CU_ASSERT_EQUAL(SSL_get_verify_result(client->ssl), X509_V_OK);
		CU_ASSERT_STRING_EQUAL(tls_session_error(client->session), "");
		part(client);
	}
}

static void test_chain_is_sent_complete(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(client->ssl);
	CU_ASSERT_EQUAL_FATAL(sk_X509_num(sent), 2); /* leaf and issuer, not the root */
	CU_ASSERT_EQUAL(X509_cmp(sk_X509_value(sent, 0), pairs[P256].leaf), 0);
	CU_ASSERT_EQUAL(X509_cmp(sk_X509_value(sent, 1), ca.intermediate), 0);
	part(client);
}

static void test_groups(void)
{
	static const char *const rows[][2] = {{"P-256", "P-256"}, {"P-384", "P-384"}, {"P-384:X25519", "X25519"}};
	for (unsigned i = 0; i < 3; i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct memory_client *client = pair_with(certificates[RSA2048]);
			SSL_set_max_proto_version(client->ssl, version);
			SSL_set1_groups_list(client->ssl, rows[i][0]);
			CU_ASSERT_TRUE(memory_client_handshake(client));
			/* TLS 1.3: the key share that came decides, no second round trip for one we like better. */
			bool share_decides = version == TLS1_3_VERSION && i == 2;
			CU_ASSERT_STRING_EQUAL(info_of(client).group, share_decides ? "P-384" : rows[i][1]);
			part(client);
		}
	}
	struct memory_client *client = pair_with(certificates[P256]);
	SSL_set1_groups_list(client->ssl, "X448");
	CU_ASSERT_FALSE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
	part(client);
}

static void test_hello_retry(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	SSL_set1_groups_list(client->ssl, "X448:P-384"); /* its key share is for a group we do not have */
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_STRING_EQUAL(info_of(client).group, "P-384");
	part(client);
}

/* What the client offers × what we allow → what is chosen; NULL: the alert no_application_protocol. */
static void test_alpn(void)
{
	static const struct {
		const char *offer;
		bool allow_http2;
		const char *chosen;
	} rows[] = {
		{"\x02h2\x08http/1.1", true, "h2"},
		{"\x08http/1.1\x02h2", true, "h2"},
		{"\x02h2\x08http/1.1", false, "http/1.1"},
		{"\x08http/1.1", true, "http/1.1"},
		{"\x02h2", false, NULL},
		{"\x03"
		 "ftp",
			true, NULL},
		{"", true, ""},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct tls_session_params p = params(true, rows[i].allow_http2);
			struct memory_client *client = malloc(sizeof(*client));
			struct tls_session *session;
			CU_ASSERT_EQUAL_FATAL(
				tls_session_start(engine, certificates[P256], &p, &session), TLS_SESSION_OK);
			CU_ASSERT_TRUE_FATAL(memory_client_init(client, ca.root, NAME, session));
			SSL_set_max_proto_version(client->ssl, version);
			unsigned int offer_len = (unsigned int)strlen(rows[i].offer);
			if (offer_len > 0)
				SSL_set_alpn_protos(client->ssl, (const unsigned char *)rows[i].offer, offer_len);
			bool done = memory_client_handshake(client);
			CU_ASSERT_EQUAL(done, rows[i].chosen != NULL);
			if (done) {
				CU_ASSERT_STRING_EQUAL(info_of(client).protocol, rows[i].chosen);
			} else {
				CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
				CU_ASSERT_PTR_NOT_NULL(
					strstr(tls_session_error(session), "sent alert 120 no_application_protocol"));
			}
			part(client);
		}
	}
}

static void expect_failure(struct memory_client *client, const char *words)
{
	CU_ASSERT_FALSE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
	CU_ASSERT_FALSE(tls_session_established(client->session));
	if (strstr(tls_session_error(client->session), words) == NULL)
		printf("\nexpected '%s' in '%s'\n", words, tls_session_error(client->session));
	CU_ASSERT_PTR_NOT_NULL(strstr(tls_session_error(client->session), words));
	part(client);
}

static void test_nothing_in_common(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	SSL_set_cipher_list(client->ssl, "AES128-SHA:ECDHE-ECDSA-AES128-SHA256"); /* no forward secrecy; no AEAD */
	expect_failure(client, "no shared cipher (sent alert 40 handshake_failure)");

	client = pair_with(certificates[P256]);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	SSL_set_cipher_list(client->ssl, "ECDHE-RSA-AES128-GCM-SHA256"); /* our key is EC */
	expect_failure(client, "no shared cipher");

	client = pair_with(certificates[P256]);
	SSL_set_security_level(client->ssl, 0);
	SSL_set_min_proto_version(client->ssl, TLS1_VERSION);
	SSL_set_max_proto_version(client->ssl, TLS1_1_VERSION);
	expect_failure(client, "sent alert 70 protocol_version");
}

static void test_tls13_can_be_off(void)
{
	struct tls_session_params p = params(false, true);
	struct memory_client *client = malloc(sizeof(*client));
	struct tls_session *session;
	CU_ASSERT_EQUAL_FATAL(tls_session_start(engine, certificates[P256], &p, &session), TLS_SESSION_OK);
	CU_ASSERT_TRUE_FATAL(memory_client_init(client, ca.root, NAME, session));
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_STRING_EQUAL(info_of(client).version, "TLSv1.2");
	part(client);

	client = malloc(sizeof(*client));
	CU_ASSERT_EQUAL_FATAL(tls_session_start(engine, certificates[P256], &p, &session), TLS_SESSION_OK);
	CU_ASSERT_TRUE_FATAL(memory_client_init(client, ca.root, NAME, session));
	SSL_set_min_proto_version(client->ssl, TLS1_3_VERSION);
	expect_failure(client, "protocol_version");
}

static void test_client_chooses_between_two_keys(void)
{
	static const struct {
		const char *signatures;
		unsigned kind;
	} rows[] = {
		{"ECDSA+SHA256:RSA-PSS+SHA256", P256},
		{"RSA-PSS+SHA256:ECDSA+SHA256", P256}, /* both: ours is the cheaper one */
		{"RSA-PSS+SHA256", RSA2048},
		{"ECDSA+SHA256", P256},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct memory_client *client = pair_with(dual);
			SSL_set_max_proto_version(client->ssl, version);
			/* The chain is signed with ECDSA: this test is about the leaf's key. */
			SSL_set_verify(client->ssl, SSL_VERIFY_NONE, NULL);
			SSL_set1_sigalgs_list(client->ssl, rows[i].signatures);
			CU_ASSERT_TRUE(memory_client_handshake(client));
			X509 *got = SSL_get0_peer_certificate(client->ssl);
			CU_ASSERT_PTR_NOT_NULL_FATAL(got);
			CU_ASSERT_EQUAL(X509_cmp(got, pairs[rows[i].kind].leaf), 0);
			part(client);
		}
	}
}

static void test_byte_by_byte(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(certificates[P256]);
		client->piece = 1;
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		part(client);
	}
}

static void test_data_both_ways(void)
{
	enum { TOTAL = 100000 };
	static uint8_t sent[TOTAL], got[TOTAL];
	for (size_t i = 0; i < TOTAL; i++)
		sent[i] = (uint8_t)(i * 31 >> 3);
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

/* The client's last handshake message and its first request in one segment: nothing may be left behind. */
static void test_request_with_the_finished(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

/* A second record waits until the first has been read: the session never holds more than one. */
static void test_plaintext_must_be_taken_first(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

static void test_garbage(void)
{
	static const char *const rows[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05\xff\xff\xff\xff\xff",
		"\x17\x03\x03\x00\x02zz", "\x16\x03\x03\xff\xff", "\x15\x03\x03\x00\x02\x02\x28"};
	static const size_t lens[] = {18, 10, 7, 5, 7};
	for (unsigned i = 0; i < 5; i++) {
		struct memory_client *client = pair_with(certificates[P256]);
		CU_ASSERT_EQUAL(memory_client_inject(client, rows[i], lens[i]), TLS_SESSION_FAILED);
		CU_ASSERT_STRING_NOT_EQUAL(tls_session_error(client->session), "");
		size_t consumed;
		CU_ASSERT_EQUAL(tls_session_feed(client->session, (struct bytes){(const uint8_t *)"x", 1}, &consumed),
			TLS_SESSION_FAILED);
		CU_ASSERT_EQUAL(consumed, 0);
		part(client);
	}
}

/* A fatal alert names itself; the words are what an operator sees. */
static void test_client_alert_is_named(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	X509_STORE *nobody = X509_STORE_new();
	SSL_CTX_set_cert_store(client->ctx, nobody); /* trusts no root */
	SSL_set1_verify_cert_store(client->ssl, nobody);
	expect_failure(client, "client sent alert 48 unknown_ca");
}

static void test_corrupt_record(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

static void test_close_from_each_side(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(certificates[P256]);
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
		part(client);

		client = pair_with(certificates[P256]);
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		tls_session_close(client->session);
		memory_client_turn(client);

		CU_ASSERT_EQUAL(SSL_get_error(client->ssl, SSL_read(client->ssl, &byte, 1)), SSL_ERROR_ZERO_RETURN);
		part(client);
	}
}

static void test_close_before_the_handshake(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	tls_session_close(client->session);
	CU_ASSERT_EQUAL(tls_session_output(client->session).len, 0);
	uint8_t byte = 0;
	size_t n;
	CU_ASSERT_EQUAL(tls_session_read(client->session, &byte, 1, &n), TLS_SESSION_WANT_INPUT);
	CU_ASSERT_EQUAL(tls_session_write(client->session, (struct bytes){&byte, 1}, &n), TLS_SESSION_WANT_INPUT);
	CU_ASSERT_EQUAL(n, 0);
	part(client);
}

/* Destroy after every number of octets that a client may have sent. */
static void test_destroy_in_every_step(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		for (size_t limit = 0; limit < 900; limit += limit < 500 ? 13 : 1) {
			struct memory_client *client = pair_with(certificates[P256]);
			SSL_set_max_proto_version(client->ssl, version);
			client->piece = 13;
			size_t fed = 0;
			bool moved = true;
			while (moved && fed < limit) {
				(void)SSL_do_handshake(client->ssl);
				moved = memory_client_turn(client);
				fed += 13;
			}
			part(client);
		}
	}
}

static void test_key_update_flood_is_cut_off(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

static void test_key_updates_with_data_are_served(void)
{
	static uint8_t data[16384];
	struct memory_client *client = pair_with(certificates[P256]);
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
	part(client);
}

static void test_renegotiation_is_refused(void)
{
	struct memory_client *client = pair_with(certificates[P256]);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	SSL_renegotiate(client->ssl);
	CU_ASSERT_NOT_EQUAL(SSL_do_handshake(client->ssl), 1);
	memory_client_turn(client);
	CU_ASSERT_NOT_EQUAL(SSL_do_handshake(client->ssl), 1);
	CU_ASSERT_STRING_EQUAL(info_of(client).version, "TLSv1.2"); /* the session itself goes on */
	part(client);
}

static void test_no_resumption(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(certificates[P256]);
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		SSL_SESSION *session = SSL_get1_session(client->ssl);
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(session), 0);
		part(client);
		client = pair_with(certificates[P256]);
		SSL_set_max_proto_version(client->ssl, version);
		SSL_set_session(client->ssl, session);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		CU_ASSERT_FALSE(info_of(client).resumed);
		SSL_SESSION_free(session);
		part(client);
	}
}

static void test_unusable_certificates(void)
{
	struct test_certificates_pair weak;
	CU_ASSERT_TRUE_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_RSA, 1024, NAME, 30, &weak));
	struct test_certificates_pair mixed = {pairs[P256].leaf, pairs[P384].key};
	struct test_certificates_pair *const bad[] = {&weak, &mixed};
	for (unsigned i = 0; i < 2; i++) {
		struct certificate *certificate = test_certificates_pack(&ca, chains, bad[i], 1, "bad.pfx");
		CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
		struct tls_session_params p = params(true, true);
		struct tls_session *session = (struct tls_session *)1;
		CU_ASSERT_EQUAL(tls_session_start(engine, certificate, &p, &session), TLS_SESSION_FAILED);
		CU_ASSERT_PTR_NULL(session);
		certificate_destroy(certificate);
	}
	test_certificates_pair_fini(&weak);
}

/* A thousand full sessions: AddressSanitizer finds what is left; the heap tells what an idle one costs. */
static void test_thousand_sessions(void)
{
	enum { N = 1000 };
	static struct tls_session *sessions[N];
	struct mallinfo2 before = mallinfo2();
	for (unsigned i = 0; i < N; i++) {
		struct memory_client *client = pair_with(certificates[i % N_KINDS]);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		sessions[i] = client->session;
		client->session = NULL;
		part(client);
	}
	struct mallinfo2 after = mallinfo2();
	printf("\n\t%zu bytes of heap for each idle session ... ", (after.uordblks - before.uordblks) / N);
	for (unsigned i = 0; i < N; i++)
		tls_session_destroy(sessions[i]);
	CU_ASSERT_EQUAL(tls_session_engine_live(engine), 4);
	tls_session_destroy(NULL);
}

static bool make_certificates(void)
{
	static const enum certificate_key types[N_KINDS] = {
		CERTIFICATE_KEY_EC_P256, CERTIFICATE_KEY_EC_P384, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_ED25519};
	chains = certificate_chains_create();
	if (chains == NULL || !test_certificates_ca_init(&ca))
		return false;
	for (unsigned i = 0; i < N_KINDS; i++) {
		if (!test_certificates_issue(&ca, types[i], 2048, NAME, 30, &pairs[i]))
			return false;
		certificates[i] = test_certificates_pack(&ca, chains, &pairs[i], 1, "cawl.nau.edu.pfx");
		if (certificates[i] == NULL)
			return false;
	}
	struct test_certificates_pair both[2] = {pairs[RSA2048], pairs[P256]};
	dual = test_certificates_pack(&ca, chains, both, 2, "dual.pfx");
	return dual != NULL;
}

int main(void)
{
	const struct tls_session_settings settings = {.live_certificates = 4};
	char error[200] = "";
	engine = tls_session_engine_create(&settings, error, sizeof(error));
	if (engine == NULL || !make_certificates()) {
		fprintf(stderr, "set-up failed: %s\n", error);
		return 1;
	}
	CU_TestInfo tests[] = {
		{"TLS 1.2 and 1.3 with every key type", test_versions_and_keys},
		{"the chain is sent complete", test_chain_is_sent_complete},
		{"groups", test_groups},
		{"a second ClientHello", test_hello_retry},
		{"ALPN", test_alpn},
		{"nothing in common", test_nothing_in_common},
		{"TLS 1.3 can be off", test_tls13_can_be_off},
		{"the client chooses between two keys", test_client_chooses_between_two_keys},
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
		{"KeyUpdates with data are served", test_key_updates_with_data_are_served},
		{"renegotiation is refused", test_renegotiation_is_refused},
		{"no resumption", test_no_resumption},
		{"certificates that cannot be used", test_unusable_certificates},
		{"a thousand sessions", test_thousand_sessions},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("tls_session", tests);
	for (unsigned i = 0; i < N_KINDS; i++) {
		certificate_destroy(certificates[i]);
		test_certificates_pair_fini(&pairs[i]);
	}
	certificate_destroy(dual);
	certificate_chains_destroy(chains);
	test_certificates_ca_fini(&ca);
	tls_session_engine_leave(engine);
	tls_session_engine_destroy(engine);
	return result;
}
