/* SPDX-License-Identifier: BSD-3-Clause */
#include "clienthello.h"
#include "hello_bytes.h"
#include "tls_alert.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static uint8_t message_memory[HELLO_BYTES_MAX], stream_memory[HELLO_BYTES_MAX], scratch[CLIENTHELLO_MAX_BYTES + 4],
	other_scratch[CLIENTHELLO_MAX_BYTES + 4];

/* Extensions that more than one row uses. */
#define TLS13      "002b 0003 02 0304"
#define BOTH       "002b 0005 04 0304 0303"
#define SNI        "0000 000e 000c 00 0009 6c6f63616c686f7374" /* localhost */
#define GROUPS     "000a 0006 0004 001d 0017"
#define SCHEMES    "000d 0006 0004 0403 0804"
#define KEY_SHARE  "0033 0007 0005 001d 0001 aa"
#define ALPN_BOTH  "0010 000e 000c 02 6832 08 687474702f312e31" /* h2, http/1.1 */
#define REFUSED(a) CLIENTHELLO_FAULT_MALFORMED, TLS_ALERT_##a
#define VERSION    CLIENTHELLO_FAULT_VERSION, TLS_ALERT_PROTOCOL_VERSION
#define ACCEPTED   CLIENTHELLO_FAULT_NONE, TLS_ALERT_NONE

struct row {
	const char *rule;
	struct hello_spec spec;
	enum clienthello_fault fault;
	uint8_t alert;
};

/* A hello that differs from the plain one in its extensions only. */
#define EXTENSIONS(text)                                                                                               \
	{                                                                                                              \
		0x0303, 32, "1301 1302", "00", text, NULL                                                              \
	}

