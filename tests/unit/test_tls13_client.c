/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_client.h"
#include "tls13_pair.h"
#include "tls_key_share.h"
#include "unit.h"

#include <string.h>

static struct tls13_pair pair;

static void begin(enum certificate_key key_type, const struct tls13_client_settings *settings)
{
	const struct tls13_client_settings usual = tls13_pair_settings();
	CU_ASSERT_TRUE_FATAL(tls13_pair_init(&pair, key_type, settings ? settings : &usual));
}

static struct tls13_client_info handshake(const char *name, const struct tls13_ticket *ticket)
{
	struct tls13_client_info info;
	CU_ASSERT_TRUE(tls13_pair_start(&pair, name, true, ticket));
	tls13_pair_run(&pair);
	tls13_client_get_info(pair.client, &info);
	return info;
}

static bool echoes(void)
{
	pair.plain_len = 0;
	if (!tls13_client_write(pair.client, (struct bytes){(const uint8_t *)"hello", 5}))
		return false;
	tls13_pair_run(&pair);
	return pair.plain_len == 5 && memcmp(pair.plain, "hello", 5) == 0;
}

static void test_key_types(void)
{
	static const struct {
		enum certificate_key type;
		uint16_t scheme;
	} rows[] = {
		{CERTIFICATE_KEY_EC_P256, 0x0403}, {CERTIFICATE_KEY_EC_P384, 0x0503}, {CERTIFICATE_KEY_RSA, 0x0804}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(rows[i].type, NULL);
		const struct tls13_client_info info = handshake("a.example", NULL);
		CU_ASSERT_TRUE(tls13_pair_is_established(&pair));
		CU_ASSERT_EQUAL(info.scheme, rows[i].scheme);
		CU_ASSERT_TRUE(echoes());
		tls13_pair_fini(&pair);
	}
}

static void test_suites(void)
{
	for (unsigned i = 0; i < TLS13_SUITE_COUNT; i++) {
		begin(CERTIFICATE_KEY_EC_P256, NULL);
		SSL_CTX_set_ciphersuites(pair.server_context, tls13_suite_at(i)->name);
		CU_ASSERT_PTR_EQUAL(handshake("a.example", NULL).suite, tls13_suite_at(i));
		CU_ASSERT_TRUE(echoes());
		tls13_pair_fini(&pair);
	}
}

static void test_retry(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set1_groups_list(pair.server_context, "P-256");
	struct tls13_client_info info = handshake("a.example", NULL);
	CU_ASSERT(tls13_pair_is_established(&pair) && info.retried && info.group == TLS_KEY_SHARE_P256);
	struct tls13_ticket ticket = {0};
	CU_ASSERT_TRUE(tls13_client_take_ticket(pair.client, &ticket));
	info = handshake("a.example", &ticket);
	CU_ASSERT(tls13_pair_is_established(&pair) && info.retried && info.resumed);
	tls13_ticket_fini(&ticket);
	tls13_pair_fini(&pair);
	struct tls13_client_settings both = tls13_pair_settings();
	both.n_shares = 2;
	begin(CERTIFICATE_KEY_EC_P256, &both);
	SSL_CTX_set1_groups_list(pair.server_context, "P-256");
	info = handshake("a.example", NULL);
	CU_ASSERT(tls13_pair_is_established(&pair) && !info.retried && info.group == TLS_KEY_SHARE_P256);
	tls13_pair_fini(&pair);
}

static void test_resumption(void)
{
	struct tls13_ticket ticket = {0};
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	CU_ASSERT_FALSE(handshake("a.example", NULL).resumed);
	CU_ASSERT_TRUE(tls13_client_take_ticket(pair.client, &ticket));
	CU_ASSERT_FALSE(tls13_client_take_ticket(pair.client, &ticket));
	CU_ASSERT_TRUE(handshake("a.example", &ticket).resumed);
	CU_ASSERT_TRUE(SSL_session_reused(pair.server) && echoes());
	/* A changed binder is refused by the server; a ticket that it does not know leads to a full handshake. */
	ticket.psk.octets[0] ^= 1;
	handshake("a.example", &ticket);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).cause, TLS_CLIENT_PEER_ALERT);
	memset(ticket.ticket, 7, ticket.len);
	CU_ASSERT_FALSE(handshake("a.example", &ticket).resumed);
	CU_ASSERT_TRUE(tls13_pair_is_established(&pair));
	tls13_ticket_fini(&ticket);
	tls13_pair_fini(&pair);
}

static void test_reused_key_share(void)
{
	struct tls13_client_settings settings = tls13_pair_settings();
	settings.reuse_key_share = true;
	begin(CERTIFICATE_KEY_EC_P256, &settings);
	for (unsigned i = 0; i < 3; i++) {
		handshake("a.example", NULL);
		CU_ASSERT_TRUE(tls13_pair_is_established(&pair) && echoes());
	}
	tls13_pair_fini(&pair);
}

static void test_pieces(void)
{
	begin(CERTIFICATE_KEY_RSA, NULL);
	for (size_t piece = 1; piece < 40; piece += 6) {
		pair.piece = piece;
		handshake("a.example", NULL);
		CU_ASSERT_TRUE(tls13_pair_is_established(&pair) && echoes());
	}
	SSL_CTX_set_max_send_fragment(pair.server_context, 512); /* messages over several records */
	handshake("a.example", NULL);
	CU_ASSERT_TRUE(tls13_pair_is_established(&pair));
	tls13_pair_fini(&pair);
}

