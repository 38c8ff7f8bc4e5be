/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_message.h"
#include "unit.h"

#include <string.h>

#define OCTETS(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})
#define RANDOM       "0123456789abcdef0123456789abcdef"

/* Every shorter body is refused as cut. */
#define CUT(call, body)                                                                                                \
	for (size_t cut = 0; cut < (body).len; cut++) {                                                                \
		const struct bytes part = {(body).data, cut};                                                          \
		CU_ASSERT_EQUAL(call, TLS_ALERT_DECODE_ERROR);                                                         \
	}

static void a_server_hello_is_read(void)
{
	static const struct bytes body = OCTETS("\3\3" RANDOM "\2id\xc0\x2b\0\0\x2a"
						"\0\0\0\0"
						"\xff\1\0\1\0"
						"\0\x0b\0\4\3\0\1\2"
						"\0\x10\0\5\0\3\2h2"
						"\0\x17\0\0"
						"\0\x23\0\0"
						"\0\x0a\0\4\0\2\0\x17");
	struct tls12_message_server_hello hello;
	CU_ASSERT_EQUAL(tls12_message_server_hello(body, &hello), TLS_ALERT_NONE);
	CU_ASSERT(hello.suite == 0xc02b && hello.session_id.len == 2 && memcmp(hello.random.data, RANDOM, 32) == 0);
	CU_ASSERT(hello.has_server_name && hello.has_ticket && hello.has_extended_master && hello.has_renegotiation);
	CU_ASSERT(hello.protocol.len == 2 && memcmp(hello.protocol.data, "h2", 2) == 0);
	for (size_t cut = 0; cut < body.len; cut++) /* one cut is a whole ServerHello: that without extensions */
		CU_ASSERT(cut == 2 + 32 + 3 + 2 + 1 ||
			  tls12_message_server_hello((struct bytes){body.data, cut}, &hello) == TLS_ALERT_DECODE_ERROR);
}

static void a_server_hello_may_end_without_extensions(void)
{
	static const struct bytes body = OCTETS("\3\3" RANDOM "\0\xc0\x2f\0");
	struct tls12_message_server_hello hello;
	CU_ASSERT_EQUAL(tls12_message_server_hello(body, &hello), TLS_ALERT_NONE);
	CU_ASSERT_FALSE(hello.has_ticket || hello.has_extended_master || hello.has_renegotiation);
	CUT(tls12_message_server_hello(part, &hello), body);
}

static void a_wrong_server_hello_has_its_alert(void)
{
	static const struct {
		struct bytes body;
		enum tls_alert alert;
	} rows[] = {
		{OCTETS("\3\2" RANDOM "\0\xc0\x2f\0"), TLS_ALERT_PROTOCOL_VERSION},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\1"), TLS_ALERT_ILLEGAL_PARAMETER},
		{OCTETS("\3\3" RANDOM "\x21" RANDOM "x\xc0\x2f\0"), TLS_ALERT_DECODE_ERROR},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\4\0\x0f\0\0"), TLS_ALERT_UNSUPPORTED_EXTENSION},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\6\0\x2b\0\2\3\4"), TLS_ALERT_UNSUPPORTED_EXTENSION},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x08\0\x17\0\0\0\x17\0\0"), TLS_ALERT_ILLEGAL_PARAMETER},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x07\xff\1\0\3\2ab"), TLS_ALERT_HANDSHAKE_FAILURE},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x06\xff\1\0\2\2a"), TLS_ALERT_DECODE_ERROR},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x06\0\x0b\0\2\1\1"), TLS_ALERT_ILLEGAL_PARAMETER},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x05\0\x0b\0\1\0"), TLS_ALERT_DECODE_ERROR},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x05\0\x17\0\1\0"), TLS_ALERT_DECODE_ERROR},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\x05\0\0\0\1\0"), TLS_ALERT_DECODE_ERROR},
		{OCTETS("\3\3" RANDOM "\0\xc0\x2f\0\0\0x"), TLS_ALERT_DECODE_ERROR},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tls12_message_server_hello hello;
		CU_ASSERT_EQUAL(tls12_message_server_hello(rows[i].body, &hello), rows[i].alert);
	}
}

