/* SPDX-License-Identifier: BSD-3-Clause */
/** Collecting what is wrong with a configuration: where it stands, which key, what was expected and what was found. */
#ifndef HANDFAST_CONFIG_PROBLEMS_H
#define HANDFAST_CONFIG_PROBLEMS_H

#include "config.h"

/** Not an element of a list. */
#define CONFIG_PATH_NO_INDEX SIZE_MAX

/** One step of the way from the root to a key; a chain on the stack, turned into "ports[0].addresses[1].ip" on demand.
 */
struct config_path {
	const struct config_path *parent; /**< NULL at the top */
	const char *key;
	size_t index; /**< within the list of that key, or CONFIG_PATH_NO_INDEX */
};

/** Where a setting stands. */
struct config_place {
	const char *file;
	unsigned line;                  /**< 0: the file as a whole */
	const struct config_path *path; /**< NULL: no key, a fault of the text */
};

/**
 * Note an error or a warning. Control bytes in the message are escaped. If memory is out the item is lost but still
 * counted.
 *
 * @param format  "expected …, found …"; never given a secret.
 * Owner:   everything is copied. Threads: one at a time.
 */
void config_problems_error(struct config_problems *problems, const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void config_problems_warn(struct config_problems *problems, const struct config_place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Put the problems in file order: by file as first read, then by line; equal places keep their order. */
void config_problems_sort(struct config_problems *problems, const char *const *files, size_t n_files);

#endif
