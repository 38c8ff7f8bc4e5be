/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_options.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct load_options options;
static struct load_error error;

/* @param line  words separated by single spaces; kept until the next call, as options point into it. */
static enum load_options_result read_line(const char *line)
{
	static char text[256];
	char *words[32] = {"handfast-bench"}, *rest = text;
	int n = 1;
	CU_ASSERT_FATAL(strlen(line) < sizeof(text));
	strcpy(text, line);
	while (rest && *rest && n < 32)
		words[n++] = strsep(&rest, " ");
	return load_options_read(n, words, &options, &error);
}

static void presets_are_filled_in(void)
{
	CU_ASSERT_EQUAL_FATAL(read_line("host:443"), LOAD_OPTIONS_RUN);
	CU_ASSERT_STRING_EQUAL(options.target, "host:443");
	CU_ASSERT_EQUAL(options.threads, 1);
	CU_ASSERT_EQUAL(options.timeout_ns, 10000000000);
	CU_ASSERT_EQUAL(options.version, LOAD_OPTIONS_TLS13);
	CU_ASSERT_EQUAL(options.ending, LOAD_OPTIONS_NOTIFY);
	CU_ASSERT_EQUAL(options.verify_one_in, 1);
	CU_ASSERT_FALSE(options.reuse_key_share);
	CU_ASSERT_EQUAL(options.max_errors, LOAD_OPTIONS_ANY_ERRORS);
	CU_ASSERT_PTR_NULL(options.sni);
	CU_ASSERT_EQUAL(options.rate.from, 0);
}

static void each_type_is_read(void)
{
	CU_ASSERT_EQUAL_FATAL(read_line("--rate=100..5k --poisson --duration 2.5s host:443 --tls 1.2 --resume 0.5 "
					"--verify 1/100 --sni a.test --connections 3k --max-errors 0 --end rst"),
		LOAD_OPTIONS_RUN);
	CU_ASSERT_EQUAL(options.rate.from, 100);
	CU_ASSERT_EQUAL(options.rate.to, 5000);
	CU_ASSERT(options.is_poisson);
	CU_ASSERT_EQUAL(options.duration_ns, 2500000000);
	CU_ASSERT_EQUAL(options.version, LOAD_OPTIONS_TLS12);
	CU_ASSERT_EQUAL(options.resume, 0.5);
	CU_ASSERT_EQUAL(options.verify_one_in, 100);
	CU_ASSERT_STRING_EQUAL(options.sni, "a.test");
	CU_ASSERT_EQUAL(options.connections, 3000);
	CU_ASSERT_EQUAL(options.max_errors, 0);
	CU_ASSERT_EQUAL(options.ending, LOAD_OPTIONS_RST);
	CU_ASSERT_EQUAL_FATAL(read_line("--rate 7 --verify 0 host:443"), LOAD_OPTIONS_RUN);
	CU_ASSERT_EQUAL(options.rate.to, 7);
	CU_ASSERT_EQUAL(options.verify_one_in, 0);
}

static void refuse(const char *line, const char *expected)
{
	CU_ASSERT_EQUAL(read_line(line), LOAD_OPTIONS_BAD);
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, expected));
	CU_ASSERT_PTR_NULL(strchr(error.text, '\n'));
}

static void what_is_wrong_is_named(void)
{
	refuse("", "expected a target HOST:PORT, found none");
	refuse("a:1 b:2", "expected one target, found \"a:1\" and \"b:2\"");
	refuse("--frob a:1", "no option \"--frob\"");
	refuse("--rat 5 a:1", "no option \"--rat\"");
	refuse("a:1 --rate", "--rate: expected A|A..B behind it");
	refuse("--poisson=1 a:1", "--poisson: takes no value");
	refuse("--threads 0 a:1", "--threads: expected a whole number from 1 to 256, found \"0\"");
	refuse("--threads 257 a:1", "from 1 to 256");
	refuse("--threads two a:1", "found \"two\"");
	refuse("--resume 1.5 a:1", "--resume: expected a number from 0 to 1");
	refuse("--timeout 1ns a:1", "--timeout: expected a time such as");
	refuse("--timeout 0 a:1", "from 0.001 to 3600 seconds");
	refuse("--tls 1.1 a:1", "--tls: expected one of 1.3|1.2, found \"1.1\"");
	refuse("--verify 2 a:1", "--verify: expected 1/N");
	refuse("--verify 1/0 a:1", "--verify: expected 1/N");
	refuse("--rate 0 a:1", "--rate: expected a rate");
	refuse("--rate 5.. a:1", "--rate: expected a rate");
	refuse("--sni= a:1", "--sni: expected a text");
}

static void help_and_version_need_no_target(void)
{
	CU_ASSERT_EQUAL(read_line("--help"), LOAD_OPTIONS_HELP);
	CU_ASSERT_EQUAL(read_line("--rate 5 -h"), LOAD_OPTIONS_HELP);
	CU_ASSERT_EQUAL(read_line("--version"), LOAD_OPTIONS_VERSION);
}

static void help_names_every_option(void)
{
	static const char *const names[] = {
#define LOAD_OPTION(type, member, name, argument, preset, min, max, help) "--" name " ",
#define LOAD_OPTION_GROUP(title)
#include "load_option.def"
#undef LOAD_OPTION
#undef LOAD_OPTION_GROUP
	};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	load_options_help(out);
	fclose(out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i]));
	free(text);
}

int main(void)
{
	return unit_run("load_options",
		(CU_TestInfo[]){{"presets are filled in", presets_are_filled_in},
			{"each type is read", each_type_is_read}, {"what is wrong is named", what_is_wrong_is_named},
			{"help and version need no target", help_and_version_need_no_target},
			{"help names every option", help_names_every_option}, CU_TEST_INFO_NULL});
}