static const struct row rows[] = {
	/* The fixed part: RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2. */
	{"TLS 1.2 without extensions", {0x0303, 0, "c02b", "00", NULL, NULL}, ACCEPTED},
	{"TLS 1.2 with an empty extension block", {0x0303, 0, "c02b", "00", "", NULL}, ACCEPTED},
	{"bytes behind the extension block", {0x0303, 0, "c02b", "00", "", "00"}, REFUSED(DECODE_ERROR)},
	{"one byte where the block's length should be", {0x0303, 0, "c02b", "00", NULL, "00"}, REFUSED(DECODE_ERROR)},
	{"extension block longer than the message", {0x0303, 0, "c02b", "00", NULL, "0001"}, REFUSED(DECODE_ERROR)},
	{"session id of 32 octets", {0x0303, 32, "c02b", "00", NULL, NULL}, ACCEPTED},
	{"session id of 33 octets", {0x0303, 33, "c02b", "00", NULL, NULL}, REFUSED(DECODE_ERROR)},
	{"no cipher suites", {0x0303, 0, "", "00", NULL, NULL}, REFUSED(DECODE_ERROR)},
	{"odd cipher suites", {0x0303, 0, "c02b c0", "00", NULL, NULL}, REFUSED(DECODE_ERROR)},
	{"no compression methods", {0x0303, 0, "c02b", "", NULL, NULL}, REFUSED(DECODE_ERROR)},
	{"compression null among others, TLS 1.2", {0x0303, 0, "c02b", "01 00", NULL, NULL}, ACCEPTED},
	{"compression without null, TLS 1.2", {0x0303, 0, "c02b", "01", NULL, NULL}, REFUSED(ILLEGAL_PARAMETER)},
	{"compression null alone, TLS 1.3", {0x0303, 0, "1301", "00", TLS13, NULL}, ACCEPTED},
	{"compression null among others, TLS 1.3", {0x0303, 0, "1301", "01 00", TLS13, NULL},
		REFUSED(ILLEGAL_PARAMETER)},
	{"compression other than null, TLS 1.3", {0x0303, 0, "1301", "01", TLS13, NULL}, REFUSED(ILLEGAL_PARAMETER)},

	/* Versions: RFC 8446 sections 4.1.2, 4.2.1 and D.5, RFC 8996. */
	{"TLS 1.1 by legacy_version", {0x0302, 0, "c02b", "00", NULL, NULL}, VERSION},
	{"legacy_version above TLS 1.2, no list", {0x0304, 0, "c02b", "00", NULL, NULL}, ACCEPTED},
	{"the list counts, not legacy_version", {0x0301, 0, "1301", "00", TLS13, NULL}, ACCEPTED},
	{"legacy_version SSL 3.0 whatever the list says", {0x0300, 0, "1301", "00", TLS13, NULL}, VERSION},
	{"list with TLS 1.2 only", EXTENSIONS("002b 0003 02 0303"), ACCEPTED},
	{"list with GREASE and TLS 1.3", EXTENSIONS("002b 0005 04 7a7a 0304"), ACCEPTED},
	{"list with TLS 1.1 and a draft only", EXTENSIONS("002b 0005 04 0302 7f1c"), VERSION},
	{"empty version list", EXTENSIONS("002b 0001 00"), REFUSED(DECODE_ERROR)},
	{"odd version list", EXTENSIONS("002b 0004 03 0304 03"), REFUSED(DECODE_ERROR)},
	{"bytes behind the version list", EXTENSIONS("002b 0004 02 0304 00"), REFUSED(DECODE_ERROR)},
	{"version list longer than its extension", EXTENSIONS("002b 0003 04 0304"), REFUSED(DECODE_ERROR)},

	/* The extension block: RFC 8446 section 4.2. */
	{"all that we read at once", EXTENSIONS(BOTH SNI GROUPS SCHEMES KEY_SHARE ALPN_BOTH), ACCEPTED},
	{"unknown and GREASE extensions", EXTENSIONS(TLS13 "0a0a 0000 fafa 0001 00 9999 0002 ffff"), ACCEPTED},
	{"known extension twice", EXTENSIONS(TLS13 TLS13), REFUSED(ILLEGAL_PARAMETER)},
	{"unknown extension twice", EXTENSIONS("9999 0000" TLS13 "9999 0000"), REFUSED(ILLEGAL_PARAMETER)},
	{"extension cut in its type", EXTENSIONS(TLS13 "00"), REFUSED(DECODE_ERROR)},
	{"extension cut in its length", EXTENSIONS(TLS13 "0000 00"), REFUSED(DECODE_ERROR)},
	{"extension longer than the block", EXTENSIONS(TLS13 "9999 0001"), REFUSED(DECODE_ERROR)},
	{"pre_shared_key last", EXTENSIONS(TLS13 "0029 0002 0000"), ACCEPTED},
	{"pre_shared_key not last", EXTENSIONS("0029 0002 0000" TLS13), REFUSED(ILLEGAL_PARAMETER)},
	{"early_data", EXTENSIONS(TLS13 "002a 0000"), ACCEPTED},
	{"early_data with content", EXTENSIONS(TLS13 "002a 0001 00"), REFUSED(DECODE_ERROR)},
	{"session_ticket", EXTENSIONS(TLS13 "0023 0000"), ACCEPTED},

	/* server_name: RFC 6066 section 3. */
	{"one host name", EXTENSIONS(TLS13 SNI), ACCEPTED},
	{"host name of any octets", EXTENSIONS(TLS13 "0000 0008 0006 00 0003 1bff2e"), ACCEPTED},
	{"host name beside a name of another type", EXTENSIONS(TLS13 "0000 000a 0008 07 0001 00 00 0001 61"), ACCEPTED},
	{"two host names", EXTENSIONS(TLS13 "0000 000a 0008 00 0001 61 00 0001 62"), REFUSED(ILLEGAL_PARAMETER)},
	{"two names of another type", EXTENSIONS(TLS13 "0000 000e 000c 07 0001 61 07 0001 62 00 0001 63"),
		REFUSED(ILLEGAL_PARAMETER)},
	{"no host name in the list", EXTENSIONS(TLS13 "0000 0006 0004 07 0001 61"), REFUSED(ILLEGAL_PARAMETER)},
	{"host name with NUL", EXTENSIONS(TLS13 "0000 0008 0006 00 0003 610062"), REFUSED(ILLEGAL_PARAMETER)},
	{"empty host name", EXTENSIONS(TLS13 "0000 0005 0003 00 0000"), REFUSED(DECODE_ERROR)},
	{"empty name list", EXTENSIONS(TLS13 "0000 0002 0000"), REFUSED(DECODE_ERROR)},
	{"server_name without content", EXTENSIONS(TLS13 "0000 0000"), REFUSED(DECODE_ERROR)},
	{"name list shorter than its extension", EXTENSIONS(TLS13 "0000 0007 0004 00 0001 61 00"),
		REFUSED(DECODE_ERROR)},
	{"name list longer than its extension", EXTENSIONS(TLS13 "0000 0006 0005 00 0001 61"), REFUSED(DECODE_ERROR)},
	{"host name longer than its list", EXTENSIONS(TLS13 "0000 0006 0004 00 0002 61"), REFUSED(DECODE_ERROR)},

	/* ALPN: RFC 7301 section 3.1. */
	{"two protocols", EXTENSIONS(TLS13 ALPN_BOTH), ACCEPTED},
	{"empty protocol name", EXTENSIONS(TLS13 "0010 0006 0004 02 6832 00"), REFUSED(DECODE_ERROR)},
	{"empty protocol list", EXTENSIONS(TLS13 "0010 0002 0000"), REFUSED(DECODE_ERROR)},
	{"protocol name longer than its list", EXTENSIONS(TLS13 "0010 0004 0002 02 68"), REFUSED(DECODE_ERROR)},
	{"bytes behind the protocol list", EXTENSIONS(TLS13 "0010 0006 0003 02 6832 00"), REFUSED(DECODE_ERROR)},

	/* supported_groups and signature_algorithms: RFC 8446 sections 4.2.7 and 4.2.3. */
	{"groups and schemes", EXTENSIONS(TLS13 GROUPS SCHEMES), ACCEPTED},
	{"empty groups", EXTENSIONS(TLS13 "000a 0002 0000"), REFUSED(DECODE_ERROR)},
	{"odd groups", EXTENSIONS(TLS13 "000a 0005 0003 001d 00"), REFUSED(DECODE_ERROR)},
	{"bytes behind the groups", EXTENSIONS(TLS13 "000a 0006 0002 001d 0017"), REFUSED(DECODE_ERROR)},
	{"empty schemes", EXTENSIONS(TLS13 "000d 0002 0000"), REFUSED(DECODE_ERROR)},
	{"odd schemes", EXTENSIONS(TLS13 "000d 0005 0003 0403 08"), REFUSED(DECODE_ERROR)},

	/* key_share: RFC 8446 section 4.2.8. */
	{"no key shares: asks for a retry", EXTENSIONS(TLS13 "0033 0002 0000"), ACCEPTED},
	{"key shares with GREASE", EXTENSIONS(TLS13 "0033 000c 000a 1a1a 0001 00 001d 0001 aa"), ACCEPTED},
	{"two key shares for one group", EXTENSIONS(TLS13 "0033 000c 000a 001d 0001 00 001d 0001 aa"),
		REFUSED(ILLEGAL_PARAMETER)},
	{"empty key exchange", EXTENSIONS(TLS13 "0033 0006 0004 001d 0000"), REFUSED(DECODE_ERROR)},
	{"key exchange longer than its list", EXTENSIONS(TLS13 "0033 0007 0005 001d 0002 aa"), REFUSED(DECODE_ERROR)},
	{"key shares longer than their extension", EXTENSIONS(TLS13 "0033 0007 0006 001d 0001 aa"),
		REFUSED(DECODE_ERROR)},
	{"bytes behind the key shares", EXTENSIONS(TLS13 "0033 0008 0005 001d 0001 aa 00"), REFUSED(DECODE_ERROR)},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct hello_verdict parse(struct bytes stream, uint8_t *memory, struct clienthello *out)
{
	struct hello_verdict verdict = {0};
	verdict.result = clienthello_parse(stream, memory, out, &verdict.fault, &verdict.alert);
	return verdict;
}

static struct bytes build(const struct hello_spec *spec)
{
	return (struct bytes){message_memory, hello_bytes_build(spec, message_memory)};
}

static struct bytes as_records(struct bytes message, size_t record_bytes)
{
	return (struct bytes){stream_memory, hello_bytes_to_records(message, record_bytes, stream_memory)};
}

static void expect(const char *rule, struct bytes stream, enum clienthello_fault fault, uint8_t alert)
{
	struct clienthello hello;
	struct hello_verdict got = parse(stream, scratch, &hello);
	bool right = got.fault == fault && got.alert == alert &&
		     got.result == (fault == CLIENTHELLO_FAULT_NONE ? CLIENTHELLO_OK : CLIENTHELLO_BAD);
	if (!right)
		printf("FAILED: %s: fault %d, alert %u\n", rule, (int)got.fault, got.alert);
	CU_ASSERT_TRUE(right);
}

static void test_rows(void)
{
	for (size_t i = 0; i < N_ROWS; i++)
		expect(rows[i].rule, as_records(build(&rows[i].spec), 16384), rows[i].fault, rows[i].alert);
}

/* The same verdict for every split: two segments at each byte, one byte per segment, records of every small size. */
static void test_rows_in_every_split(void)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		struct bytes message = build(&rows[i].spec);
		struct bytes stream = as_records(message, 16384);
		struct hello_verdict whole = hello_bytes_feed(stream, stream.len);
		CU_ASSERT_EQUAL_FATAL(whole.result, CLIENTHELLO_OK);
		for (size_t cut = 0; cut <= stream.len; cut++) {
			struct hello_verdict verdict = hello_bytes_feed_cut(stream, cut);
			CU_ASSERT_TRUE(hello_bytes_same_verdict(&whole, &verdict));
		}
		for (size_t record_bytes = 1; record_bytes <= message.len; record_bytes++) {
			stream = as_records(message, record_bytes);
			whole = hello_bytes_feed(stream, stream.len);
			struct hello_verdict bytewise = hello_bytes_feed(stream, 1);
			CU_ASSERT_TRUE(hello_bytes_same_verdict(&whole, &bytewise));
			expect(rows[i].rule, stream, rows[i].fault, rows[i].alert);
		}
	}
}

