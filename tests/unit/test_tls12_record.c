/* SPDX-License-Identifier: BSD-3-Clause */
/** Both directions against each other; that the form is right, libssl says in test_tls12_client.c. */
#include "tls12_record.h"
#include "unit.h"

#include <string.h>

static struct tls_aead_ciphers ciphers;
static struct tls12_record seals, opens;
static uint8_t wire[TLS13_RECORD_PAYLOAD_MAX_BYTES + 64], plain[TLS13_RECORD_PAYLOAD_MAX_BYTES];
static size_t wire_len, plain_len;

static void set_up(void)
{
	CU_ASSERT_FATAL(tls_aead_ciphers_init(&ciphers));
	CU_ASSERT_FATAL(tls12_record_init(&seals, true) && tls12_record_init(&opens, false));
}

static void tear_down(void)
{
	tls12_record_fini(&seals);
	tls12_record_fini(&opens);
	tls_aead_ciphers_fini(&ciphers);
}

static void begin(uint16_t id)
{
	static const uint8_t key[32] = {1, 2, 3}, iv[12] = {4, 5, 6};
	const struct tls12_suite *suite = tls12_suite_find(id);
	CU_ASSERT_FATAL(tls12_record_set_keys(&seals, &ciphers, suite, key, iv));
	CU_ASSERT_FATAL(tls12_record_set_keys(&opens, &ciphers, suite, key, iv));
}

static enum tls13_record_result send(const void *data, size_t len)
{
	return tls12_record_seal(&seals, TLS13_RECORD_DATA, (struct bytes){data, len}, wire, &wire_len);
}

static enum tls13_record_result receive(void)
{
	return tls12_record_open(&opens, (struct bytes){wire, wire_len}, plain, &plain_len);
}

static void what_is_sealed_opens(void)
{
	for (unsigned i = 0; i < TLS12_SUITE_COUNT; i++) {
		begin(tls12_suite_at(i)->id);
		for (unsigned n = 0; n < 3; n++) {
			CU_ASSERT_EQUAL(send("hello", 5), TLS13_RECORD_OK);
			CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
			CU_ASSERT(plain_len == 5 && memcmp(plain, "hello", 5) == 0);
		}
		CU_ASSERT_EQUAL(send("", 0), TLS13_RECORD_OK);
		CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
		CU_ASSERT_EQUAL(plain_len, 0);
	}
}

/* RFC 5288 section 3: the sequence number stands in each record; RFC 7905: nothing does. */
static void the_form_is_the_suites(void)
{
	begin(0xc02b);
	send("a", 1);
	send("a", 1);
	CU_ASSERT_EQUAL(wire_len, 5 + 8 + 1 + 16);
	CU_ASSERT_EQUAL(memcmp(wire, "\x17\3\3\0\x19\0\0\0\0\0\0\0\1", 13), 0);
	begin(0xcca9);
	send("a", 1);
	CU_ASSERT_EQUAL(wire_len, 5 + 1 + 16);
	CU_ASSERT_EQUAL(memcmp(wire, "\x17\3\3\0\x11", 5), 0);
}

static void without_keys_it_is_in_the_clear(void)
{
	CU_ASSERT_EQUAL(send("abc", 3), TLS13_RECORD_OK);
	CU_ASSERT(wire_len == 8 && memcmp(wire, "\x17\3\3\0\3abc", 8) == 0);
	begin(0xc02f);
	tls12_record_reset(&seals);
	CU_ASSERT_EQUAL(send("abc", 3), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(wire_len, 8);
}

static void every_changed_octet_is_noticed(void)
{
	for (unsigned i = 0; i < TLS12_SUITE_COUNT; i++) {
		begin(tls12_suite_at(i)->id);
		send("hello", 5);
		for (size_t at = 0; at < wire_len; at++) {
			const bool is_covered = at == 0 || at >= TLS13_RECORD_HEADER_BYTES;
			if (!is_covered) /* version and length are the client's to check */
				continue;
			wire[at] ^= 1;
			CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
			wire[at] ^= 1;
		}
		CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	}
}

static void a_record_opens_once_and_in_its_place(void)
{
	begin(0xcca8);
	send("first", 5);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
	send("second", 6);
	send("third", 5);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
}

static void lengths_have_bounds(void)
{
	static uint8_t large[TLS13_RECORD_FRAGMENT_MAX_BYTES + 1];
	begin(0xc02b);
	CU_ASSERT_EQUAL(send(large, sizeof(large)), TLS13_RECORD_TOO_LONG);
	CU_ASSERT_EQUAL(send(large, sizeof(large) - 1), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(plain_len, sizeof(large) - 1);
	for (wire_len = 5; wire_len < 5 + 8 + 16; wire_len++) /* no room for nonce and tag */
		CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
}

int main(void)
{
	CU_TestInfo tests[] = {{"what is sealed opens", what_is_sealed_opens},
		{"the form is the suite's", the_form_is_the_suites},
		{"without keys it is in the clear", without_keys_it_is_in_the_clear},
		{"every changed octet is noticed", every_changed_octet_is_noticed},
		{"a record opens once, and in its place", a_record_opens_once_and_in_its_place},
		{"lengths have bounds", lengths_have_bounds}, CU_TEST_INFO_NULL};
	return unit_run_each("tls12_record", tests, set_up, tear_down);
}
