/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_record.h"
#include "hex.h"
#include "rfc8448.h"
#include "unit.h"

static struct tls_aead_ciphers aeads;

/* A writer and a reader with the same secret. */
struct pair {
	struct tls13_record seals, opens;
	uint8_t wire[TLS13_RECORD_PAYLOAD_MAX_BYTES + 64], plain[TLS13_RECORD_PAYLOAD_MAX_BYTES];
	size_t wire_len, plain_len;
	uint8_t type;
};

static struct pair pair;

static void begin(uint16_t suite)
{
	const struct tls13_keys_secret secret = {{1, 2, 3}};
	CU_ASSERT_FATAL(tls13_record_init(&pair.seals, true) && tls13_record_init(&pair.opens, false));
	CU_ASSERT_FATAL(tls13_record_set_secret(&pair.seals, &aeads, tls13_suite_find(suite), &secret));
	CU_ASSERT_FATAL(tls13_record_set_secret(&pair.opens, &aeads, tls13_suite_find(suite), &secret));
}

static void end(void)
{
	tls13_record_fini(&pair.seals);
	tls13_record_fini(&pair.opens);
}

static enum tls13_record_result send(const char *text, size_t padding)
{
	return tls13_record_seal(&pair.seals, TLS13_RECORD_DATA, (struct bytes){(const uint8_t *)text, strlen(text)},
		padding, pair.wire, &pair.wire_len);
}

static enum tls13_record_result receive(void)
{
	return tls13_record_open(
		&pair.opens, (struct bytes){pair.wire, pair.wire_len}, pair.plain, &pair.type, &pair.plain_len);
}

