/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl_table.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static void expect_text(const char *text, const char *expected)
{
	char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	ctl_table_print_text(text, out);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(printed, expected);
	free(printed);
}

static void test_plain_text_stays(void)
{
	expect_text("www.example.com", "www.example.com");
	expect_text("b\xc3\xbc"
		    "cher.example \xe2\x82\xac \xc2\xa0",
		"b\xc3\xbc"
		"cher.example \xe2\x82\xac \xc2\xa0");
	expect_text("", "-");
	expect_text(NULL, "-");
}

/* A file's name must not command the terminal of whoever lists it, also not one that knows no UTF-8. */
static void test_control_characters_are_replaced(void)
{
	expect_text("a\x1b[2Jb", "a?[2Jb");
	expect_text("a\r\n\tb\x7f", "a???b?");
	expect_text("a\xc2\x9b"
		    "2J",
		"a??2J");
	expect_text("\xc2\x80\xc2\x9f", "????");
	expect_text("\xc2", "\xc2");
}

static void test_columns_fit_their_widest_cell(void)
{
	static const char *const headings[] = {"NAME", "FILE", NULL};
	struct ctl_table table;
	char *printed = NULL;
	size_t size;
	FILE *out = open_memstream(&printed, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	ctl_table_init(&table, headings);
	ctl_table_add(&table, "\xc3\xbc"
			      ".example"); /* nine characters in ten octets */
	ctl_table_add(&table, "a\x1b");
	ctl_table_add(&table, NULL);
	ctl_table_add(&table, "b");
	ctl_table_print(&table, out);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(printed, "NAME       FILE\n\xc3\xbc"
					".example  a?\n-          b\n");
	CU_ASSERT_EQUAL(table.n_cells, 0);
	free(printed);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"plain text stays", test_plain_text_stays},
		{"control characters are replaced", test_control_characters_are_replaced},
		{"columns fit their widest cell", test_columns_fit_their_widest_cell},
		CU_TEST_INFO_NULL,
	};
	return unit_run("ctl_table", tests);
}
