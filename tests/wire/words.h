/* SPDX-License-Identifier: BSD-3-Clause */
/** Command lines of "name=value" words whose values are numbers or texts. */
#ifndef HANDFAST_WIRE_WORDS_H
#define HANDFAST_WIRE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/** One option; exactly one of number and text is set. */
struct words_row {
	const char *name;
	uint64_t *number;
	const char **text;
};

/** @param rows  ends with a row without a name. @return false, after a message on stderr, for a word that fits none. */
bool words_read(const struct words_row *rows, int argc, char **argv);

#endif
