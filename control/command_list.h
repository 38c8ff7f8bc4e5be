/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * An answer with many rows, written row by row over several polls and sent part by part: a million rows at once would
 * keep the control thread from its other work for seconds, and take a third of a gigabyte.
 *
 * {"KEY":[row,row],…,"ok":true}: whether all went well is known, and told, at the end.
 */
#ifndef HANDFAST_COMMAND_LIST_H
#define HANDFAST_COMMAND_LIST_H

#include "command.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Steps of a walk over all names or bindings in one poll: a millisecond or two. */
#define COMMAND_LIST_STEPS 4096
/** Rows described in one poll, and sent in one part. */
#define COMMAND_LIST_ROWS 256

/** Zeroed before its first use. */
struct command_list {
	FILE *out; /* of the part being written */
	char *text;
	size_t size;
	bool has_rows, has_lists;
};

/** Begin a list of rows, the first or a further one. @return false if memory is out. Threads: the control thread, for
 * all. */
bool command_list_open(struct command_list *list, const char *key);

/** Add a row. Owner: the list takes it over; NULL is ignored. */
void command_list_add(struct command_list *list, json_t *row);

/** Hand over what was written since the last part. @return COMMAND_PART, or COMMAND_ANSWERED if memory is out. */
enum command_step command_list_take(struct command_list *list, struct command_part *out);

/** End the rows, add the members of an object, "ok" among them, end the line. @param rest taken over. */
enum command_step command_list_close(struct command_list *list, json_t *rest, struct command_part *out);

/** Forget it, whether it was opened or not. */
void command_list_fini(struct command_list *list);

#endif
