/* SPDX-License-Identifier: BSD-3-Clause */
/** The one line that a user gets when a run cannot begin: what was expected, what was found. */
#ifndef HANDFAST_LOAD_ERROR_H
#define HANDFAST_LOAD_ERROR_H

#include <stdbool.h>

struct load_error {
	char text[512];
};

/** Write the line, cut to size. @return false, so that a caller can return it. Threads: the error's owner. */
bool load_error_set(struct load_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