static void test_rfc8448_flight(void)
{
	struct tls13_keys_secret secret;
	struct bytes record;
	const size_t len = hex_read(RFC8448_SERVER_FLIGHT_RECORD, pair.wire, sizeof(pair.wire));
	hex_read(RFC8448_SERVER_HANDSHAKE, secret.octets, 32);
	CU_ASSERT_FATAL(tls13_record_init(&pair.opens, false));
	CU_ASSERT_FATAL(tls13_record_set_secret(&pair.opens, &aeads, tls13_suite_find(0x1301), &secret));
	CU_ASSERT_EQUAL(tls13_record_split((struct bytes){pair.wire, len}, &record), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(record.len, len);
	CU_ASSERT_EQUAL(
		tls13_record_open(&pair.opens, record, pair.plain, &pair.type, &pair.plain_len), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(pair.type, TLS13_RECORD_HANDSHAKE);
	CU_ASSERT(hex_equals((struct bytes){pair.plain, pair.plain_len},
		RFC8448_ENCRYPTED_EXTENSIONS RFC8448_CERTIFICATE RFC8448_CERTIFICATE_VERIFY
		"14000020" RFC8448_SERVER_FINISHED));
	tls13_record_fini(&pair.opens);
}

static void test_round_trip(void)
{
	for (unsigned i = 0; i < TLS13_SUITE_COUNT; i++) {
		begin(tls13_suite_at(i)->id);
		for (size_t padding = 0; padding < 300; padding += 99) {
			CU_ASSERT_EQUAL(send("hello", padding), TLS13_RECORD_OK);
			CU_ASSERT_EQUAL(pair.wire_len, 5 + padding + TLS13_RECORD_OVERHEAD_BYTES);
			CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
			CU_ASSERT_EQUAL(pair.type, TLS13_RECORD_DATA);
			CU_ASSERT(pair.plain_len == 5 && memcmp(pair.plain, "hello", 5) == 0);
		}
		CU_ASSERT_EQUAL(pair.opens.sequence, 4);
		end();
	}
}

static void test_every_bit_counts(void)
{
	begin(0x1301);
	CU_ASSERT_EQUAL(send("hello", 0), TLS13_RECORD_OK);
	for (size_t bit = 0; bit < pair.wire_len * 8; bit++) {
		pair.wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
		pair.wire[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC); /* a replay: the sequence number has gone on */
	end();
}

static void test_bounds(void)
{
	static const uint8_t longest[TLS13_RECORD_FRAGMENT_MAX_BYTES + 1];
	begin(0x1303);
	CU_ASSERT_EQUAL(tls13_record_seal(&pair.seals, TLS13_RECORD_DATA, (struct bytes){longest, sizeof(longest)}, 0,
				pair.wire, &pair.wire_len),
		TLS13_RECORD_TOO_LONG);
	CU_ASSERT_EQUAL(send("hello", TLS13_RECORD_FRAGMENT_MAX_BYTES), TLS13_RECORD_TOO_LONG);
	CU_ASSERT_EQUAL(tls13_record_seal(&pair.seals, TLS13_RECORD_DATA, (struct bytes){longest, sizeof(longest) - 1},
				0, pair.wire, &pair.wire_len),
		TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(pair.plain_len, TLS13_RECORD_FRAGMENT_MAX_BYTES);
	pair.wire_len = TLS13_RECORD_HEADER_BYTES + TLS13_RECORD_TAG_BYTES - 1;
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_BAD_MAC);
	end();
}

/* A record of type 0 is what padding alone looks like. */
static void test_nothing_but_padding(void)
{
	begin(0x1301);
	CU_ASSERT_EQUAL(tls13_record_seal(&pair.seals, (enum tls13_record_type)0, (struct bytes){0}, 9, pair.wire,
				&pair.wire_len),
		TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_NO_TYPE);
	end();
}

static void test_keys_wear_out(void)
{
	begin(0x1302);
	pair.seals.sequence = pair.opens.sequence = UINT64_C(1) << 23;
	CU_ASSERT_EQUAL(send("hello", 0), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_OK);
	CU_ASSERT_TRUE(tls13_record_wants_update(&pair.seals));
	pair.seals.sequence = pair.opens.sequence = UINT64_C(1) << 24;
	CU_ASSERT_EQUAL(send("hello", 0), TLS13_RECORD_WORN_OUT);
	CU_ASSERT_EQUAL(receive(), TLS13_RECORD_WORN_OUT);
	end();
}

static enum tls13_record_result split(const char *text)
{
	static uint8_t stream[64];
	struct bytes record;
	return tls13_record_split((struct bytes){stream, hex_read(text, stream, sizeof(stream))}, &record);
}

static void test_split(void)
{
	CU_ASSERT_EQUAL(split("1603010001aa"), TLS13_RECORD_OK);
	CU_ASSERT_EQUAL(split("16030100"), TLS13_RECORD_NEED_MORE);
	CU_ASSERT_EQUAL(split("1603010002aa"), TLS13_RECORD_NEED_MORE);
	CU_ASSERT_EQUAL(split("1603034001"), TLS13_RECORD_TOO_LONG);
	CU_ASSERT_EQUAL(split("1703034100"), TLS13_RECORD_NEED_MORE);
	CU_ASSERT_EQUAL(split("1703034101"), TLS13_RECORD_TOO_LONG);
	CU_ASSERT_EQUAL(split("1803030001aa"), TLS13_RECORD_NOT_TLS);
	CU_ASSERT_EQUAL(split("485454502f31"), TLS13_RECORD_NOT_TLS);
	CU_ASSERT_EQUAL(split("1602010001aa"), TLS13_RECORD_NOT_TLS);
}

static void test_in_the_clear(void)
{
	begin(0x1301);
	tls13_record_reset(&pair.seals);
	CU_ASSERT_EQUAL(send("hello", 0), TLS13_RECORD_OK);
	CU_ASSERT(hex_equals((struct bytes){pair.wire, pair.wire_len}, "170303000568656c6c6f"));
	end();
}

int main(void)
{
	if (!tls_aead_ciphers_init(&aeads))
		return 2;
	CU_TestInfo tests[] = {
		{"RFC 8448: the server's flight", test_rfc8448_flight},
		{"what is sealed is opened, with and without padding", test_round_trip},
		{"every changed bit, and a replay, is refused", test_every_bit_counts},
		{"fragments of 2^14 and no more", test_bounds},
		{"a record of nothing but padding is refused", test_nothing_but_padding},
		{"a key protects so many records and no more", test_keys_wear_out},
		{"a stream is cut into records", test_split},
		{"before there are keys", test_in_the_clear},
		CU_TEST_INFO_NULL,
	};
	const int status = unit_run("tls13_record", tests);
	tls_aead_ciphers_fini(&aeads);
	return status;
}
