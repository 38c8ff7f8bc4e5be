/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_names.h"
#include "scratch_folder.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct scratch_folder folder;

static bool read_text(struct load_names *names, const char *text, struct load_error *error)
{
	CU_ASSERT_FATAL(scratch_folder_write(&folder, "names", text, strlen(text)));
	return load_names_read(names, scratch_folder_path(&folder, "names"), error);
}

static bool name_is(const struct load_names *names, uint32_t number, const char *expected)
{
	const struct bytes name = load_names_at(names, number);
	return name.len == strlen(expected) && memcmp(name.data, expected, name.len) == 0;
}

static void lines_may_have_weights_and_comments(void)
{
	struct load_names names;
	struct load_error error;
	CU_ASSERT_FATAL(read_text(&names, "# hosts\nA.test\n\n  b.test\t2.5  \r\nbücher.test 3\nlast.test", &error));
	CU_ASSERT_EQUAL(names.n, 4);
	CU_ASSERT(name_is(&names, 0, "a.test"));
	CU_ASSERT(name_is(&names, 1, "b.test"));
	CU_ASSERT(name_is(&names, 2, "xn--bcher-kva.test"));
	CU_ASSERT(name_is(&names, 3, "last.test"));
	load_names_fini(&names);
}

static void refuse(const char *text, const char *expected)
{
	struct load_names names;
	struct load_error error;
	CU_ASSERT_FALSE(read_text(&names, text, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, expected));
	CU_ASSERT_PTR_NULL(names.text);
	CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
}

static void a_wrong_line_is_named_with_what_was_expected(void)
{
	refuse("a.test\nb..test\n",
		"names:2: expected a host name and, if it is not 1, a weight above 0, found \"b..test\"");
	refuse("a.test 0\n", "names:1: expected");
	refuse("a.test -1\n", "names:1: expected");
	refuse("a.test one\n", "names:1: expected");
	refuse("a.test 1 2\n", "found \"a.test 1 2\"");
	refuse("*.test\n", "names:1: expected");
	refuse("192.0.2.1\n", "names:1: expected");
	refuse("", "expected at least one host name");
	refuse("# nothing\n", "expected at least one host name");
}

static void a_file_that_is_not_there_is_named(void)
{
	struct load_names names;
	struct load_error error;
	CU_ASSERT_FALSE(load_names_read(&names, "/nonexistent/names", &error));
	CU_ASSERT_STRING_EQUAL(error.text, "/nonexistent/names: No such file or directory");
}

static void each_is_chosen_as_often_as_it_weighs(void)
{
	static const double weights[] = {1, 2.5, 0.01, 6.49};
	const unsigned n = 400000;
	struct load_names names;
	struct load_error error;
	struct load_random random = load_random_seeded(5);
	unsigned chosen[4] = {0};
	CU_ASSERT_FATAL(read_text(&names, "a.test 1\nb.test 2.5\nc.test 0.01\nd.test 6.49\n", &error));
	for (unsigned i = 0; i < n; i++)
		chosen[load_names_pick(&names, &random)]++;
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_DOUBLE_EQUAL((double)chosen[i] / n, weights[i] / 10, 0.003);
	load_names_fini(&names);
}

static void a_million_names_can_be_read(void)
{
	const unsigned n = 1000000;
	char *text = malloc((size_t)n * 32);
	struct load_names names;
	struct load_error error;
	size_t len = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(text);
	for (unsigned i = 0; i < n; i++)
		len += (size_t)sprintf(text + len, "host-%u.test %u\n", i, 1 + i % 3);
	CU_ASSERT_FATAL(scratch_folder_write(&folder, "names", text, len));
	CU_ASSERT_FATAL(load_names_read(&names, scratch_folder_path(&folder, "names"), &error));
	CU_ASSERT_EQUAL(names.n, n);
	CU_ASSERT(name_is(&names, 999999, "host-999999.test"));
	struct load_random random = load_random_seeded(6);
	unsigned of_weight[3] = {0};
	for (unsigned i = 0; i < 600000; i++)
		of_weight[load_names_pick(&names, &random) % 3]++;
	for (unsigned i = 0; i < 3; i++)
		CU_ASSERT_DOUBLE_EQUAL(of_weight[i], 100000 * (i + 1), 2000);
	load_names_fini(&names);
	free(text);
}

static void one_name_or_none_comes_from_the_command_line(void)
{
	struct load_names names;
	struct load_error error;
	struct load_random random = load_random_seeded(7);
	CU_ASSERT_FATAL(load_names_set(&names, "WWW.test", &error));
	CU_ASSERT(name_is(&names, load_names_pick(&names, &random), "www.test"));
	load_names_fini(&names);
	CU_ASSERT_FATAL(load_names_set(&names, "", &error));
	CU_ASSERT_EQUAL(load_names_at(&names, load_names_pick(&names, &random)).len, 0);
	load_names_fini(&names);
	CU_ASSERT_FALSE(load_names_set(&names, "a b", &error));
	CU_ASSERT_STRING_EQUAL(error.text, "--sni: expected a host name, found \"a b\"");
}

int main(void)
{
	if (!scratch_folder_init(&folder))
		return 2;
	const int status = unit_run("load_names",
		(CU_TestInfo[]){{"lines may have weights and comments", lines_may_have_weights_and_comments},
			{"a wrong line is named with what was expected", a_wrong_line_is_named_with_what_was_expected},
			{"a file that is not there is named", a_file_that_is_not_there_is_named},
			{"each is chosen as often as it weighs", each_is_chosen_as_often_as_it_weighs},
			{"a million names can be read", a_million_names_can_be_read},
			{"one name or none comes from the command line", one_name_or_none_comes_from_the_command_line},
			CU_TEST_INFO_NULL});
	scratch_folder_fini(&folder);
	return status;
}
