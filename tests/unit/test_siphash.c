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

static void test_key_matters(void)
{
	uint8_t key_a[16] = {0}, key_b[16] = {1};
	CU_ASSERT_NOT_EQUAL(siphash("handfast", 8, key_a), siphash("handfast", 8, key_b));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"reference vectors", test_reference_vectors},
		{"another key gives another hash", test_key_matters},
		CU_TEST_INFO_NULL,
	};
	return unit_run("siphash", tests);
}
