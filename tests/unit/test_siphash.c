/* SPDX-License-Identifier: BSD-3-Clause */
#include "siphash.h"
#include "unit.h"

/* Test vectors of the reference implementation: key 00..0f, data 00, 01, ... of growing length. */
static void test_reference_vectors(void)
{
	uint8_t key[16], data[15];
	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	CU_ASSERT_EQUAL(siphash(data, 0, key), UINT64_C(0x726fdb47dd0e0e31));
	CU_ASSERT_EQUAL(siphash(data, 1, key), UINT64_C(0x74f839c593dc67fd));
	CU_ASSERT_EQUAL(siphash(data, 8, key), UINT64_C(0x93f5f5799a932462));
	/* Appendix A of the paper. */
	CU_ASSERT_EQUAL(siphash(data, 15, key), UINT64_C(0xa129ca6149be45e5));
}

/* CPython 3.11 hashes bytes with SipHash-1-3; with PYTHONHASHSEED=0 its key is zero. */
static void test_fewer_rounds(void)
{
	const uint8_t key[16] = {0};
	CU_ASSERT_EQUAL(siphash_13("a", 1, key), UINT64_C(0x407448d2b89b1813));
	CU_ASSERT_EQUAL(siphash_13("abcdefg", 7, key), UINT64_C(0x6db12aae9070f506));
	CU_ASSERT_EQUAL(siphash_13("abcdefgh", 8, key), UINT64_C(0x3f7b849c0b8e35ea));
	CU_ASSERT_EQUAL(siphash_13("abcdefghijklmno", 15, key), UINT64_C(0x1fd27a29b0e9dc7a));
	CU_ASSERT_EQUAL(siphash_13("handfast.example", 16, key), UINT64_C(0x67847a8a44c14e31));
}

/* Each length of the last word's octets, put together differently, is the same hash. */
static void test_tails_of_all_lengths(void)
{
	uint8_t key[16] = {3}, data[32];
	for (uint8_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 37 + 200);
	for (size_t len = 0; len < 24; len++) {
		/* The octet after the end does not count, each before it does. */
		uint64_t hash = siphash(data, len, key);
		data[len] ^= 1;
		CU_ASSERT_EQUAL(siphash(data, len, key), hash);
		data[len] ^= 1;
		for (size_t i = 0; i < len; i++) {
			data[i] ^= 0x80;
			CU_ASSERT_NOT_EQUAL(siphash(data, len, key), hash);
			data[i] ^= 0x80;
		}
	}
}

static void test_key_matters(void)
{
	uint8_t key_a[16] = {0}, key_b[16] = {1};
	CU_ASSERT_NOT_EQUAL(siphash("handfast", 8, key_a), siphash("handfast", 8, key_b));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"reference vectors", test_reference_vectors},
		{"SipHash-1-3: vectors", test_fewer_rounds},
		{"all octets count, and no other", test_tails_of_all_lengths},
		{"another key gives another hash", test_key_matters},
		CU_TEST_INFO_NULL,
	};
	return unit_run("siphash", tests);
}