static void test_wrong_name(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake("b.example", NULL);
	CU_ASSERT_EQUAL(pair.result, TLS_CLIENT_FAILED);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).cause, TLS_CLIENT_WRONG_NAME);
	CU_ASSERT_TRUE(tls13_pair_start(&pair, "b.example", false, NULL));
	tls13_pair_run(&pair);
	CU_ASSERT_TRUE(tls13_pair_is_established(&pair));
	tls13_pair_fini(&pair);
}

static int refuse_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	unsigned int in_len, void *context)
{
	(void)ssl, (void)out, (void)out_len, (void)in, (void)in_len, (void)context;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	unsigned int in_len, void *context)
{
	(void)ssl, (void)in, (void)in_len;
	*out = context;
	*out_len = (unsigned char)strlen(context);
	return SSL_TLSEXT_ERR_OK;
}

static void test_protocols(void)
{
	struct tls13_client_settings settings = tls13_pair_settings();
	settings.protocols = (struct bytes){(const uint8_t *)"\2h2\10http/1.1", 12};
	begin(CERTIFICATE_KEY_EC_P256, &settings);
	SSL_CTX_set_alpn_select_cb(pair.server_context, choose_protocol, "http/1.1");
	const struct bytes chosen = handshake("a.example", NULL).protocol;
	CU_ASSERT(chosen.len == 8 && memcmp(chosen.data, "http/1.1", 8) == 0);
	SSL_CTX_set_alpn_select_cb(pair.server_context, choose_protocol, "spdy/3");
	handshake("a.example", NULL);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).alert, TLS_ALERT_ILLEGAL_PARAMETER);
	SSL_CTX_set_alpn_select_cb(pair.server_context, refuse_protocol, NULL);
	handshake("a.example", NULL);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).cause, TLS_CLIENT_PEER_ALERT);
	CU_ASSERT_STRING_EQUAL(tls_alert_name(tls13_client_fault(pair.client).alert), "no_application_protocol");
	tls13_pair_fini(&pair);
}

static void test_certificate_request(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_verify(pair.server_context, SSL_VERIFY_PEER, NULL);
	handshake("a.example", NULL);
	CU_ASSERT_TRUE(tls13_pair_is_established(&pair) && echoes());
	SSL_CTX_set_verify(pair.server_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	handshake("a.example", NULL);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).alert, 116);
	tls13_pair_fini(&pair);
}

static void test_key_update(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake("a.example", NULL);
	SSL_key_update(pair.server, SSL_KEY_UPDATE_REQUESTED);
	CU_ASSERT_TRUE(echoes());
	CU_ASSERT_TRUE(tls13_client_update_keys(pair.client, true));
	CU_ASSERT_TRUE(echoes() && echoes());
	tls13_pair_fini(&pair);
}

static void test_close(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake("a.example", NULL);
	SSL_shutdown(pair.server);
	tls13_pair_run(&pair);
	CU_ASSERT_EQUAL(pair.result, TLS_CLIENT_CLOSED);
	CU_ASSERT_FALSE(tls13_client_write(pair.client, (struct bytes){(const uint8_t *)"x", 1}));
	handshake("a.example", NULL);
	tls13_client_close(pair.client);
	tls13_pair_run(&pair);
	CU_ASSERT_EQUAL(SSL_get_shutdown(pair.server) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
	tls13_pair_fini(&pair);
}

/* No octet of the server's handshake may change unseen: what the record header says of its version apart. */
static void test_every_octet_counts(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_num_tickets(pair.server_context, 0);
	handshake("a.example", NULL);
	const size_t total = pair.received;
	unsigned accepted = 0;
	for (pair.flip = 0; pair.flip < total; pair.flip++) {
		handshake("a.example", NULL);
		/* ECDSA signatures differ in length: this stream may have ended before. */
		accepted += pair.flip < pair.received && tls13_pair_is_established(&pair);
	}
	/* The minor version in the headers of the two records in the clear, ServerHello's and change_cipher_spec's. */
	CU_ASSERT(total > 700 && accepted <= 2);
	tls13_pair_fini(&pair);
}

static void test_tls12_server(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_max_proto_version(pair.server_context, TLS1_2_VERSION);
	handshake("a.example", NULL);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).cause, TLS_CLIENT_PEER_ALERT);
	CU_ASSERT_EQUAL(tls13_client_fault(pair.client).alert, TLS_ALERT_PROTOCOL_VERSION);
	tls13_pair_fini(&pair);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"ECDSA P-256, P-384 and RSA certificates, signatures checked", test_key_types},
		{"all suites", test_suites},
		{"HelloRetryRequest, also resumed; two key shares avoid it", test_retry},
		{"resumption; a wrong key is refused, an unknown ticket is not", test_resumption},
		{"one key share for many connections", test_reused_key_share},
		{"pieces of any size", test_pieces},
		{"a certificate for another name", test_wrong_name},
		{"ALPN: chosen, not offered, refused", test_protocols},
		{"a server that asks for a certificate gets none", test_certificate_request},
		{"KeyUpdate from both sides", test_key_update},
		{"close_notify from both sides", test_close},
		{"every changed octet is noticed", test_every_octet_counts},
		{"a server of TLS 1.2", test_tls12_server},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls13_client", tests);
}
