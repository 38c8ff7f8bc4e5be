/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_problems.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static char *print(const struct config_problems *problems)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	config_problems_print(problems, out);
	fclose(out);
	return text;
}

static void expect_printed(struct config_problems *problems, const char *expected)
{
	char *printed = print(problems);
	CU_ASSERT_STRING_EQUAL(printed, expected);
	free(printed);
	config_problems_free(problems);
}

static void test_lines(void)
{
	struct config_problems problems = {0};
	struct config_path ports = {NULL, "ports", 1}, addresses = {&ports, "addresses", 20},
			   ip = {&addresses, "ip", CONFIG_PATH_NO_INDEX};
	struct config_place place = {"a.cfg", 7, &ip}, text = {"a.cfg", 8, NULL}, file = {"a.cfg", 0, NULL};
	config_problems_error(&problems, &place, "expected %d, found %s", 5, "six");
	config_problems_warn(&problems, &place, "doubtful");
	config_problems_error(&problems, &text, "syntax error");
	config_problems_error(&problems, &file, "is gone");
	CU_ASSERT_EQUAL(problems.n, 4);
	CU_ASSERT_EQUAL(problems.n_errors, 3);
	expect_printed(&problems, "a.cfg:7: ports[1].addresses[20].ip: expected 5, found six\n"
				  "a.cfg:7: ports[1].addresses[20].ip: warning: doubtful\n"
				  "a.cfg:8: syntax error\n"
				  "a.cfg: is gone\n");
}

static void test_control_octets_are_escaped(void)
{
	struct config_problems problems = {0};
	struct config_place place = {"a\nb", 1, NULL};
	config_problems_error(&problems, &place, "found \"%s\"", "\033[2J\x7f\xc3\xa9");
	expect_printed(&problems, "a\\x0ab:1: found \"\\x1b[2J\\x7f\xc3\xa9\"\n");
}

static void test_long_keys_are_cut(void)
{
	struct config_problems problems = {0};
	char key[1000];
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	struct config_path outer = {NULL, key, 1}, inner = {&outer, key, CONFIG_PATH_NO_INDEX};
	struct config_place place = {"a", 1, &inner};
	config_problems_error(&problems, &place, "x");
	CU_ASSERT_TRUE(strlen(problems.items[0].key) < 200);
	config_problems_free(&problems);
}

static void test_order_is_by_file_then_line(void)
{
	static const char *const files[] = {"main", "included"};
	struct config_problems problems = {0};
	struct config_place places[] = {
		{"included", 1, NULL}, {"main", 9, NULL}, {"main", 2, NULL}, {"other", 1, NULL}, {"main", 2, NULL}};
	for (size_t i = 0; i < 5; i++)
		config_problems_error(&problems, &places[i], "%zu", i);
	config_problems_sort(&problems, files, 2);
	expect_printed(&problems, "main:2: 2\nmain:2: 4\nmain:9: 1\nincluded:1: 0\nother:1: 3\n");
	config_problems_sort(&problems, files, 2);
	CU_ASSERT_EQUAL(problems.n, 0);
}

static void test_many(void)
{
	struct config_problems problems = {0};
	struct config_place place = {"a", 1, NULL};
	for (unsigned i = 0; i < 5000; i++)
		config_problems_warn(&problems, &place, "%u", i);
	CU_ASSERT_EQUAL(problems.n, 5000);
	CU_ASSERT_EQUAL(problems.n_errors, 0);
	CU_ASSERT_STRING_EQUAL(problems.items[4999].message, "4999");
	config_problems_free(&problems);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"lines", test_lines},
		{"control octets are escaped", test_control_octets_are_escaped},
		{"long keys are cut", test_long_keys_are_cut},
		{"order is by file, then line", test_order_is_by_file_then_line},
		{"many", test_many},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_problems", tests);
}
