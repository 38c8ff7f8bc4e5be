/* SPDX-License-Identifier: BSD-3-Clause */
#include "log.h"
#include "unit.h"

#include <string.h>
#include <unistd.h>

static void check_escape(const char *value, const char *expected)
{
	char out[256];
	size_t len = log_escape(out, sizeof(out), value);
	CU_ASSERT_STRING_EQUAL(out, expected);
	CU_ASSERT_EQUAL(len, strlen(expected));
}

static void test_plain_values_stay(void)
{
	check_escape("www.example.com", "www.example.com");
	check_escape("м.рф.pfx", "м.рф.pfx");
}

static void test_others_are_quoted(void)
{
	check_escape("", "\"\"");
	check_escape("two words", "\"two words\"");
	check_escape("a\"b\\c", "\"a\\\"b\\\\c\"");
	check_escape("level=error", "\"level=error\"");
}

static void test_control_bytes_are_escaped(void)
{
	check_escape("a\nb", "\"a\\x0ab\"");
	check_escape("\033[2J", "\"\\x1b[2J\"");
	check_escape("\x7f", "\"\\x7f\"");
	check_escape("\xc2\x9b", "\"\\xc2\\x9b\""); /* CSI of the C1 controls */
}

static void test_bad_utf8_is_escaped(void)
{
	check_escape("\xff", "\"\\xff\"");
	check_escape("\xc0\xaf", "\"\\xc0\\xaf\"");          /* overlong */
	check_escape("\xed\xa0\x80", "\"\\xed\\xa0\\x80\""); /* surrogate */
	check_escape("\xe2\x82", "\"\\xe2\\x82\"");          /* cut */
}

static void test_long_values_are_cut_between_escapes(void)
{
	char out[8];
	CU_ASSERT_EQUAL(log_escape(out, sizeof(out), "a b\n\n"), 5);
	CU_ASSERT_STRING_EQUAL(out, "\"a b\"");
	CU_ASSERT_EQUAL(log_escape(out, sizeof(out), "0123456789"), 7);
	CU_ASSERT_STRING_EQUAL(out, "0123456");
	CU_ASSERT_EQUAL(log_escape(out, 1, "x y"), 0);
}

/* One line of the log as it is written to stderr. */
static void capture(char *line, size_t size, const char *value)
{
	int ends[2], saved = dup(STDERR_FILENO);
	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_event(CONFIG_LOG_ERROR, "event words", "left_out", NULL, "key", value, "number", LOG_NUMBER(-7));
	log_event(CONFIG_LOG_DEBUG, "not wanted");
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);
	ssize_t n = read(ends[0], line, size - 1);
	close(ends[0]);
	line[n > 0 ? n : 0] = '\0';
}

static void test_an_event_is_one_line(void)
{
	char line[LOG_LINE_SIZE * 2];
	capture(line, sizeof(line), "forged\n2026 error");
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "Z error event words key=\"forged\\x0a2026 error\" number=-7\n"));
	CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + strlen(line) - 1);
	CU_ASSERT_PTR_NULL(strstr(line, "left_out"));
}

static void test_a_huge_event_is_one_line(void)
{
	static char value[3 * LOG_LINE_SIZE], line[4 * LOG_LINE_SIZE];
	memset(value, '\n', sizeof(value) - 1);
	capture(line, sizeof(line), value);
	CU_ASSERT(strlen(line) <= LOG_LINE_SIZE + 1);
	CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + strlen(line) - 1);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"plain values stay as they are", test_plain_values_stay},
		{"blanks, quotes, '=' are quoted", test_others_are_quoted},
		{"control bytes are escaped", test_control_bytes_are_escaped},
		{"bytes that are not UTF-8 are escaped", test_bad_utf8_is_escaped},
		{"long values are cut between escapes", test_long_values_are_cut_between_escapes},
		{"an event is one line", test_an_event_is_one_line},
		{"a huge event is one line", test_a_huge_event_is_one_line},
		CU_TEST_INFO_NULL,
	};
	return unit_run("log", tests);
}