static const struct hello_spec full = EXTENSIONS(BOTH SNI GROUPS SCHEMES KEY_SHARE ALPN_BOTH "0023 0000 002a 0000"
											     "0029 0002 0000");

static void check_fields(const struct clienthello *hello)
{
	CU_ASSERT_EQUAL(hello->legacy_version, 0x0303);
	CU_ASSERT_EQUAL(hello->random.len, 32);
	CU_ASSERT_EQUAL(hello->random.data[31], 0xbf);
	CU_ASSERT_EQUAL(hello->legacy_session_id.len, 32);
	CU_ASSERT_TRUE(clienthello_list_has(hello->cipher_suites, 0x1302));
	CU_ASSERT_FALSE(clienthello_list_has(hello->cipher_suites, 0x1303));
	/* 01 13 lies across two entries. */
	CU_ASSERT_FALSE(clienthello_list_has(hello->cipher_suites, 0x0113));
	CU_ASSERT_TRUE(hello->has_server_name);
	CU_ASSERT_EQUAL_FATAL(hello->server_name.len, 9);
	CU_ASSERT_EQUAL(memcmp(hello->server_name.data, "localhost", 9), 0);
	CU_ASSERT_TRUE(clienthello_offers_protocol(hello, "h2"));
	CU_ASSERT_TRUE(clienthello_offers_protocol(hello, "http/1.1"));
	CU_ASSERT_FALSE(clienthello_offers_protocol(hello, "http/1."));
	CU_ASSERT_FALSE(clienthello_offers_protocol(hello, ""));
	CU_ASSERT_TRUE(clienthello_list_has(hello->supported_groups, 0x001d));
	CU_ASSERT_TRUE(clienthello_list_has(hello->signature_algorithms, 0x0804));
	CU_ASSERT_TRUE(hello->has_key_share);
	CU_ASSERT_EQUAL(hello->key_shares.len, 5);
	CU_ASSERT_TRUE(hello->has_pre_shared_key && hello->has_early_data && hello->has_session_ticket);
	CU_ASSERT_TRUE(hello->offers_tls12 && hello->offers_tls13);
}

