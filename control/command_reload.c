/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

/* Problems that one answer tells of; a configuration with a million bindings can have a million. */
#define MAX_PROBLEMS 1000

static json_t *begin(struct command *command)
{
	struct reload *reload = command->context->reload;
	uint64_t *wanted = malloc(sizeof(*wanted));
	if (wanted == NULL)
		return command_fail("out of memory");
	*wanted = reload_get_state(reload).started + 1;
	command->state = wanted;
	reload_request(reload, command->now_ms);
	return NULL;
}

static json_t *describe_problems(const struct config_problems *problems)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < problems->n && i < MAX_PROBLEMS; i++) {
		const struct config_problem *item = &problems->items[i];
		json_array_append_new(rows, json_pack("{s:b, s:o, s:i, s:o, s:o}", "warning", item->is_warning, "file",
						    command_text(item->file), "line", (int)item->line, "key",
						    command_text(item->key), "message", command_text(item->message)));
	}
	return rows;
}

static json_t *poll_reload(struct command *command)
{
	const uint64_t *wanted = command->state;
	struct reload_state state = reload_get_state(command->context->reload);
	if (state.ended < *wanted)
		return command->now_ms >= command->deadline_ms ? command_fail("not finished in time; it goes on")
							       : NULL;
	const struct config *config = command->context->config;
	json_t *answer =
		state.refused
			? command_fail("configuration refused, the old one stays: %zu errors", state.problems->n_errors)
			: json_pack("{s:b, s:I, s:I}", "ok", 1, "bindings", (json_int_t)config->n_bindings,
				  "certificates", (json_int_t)config->n_certificates);
	json_object_set_new(answer, "took_ms", json_integer((json_int_t)state.took_ms));
	json_object_set_new(answer, "n_problems", json_integer((json_int_t)state.problems->n));
	json_object_set_new(answer, "problems", describe_problems(state.problems));
	return answer;
}

static void end(struct command *command)
{
	free(command->state);
}

const struct command_kind command_reload_kind = {.name = "reload", .begin = begin, .poll = poll_reload, .end = end};
