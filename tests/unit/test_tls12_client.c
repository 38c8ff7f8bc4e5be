/* SPDX-License-Identifier: BSD-3-Clause */
/** Against servers of libssl in memory, and against what no server of libssl would say. */
#include "tls12_client.h"
#include "load_pair.h"
#include "load_tls12.h"
#include "unit.h"

#include <string.h>

static struct load_pair pair;
static struct load_error error;

/* A load_tls of this kind is a tls12_client. */
static struct tls12_client *client(void)
{
	return (struct tls12_client *)pair.client;
}

static void begin(enum certificate_key type, const struct load_tls_settings *settings)
{
	static const struct load_tls_settings usual;
	CU_ASSERT_FATAL(load_pair_init_key(&pair, &load_tls12_ops, type));
	CU_ASSERT_FATAL(load_pair_open(&pair, settings ? settings : &usual, &error));
}

static struct tls12_client_info handshake(const struct load_ticket *ticket)
{
	struct tls12_client_info info;
	CU_ASSERT(load_pair_run(&pair, "a.example", true, ticket));
	tls12_client_get_info(client(), &info);
	return info;
}

static void fails(const char *name, enum tls_client_cause cause, uint8_t alert)
{
	CU_ASSERT_FALSE(load_pair_run(&pair, name, true, NULL));
	CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, cause);
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, alert);
}

static bool talks(void)
{
	uint8_t request[5];
	pair.plain_len = 0;
	if (!tls12_client_write(client(), (struct bytes){(const uint8_t *)"hello", 5}))
		return false;
	const struct bytes output = tls12_client_output(client());
	BIO_write(SSL_get_rbio(pair.server), output.data, (int)output.len);
	tls12_client_output_consume(client(), output.len);
	if (SSL_read(pair.server, request, sizeof(request)) != 5 || SSL_write(pair.server, request, 5) != 5)
		return false;
	load_pair_move(&pair);
	return pair.plain_len == 5 && memcmp(pair.plain, "hello", 5) == 0;
}

/* --- what is chosen --- */

static void certificates_of_every_kind_are_verified(void)
{
	static const struct {
		enum certificate_key type;
		const char *signatures;
		uint16_t scheme;
	} rows[] = {{CERTIFICATE_KEY_EC_P256, NULL, 0x0403}, {CERTIFICATE_KEY_EC_P384, NULL, 0x0403},
		{CERTIFICATE_KEY_RSA, NULL, 0x0804}, {CERTIFICATE_KEY_RSA, "rsa_pkcs1_sha256", 0x0401},
		{CERTIFICATE_KEY_RSA, "rsa_pkcs1_sha384", 0x0501},
		{CERTIFICATE_KEY_RSA, "rsa_pss_rsae_sha512", 0x0806}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct load_tls_settings settings = {.signatures = rows[i].signatures};
		begin(rows[i].type, &settings);
		/* The leaf's own signature need not be of a scheme that is offered for the handshake's. */
		SSL_CTX_set_cert_flags(pair.server_context, 0);
		CU_ASSERT_EQUAL(handshake(NULL).scheme, rows[i].scheme);
		CU_ASSERT(talks());
		pair.breaks_signatures = true;
		fails("a.example", TLS_CLIENT_BAD_SIGNATURE, TLS_ALERT_DECRYPT_ERROR);
		load_pair_fini(&pair);
	}
}