static void test_fields(void)
{
	struct clienthello hello;
	struct bytes stream = as_records(build(&full), 16384);
	CU_ASSERT_EQUAL_FATAL(parse(stream, scratch, &hello).result, CLIENTHELLO_OK);
	check_fields(&hello);
	/* One record: views point into the stream, nothing is copied. */
	CU_ASSERT_PTR_EQUAL(hello.message.data, stream.data + 5);
}

static void test_fields_over_records(void)
{
	struct clienthello hello, same;
	struct bytes message = build(&full);
	CU_ASSERT_EQUAL_FATAL(parse(as_records(message, 1), scratch, &hello).result, CLIENTHELLO_OK);
	check_fields(&hello);
	for (uint32_t seed = 0; seed < 100; seed++) {
		struct bytes stream = {stream_memory, hello_bytes_to_random_records(message, seed, stream_memory)};
		CU_ASSERT_EQUAL_FATAL(parse(stream, other_scratch, &same).result, CLIENTHELLO_OK);
		CU_ASSERT_TRUE(hello_bytes_same(&hello, &same));
		CU_ASSERT_TRUE(hello_bytes_views_inside(&same, stream, other_scratch));
	}
}

static void test_fields_not_sent(void)
{
	struct clienthello hello;
	struct hello_spec plain = {0x0303, 0, "c02b", "00", NULL, NULL};
	CU_ASSERT_EQUAL_FATAL(parse(as_records(build(&plain), 16384), scratch, &hello).result, CLIENTHELLO_OK);
	CU_ASSERT_FALSE(hello.has_server_name || hello.has_key_share || hello.has_pre_shared_key);
	CU_ASSERT_FALSE(hello.has_early_data || hello.has_session_ticket || hello.offers_tls13);
	CU_ASSERT_TRUE(hello.offers_tls12);
	CU_ASSERT_FALSE(clienthello_offers_protocol(&hello, "h2"));
	CU_ASSERT_FALSE(clienthello_list_has(hello.supported_groups, 0x001d));
	CU_ASSERT_EQUAL(
		hello.server_name.len + hello.alpn.len + hello.supported_versions.len + hello.key_shares.len, 0);
}

