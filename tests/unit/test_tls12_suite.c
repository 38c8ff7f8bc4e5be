/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_suite.h"
#include "unit.h"

static void suites_are_found_by_number_and_both_names(void)
{
	for (unsigned i = 0; i < TLS12_SUITE_COUNT; i++) {
		const struct tls12_suite *suite = tls12_suite_at(i);
		CU_ASSERT_PTR_EQUAL(tls12_suite_find(suite->id), suite);
		CU_ASSERT_PTR_EQUAL(tls12_suite_by_name(suite->name), suite);
		CU_ASSERT_PTR_EQUAL(tls12_suite_by_name(suite->iana), suite);
	}
	CU_ASSERT_EQUAL(tls12_suite_by_name("ECDHE-RSA-AES256-GCM-SHA384")->hash, TLS_HASH_SHA384);
	CU_ASSERT_EQUAL(tls12_suite_find(0xcca8)->aead, TLS_AEAD_CHACHA20_POLY1305);
	CU_ASSERT_FALSE(tls12_suite_find(0xcca8)->is_ecdsa);
}

static void what_we_have_not_is_not_found(void)
{
	CU_ASSERT_PTR_NULL(tls12_suite_find(0x1301)); /* of TLS 1.3 */
	CU_ASSERT_PTR_NULL(tls12_suite_find(0xc023)); /* CBC */
	CU_ASSERT_PTR_NULL(tls12_suite_by_name("AES128-GCM-SHA256"));
	CU_ASSERT_PTR_NULL(tls12_suite_by_name(""));
}

int main(void)
{
	CU_TestInfo tests[] = {{"suites are found by number and both names", suites_are_found_by_number_and_both_names},
		{"what we have not is not found", what_we_have_not_is_not_found}, CU_TEST_INFO_NULL};
	return unit_run("tls12_suite", tests);
}
