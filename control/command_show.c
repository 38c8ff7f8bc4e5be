/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "share_error.h"

#include <time.h>

static json_t *poll_share(struct command *command)
{
	const struct command_context *context = command->context;
	const struct config_store *store = &context->config->store;
	struct scanner_state state = scanner_get_state(context->scanner);
	struct publish_counts counts = publish_get_counts(context->publish);
	int64_t next_in_ms = state.next_ms > command->now_ms ? (int64_t)(state.next_ms - command->now_ms) : 0;
	json_t *age = state.last_good_s != 0 ? json_integer((json_int_t)(time(NULL) - state.last_good_s)) : json_null();
	return json_pack(
		"{s:b, s:b, s:o, s:b, s:o, s:o, s:o, s:I, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, "
		"s:I, s:I, s:I}",
		"ok", 1, "enabled", store->enabled, "path", command_text(store->physical_path), "reachable",
		state.error == 0 && state.last_good_s != 0, "error",
		command_text(state.error != 0 ? share_error_text(state.error) : NULL), "last_good_scan",
		command_time(state.last_good_s), "last_good_scan_age_s", age, "next_scan_in_s",
		(json_int_t)(next_in_ms / 1000), "scanning", state.listing, "scans", (json_int_t)state.ended,
		"scan_took_ms", (json_int_t)state.took_ms, "files",
		(json_int_t)scan_count(scanner_get_scan(context->scanner)), "names",
		(json_int_t)publish_name_count(publish_get_names(context->publish)), "held_back",
		(json_int_t)state.result.held_back, "reads", (json_int_t)counts.reads, "loads",
		(json_int_t)counts.loads, "faults", (json_int_t)counts.faults, "loaded", (json_int_t)counts.loaded,
		"loaded_bytes", (json_int_t)counts.loaded_bytes, "unloaded_for_room",
		(json_int_t)counts.unloaded_for_room, "unloaded_idle", (json_int_t)counts.unloaded_idle,
		"not_preloaded", (json_int_t)counts.put_off);
}

const struct command_kind command_show_share = {.name = "show share", .poll = poll_share};
