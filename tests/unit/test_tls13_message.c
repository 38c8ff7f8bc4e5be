/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_message.h"
#include "hex.h"
#include "rfc8448.h"
#include "unit.h"

#define RANDOM "a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e26928"
#define RETRY  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

static uint8_t octets[1024];

static struct bytes body(const char *text)
{
	return (struct bytes){octets, hex_read(text, octets, sizeof(octets))};
}

static enum tls_alert hello(const char *text, struct tls13_message_server_hello *out)
{
	return tls13_message_server_hello(body(text), out);
}

static void test_server_hello(void)
{
	struct tls13_message_server_hello out;
	CU_ASSERT_EQUAL(hello(RFC8448_SERVER_HELLO + 8, &out), TLS_ALERT_NONE);
	CU_ASSERT(!out.is_retry && out.suite == 0x1301 && out.group == 29 && !out.has_psk);
	CU_ASSERT(hex_equals(out.key_share, RFC8448_SERVER_PUBLIC));
	CU_ASSERT_EQUAL(hello("0303" RETRY "001301000012"
			      "002b00020304"
			      "0033000200"
			      "17"
			      "002c0003000155",
				&out),
		TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(hello("0303" RETRY "001301000013"
			      "002b00020304"
			      "003300020017"
			      "002c0003000155",
				&out),
		TLS_ALERT_NONE);
	CU_ASSERT(out.is_retry && out.group == 23 && out.cookie.len == 1);
}

static void test_server_hello_refused(void)
{
	struct tls13_message_server_hello out;
	const size_t whole = strlen(RFC8448_SERVER_HELLO + 8) / 2;
	for (size_t len = 0; len < whole; len++) {
		struct bytes cut = body(RFC8448_SERVER_HELLO + 8);
		cut.len = len;
		CU_ASSERT_NOT_EQUAL(tls13_message_server_hello(cut, &out), TLS_ALERT_NONE);
	}
	CU_ASSERT_EQUAL(hello("0303" RANDOM "00c02b00", &out), TLS_ALERT_PROTOCOL_VERSION);
	CU_ASSERT_EQUAL(hello("0303" RANDOM "00c02b000005ff01000100", &out), TLS_ALERT_PROTOCOL_VERSION);
	CU_ASSERT_EQUAL(hello("0302" RANDOM "001301000006002b00020304", &out), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(hello("0303" RANDOM "001301010006002b00020304", &out), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(hello("0303" RANDOM "001301000006002b00020303", &out), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(hello("0303" RANDOM "00130100000c002b00020304002b00020304", &out), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(hello("0303" RANDOM "00130100000a002b0002030400100000", &out), TLS_ALERT_UNSUPPORTED_EXTENSION);
	CU_ASSERT_EQUAL(
		hello("0303" RANDOM "00130100000d002b00020304002c0003000155", &out), TLS_ALERT_ILLEGAL_PARAMETER);
}

static void test_encrypted_extensions(void)
{
	struct tls13_message_encrypted_extensions out;
	CU_ASSERT_EQUAL(tls13_message_encrypted_extensions(body("0000"), &out), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(tls13_message_encrypted_extensions(body("000d"
								"00000000"
								"0010000500030268"
								"32"),
				&out),
		TLS_ALERT_NONE);
	CU_ASSERT(out.has_server_name && out.protocol.len == 2);
	CU_ASSERT_EQUAL(tls13_message_encrypted_extensions(body("000b"
								"0010000700050268320161"),
				&out),
		TLS_ALERT_DECODE_ERROR); /* two protocols */
	CU_ASSERT_EQUAL(tls13_message_encrypted_extensions(body("000400330000"), &out), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(
		tls13_message_encrypted_extensions(body("00041a1a0000"), &out), TLS_ALERT_UNSUPPORTED_EXTENSION);
	CU_ASSERT_EQUAL(tls13_message_encrypted_extensions(body("0001"), &out), TLS_ALERT_DECODE_ERROR);
}

static void test_certificate(void)
{
	struct bytes leaf;
	CU_ASSERT_EQUAL(tls13_message_certificate(body(RFC8448_CERTIFICATE + 8), &leaf), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(leaf.len, 0x1b0);
	CU_ASSERT_EQUAL(tls13_message_certificate(body("00000000"), &leaf), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls13_message_certificate(body("0000000600000155"
						       "0000"),
				&leaf),
		TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(tls13_message_certificate(body("010100000600000155"
						       "0000"),
				&leaf),
		TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(tls13_message_certificate(body("000000050000000000"), &leaf), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls13_message_certificate(body("0000000a"
						       "00000155"
						       "0004"
						       "00050000"),
				&leaf),
		TLS_ALERT_UNSUPPORTED_EXTENSION);
}

static void test_certificate_request(void)
{
	CU_ASSERT_EQUAL(tls13_message_certificate_request(body("000008000d000400020403")), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(tls13_message_certificate_request(body("000000")), TLS_ALERT_MISSING_EXTENSION);
	CU_ASSERT_EQUAL(tls13_message_certificate_request(body("0155000000")), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(
		tls13_message_certificate_request(body("01550008000d000400020403")), TLS_ALERT_ILLEGAL_PARAMETER);
}

static void test_certificate_verify(void)
{
	uint16_t scheme;
	struct bytes signature;
	CU_ASSERT_EQUAL(tls13_message_certificate_verify(body("0403000155"), &scheme, &signature), TLS_ALERT_NONE);
	CU_ASSERT(scheme == 0x0403 && signature.len == 1);
	CU_ASSERT_EQUAL(
		tls13_message_certificate_verify(body("040300015566"), &scheme, &signature), TLS_ALERT_DECODE_ERROR);
}

static void test_after_the_handshake(void)
{
	struct tls13_message_ticket ticket;
	bool requested;
	CU_ASSERT_EQUAL(tls13_message_ticket(body("00093a80"
						  "00000001"
						  "0100"
						  "00021122"
						  "0000"),
				&ticket),
		TLS_ALERT_NONE);
	CU_ASSERT(ticket.lifetime_s == 604800 && ticket.nonce.len == 1 && ticket.ticket.len == 2);
	CU_ASSERT_EQUAL(
		tls13_message_ticket(body("00093a81000000010100000211220000"), &ticket), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(tls13_message_ticket(body("00093a8000000001010000000000"), &ticket), TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(tls13_message_key_update(body("01"), &requested), TLS_ALERT_NONE);
	CU_ASSERT_TRUE(requested);
	CU_ASSERT_EQUAL(tls13_message_key_update(body("02"), &requested), TLS_ALERT_ILLEGAL_PARAMETER);
	CU_ASSERT_EQUAL(tls13_message_key_update(body("0000"), &requested), TLS_ALERT_DECODE_ERROR);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"ServerHello and HelloRetryRequest", test_server_hello},
		{"ServerHello: cut, TLS 1.2, illegal", test_server_hello_refused},
		{"EncryptedExtensions", test_encrypted_extensions},
		{"Certificate", test_certificate},
		{"CertificateRequest", test_certificate_request},
		{"CertificateVerify", test_certificate_verify},
		{"NewSessionTicket and KeyUpdate", test_after_the_handshake},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls13_message", tests);
}
