/* SPDX-License-Identifier: BSD-3-Clause */
/** What we write, our own strict parser of a server reads. */
#include "tls12_hello.h"
#include "clienthello.h"
#include "unit.h"

#include <string.h>

static const uint8_t random_octets[32] = {9};
static const uint16_t suites[] = {0xc02b, 0xc02f}, groups[] = {29, 23}, schemes[] = {0x0403, 0x0401};
static uint8_t record[5 + 1024];
static uint8_t scratch[CLIENTHELLO_MAX_BYTES + 4];
static size_t len;

static struct tls12_hello usual(void)
{
	return (struct tls12_hello){.random = {random_octets, 32},
		.suites = suites,
		.n_suites = 2,
		.groups = groups,
		.n_groups = 2,
		.schemes = schemes,
		.n_schemes = 2};
}

static enum clienthello_result write_and_parse(const struct tls12_hello *hello, struct clienthello *out)
{
	struct clienthello_progress progress = {0};
	CU_ASSERT_FATAL(tls12_hello_bound(hello) <= sizeof(record) - 5);
	len = tls12_hello_write(hello, record + 5);
	CU_ASSERT(len <= tls12_hello_bound(hello));
	memcpy(record, (uint8_t[]){22, 3, 3, (uint8_t)(len >> 8), (uint8_t)len}, 5);
	const struct bytes stream = {record, len + 5};
	enum clienthello_fault fault;
	uint8_t alert;
	if (clienthello_feed(&progress, stream, &fault, &alert) != CLIENTHELLO_OK)
		return CLIENTHELLO_BAD;
	return clienthello_parse(stream, scratch, out, &fault, &alert);
}

static bool contains(const char *octets, size_t n)
{
	return memmem(record, len + 5, octets, n) != NULL;
}

static void a_full_hello_is_read_as_it_was_meant(void)
{
	struct clienthello seen;
	struct tls12_hello hello = usual();
	hello.server_name = (struct bytes){(const uint8_t *)"www.example.com", 15};
	hello.protocols = (struct bytes){(const uint8_t *)"\2h2", 3};
	hello.session_id = (struct bytes){random_octets, 32};
	hello.ticket = (struct bytes){(const uint8_t *)"ticket", 6};
	CU_ASSERT_EQUAL(write_and_parse(&hello, &seen), CLIENTHELLO_OK);
	CU_ASSERT(seen.server_name.len == 15 && memcmp(seen.server_name.data, "www.example.com", 15) == 0);
	CU_ASSERT(contains("\0\x23\0\6ticket", 10));
	CU_ASSERT(contains("\0\x10\0\5\0\3\2h2", 9));
	CU_ASSERT(contains("\0\x0d\0\6\0\4\4\3\4\1", 10));
}

static void a_bare_hello_offers_what_is_always_offered(void)
{
	struct clienthello seen;
	const struct tls12_hello hello = usual();
	CU_ASSERT_EQUAL(write_and_parse(&hello, &seen), CLIENTHELLO_OK);
	CU_ASSERT_EQUAL(seen.server_name.len, 0);
	CU_ASSERT(contains("\0\x17\0\0", 4));                  /* extended master secret */
	CU_ASSERT(contains("\xff\1\0\1\0", 5));                /* secure renegotiation */
	CU_ASSERT(contains("\0\x23\0\0", 4));                  /* a ticket, please */
	CU_ASSERT(contains("\0\x0b\0\2\1\0", 6));              /* points are uncompressed */
	CU_ASSERT_FALSE(contains("\0\x2b", 2));                /* no supported_versions: TLS 1.2 alone */
	CU_ASSERT_EQUAL(memcmp(record + 9, "\3\3\x09", 3), 0); /* legacy_version, random */
}

int main(void)
{
	CU_TestInfo tests[] = {{"a full hello is read as it was meant", a_full_hello_is_read_as_it_was_meant},
		{"a bare hello offers what is always offered", a_bare_hello_offers_what_is_always_offered},
		CU_TEST_INFO_NULL};
	return unit_run("tls12_hello", tests);
}