static void every_suite_and_group_works(void)
{
	static const struct {
		const char *name;
		uint16_t group;
	} groups[] = {{"X25519", TLS_KEY_SHARE_X25519}, {"P-256", TLS_KEY_SHARE_P256}, {"P-384", TLS_KEY_SHARE_P384}};
	for (unsigned i = 0; i < 3 * TLS12_SUITE_COUNT; i++) {
		const struct tls12_suite *suite = tls12_suite_at(i / 3);
		const struct load_tls_settings settings = {.suites = suite->name};
		begin(suite->is_ecdsa ? CERTIFICATE_KEY_EC_P256 : CERTIFICATE_KEY_RSA, &settings);
		CU_ASSERT_EQUAL(SSL_CTX_set1_groups_list(pair.server_context, groups[i % 3].name), 1);
		for (unsigned n = 0; n < 2; n++) { /* the second time its key is made ahead */
			const struct tls12_client_info info = handshake(NULL);
			CU_ASSERT_PTR_EQUAL(info.suite, suite);
			CU_ASSERT_EQUAL(info.group, groups[i % 3].group);
			CU_ASSERT(info.is_extended && info.is_renegotiation_secure && talks());
		}
		load_pair_fini(&pair);
	}
}

static void one_key_share_serves_many(void)
{
	const struct load_tls_settings settings = {.reuse_key_share = true};
	begin(CERTIFICATE_KEY_EC_P256, &settings);
	for (unsigned i = 0; i < 3; i++) {
		handshake(NULL);
		CU_ASSERT(talks());
	}
	load_pair_fini(&pair);
}

static void a_server_without_extended_master_secret(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_options(pair.server_context, SSL_OP_NO_EXTENDED_MASTER_SECRET);
	CU_ASSERT_FALSE(handshake(NULL).is_extended);
	CU_ASSERT(talks());
	load_pair_fini(&pair);
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	unsigned int in_len, void *context)
{
	(void)ssl, (void)in, (void)in_len;
	if (!context)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = context;
	*out_len = (unsigned char)strlen(context);
	return SSL_TLSEXT_ERR_OK;
}

static void protocols_are_chosen_or_refused(void)
{
	const struct load_tls_settings settings = {.alpn = "h2,http/1.1"};
	begin(CERTIFICATE_KEY_EC_P256, &settings);
	SSL_CTX_set_alpn_select_cb(pair.server_context, choose_protocol, "http/1.1");
	const struct bytes chosen = handshake(NULL).protocol;
	CU_ASSERT(chosen.len == 8 && memcmp(chosen.data, "http/1.1", 8) == 0);
	SSL_CTX_set_alpn_select_cb(pair.server_context, choose_protocol, "spdy/3");
	fails("a.example", TLS_CLIENT_PROTOCOL, TLS_ALERT_ILLEGAL_PARAMETER);
	SSL_CTX_set_alpn_select_cb(pair.server_context, choose_protocol, NULL);
	fails("a.example", TLS_CLIENT_PEER_ALERT, 120);
	load_pair_fini(&pair);
}

static void a_server_that_asks_for_a_certificate_gets_none(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_verify(pair.server_context, SSL_VERIFY_PEER, NULL);
	handshake(NULL);
	CU_ASSERT(talks());
	SSL_CTX_set_verify(pair.server_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	fails("a.example", TLS_CLIENT_PEER_ALERT, TLS_ALERT_HANDSHAKE_FAILURE);
	load_pair_fini(&pair);
}

/* --- resumption --- */

static struct load_ticket *take(void)
{
	struct load_ticket *ticket = pair.ops->take_ticket(pair.client);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	return ticket;
}

static void resume_twice(bool by_ticket)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	if (!by_ticket)
		SSL_CTX_set_options(pair.server_context, SSL_OP_NO_TICKET);
	CU_ASSERT_FALSE(handshake(NULL).resumed);
	struct load_ticket *first = take();
	CU_ASSERT_EQUAL(((struct tls12_session *)first)->ticket != NULL, by_ticket);
	const struct tls12_client_info info = handshake(first);
	CU_ASSERT(info.resumed && info.is_extended && info.group == 0 && SSL_session_reused(pair.server) && talks());
	struct load_ticket *second = take(); /* the server has given no new one: the old one again */
	CU_ASSERT(handshake(second).resumed);
	CU_ASSERT(talks());
	pair.ops->ticket_free(first);
	pair.ops->ticket_free(second);
	load_pair_fini(&pair);
}

static void a_ticket_resumes(void)
{
	resume_twice(true);
}

static void a_session_id_resumes(void)
{
	resume_twice(false);
}

