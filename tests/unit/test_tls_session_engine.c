/* SPDX-License-Identifier: BSD-3-Clause */
/* What an engine's sessions negotiate, and what they refuse. */
#include "tls_session.h"
#include "tls_fixture.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct tls_fixture fixture;

static struct memory_client *pair_with(enum tls_fixture_kind kind)
{
	return tls_fixture_pair(&fixture, kind, true, true);
}

static void test_versions_and_keys(void)
{
	static const struct {
		int version;
		enum tls_fixture_kind kind;
		const char *name, *cipher, *signature;
	} rows[] = {
		{TLS1_3_VERSION, TLS_FIXTURE_P256, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ecdsa_secp256r1_sha256"},
		{TLS1_3_VERSION, TLS_FIXTURE_P384, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ecdsa_secp384r1_sha384"},
		{TLS1_3_VERSION, TLS_FIXTURE_RSA2048, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "rsa_pss_rsae_sha256"},
		{TLS1_3_VERSION, TLS_FIXTURE_ED25519, "TLSv1.3", "TLS_AES_128_GCM_SHA256", "ed25519"},
		{TLS1_2_VERSION, TLS_FIXTURE_P256, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
			"ecdsa_secp256r1_sha256"},
		{TLS1_2_VERSION, TLS_FIXTURE_P384, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
			"ecdsa_secp256r1_sha256"},
		{TLS1_2_VERSION, TLS_FIXTURE_RSA2048, "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
			"rsa_pss_rsae_sha256"},
		{TLS1_2_VERSION, TLS_FIXTURE_ED25519, "TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ed25519"},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct memory_client *client = pair_with(rows[i].kind);
		SSL_set_max_proto_version(client->ssl, rows[i].version);
		CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).version, "");
		CU_ASSERT_TRUE(memory_client_handshake(client));
		struct tls_session_info info = tls_fixture_info(client);
		CU_ASSERT_STRING_EQUAL(info.version, rows[i].name);
		CU_ASSERT_STRING_EQUAL(info.cipher, rows[i].cipher);
		CU_ASSERT_STRING_EQUAL(info.signature, rows[i].signature);
		CU_ASSERT_STRING_EQUAL(info.group, "X25519");
		CU_ASSERT_STRING_EQUAL(info.protocol, "");
		CU_ASSERT_FALSE(info.resumed);
		CU_ASSERT_EQUAL(SSL_get_verify_result(client->ssl), X509_V_OK);
		CU_ASSERT_STRING_EQUAL(tls_session_error(client->session), "");
		tls_fixture_part(client);
	}
}

static void test_chain_is_sent_complete(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	STACK_OF(X509) *sent = SSL_get_peer_cert_chain(client->ssl);
	CU_ASSERT_EQUAL_FATAL(sk_X509_num(sent), 2); /* leaf and issuer, not the root */
	CU_ASSERT_EQUAL(X509_cmp(sk_X509_value(sent, 0), fixture.pairs[TLS_FIXTURE_P256].leaf), 0);
	CU_ASSERT_EQUAL(X509_cmp(sk_X509_value(sent, 1), fixture.ca.intermediate), 0);
	tls_fixture_part(client);
}

static void test_groups(void)
{
	static const char *const rows[][2] = {{"P-256", "P-256"}, {"P-384", "P-384"}, {"P-384:X25519", "X25519"}};
	for (unsigned i = 0; i < 3; i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct memory_client *client = pair_with(TLS_FIXTURE_RSA2048);
			SSL_set_max_proto_version(client->ssl, version);
			SSL_set1_groups_list(client->ssl, rows[i][0]);
			CU_ASSERT_TRUE(memory_client_handshake(client));
			/* TLS 1.3: the key share that came decides, no second round trip for one we like better. */
			bool share_decides = version == TLS1_3_VERSION && i == 2;
			CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).group, share_decides ? "P-384" : rows[i][1]);
			tls_fixture_part(client);
		}
	}
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	SSL_set1_groups_list(client->ssl, "X448");
	CU_ASSERT_FALSE(memory_client_handshake(client));
	CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
	tls_fixture_part(client);
}

static void test_hello_retry(void)
{
	/* Its key share is for a group we do not have. */
	static const char *const rows[][2] = {{"X448:P-384", "P-384"}, {"X448:X25519", "X25519"}};
	for (unsigned i = 0; i < 2; i++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		SSL_set1_groups_list(client->ssl, rows[i][0]);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).group, rows[i][1]);
		tls_fixture_part(client);
	}
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
			struct memory_client *client =
				tls_fixture_pair(&fixture, TLS_FIXTURE_P256, true, rows[i].allow_http2);
			SSL_set_max_proto_version(client->ssl, version);
			unsigned int offer_len = (unsigned int)strlen(rows[i].offer);
			if (offer_len > 0)
				SSL_set_alpn_protos(client->ssl, (const unsigned char *)rows[i].offer, offer_len);
			bool done = memory_client_handshake(client);
			CU_ASSERT_EQUAL(done, rows[i].chosen != NULL);
			if (done) {
				CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).protocol, rows[i].chosen);
			} else {
				CU_ASSERT_EQUAL(client->result, TLS_SESSION_FAILED);
				CU_ASSERT_PTR_NOT_NULL(strstr(
					tls_session_error(client->session), "sent alert 120 no_application_protocol"));
			}
			tls_fixture_part(client);
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
	tls_fixture_part(client);
}