struct stream_row {
	const char *rule;
	const char *stream; /* hexadecimal */
	enum clienthello_result result;
	enum clienthello_fault fault;
	uint8_t alert;
	uint32_t stream_bytes; /* where the verdict falls */
};

#define NOT_TLS       CLIENTHELLO_BAD, CLIENTHELLO_FAULT_NOT_TLS, TLS_ALERT_NONE
#define TOO_LARGE     CLIENTHELLO_BAD, CLIENTHELLO_FAULT_TOO_LARGE, TLS_ALERT_ILLEGAL_PARAMETER
#define BAD_STREAM(a) CLIENTHELLO_BAD, CLIENTHELLO_FAULT_MALFORMED, TLS_ALERT_##a
#define MORE          CLIENTHELLO_NEED_MORE, CLIENTHELLO_FAULT_NONE, TLS_ALERT_NONE

/* The record layer and the handshake header: RFC 8446 sections 4 and 5.1. Each row is fed whole and byte by byte. */
static const struct stream_row stream_rows[] = {
	{"nothing", "", MORE, 0},
	{"a record header's start", "16 03 01", MORE, 3},
	{"HTTP", "47 45 54 20 2f", NOT_TLS, 1},
	{"SSL 2.0 hello", "80 2e 01 03 01", NOT_TLS, 1},
	{"an alert first", "15 03 01 0002 0228", NOT_TLS, 1},
	{"handshake type, version 2", "16 02 00 0005", NOT_TLS, 2},
	{"any minor version", "16 03 ff 0005 01", MORE, 6},
	{"empty record", "16 03 01 0000 16", BAD_STREAM(UNEXPECTED_MESSAGE), 5},
	{"record of 16384", "16 03 01 4000 01", MORE, 6},
	{"record of 16385", "16 03 01 4001 01", BAD_STREAM(RECORD_OVERFLOW), 5},
	{"ServerHello", "16 03 01 0005 02 000001 00", BAD_STREAM(UNEXPECTED_MESSAGE), 6},
	{"HelloRequest", "16 03 01 0004 00 000000", BAD_STREAM(UNEXPECTED_MESSAGE), 6},
	{"message of 65536", "16 03 01 0005 01 010000 00", MORE, 10},
	{"message of 65537", "16 03 01 0005 01 010001 00", TOO_LARGE, 9},
	{"alert between two records", "16 03 01 0002 01 00 15 03 01 0002 0100", BAD_STREAM(UNEXPECTED_MESSAGE), 8},
	{"application data between", "16 03 01 0002 01 00 17 03 03 0001 00", BAD_STREAM(UNEXPECTED_MESSAGE), 8},
	{"second record of version 2", "16 03 01 0002 01 00 16 02 00 0001", BAD_STREAM(PROTOCOL_VERSION), 9},
	{"second record empty", "16 03 01 0002 01 00 16 03 01 0000", BAD_STREAM(UNEXPECTED_MESSAGE), 12},
	{"message header over four records", "160301000101 160301000100 160301000100 160301000102", MORE, 24},
	{"message ends inside its record", "16 03 01 0006 01 000001 aa bb", BAD_STREAM(UNEXPECTED_MESSAGE), 10},
};

