/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * An answer with many rows, written row by row over several polls: a million rows at once would keep the control thread
 * from its other work for seconds. {"ok":true,"KEY":[row,row],…}
 */
#ifndef HANDFAST_COMMAND_LIST_H
#define HANDFAST_COMMAND_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** Steps of a walk over all names or bindings in one poll: a millisecond or two. */
#define COMMAND_LIST_STEPS 4096
/** Rows described in one poll. */
#define COMMAND_LIST_ROWS 256

struct command_list {
	FILE *out;
	char *text;
	size_t size, n_rows;
};

/** Begin. @param key the name of the rows. @return false if memory is out. Threads: the control thread, for all. */
bool command_list_open(struct command_list *list, const char *key);

/** Add a row. Owner: the list takes it over; NULL is ignored. */
void command_list_add(struct command_list *list, json_t *row);

/**
 * End the rows, add the members of an object, end the line.
 * @param rest  taken over.
 * @return the answer as command_poll() gives it, or NULL if memory is out. The list is as after command_list_fini().
 */
char *command_list_close(struct command_list *list, json_t *rest);

/** Forget it, whether it was opened or not: zeroed before its first use. */
void command_list_fini(struct command_list *list);

#endif
