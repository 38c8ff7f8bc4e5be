/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_words.h"
#include "unit.h"

#include <string.h>

static void lists_are_cut_at_separators(void)
{
	char word[LOAD_WORDS_MAX_BYTES];
	size_t at = 0;
	CU_ASSERT(load_words_next("one:two,,four", ":,", &at, word));
	CU_ASSERT_STRING_EQUAL(word, "one");
	CU_ASSERT(load_words_next("one:two,,four", ":,", &at, word));
	CU_ASSERT_STRING_EQUAL(word, "two");
	CU_ASSERT(load_words_next("one:two,,four", ":,", &at, word));
	CU_ASSERT_STRING_EQUAL(word, "");
	CU_ASSERT(load_words_next("one:two,,four", ":,", &at, word));
	CU_ASSERT_STRING_EQUAL(word, "four");
	CU_ASSERT_FALSE(load_words_next("one:two,,four", ":,", &at, word));
}

static void a_word_that_is_too_long_is_cut(void)
{
	char text[200], word[LOAD_WORDS_MAX_BYTES];
	size_t at = 0;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	CU_ASSERT(load_words_next(text, ",", &at, word));
	CU_ASSERT_EQUAL(strlen(word), LOAD_WORDS_MAX_BYTES - 1);
	CU_ASSERT_FALSE(load_words_next(text, ",", &at, word));
}

static void protocols_are_as_on_the_wire(void)
{
	uint8_t out[16];
	size_t len;
	struct load_error error;
	CU_ASSERT(load_words_protocols("h2,http/1.1", out, sizeof(out), &len, &error));
	CU_ASSERT_EQUAL(len, 12);
	CU_ASSERT_EQUAL(memcmp(out, "\2h2\10http/1.1", 12), 0);
	CU_ASSERT(load_words_protocols(NULL, out, sizeof(out), &len, &error));
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_FALSE(load_words_protocols("h2,", out, sizeof(out), &len, &error));
	CU_ASSERT_FALSE(load_words_protocols("h2,,h3", out, sizeof(out), &len, &error));
	CU_ASSERT_FALSE(load_words_protocols("longer than there is room", out, sizeof(out), &len, &error));
}

static void numbers_may_have_a_unit(void)
{
	double number;
	CU_ASSERT(load_words_number("5000", &number) && number == 5000);
	CU_ASSERT(load_words_number("2.5k", &number) && number == 2500);
	CU_ASSERT(load_words_number("1M", &number) && number == 1e6);
	static const char *const wrong[] = {
		"", "k", "-1", "1e3", "0x10", "nan", "inf", "5 ", " 5", "1.2.3", "5kk", "5K"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_FALSE(load_words_number(wrong[i], &number));
}

static void counts_are_whole(void)
{
	uint64_t count;
	CU_ASSERT(load_words_count("1.5k", &count) && count == 1500);
	CU_ASSERT_FALSE(load_words_count("1.5", &count));
	CU_ASSERT_FALSE(load_words_count("99999999999999999999", &count));
}

static void durations_have_units_of_time(void)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} right[] = {{"250us", 250000}, {"10ms", 10000000}, {"2.5s", 2500000000}, {"3", 3000000000},
		{"1m", 60000000000}, {"2h", 7200000000000}, {"0", 0}};
	uint64_t ns;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		CU_ASSERT(load_words_duration(right[i].text, &ns) && ns == right[i].ns);
	static const char *const wrong[] = {"", "s", "1d", "-1s", "1 s", "1e9h", "999999999999999h"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CU_ASSERT_FALSE(load_words_duration(wrong[i], &ns));
}

int main(void)
{
	return unit_run("load_words",
		(CU_TestInfo[]){{"lists are cut at separators", lists_are_cut_at_separators},
			{"a word that is too long is cut", a_word_that_is_too_long_is_cut},
			{"protocols are as on the wire", protocols_are_as_on_the_wire},
			{"numbers may have a unit", numbers_may_have_a_unit}, {"counts are whole", counts_are_whole},
			{"durations have units of time", durations_have_units_of_time}, CU_TEST_INFO_NULL});
}
