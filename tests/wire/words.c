/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const char *text, uint64_t *out)
{
	char *end;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool read_word(const struct words_row *rows, const char *word)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : 0;
	for (const struct words_row *row = rows; equals != NULL && row->name != NULL; row++) {
		if (strlen(row->name) != len || strncmp(row->name, word, len) != 0)
			continue;
		if (row->number != NULL)
			return read_number(equals + 1, row->number);
		*row->text = equals + 1;
		return true;
	}
	return false;
}

bool words_read(const struct words_row *rows, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (read_word(rows, argv[i]))
			continue;
		fprintf(stderr, "%s: \"%s\" is not one of:\n", argv[0], argv[i]);
		for (const struct words_row *row = rows; row->name != NULL; row++)
			fprintf(stderr, "  %s=%s\n", row->name, row->number != NULL ? "NUMBER" : "TEXT");
		return false;
	}
	return true;
}