static void test_nothing_in_common(void)
{
	struct memory_client *client = pair_with(TLS_FIXTURE_P256);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	SSL_set_cipher_list(client->ssl, "AES128-SHA:ECDHE-ECDSA-AES128-SHA256"); /* no forward secrecy; no AEAD */
	expect_failure(client, "no shared cipher (sent alert 40 handshake_failure)");

	client = pair_with(TLS_FIXTURE_P256);
	SSL_set_max_proto_version(client->ssl, TLS1_2_VERSION);
	SSL_set_cipher_list(client->ssl, "ECDHE-RSA-AES128-GCM-SHA256"); /* our key is EC */
	expect_failure(client, "no shared cipher");

	client = pair_with(TLS_FIXTURE_P256);
	SSL_set_security_level(client->ssl, 0);
	SSL_set_min_proto_version(client->ssl, TLS1_VERSION);
	SSL_set_max_proto_version(client->ssl, TLS1_1_VERSION);
	expect_failure(client, "sent alert 70 protocol_version");
}

static void test_tls13_can_be_off(void)
{
	struct memory_client *client = tls_fixture_pair(&fixture, TLS_FIXTURE_P256, false, true);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).version, "TLSv1.2");
	tls_fixture_part(client);

	client = tls_fixture_pair(&fixture, TLS_FIXTURE_P256, false, true);
	SSL_set_min_proto_version(client->ssl, TLS1_3_VERSION);
	expect_failure(client, "protocol_version");
}

static void test_client_chooses_between_two_keys(void)
{
	static const struct {
		const char *signatures;
		enum tls_fixture_kind kind;
	} rows[] = {
		{"ECDSA+SHA256:RSA-PSS+SHA256", TLS_FIXTURE_P256},
		{"RSA-PSS+SHA256:ECDSA+SHA256", TLS_FIXTURE_P256}, /* both: ours is the cheaper one */
		{"RSA-PSS+SHA256", TLS_FIXTURE_RSA2048},
		{"ECDSA+SHA256", TLS_FIXTURE_P256},
	};
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			struct memory_client *client = pair_with(TLS_FIXTURE_DUAL);
			SSL_set_max_proto_version(client->ssl, version);
			/* The chain is signed with ECDSA: this test is about the leaf's key. */
			SSL_set_verify(client->ssl, SSL_VERIFY_NONE, NULL);
			SSL_set1_sigalgs_list(client->ssl, rows[i].signatures);
			CU_ASSERT_TRUE(memory_client_handshake(client));
			X509 *got = SSL_get0_peer_certificate(client->ssl);
			CU_ASSERT_PTR_NOT_NULL_FATAL(got);
			CU_ASSERT_EQUAL(X509_cmp(got, fixture.pairs[rows[i].kind].leaf), 0);
			tls_fixture_part(client);
		}
	}
}

static void test_no_resumption(void)
{
	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		struct memory_client *client = pair_with(TLS_FIXTURE_P256);
		SSL_set_max_proto_version(client->ssl, version);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		SSL_SESSION *session = SSL_get1_session(client->ssl);
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(session), 0);
		tls_fixture_part(client);
		client = pair_with(TLS_FIXTURE_P256);
		SSL_set_max_proto_version(client->ssl, version);
		SSL_set_session(client->ssl, session);
		CU_ASSERT_TRUE(memory_client_handshake(client));
		CU_ASSERT_FALSE(tls_fixture_info(client).resumed);
		SSL_SESSION_free(session);
		tls_fixture_part(client);
	}
}

static void test_unusable_certificates(void)
{
	struct test_certificates_pair weak;
	CU_ASSERT_TRUE_FATAL(
		test_certificates_issue(&fixture.ca, CERTIFICATE_KEY_RSA, 1024, TLS_FIXTURE_NAME, 30, &weak));
	struct test_certificates_pair mixed = {
		fixture.pairs[TLS_FIXTURE_P256].leaf, fixture.pairs[TLS_FIXTURE_P384].key};
	struct test_certificates_pair *const bad[] = {&weak, &mixed};
	for (unsigned i = 0; i < 2; i++) {
		struct certificate *certificate =
			test_certificates_pack(&fixture.ca, fixture.chains, bad[i], 1, "bad.pfx");
		CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
		struct tls_session_params p = {.allow_tls13 = true};
		struct tls_session *session = (struct tls_session *)1;
		CU_ASSERT_EQUAL(tls_session_start(fixture.engine, certificate, &p, &session), TLS_SESSION_FAILED);
		CU_ASSERT_PTR_NULL(session);
		certificate_destroy(certificate);
	}
	test_certificates_pair_fini(&weak);
}

int main(void)
{
	if (!tls_fixture_init(&fixture))
		return 1;
	CU_TestInfo tests[] = {
		{"TLS 1.2 and 1.3 with every key type", test_versions_and_keys},
		{"the chain is sent complete", test_chain_is_sent_complete},
		{"groups", test_groups},
		{"a second ClientHello", test_hello_retry},
		{"ALPN", test_alpn},
		{"nothing in common", test_nothing_in_common},
		{"TLS 1.3 can be off", test_tls13_can_be_off},
		{"the client chooses between two keys", test_client_chooses_between_two_keys},
		{"no resumption", test_no_resumption},
		{"certificates that cannot be used", test_unusable_certificates},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("tls_session_engine", tests);
	tls_fixture_fini(&fixture);
	return result;
}
