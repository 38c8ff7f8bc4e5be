/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_options.h"
#include "load_words.h"

#include <stddef.h>
#include <string.h>

enum type { GROUP, TEXT, COUNT, DURATION, NUMBER, RATE, ONE_IN, FLAG, CHOICE };

struct row {
	enum type type;
	size_t offset;
	const char *name, *argument, *preset;
	double min, max;
	const char *help;
};

static const struct row rows[] = {
#define LOAD_OPTION(type, member, name, argument, preset, min, max, help)                                              \
	{type, offsetof(struct load_options, member), (name), (argument), (preset), (min), (max), (help)},
#define LOAD_OPTION_GROUP(title) {GROUP, 0, NULL, NULL, NULL, 0, 0, (title)},
#include "load_option.def"
#undef LOAD_OPTION
#undef LOAD_OPTION_GROUP
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* --- values --- */

static bool read_one_in(const char *text, uint64_t *out)
{
	if (strcmp(text, "0") == 0) {
		*out = 0;
		return true;
	}
	return strncmp(text, "1/", 2) == 0 && load_words_count(text + 2, out) && *out > 0;
}

static bool read_rate(const char *text, struct load_options_rate *out)
{
	char from[LOAD_WORDS_MAX_BYTES];
	const char *dots = strstr(text, "..");
	const size_t len = dots ? (size_t)(dots - text) : strlen(text);
	if (len >= sizeof(from))
		return false;
	memcpy(from, text, len);
	from[len] = '\0';
	return load_words_number(from, &out->from) && load_words_number(dots ? dots + 2 : from, &out->to);
}

/* The place of the text among the words of "a|b|c". */
static bool read_choice(const char *words, const char *text, unsigned *out)
{
	char word[LOAD_WORDS_MAX_BYTES];
	unsigned place = 0;
	for (size_t at = 0; load_words_next(words, "|", &at, word); place++)
		if (strcmp(word, text) == 0) {
			*out = place;
			return true;
		}
	return false;
}

static bool is_within(const struct row *row, double value)
{
	return value >= row->min && value <= row->max;
}

static bool read_value(const struct row *row, const char *text, void *member)
{
	struct load_options_rate *rate = member;
	switch (row->type) {
	case TEXT:
		*(const char **)member = text;
		return text[0] != '\0';
	case COUNT:
		return load_words_count(text, member) && is_within(row, (double)*(uint64_t *)member);
	case DURATION:
		return load_words_duration(text, member) && is_within(row, (double)*(uint64_t *)member);
	case NUMBER:
		return load_words_number(text, member) && is_within(row, *(double *)member);
	case RATE:
		return read_rate(text, rate) && is_within(row, rate->from) && is_within(row, rate->to);
	case ONE_IN:
		return read_one_in(text, member);
	case CHOICE:
		return read_choice(row->argument, text, member);
	case FLAG:
	case GROUP:
		break;
	}
	return false;
}

static const char *expected(const struct row *row)
{
	static const char *const words[] = {[TEXT] = "a text",
		[COUNT] = "a whole number",
		[DURATION] = "a time such as 500ms, 10s or 2m",
		[NUMBER] = "a number",
		[RATE] = "a rate per second such as 2000 or 5k, or a ramp such as 100..5k",
		[ONE_IN] = "1/N, or 0 for none",
		[CHOICE] = "one of the words"};
	return words[row->type];
}

static bool refuse(const struct row *row, const char *text, struct load_error *error)
{
	if (row->type == CHOICE)
		return load_error_set(error, "--%s: expected one of %s, found \"%s\"", row->name, row->argument, text);
	if (row->type == COUNT || row->type == NUMBER || row->type == RATE)
		return load_error_set(error, "--%s: expected %s from %.15g to %.15g, found \"%s\"", row->name,
			expected(row), row->min, row->max, text);
	if (row->type == DURATION)
		return load_error_set(error, "--%s: expected %s, from %.15g to %.15g seconds, found \"%s\"", row->name,
			expected(row), row->min / 1e9, row->max / 1e9, text);
	return load_error_set(error, "--%s: expected %s, found \"%s\"", row->name, expected(row), text);
}

/* --- the command line --- */

static const struct row *find_row(const char *name, size_t len)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].name && strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

/* One "--name VALUE" or "--name=VALUE". *at is advanced over a value that stands alone. */
static bool read_option(int argc, char **argv, int *at, struct load_options *out, struct load_error *error)
{
	const char *name = argv[*at] + 2;
	const size_t len = strcspn(name, "=");
	const struct row *row = find_row(name, len);
	if (!row)
		return load_error_set(error, "there is no option \"%s\" (see --help)", argv[*at]);
	void *member = (char *)out + row->offset;
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	if (row->type == FLAG) {
		*(bool *)member = true;
		return !value || load_error_set(error, "--%s: takes no value, found \"%s\"", row->name, value);
	}
	if (!value && ++*at < argc)
		value = argv[*at];
	if (!value)
		return load_error_set(error, "--%s: expected %s behind it", row->name, row->argument);
	return read_value(row, value, member) || refuse(row, value, error);
}

static bool fill_presets(struct load_options *out, struct load_error *error)
{
	*out = (struct load_options){.max_errors = LOAD_OPTIONS_ANY_ERRORS};
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].preset && !read_value(&rows[i], rows[i].preset, (char *)out + rows[i].offset))
			return refuse(&rows[i], rows[i].preset, error);
	return true;
}

enum load_options_result load_options_read(int argc, char **argv, struct load_options *out, struct load_error *error)
{
	if (!fill_presets(out, error))
		return LOAD_OPTIONS_BAD;
	for (int at = 1; at < argc; at++) {
		if (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)
			return LOAD_OPTIONS_HELP;
		if (strcmp(argv[at], "--version") == 0)
			return LOAD_OPTIONS_VERSION;
		const bool is_option = strncmp(argv[at], "--", 2) == 0;
		if (is_option && !read_option(argc, argv, &at, out, error))
			return LOAD_OPTIONS_BAD;
		if (!is_option && out->target) {
			load_error_set(error, "expected one target, found \"%s\" and \"%s\"", out->target, argv[at]);
			return LOAD_OPTIONS_BAD;
		}
		if (!is_option)
			out->target = argv[at];
	}
	if (out->target)
		return LOAD_OPTIONS_RUN;
	load_error_set(error, "expected a target HOST:PORT, found none (see --help)");
	return LOAD_OPTIONS_BAD;
}

void load_options_help(FILE *out)
{
	fprintf(out,
		"usage: handfast-bench [OPTION ...] HOST:PORT\nTLS handshakes in number, with honest percentiles.\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct row *row = &rows[i];
		char left[80];
		if (row->type == GROUP) {
			fprintf(out, "\n%s\n", row->help);
			continue;
		}
		snprintf(left, sizeof(left), "--%s %s", row->name, row->argument ? row->argument : "");
		fprintf(out, "  %-26s %s%s%s%s\n", left, row->help, row->preset ? " [" : "",
			row->preset ? row->preset : "", row->preset ? "]" : "");
	}
	fprintf(out, "\nExit code: 0 the bounds given were met, 1 they were not, 2 bad usage or no TLS server to be "
		     "reached.\n");
}