static void test_streams(void)
{
	for (size_t i = 0; i < sizeof(stream_rows) / sizeof(stream_rows[0]); i++) {
		const struct stream_row *row = &stream_rows[i];
		struct bytes stream = {stream_memory, hello_bytes_from_hex(row->stream, stream_memory)};
		struct hello_verdict expected = {row->result, row->fault, row->alert, row->stream_bytes};
		for (size_t cut = 0; cut <= stream.len; cut++) {
			struct hello_verdict got = hello_bytes_feed_cut(stream, cut);
			bool right = hello_bytes_same_verdict(&got, &expected);
			if (!right)
				printf("FAILED: %s: result %d, fault %d, alert %u at %u\n", row->rule, (int)got.result,
					(int)got.fault, got.alert, got.stream_bytes);
			CU_ASSERT_TRUE(right);
		}
	}
}

/* What follows the ClientHello's last record (early data, a change_cipher_spec) is left where it is. */
static void test_bytes_behind_are_left(void)
{
	struct bytes stream = as_records(build(&full), 100);
	size_t hello_bytes = stream.len;
	memcpy(stream_memory + stream.len, "\x14\x03\x03\x00\x01\x01", 6);
	stream.len += 6;
	struct hello_verdict verdict = hello_bytes_feed(stream, stream.len);
	CU_ASSERT_EQUAL(verdict.result, CLIENTHELLO_OK);
	CU_ASSERT_EQUAL(verdict.stream_bytes, hello_bytes);
	expect("bytes behind the hello", stream, ACCEPTED);
}

static void test_ok_stays_ok(void)
{
	struct clienthello_progress progress = {0};
	enum clienthello_fault fault;
	uint8_t alert;
	struct bytes stream = as_records(build(&full), 16384);
	CU_ASSERT_EQUAL(clienthello_feed(&progress, stream, &fault, &alert), CLIENTHELLO_OK);
	CU_ASSERT_EQUAL(clienthello_feed(&progress, stream, &fault, &alert), CLIENTHELLO_OK);
	CU_ASSERT_EQUAL(progress.stream_bytes, stream.len);
}

static void test_incomplete_is_not_parsed(void)
{
	struct clienthello hello;
	struct bytes stream = as_records(build(&full), 50);
	for (size_t len = 0; len < stream.len; len++) {
		struct hello_verdict verdict = parse((struct bytes){stream.data, len}, scratch, &hello);
		CU_ASSERT_EQUAL(verdict.result, CLIENTHELLO_NEED_MORE);
	}
}

/* Append an unknown extension of n_bytes to an extension block. */
static size_t put_extension(uint8_t *out, unsigned type, size_t n_bytes)
{
	const uint8_t header[4] = {(uint8_t)(type >> 8), (uint8_t)type, (uint8_t)(n_bytes >> 8), (uint8_t)n_bytes};
	memcpy(out, header, 4);
	memset(out + 4, 0, n_bytes);
	return 4 + n_bytes;
}

