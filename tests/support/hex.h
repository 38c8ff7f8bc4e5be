/* SPDX-License-Identifier: BSD-3-Clause */
/** Octets written as hexadecimal digits, the way RFCs print test vectors. */
#ifndef HANDFAST_TEST_HEX_H
#define HANDFAST_TEST_HEX_H

#include "bytes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 32) - 'a' + 10);
}

/** @param out  room for size octets. @return how many octets the text has; aborts if they do not fit. */
static inline size_t hex_read(const char *text, uint8_t *out, size_t size)
{
	const size_t len = strlen(text) / 2;
	if (len > size)
		abort();
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
	return len;
}

/** @return true if the octets are those of the text, all of them. */
static inline bool hex_equals(struct bytes octets, const char *text)
{
	if (octets.len * 2 != strlen(text))
		return false;
	for (size_t i = 0; i < octets.len; i++)
		if (octets.data[i] != (hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1])))
			return false;
	return true;
}

#endif
