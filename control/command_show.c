/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "command_describe.h"
#include "expiry.h"
#include "share_error.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- show certs -----------------------------------------------------------------------------------------------------
 */

struct certs_query {
	const struct command *command;
	const char *host;
	int group; /* enum expiry_group, or -1: all */
	int64_t now_s;
	const struct publish_name **found;
	size_t n, capacity;
};

static bool is_wanted(const struct certs_query *query, const struct publish_name *name)
{
	if (query->host != NULL && fnmatch(query->host, name->text, FNM_CASEFOLD) != 0)
		return false;
	if (query->group < 0)
		return true;
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	return cert_table_writer_get(query->command->context->table, &key, &entry) && entry.certificate != NULL &&
	       (int)expiry_group(entry.certificate->not_after, query->now_s) == query->group;
}

static void collect(void *context, struct publish_name *name)
{
	struct certs_query *query = context;
	if (query->n < query->capacity && is_wanted(query, name))
		query->found[query->n++] = name;
}

static int compare(const void *a, const void *b)
{
	return strcmp((*(const struct publish_name *const *)a)->text, (*(const struct publish_name *const *)b)->text);
}

/* A loaded certificate counts as used when it was loaded. */
static json_t *describe_use(const struct certs_query *query, const struct certificate *certificate)
{
	if (certificate == NULL)
		return json_null();
	uint32_t now_s = (uint32_t)(query->command->now_ms / 1000);
	return command_time(query->now_s - (int64_t)(now_s - certificate_used_s(certificate)));
}

static json_t *describe_name(const struct certs_query *query, const struct publish_name *name)
{
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	cert_table_writer_get(query->command->context->table, &key, &entry);
	const char *group = entry.certificate != NULL
				    ? expiry_group_name(expiry_group(entry.certificate->not_after, query->now_s))
				    : NULL;
	return json_pack("{s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "name", command_text(name->text),
		"configured", name->fixed != NULL, "file", command_text(publish_name_file(name)), "state",
		command_describe_state(&entry), "reason",
		command_text(entry.fault != CERTIFICATE_FAULT_NONE ? certificate_fault_text(entry.fault) : NULL),
		"detail", command_text(publish_name_note(name)), "last_try", command_time(publish_name_tried_s(name)),
		"group", command_text(group), "certificate", command_describe_certificate(entry.certificate),
		"last_used", describe_use(query, entry.certificate), "bytes",
		(json_int_t)(entry.certificate != NULL ? certificate_memory_bytes(entry.certificate) : 0));
}

static void add_useless(void *context, const struct scan_file *file)
{
	const char *reason = scan_useless(file);
	if (reason != NULL)
		json_array_append_new(
			context, json_pack("{s:o, s:s}", "file", command_text(file->name), "reason", reason));
}

static json_t *answer_certs(struct certs_query *query)
{
	size_t limit = (size_t)command_get_number(query->command, "limit", COMMAND_DEFAULT_LIMIT);
	json_t *rows = json_array(), *useless = json_array();
	qsort(query->found, query->n, sizeof(const struct publish_name *), compare);
	for (size_t i = 0; i < query->n && i < limit; i++)
		json_array_append_new(rows, describe_name(query, query->found[i]));
	scan_each(scanner_get_scan(query->command->context->scanner), add_useless, useless);
	return json_pack(
		"{s:b, s:I, s:o, s:o}", "ok", 1, "total", (json_int_t)query->n, "certs", rows, "useless", useless);
}

static json_t *poll_certs(struct command *command)
{
	const struct publish_names *names = publish_get_names(command->context->publish);
	const char *group = command_get_text(command, "group");
	struct certs_query query = {
		.command = command,
		.host = command_get_text(command, "host"),
		.group = group != NULL ? expiry_group_from_name(group) : -1,
		.now_s = time(NULL),
		.capacity = publish_name_count(names),
	};
	if (group != NULL && query.group < 0)
		return command_fail(
			"unknown group \"%s\": expired, tomorrow, this-week, next-week, next-month, later", group);
	if (command_get_number(command, "limit", COMMAND_DEFAULT_LIMIT) < 0)
		return command_fail("limit must not be negative");
	query.found = calloc(query.capacity + 1, sizeof(const struct publish_name *));
	if (query.found == NULL)
		return command_fail("out of memory");
	publish_name_each(names, collect, &query);
	json_t *answer = answer_certs(&query);
	free(query.found);
	return answer;
}

const struct command_kind command_show_certs = {.name = "show certs", .poll = poll_certs};

/* --- show bindings --------------------------------------------------------------------------------------------------
 */

static json_t *poll_bindings(struct command *command)
{
	const struct config *config = command->context->config;
	const struct binding_table *table =
		atomic_load_explicit(&command->context->shared->bindings, memory_order_relaxed);
	json_t *rows = json_array();
	for (size_t i = 0; i < config->n_bindings; i++) {
		json_t *row = command_describe_binding(&config->bindings[i]);
		const struct config_binding *hider = binding_hidden_by(table, &config->bindings[i]);
		json_object_set_new(row, "hidden_by", hider != NULL ? command_describe_binding(hider) : json_null());
		json_array_append_new(rows, row);
	}
	return json_pack("{s:b, s:o}", "ok", 1, "bindings", rows);
}

const struct command_kind command_show_bindings = {.name = "show bindings", .poll = poll_bindings};

/* --- show share -----------------------------------------------------------------------------------------------------
 */

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
