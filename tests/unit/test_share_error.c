/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_error.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void test_reasons(void)
{
	CU_ASSERT_STRING_EQUAL(share_error_text(-ECONNREFUSED), "server unreachable");
	CU_ASSERT_STRING_EQUAL(share_error_text(-ECONNABORTED), "server unreachable");
	CU_ASSERT_STRING_EQUAL(share_error_text(-ECONNRESET), "server unreachable");
	CU_ASSERT_STRING_EQUAL(share_error_text(-EHOSTUNREACH), "server unreachable");
	CU_ASSERT_STRING_EQUAL(share_error_text(-EACCES), "access denied");
	CU_ASSERT_STRING_EQUAL(share_error_text(-EPERM), "access denied");
	CU_ASSERT_STRING_EQUAL(share_error_text(-ENODEV), "no such share");
	CU_ASSERT_STRING_EQUAL(share_error_text(-ETIMEDOUT), "time-out: the server does not answer");
	CU_ASSERT_STRING_EQUAL(share_error_text(-ELIBACC), "the plug-in for smb:// cannot be loaded");
}

static void test_other_errors_keep_their_words(void)
{
	CU_ASSERT_STRING_EQUAL(share_error_text(-ENOENT), "No such file or directory");
	CU_ASSERT_STRING_EQUAL(share_error_text(-EIO), "Input/output error");
	CU_ASSERT_STRING_EQUAL(share_error_text(-8216), "unknown error");
	CU_ASSERT_STRING_EQUAL(share_error_text(8216), "unknown error");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"reasons", test_reasons},
		{"other errors keep their words", test_other_errors_keep_their_words},
		CU_TEST_INFO_NULL,
	};
	return unit_run("share_error", tests);
}