static void a_ticket_that_is_unknown_leads_to_a_full_handshake(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake(NULL);
	struct load_ticket *ticket = take();
	memset(((struct tls12_session *)ticket)->ticket, 7, ((struct tls12_session *)ticket)->ticket_len);
	CU_ASSERT_FALSE(handshake(ticket).resumed);
	CU_ASSERT(talks());
	pair.ops->ticket_free(ticket);
	load_pair_fini(&pair);
}

/* RFC 7627 section 5.3, and section 7.4.1.3 of RFC 5246: what was agreed before holds. */
static void a_resumed_session_must_be_what_it_was(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake(NULL);
	struct load_ticket *ticket = take();
	struct tls12_session *session = (struct tls12_session *)ticket;
	session->is_extended = false;
	CU_ASSERT_FALSE(load_pair_run(&pair, "a.example", true, ticket));
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, TLS_ALERT_HANDSHAKE_FAILURE);
	session->is_extended = true;
	session->suite = tls12_suite_find(0xcca9);
	CU_ASSERT_FALSE(load_pair_run(&pair, "a.example", true, ticket));
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, TLS_ALERT_ILLEGAL_PARAMETER);
	session->suite = tls12_suite_find(0xc02b);
	session->master[0] ^= 1; /* keys differ: the server's Finished cannot be opened */
	CU_ASSERT_FALSE(load_pair_run(&pair, "a.example", true, ticket));
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, TLS_ALERT_BAD_RECORD_MAC);
	pair.ops->ticket_free(ticket);
	load_pair_fini(&pair);
}

/* --- bytes --- */

static void pieces_may_be_of_any_size(void)
{
	begin(CERTIFICATE_KEY_RSA, NULL);
	for (size_t piece = 1; piece < 40; piece += 6) {
		pair.piece = piece;
		handshake(NULL);
		CU_ASSERT(talks());
	}
	SSL_CTX_set_max_send_fragment(pair.server_context, 512); /* messages over several records */
	handshake(NULL);
	CU_ASSERT(talks());
	load_pair_fini(&pair);
}

static void every_changed_octet_is_noticed(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake(NULL);
	const size_t total = pair.received;
	for (size_t at = 0; at < total; at++) {
		pair.flip = at;
		/* ECDSA signatures differ in length: this stream may have ended before. */
		const bool is_established = load_pair_run(&pair, "a.example", true, NULL);
		/* The minor version of the first record is free (RFC 5246 appendix E.1). */
		CU_ASSERT(!is_established || at == 2 || pair.flip >= pair.received);
	}
	CU_ASSERT(total > 700);
	load_pair_fini(&pair);
}

static void another_name_is_refused(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	fails("b.example", TLS_CLIENT_WRONG_NAME, TLS_ALERT_BAD_CERTIFICATE);
	CU_ASSERT(load_pair_run(&pair, "b.example", false, NULL));
	load_pair_fini(&pair);
}

static void a_server_of_tls13_alone(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	SSL_CTX_set_min_proto_version(pair.server_context, TLS1_3_VERSION);
	fails("a.example", TLS_CLIENT_PEER_ALERT, TLS_ALERT_PROTOCOL_VERSION);
	load_pair_fini(&pair);
}

static void a_renegotiation_is_refused(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	handshake(NULL);
	CU_ASSERT_EQUAL(SSL_renegotiate(pair.server), 1);
	SSL_do_handshake(pair.server);
	uint8_t request[64];
	size_t used;
	const int n = BIO_read(SSL_get_wbio(pair.server), request, sizeof(request));
	CU_ASSERT_FATAL(n > 0);
	CU_ASSERT_EQUAL(tls12_client_feed(client(), (struct bytes){request, (size_t)n}, &used), TLS_CLIENT_WANT_INPUT);
	CU_ASSERT(tls12_client_established(client()));
	/* A record with an alert: header, nonce, two octets, tag. */
	CU_ASSERT_EQUAL(tls12_client_output(client()).len, 5 + 8 + 2 + 16);
	CU_ASSERT_EQUAL(tls12_client_output(client()).data[0], 21);
	load_pair_fini(&pair);
}