/* A TLS 1.2 hello whose extension block is in message_memory behind offset 45; sets all lengths. */
static struct bytes finish_large(size_t block_bytes)
{
	static const struct hello_spec plain = {0x0303, 0, "c02b", "00", "", NULL};
	uint8_t start[64];
	size_t start_bytes = hello_bytes_build(&plain, start);
	memcpy(message_memory, start, start_bytes);
	message_memory[start_bytes - 2] = (uint8_t)(block_bytes >> 8);
	message_memory[start_bytes - 1] = (uint8_t)block_bytes;
	size_t body = start_bytes - 4 + block_bytes;
	message_memory[1] = (uint8_t)(body >> 16);
	message_memory[2] = (uint8_t)(body >> 8);
	message_memory[3] = (uint8_t)body;
	return (struct bytes){message_memory, 4 + body};
}

enum { LARGE_BLOCK_AT = 4 + 2 + 32 + 1 + 4 + 2 + 2 };

/* 8 KiB with a post-quantum key share is what browsers may send; it comes in one record and in many. */
static void test_large_hello(void)
{
	size_t block = put_extension(message_memory + LARGE_BLOCK_AT, 0x9999, 8000);
	struct bytes message = finish_large(block);
	expect("8 KiB in one record", as_records(message, 16384), ACCEPTED);
	expect("8 KiB in records of 100", as_records(message, 100), ACCEPTED);
	expect("8 KiB in records of 1", as_records(message, 1), ACCEPTED);
}

static void test_largest_hello(void)
{
	size_t fixed = LARGE_BLOCK_AT - 4;
	size_t block = put_extension(message_memory + LARGE_BLOCK_AT, 0x9999, 65535 - 4 - fixed);
	struct bytes message = finish_large(block);
	expect("64 KiB in full records", as_records(message, 16384), ACCEPTED);
	/* Finely cut, its stream is over the bound: 65535 bytes in records of 10 are 98 KiB. */
	struct bytes stream = as_records(message, 10);
	expect("64 KiB finely cut", stream, CLIENTHELLO_FAULT_TOO_LARGE, TLS_ALERT_ILLEGAL_PARAMETER);
	struct hello_verdict whole = hello_bytes_feed(stream, stream.len), bytewise = hello_bytes_feed(stream, 1);
	CU_ASSERT_TRUE(hello_bytes_same_verdict(&whole, &bytewise));
	CU_ASSERT_TRUE(whole.stream_bytes <= CLIENTHELLO_STREAM_MAX_BYTES);
}

/* 16,000 extensions, all different, then the last equal to the first. */
static void test_thousands_of_extensions(void)
{
	size_t block = 0;
	for (unsigned type = 1000; type < 17000; type++)
		block += put_extension(message_memory + LARGE_BLOCK_AT + block, type, 0);
	struct bytes message = finish_large(block);
	expect("16,000 extensions", as_records(message, 16384), ACCEPTED);
	put_extension(message_memory + LARGE_BLOCK_AT + block - 4, 1000, 0);
	expect("the last of 16,000 repeated", as_records(message, 16384), REFUSED(ILLEGAL_PARAMETER));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"one row per rule", test_rows},
		{"the same verdict in every split", test_rows_in_every_split},
		{"fields", test_fields},
		{"fields of a hello spread over records", test_fields_over_records},
		{"fields that were not sent", test_fields_not_sent},
		{"records and handshake header, in every split", test_streams},
		{"bytes behind the hello are left", test_bytes_behind_are_left},
		{"OK stays OK", test_ok_stays_ok},
		{"an incomplete stream is not parsed", test_incomplete_is_not_parsed},
		{"a hello of 8 KiB", test_large_hello},
		{"the largest hello, and its stream's bound", test_largest_hello},
		{"thousands of extensions", test_thousands_of_extensions},
		CU_TEST_INFO_NULL,
	};
	return unit_run("clienthello", tests);
}
