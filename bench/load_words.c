/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_words.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool load_words_next(const char *text, const char *separators, size_t *at, char *word)
{
	if (*at == SIZE_MAX)
		return false;
	const char *begin = text + *at;
	const size_t len = strcspn(begin, separators);
	const size_t kept = len < LOAD_WORDS_MAX_BYTES ? len : LOAD_WORDS_MAX_BYTES - 1;
	memcpy(word, begin, kept);
	word[kept] = '\0';
	*at = begin[len] == '\0' ? SIZE_MAX : *at + len + 1;
	return true;
}

bool load_words_protocols(const char *text, uint8_t *out, size_t size, size_t *out_len, struct load_error *error)
{
	*out_len = 0;
	while (text) {
		const size_t len = strcspn(text, ",");
		if (len == 0 || len > 255 || *out_len + 1 + len > size)
			return load_error_set(error,
				"--alpn: expected names of 1 to 255 octets separated by \",\", %zu octets at most in "
				"all, "
				"found \"%s\"",
				size, text);
		out[(*out_len)++] = (uint8_t)len;
		memcpy(out + *out_len, text, len);
		*out_len += len;
		text = text[len] == ',' ? text + len + 1 : NULL;
	}
	return true;
}

/* A decimal number at the front; *end is behind it. strtod() alone would take "inf", "nan" and "0x10". */
static bool leading_number(const char *text, double *out, const char **end)
{
	const size_t len = strspn(text, "0123456789.");
	char *stop;
	if (!isdigit((unsigned char)text[0]))
		return false;
	*out = strtod(text, &stop);
	*end = text + len;
	return stop == *end && isfinite(*out);
}

bool load_words_number(const char *text, double *out)
{
	static const struct {
		const char *unit;
		double factor;
	} units[] = {{"", 1}, {"k", 1e3}, {"M", 1e6}, {"G", 1e9}};
	const char *unit;
	double number;
	if (!leading_number(text, &number, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0) {
			*out = number * units[i].factor;
			return true;
		}
	return false;
}

bool load_words_count(const char *text, uint64_t *out)
{
	double number;
	if (!load_words_number(text, &number) || number != floor(number) || number > 0x1p53)
		return false;
	*out = (uint64_t)number;
	return true;
}

bool load_words_duration(const char *text, uint64_t *out_ns)
{
	static const struct {
		const char *unit;
		double factor_ns;
	} units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"us", 1e3}, {"m", 60e9}, {"h", 3600e9}};
	const char *unit;
	double number;
	if (!leading_number(text, &number, &unit))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].unit) == 0 && number * units[i].factor_ns < 0x1p62) {
			*out_ns = (uint64_t)(number * units[i].factor_ns + 0.5);
			return true;
		}
	return false;
}
