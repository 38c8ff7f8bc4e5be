/* SPDX-License-Identifier: BSD-3-Clause */
#include "expiry.h"
#include "unit.h"

#define DAY 86400
#define NOW 1000000000

static void test_groups(void)
{
	CU_ASSERT_EQUAL(expiry_group(NOW - 1, NOW), EXPIRY_EXPIRED);
	CU_ASSERT_EQUAL(expiry_group(NOW, NOW), EXPIRY_TOMORROW);
	CU_ASSERT_EQUAL(expiry_group(NOW + DAY, NOW), EXPIRY_TOMORROW);
	CU_ASSERT_EQUAL(expiry_group(NOW + DAY + 1, NOW), EXPIRY_THIS_WEEK);
	CU_ASSERT_EQUAL(expiry_group(NOW + 8 * DAY, NOW), EXPIRY_NEXT_WEEK);
	CU_ASSERT_EQUAL(expiry_group(NOW + 15 * DAY, NOW), EXPIRY_NEXT_MONTH);
	CU_ASSERT_EQUAL(expiry_group(NOW + 32 * DAY, NOW), EXPIRY_LATER);
	CU_ASSERT_EQUAL(expiry_group(INT64_MAX, NOW), EXPIRY_LATER);
}

static void test_names(void)
{
	for (int i = 0; i < EXPIRY_GROUPS; i++)
		CU_ASSERT_EQUAL(expiry_group_from_name(expiry_group_name((enum expiry_group)i)), i);
	CU_ASSERT_EQUAL(expiry_group_from_name("yesterday"), -1);
	CU_ASSERT_EQUAL(expiry_group_from_name(""), -1);
}

static void test_warnings(void)
{
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + 30 * DAY + 1, NOW), 0);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + 30 * DAY, NOW), 1);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + 14 * DAY + 1, NOW), 1);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + 14 * DAY, NOW), 2);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + 7 * DAY, NOW), 3);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW + DAY, NOW), 4);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW, NOW), 4);
	CU_ASSERT_EQUAL(expiry_warnings_due(NOW - 1, NOW), EXPIRY_WARNINGS);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"bounds of the groups", test_groups},
		{"names", test_names},
		{"warnings 30, 14, 7 and 1 days before", test_warnings},
		CU_TEST_INFO_NULL,
	};
	return unit_run("expiry", tests);
}