/* --- what no server of libssl says --- */

static enum tls_client_result say(const char *octets, size_t len)
{
	size_t used;
	return tls12_client_feed(client(), (struct bytes){(const uint8_t *)octets, len}, &used);
}

static void start(void)
{
	const struct load_tls_start start = {.random = &pair.random, .verify = true};
	CU_ASSERT_FATAL(pair.ops->start(pair.client, &start));
}

#define RANDOM "0123456789abcdef0123456789abcdef"

static void a_first_word_that_is_wrong_has_its_alert(void)
{
	static const struct {
		const char *octets;
		size_t len;
		uint8_t alert;
	} rows[] = {
#define ROW(octets, alert) {octets, sizeof(octets) - 1, alert}
		ROW("\x16\3\3\0\x2a\2\0\0\x26\3\2" RANDOM "\0\xc0\x2b\0", TLS_ALERT_PROTOCOL_VERSION),
		ROW("\x16\3\3\0\x2a\2\0\0\x26\3\3" RANDOM "\0\0\x2f\0", TLS_ALERT_ILLEGAL_PARAMETER),
		ROW("\x16\3\3\0\x2a\2\0\0\x26\3\3" RANDOM "\0\xcc\xa9\0", TLS_ALERT_ILLEGAL_PARAMETER),
		/* a server name that was not asked for; a protocol neither */
		ROW("\x16\3\3\0\x30\2\0\0\x2c\3\3" RANDOM "\0\xc0\x2b\0\0\4\0\0\0\0", TLS_ALERT_UNSUPPORTED_EXTENSION),
		ROW("\x16\3\3\0\x35\2\0\0\x31\3\3" RANDOM "\0\xc0\x2b\0\0\x09\0\x10\0\5\0\3\2h2",
			TLS_ALERT_UNSUPPORTED_EXTENSION),
		ROW("\x16\3\3\0\5\2\0\0\1x", TLS_ALERT_DECODE_ERROR),
		ROW("\x16\3\3\0\4\2\2\0\0", TLS_ALERT_ILLEGAL_PARAMETER), /* 128 KiB */
		ROW("\x16\3\3\0\7\x0b\0\0\3\0\0\0", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW("\x16\3\3\0\4\x14\0\0\0", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW("\x16\3\3\0\5\0\0\0\1x", TLS_ALERT_DECODE_ERROR), /* HelloRequest with a body */
		ROW("\x16\3\3\0\0", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW("\x16\3\3\x7f\xff", TLS_ALERT_RECORD_OVERFLOW),
		ROW("\x14\3\3\0\1\1", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW("\x14\3\3\0\1\2", TLS_ALERT_DECODE_ERROR),
		ROW("\x17\3\3\0\1x", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW("\x15\3\3\0\1\2", TLS_ALERT_DECODE_ERROR),
		ROW("\x15\3\3\0\2\3\x28", TLS_ALERT_ILLEGAL_PARAMETER),
		ROW("\x16\3\3\0\2\2\0\x15\3\3\0\2\1\0", TLS_ALERT_UNEXPECTED_MESSAGE), /* an alert in a message */
		ROW("HTTP/1.1 400", TLS_ALERT_UNEXPECTED_MESSAGE),
#undef ROW
	};
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		start();
		tls12_client_output_consume(client(), tls12_client_output(client()).len);
		CU_ASSERT_EQUAL(say(rows[i].octets, rows[i].len), TLS_CLIENT_FAILED);
		CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, TLS_CLIENT_PROTOCOL);
		CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, rows[i].alert);
		const uint8_t sent[] = {21, 3, 3, 0, 2, 2, rows[i].alert};
		const struct bytes output = tls12_client_output(client());
		CU_ASSERT(output.len == sizeof(sent) && memcmp(output.data, sent, sizeof(sent)) == 0);
	}
	load_pair_fini(&pair);
}

#define SERVER_HELLO "\x16\3\3\0\x2a\2\0\0\x26\3\3" RANDOM "\0\xc0\x2b\0"
#define CERTIFICATE  "\x16\3\3\0\x0b\x0b\0\0\7\0\0\4\0\0\1x"
#define KEY_EXCHANGE "\x16\3\3\0\x2d\x0c\0\0\x29\3\0\x1d\x20" RANDOM "\4\3\0\1s"

/* Messages in their order, until one is wrong; nobody verifies here. */
static void a_later_word_that_is_wrong_has_its_alert(void)
{
	static const struct {
		const char *octets;
		size_t len;
		uint8_t alert;
	} rows[] = {
#define ROW(octets, alert) {octets, sizeof(octets) - 1, alert}
		ROW(SERVER_HELLO SERVER_HELLO, TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW(SERVER_HELLO KEY_EXCHANGE, TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW(SERVER_HELLO "\x14\3\3\0\1\1", TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW(SERVER_HELLO "\x16\3\1\0\0", TLS_ALERT_PROTOCOL_VERSION),
		ROW(SERVER_HELLO "\x16\3\3\0\7\x0b\0\0\3\0\0\0", TLS_ALERT_DECODE_ERROR),
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\4\x0e\0\0\0", TLS_ALERT_UNEXPECTED_MESSAGE),
		/* CertificateStatus, which was not asked for */
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\4\x16\0\0\0", TLS_ALERT_UNEXPECTED_MESSAGE),
		/* a scheme of RSA in a suite of ECDSA; one not offered; a group not offered; another kind of curve */
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2d\x0c\0\0\x29\3\0\x1d\x20" RANDOM "\4\1\0\1s",
			TLS_ALERT_ILLEGAL_PARAMETER),
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2d\x0c\0\0\x29\3\0\x1d\x20" RANDOM "\2\3\0\1s",
			TLS_ALERT_ILLEGAL_PARAMETER),
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2d\x0c\0\0\x29\3\0\x19\x20" RANDOM "\4\3\0\1s",
			TLS_ALERT_ILLEGAL_PARAMETER),
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2d\x0c\0\0\x29\1\0\x1d\x20" RANDOM "\4\3\0\1s",
			TLS_ALERT_ILLEGAL_PARAMETER),
		ROW(SERVER_HELLO CERTIFICATE KEY_EXCHANGE "\x16\3\3\0\5\x0e\0\0\1x", TLS_ALERT_DECODE_ERROR),
		ROW(SERVER_HELLO CERTIFICATE KEY_EXCHANGE "\x16\3\3\0\4\x0d\0\0\0", TLS_ALERT_DECODE_ERROR),
		/* X25519 with a value of 31 octets, and with zero */
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2c\x0c\0\0\x28\3\0\x1d\x1f"
					     "0123456789abcdef0123456789abcde\4\3\0\1s"
					     "\x16\3\3\0\4\x0e\0\0\0",
			TLS_ALERT_ILLEGAL_PARAMETER),
		ROW(SERVER_HELLO CERTIFICATE "\x16\3\3\0\x2d\x0c\0\0\x29\3\0\x1d\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
					     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\4\3\0\1s\x16\3\3\0\4\x0e\0\0\0",
			TLS_ALERT_ILLEGAL_PARAMETER),
		/* a ticket that was not promised; Finished before the keys; a record too short for a tag */
		ROW(SERVER_HELLO CERTIFICATE KEY_EXCHANGE "\x16\3\3\0\4\x0e\0\0\0\x16\3\3\0\x0a\4\0\0\6\0\0\0\0\0\0",
			TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW(SERVER_HELLO CERTIFICATE KEY_EXCHANGE "\x16\3\3\0\4\x0e\0\0\0\x16\3\3\0\x10\x14\0\0\x0c"
							  "abcdefghijkl",
			TLS_ALERT_UNEXPECTED_MESSAGE),
		ROW(SERVER_HELLO CERTIFICATE KEY_EXCHANGE "\x16\3\3\0\4\x0e\0\0\0\x14\3\3\0\1\1\x16\3\3\0\1x",
			TLS_ALERT_BAD_RECORD_MAC),
#undef ROW
	};
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct load_tls_start unverified = {.random = &pair.random};
		CU_ASSERT_FATAL(pair.ops->start(pair.client, &unverified));
		CU_ASSERT_EQUAL(say(rows[i].octets, rows[i].len), TLS_CLIENT_FAILED);
		CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, TLS_CLIENT_PROTOCOL);
		CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, rows[i].alert);
	}
	load_pair_fini(&pair);
}

