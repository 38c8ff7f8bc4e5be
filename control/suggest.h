/* SPDX-License-Identifier: BSD-3-Clause */
/** Files whose names are close to one that is missing: what `explain` tells on a miss. */
#ifndef HANDFAST_SUGGEST_H
#define HANDFAST_SUGGEST_H

#include "command.h"

#include <jansson.h>
#include <stdbool.h>

/** Files told of at most. */
#define SUGGEST_MAX 8

/** Keys of files whose names nearly are the wanted one, nearest first. */
struct suggest_list {
	const char *wanted;
	size_t at; /**< of the walk over all names */
	size_t n;
	struct {
		unsigned distance;
		struct host_name key;
	} items[SUGGEST_MAX];
};

/** Begin. @param wanted must outlive the list. */
void suggest_begin(struct suggest_list *list, const char *wanted);

/** Compare with so many more of the names: a million at once would take half a second. @return true at the end. */
bool suggest_find(const struct command_context *context, struct suggest_list *list, unsigned steps);

/**
 * @return of the files found the nearest that may have been meant for the name: its certificate is for it, or could not
 * be read. A certificate that is for other names only was not meant, and renaming its file would take it from them.
 * NULL: none.
 */
const struct publish_name *suggest_meant(const struct command_context *context, const struct suggest_list *list);

/** @return a list of what to do about each: a file, how far it is, whether its certificate is for the wanted name. */
json_t *suggest_describe(const struct command_context *context, const struct suggest_list *list);

#endif
