/* SPDX-License-Identifier: BSD-3-Clause */
/** What every unit test program shares: one suite from a table of tests, run, totals printed, exit 1 on a failure. */
#ifndef HANDFAST_UNIT_H
#define HANDFAST_UNIT_H

#include <CUnit/Basic.h>

/**
 * Each test between a set_up and a tear_down of its own; NULL: none.
 * @param tests  ends with CU_TEST_INFO_NULL. @return main()'s exit code.
 */
static inline int unit_run_each(const char *suite, CU_TestInfo *tests, void (*set_up)(void), void (*tear_down)(void))
{
	CU_SuiteInfo suites[] = {{.pName = suite, .pTests = tests, .pSetUpFunc = set_up, .pTearDownFunc = tear_down},
		CU_SUITE_INFO_NULL};
	if (CU_initialize_registry() != CUE_SUCCESS || CU_register_suites(suites) != CUE_SUCCESS)
		return 2;
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	unsigned failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}

/** @param tests  ends with CU_TEST_INFO_NULL. @return main()'s exit code. */
static inline int unit_run(const char *suite, CU_TestInfo *tests)
{
	return unit_run_each(suite, tests, NULL, NULL);
}

#endif