static void a_certificate_gives_its_leaf(void)
{
	static const struct bytes body = OCTETS("\0\0\x0b\0\0\4leaf\0\0\1c");
	struct bytes leaf;
	CU_ASSERT_EQUAL(tls12_message_certificate(body, &leaf), TLS_ALERT_NONE);
	CU_ASSERT(leaf.len == 4 && memcmp(leaf.data, "leaf", 4) == 0);
	CUT(tls12_message_certificate(part, &leaf), body);
	CU_ASSERT_EQUAL(tls12_message_certificate(OCTETS("\0\0\0"), &leaf), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls12_message_certificate(OCTETS("\0\0\3\0\0\0"), &leaf), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls12_message_certificate(OCTETS("\0\0\4\0\0\1x!"), &leaf), TLS_ALERT_DECODE_ERROR);
}

static void a_key_exchange_is_read(void)
{
	static const struct bytes body = OCTETS("\3\0\x1d\4wxyz\4\3\0\3sig");
	struct tls12_message_key_exchange exchange;
	CU_ASSERT_EQUAL(tls12_message_key_exchange(body, &exchange), TLS_ALERT_NONE);
	CU_ASSERT(exchange.group == 29 && exchange.scheme == 0x0403);
	CU_ASSERT(exchange.public_value.len == 4 && exchange.signature.len == 3);
	CU_ASSERT(exchange.parameters.len == 8 && memcmp(exchange.parameters.data, "\3\0\x1d\4wxyz", 8) == 0);
	CUT(tls12_message_key_exchange(part, &exchange), body);
	CU_ASSERT_EQUAL(tls12_message_key_exchange(OCTETS("\1\0\x1d\4wxyz\4\3\0\3sig"), &exchange),
		TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(tls12_message_key_exchange(OCTETS("\3\0\x1d\0\4\3\0\3sig"), &exchange), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(
		tls12_message_key_exchange(OCTETS("\3\0\x1d\4wxyz\4\3\0\3sigx"), &exchange), TLS_ALERT_DECODE_ERROR);
}

static void a_certificate_request_is_checked(void)
{
	static const struct bytes body = OCTETS("\2\1\x40\0\2\4\3\0\4\0\2ca");
	CU_ASSERT_EQUAL(tls12_message_certificate_request(body), TLS_ALERT_NONE);
	CUT(tls12_message_certificate_request(part), body);
	CU_ASSERT_EQUAL(tls12_message_certificate_request(OCTETS("\1\1\0\2\4\3\0\0")), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(tls12_message_certificate_request(OCTETS("\0\0\2\4\3\0\0")), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls12_message_certificate_request(OCTETS("\1\1\0\3\4\3\4\0\0")), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls12_message_certificate_request(OCTETS("\1\1\0\2\4\3\0\2\0\0")), TLS_ALERT_DECODE_ERROR);
}

static void a_ticket_is_read(void)
{
	static const struct bytes body = OCTETS("\0\0\1\x2c\0\6ticket");
	uint32_t lifetime_s;
	struct bytes ticket;
	CU_ASSERT_EQUAL(tls12_message_ticket(body, &lifetime_s, &ticket), TLS_ALERT_NONE);
	CU_ASSERT(lifetime_s == 300 && ticket.len == 6);
	CUT(tls12_message_ticket(part, &lifetime_s, &ticket), body);
	CU_ASSERT_EQUAL(tls12_message_ticket(OCTETS("\0\0\0\0\0\0"), &lifetime_s, &ticket), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(ticket.len, 0); /* RFC 5077 section 3.3: the server has thought better of it */
	CU_ASSERT_EQUAL(tls12_message_ticket(OCTETS("\0\0\0\0\0\0x"), &lifetime_s, &ticket), TLS_ALERT_DECODE_ERROR);
}

static void what_has_no_body_has_none(void)
{
	CU_ASSERT_EQUAL(tls12_message_empty(OCTETS("")), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(tls12_message_empty(OCTETS("x")), TLS_ALERT_DECODE_ERROR);
}

int main(void)
{
	CU_TestInfo tests[] = {{"a ServerHello is read", a_server_hello_is_read},
		{"a ServerHello may end without extensions", a_server_hello_may_end_without_extensions},
		{"a wrong ServerHello has its alert", a_wrong_server_hello_has_its_alert},
		{"a Certificate gives its leaf", a_certificate_gives_its_leaf},
		{"a ServerKeyExchange is read", a_key_exchange_is_read},
		{"a CertificateRequest is checked", a_certificate_request_is_checked},
		{"a NewSessionTicket is read", a_ticket_is_read},
		{"what has no body has none", what_has_no_body_has_none}, CU_TEST_INFO_NULL};
	return unit_run("tls12_message", tests);
}
