/* SPDX-License-Identifier: BSD-3-Clause */
/** Files whose names are close to one that is missing: what `explain` tells on a miss. */
#ifndef HANDFAST_SUGGEST_H
#define HANDFAST_SUGGEST_H

#include "command.h"

#include <jansson.h>

/** Files told of at most. */
#define SUGGEST_MAX 8

/** Keys of files whose names nearly are the wanted one, nearest first. */
struct suggest_list {
	const char *wanted;
	size_t n;
	struct {
		unsigned distance;
		struct host_name key;
	} items[SUGGEST_MAX];
};

/** Find them. @param wanted must outlive the list. Cost: O(names) short comparisons. */
void suggest_find(const struct command_context *context, const char *wanted, struct suggest_list *out);

/** @return a list of what to do about each: a file, how far it is, whether its certificate is for the wanted name. */
json_t *suggest_describe(const struct command_context *context, const struct suggest_list *list);

#endif
