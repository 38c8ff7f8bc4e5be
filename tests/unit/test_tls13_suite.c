/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_suite.h"
#include "unit.h"

static void test_find(void)
{
	CU_ASSERT_STRING_EQUAL(tls13_suite_find(0x1302)->name, "TLS_AES_256_GCM_SHA384");
	CU_ASSERT_EQUAL(tls13_suite_by_name("TLS_CHACHA20_POLY1305_SHA256")->id, 0x1303);
	for (unsigned i = 0; i < TLS13_SUITE_COUNT; i++)
		CU_ASSERT_EQUAL((unsigned)tls13_suite_at(i)->aead, i);
}

static void test_unknown(void)
{
	CU_ASSERT_PTR_NULL(tls13_suite_find(0x1304));
	CU_ASSERT_PTR_NULL(tls13_suite_find(0xc02b));
	CU_ASSERT_PTR_NULL(tls13_suite_by_name("AES128-SHA"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"suites by number, name and place", test_find},
		{"what TLS 1.3 has not, or we have not, is not found", test_unknown},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls13_suite", tests);
}
