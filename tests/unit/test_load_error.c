/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_error.h"
#include "unit.h"

#include <string.h>

static void a_line_is_kept_and_false_returned(void)
{
	struct load_error error;
	CU_ASSERT_FALSE(load_error_set(&error, "%s:%d: expected a name", "names", 7));
	CU_ASSERT_STRING_EQUAL(error.text, "names:7: expected a name");
}

static void what_is_too_long_is_cut(void)
{
	struct load_error error;
	CU_ASSERT_FALSE(load_error_set(&error, "%2000s", "x"));
	CU_ASSERT_EQUAL(strlen(error.text), sizeof(error.text) - 1);
}

int main(void)
{
	return unit_run(
		"load_error", (CU_TestInfo[]){{"a line is kept and false returned", a_line_is_kept_and_false_returned},
				      {"what is too long is cut", what_is_too_long_is_cut}, CU_TEST_INFO_NULL});
}