static void a_certificate_that_cannot_be_read_is_named(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	start();
	say(SERVER_HELLO CERTIFICATE KEY_EXCHANGE, sizeof(SERVER_HELLO CERTIFICATE KEY_EXCHANGE) - 1);
	CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, TLS_CLIENT_BAD_CERTIFICATE);
	load_pair_fini(&pair);
}

/* A warning (unrecognized_name) is borne, and a HelloRequest too early; an endless row of them is not. */
static void warnings_are_borne_for_a_while(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	start();
	for (unsigned i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(
			i % 2 ? say("\x15\3\3\0\2\1\x70", 7) : say("\x16\3\3\0\4\0\0\0\0", 9), TLS_CLIENT_WANT_INPUT);
	CU_ASSERT_EQUAL(say("\x15\3\3\0\2\1\x70", 7), TLS_CLIENT_FAILED);
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, TLS_ALERT_UNEXPECTED_MESSAGE);
	load_pair_fini(&pair);
}

static void an_alert_of_the_servers_ends_it(void)
{
	begin(CERTIFICATE_KEY_EC_P256, NULL);
	start();
	CU_ASSERT_EQUAL(say("\x15\3\1\0\2\2\x28", 7), TLS_CLIENT_FAILED);
	CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, TLS_CLIENT_PEER_ALERT);
	CU_ASSERT_EQUAL(tls12_client_fault(client()).alert, 40);
	start();
	CU_ASSERT_EQUAL(say("\x15\3\1\0\2\1\0", 7), TLS_CLIENT_FAILED); /* a close now is no success */
	CU_ASSERT_EQUAL(tls12_client_fault(client()).cause, TLS_CLIENT_PEER_ALERT);
	load_pair_fini(&pair);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"certificates of every kind are verified", certificates_of_every_kind_are_verified},
		{"every suite and group works", every_suite_and_group_works},
		{"one key share serves many", one_key_share_serves_many},
		{"a server without extended master secret", a_server_without_extended_master_secret},
		{"protocols are chosen or refused", protocols_are_chosen_or_refused},
		{"a server that asks for a certificate gets none", a_server_that_asks_for_a_certificate_gets_none},
		{"a ticket resumes", a_ticket_resumes},
		{"a session id resumes", a_session_id_resumes},
		{"a ticket that is unknown leads to a full handshake",
			a_ticket_that_is_unknown_leads_to_a_full_handshake},
		{"a resumed session must be what it was", a_resumed_session_must_be_what_it_was},
		{"pieces may be of any size", pieces_may_be_of_any_size},
		{"every changed octet is noticed", every_changed_octet_is_noticed},
		{"another name is refused", another_name_is_refused},
		{"a server of TLS 1.3 alone", a_server_of_tls13_alone},
		{"a renegotiation is refused", a_renegotiation_is_refused},
		{"a first word that is wrong has its alert", a_first_word_that_is_wrong_has_its_alert},
		{"a later word that is wrong has its alert", a_later_word_that_is_wrong_has_its_alert},
		{"a certificate that cannot be read is named", a_certificate_that_cannot_be_read_is_named},
		{"warnings are borne for a while", warnings_are_borne_for_a_while},
		{"an alert of the server's ends it", an_alert_of_the_servers_ends_it},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls12_client", tests);
}
