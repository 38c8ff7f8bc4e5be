/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_source.h"
#include "loaded_config.h"
#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

/* A folder of files for one test. */
static char folder[64];

static void make_folder(void)
{
	snprintf(folder, sizeof(folder), "/tmp/handfast-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
}

static const char *path_in(const char *name)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void make_file(const char *name, const char *text)
{
	FILE *out = fopen(path_in(name), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	fputs(text, out);
	fclose(out);
}

static void remove_folder(void)
{
	static const char *const names[] = {"main.cfg", "sub/inner.cfg", "sub/deeper.cfg", "loop.cfg"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(path_in(names[i]));
	rmdir(path_in("sub"));
	rmdir(folder);
}

/* Read main.cfg. @return its problems as printed, with the folder's name left out; the caller's to free. */
static char *problems_of_main(struct config_source **out_source)
{
	struct config_problems problems = {0};
	*out_source = config_source_read_file(path_in("main.cfg"), &problems);
	char *printed;
	size_t size;
	FILE *out = open_memstream(&printed, &size);
	for (size_t i = 0; i < problems.n; i++)
		fprintf(out, "%s:%u: %s\n", strrchr(problems.items[i].file, '/') + 1, problems.items[i].line,
			problems.items[i].message);
	fclose(out);
	config_problems_free(&problems);
	return printed;
}

static void expect_place(const struct config_source *source, unsigned line, const char *name, unsigned line_in_file)
{
	unsigned found_line;
	const char *file = config_source_find(source, line, &found_line);
	CU_ASSERT_STRING_EQUAL(strrchr(file, '/') + 1, name);
	CU_ASSERT_EQUAL(found_line, line_in_file);
}

static void test_includes_are_followed(void)
{
	struct config_source *source;
	make_folder();
	mkdir(path_in("sub"), 0700);
	make_file("main.cfg", "a = 1;\n  @include \"sub/inner.cfg\" # why\nb = 2;\n");
	make_file("sub/inner.cfg", "c = 3;\n@include \"deeper.cfg\"\nd = 4;");
	make_file("sub/deeper.cfg", "e = 5;\nf = 6;\n");
	char *printed = problems_of_main(&source);
	CU_ASSERT_STRING_EQUAL(printed, "");
	CU_ASSERT_STRING_EQUAL(config_source_text(source), "a = 1;\nc = 3;\ne = 5;\nf = 6;\nd = 4;\nb = 2;\n");
	expect_place(source, 1, "main.cfg", 1);
	expect_place(source, 2, "inner.cfg", 1);
	expect_place(source, 3, "deeper.cfg", 1);
	expect_place(source, 4, "deeper.cfg", 2);
	expect_place(source, 5, "inner.cfg", 3);
	expect_place(source, 6, "main.cfg", 3);
	size_t n;
	config_source_files(source, &n);
	CU_ASSERT_EQUAL(n, 3);
	config_source_destroy(source);
	free(printed);
	remove_folder();
}

/* libconfig ends the process when a folder is included, and nothing told of a missing file's name. */
static void test_what_cannot_be_included(void)
{
	struct config_source *source;
	make_folder();
	make_file("main.cfg",
		"@include \"nothing\"\n@include \"/\"\n@include \"/dev/zero\"\n@include x\n@include \"\"\n"
		"@include \"a\\\\b\"\n@include \"a\" b = 1;\nc = 1;\n");
	char *printed = problems_of_main(&source);
	char expected[1000];
	snprintf(expected, sizeof(expected),
		"main.cfg:1: expected a file to include, found \"%s/nothing\": No such file or directory\n"
		"main.cfg:2: expected a file to include, found \"/\": Is a directory\n"
		"main.cfg:3: expected a file to include, found \"/dev/zero\": Invalid argument\n"
		"main.cfg:4: expected @include \"file\" alone on its line, found something else\n"
		"main.cfg:5: expected @include \"file\" alone on its line, found something else\n"
		"main.cfg:6: expected @include \"file\" alone on its line, found something else\n"
		"main.cfg:7: expected @include \"file\" alone on its line, found something else\n",
		folder);
	CU_ASSERT_STRING_EQUAL(printed, expected);
	CU_ASSERT_STRING_EQUAL(config_source_text(source), "c = 1;\n");
	expect_place(source, 1, "main.cfg", 8);
	config_source_destroy(source);
	free(printed);
	remove_folder();
}

static void test_a_cycle_ends(void)
{
	struct config_source *source;
	make_folder();
	make_file("main.cfg", "a = 1;\n@include \"main.cfg\"\n");
	char *printed = problems_of_main(&source);
	CU_ASSERT_PTR_NOT_NULL(strstr(printed, "main.cfg:2: expected files that include each other at most 10 deep"));
	config_source_destroy(source);
	free(printed);
	remove_folder();
}

static void expect_text(const char *text, const char *expanded, const char *messages)
{
	struct config_problems problems = {0};
	struct config_source *source = config_source_read_text(text, "test.cfg", &problems);
	char *printed;
	size_t size;
	FILE *out = open_memstream(&printed, &size);
	config_problems_print(&problems, out);
	fclose(out);
	CU_ASSERT_PTR_NOT_NULL_FATAL(source);
	CU_ASSERT_STRING_EQUAL(config_source_text(source), expanded);
	CU_ASSERT_STRING_EQUAL(printed, messages);
	free(printed);
	config_source_destroy(source);
	config_problems_free(&problems);
}

static void test_include_only_in_plain_text(void)
{
	expect_text("/*\n@include \"nothing\"\n*/\n", "/*\n@include \"nothing\"\n*/\n", "");
	expect_text("a = \"\n@include \\\"nothing\\\"\n\";\n", "a = \"\n@include \\\"nothing\\\"\n\";\n", "");
	expect_text("# \"\n", "# \"\n", "");
	expect_text("// /*\n# @include \"nothing\"\n", "// /*\n# @include \"nothing\"\n", "");
	expect_text("a = \"\\\"\"; /* \" */\n@include \"nothing\"\n", "a = \"\\\"\"; /* \" */\n",
		"test.cfg:2: expected a file to include, found \"nothing\": No such file or directory\n");
}

static void test_numbers_that_libconfig_takes(void)
{
	static const char text[] =
		"a = [ 2147483647, -2147483648, +5, 0, 0x7fffffff ]; b = 9223372036854775807L; c = 1.5e10;\n"
		"x9999999999 = 1; y = \"99999999999\"; z = -0x1; # 99999999999\n/* 99999999999 */ w-99999999999 = 1;\n";
	expect_text(text, text, "");
	expect_text("", "", "");
}

static void test_numbers_that_libconfig_would_cut(void)
{
	static const char *const numbers[] = {"2147483648", "-2147483649", "4294967296", "99999999999999999999",
		"0x80000000", "0x100000000", "9223372036854775808L",
		"123456789012345678901234567890123456789012345678901234567890"};
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		char text[200];
		snprintf(text, sizeof(text), "\na = %s;\n", numbers[i]);
		expect_text(text, text,
			"test.cfg:2: expected a whole number from -2147483648 to 2147483647, found a longer one\n");
	}
}

static void test_zero_octets_are_refused(void)
{
	make_folder();
	FILE *out = fopen(path_in("main.cfg"), "w");
	fwrite("a = 1;\0b\nc = 2;\n", 1, 16, out);
	fclose(out);
	struct config_source *source;
	char *printed = problems_of_main(&source);
	CU_ASSERT_STRING_EQUAL(printed, "main.cfg:1: expected text, found an octet of value zero\n");
	CU_ASSERT_STRING_EQUAL(config_source_text(source), "a = 1;\nc = 2;\n");
	config_source_destroy(source);
	free(printed);
	remove_folder();
}

/* A fault in an included file is told by that file's line, and its records by theirs. */
static void test_problems_name_the_included_file(void)
{
	make_folder();
	mkdir(path_in("sub"), 0700);
	make_file("main.cfg", "ports = ( { device = \"d\"; addresses = ( { ip = \"192.0.2.1/24\"; } ); } );\n"
			      "bindings = (\n@include \"sub/inner.cfg\"\n);\ntls = { stric = true; };\n");
	make_file("sub/inner.cfg", "# comment\n{ port = 0; }\n");
	struct config_problems problems = {0};
	struct config *config;
	CU_ASSERT_NOT_EQUAL(config_load(path_in("main.cfg"), &problems, &config), 0);
	CU_ASSERT_EQUAL_FATAL(problems.n, 2);
	CU_ASSERT_STRING_EQUAL(problems.items[0].key, "tls.stric");
	CU_ASSERT_EQUAL(problems.items[0].line, 5);
	CU_ASSERT_STRING_EQUAL(problems.items[1].key, "bindings[0].port");
	CU_ASSERT_STRING_EQUAL(strrchr(problems.items[1].file, '/'), "/inner.cfg");
	CU_ASSERT_EQUAL(problems.items[1].line, 2);
	config_problems_free(&problems);
	remove_folder();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"includes are followed", test_includes_are_followed},
		{"what cannot be included", test_what_cannot_be_included},
		{"a cycle ends", test_a_cycle_ends},
		{"@include only in plain text", test_include_only_in_plain_text},
		{"numbers that libconfig takes", test_numbers_that_libconfig_takes},
		{"numbers that libconfig would cut", test_numbers_that_libconfig_would_cut},
		{"zero octets are refused", test_zero_octets_are_refused},
		{"problems name the included file", test_problems_name_the_included_file},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_source", tests);
}
