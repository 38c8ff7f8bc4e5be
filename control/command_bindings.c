/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "command_describe.h"
#include "command_list.h"

#include <stdlib.h>

struct bindings {
	size_t at, limit;
	const struct binding_table *table; /* of the rows so far */
	struct command_list list;
};

static json_t *begin(struct command *command)
{
	struct bindings *bindings = calloc(1, sizeof(*bindings));
	int64_t limit = command_get_number(command, "limit", COMMAND_DEFAULT_LIMIT);
	if (bindings == NULL)
		return command_fail("out of memory");
	command->state = bindings;
	if (limit < 0)
		return command_fail("limit must not be negative");
	bindings->limit = (size_t)limit;
	return NULL;
}

static json_t *describe(const struct binding_table *table, const struct config_binding *binding)
{
	json_t *row = command_describe_binding(binding);
	const struct config_binding *hider = binding_hidden_by(table, binding);
	json_object_set_new(row, "hidden_by", hider != NULL ? command_describe_binding(hider) : json_null());
	return row;
}

/* The first poll: a reload may have come since the request, too. */
static bool start(struct bindings *bindings, const struct binding_table *table)
{
	bindings->table = table;
	return command_list_open(&bindings->list, "bindings");
}

static enum command_step poll_bindings(struct command *command, struct command_part *out)
{
	struct bindings *bindings = command->state;
	const struct binding_table *table =
		atomic_load_explicit(&command->context->shared->bindings, memory_order_relaxed);
	const struct config *config = binding_table_config(table);
	if (bindings->table == NULL && !start(bindings, table)) {
		*out = command_error_reply("out of memory");
		return COMMAND_ANSWERED;
	}
	/* Rows of two tables make no list, and the first ones are sent. */
	if (bindings->table != table)
		return command_list_close(
			&bindings->list, command_fail("the bindings were reloaded meanwhile: ask again"), out);
	size_t end = config->n_bindings < bindings->limit ? config->n_bindings : bindings->limit;
	for (unsigned i = 0; i < COMMAND_LIST_ROWS && bindings->at < end; i++)
		command_list_add(&bindings->list, describe(table, &config->bindings[bindings->at++]));
	if (bindings->at < end)
		return command_list_take(&bindings->list, out);
	return command_list_close(
		&bindings->list, json_pack("{s:I, s:b}", "total", (json_int_t)config->n_bindings, "ok", 1), out);
}

static void end_bindings(struct command *command)
{
	struct bindings *bindings = command->state;
	if (bindings != NULL)
		command_list_fini(&bindings->list);
	free(bindings);
}

const struct command_kind command_bindings_kind = {
	.name = "show bindings", .begin = begin, .poll_part = poll_bindings, .end = end_bindings};
