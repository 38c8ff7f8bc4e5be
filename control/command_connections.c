/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include <stdlib.h>

/* Rows of one worker; more are only counted. */
#define MAX_ROWS 2000
/* A worker answers within a poll; one that does not is stuck, and the rest is worth seeing. */
#define ANSWER_TIMEOUT_MS 1000

/* What workers write to: lives until all of them have, whatever becomes of the command. */
struct command_snapshots {
	struct command_snapshots *next;
	unsigned n_asked;
	struct worker_snapshot snapshots[];
};

static void free_snapshots(struct command_snapshots *snapshots)
{
	for (unsigned i = 0; i < snapshots->n_asked; i++)
		free(snapshots->snapshots[i].rows);
	free(snapshots);
}

static bool are_done(const struct command_snapshots *snapshots)
{
	for (unsigned i = 0; i < snapshots->n_asked; i++)
		if (!atomic_load_explicit(&snapshots->snapshots[i].done, memory_order_acquire))
			return false;
	return true;
}

static void free_abandoned(struct command_context *context, bool all)
{
	for (struct command_snapshots **link = &context->abandoned; *link != NULL;) {
		struct command_snapshots *snapshots = *link;
		if (!all && !are_done(snapshots)) {
			link = &snapshots->next;
			continue;
		}
		*link = snapshots->next;
		free_snapshots(snapshots);
	}
}

void command_context_fini(struct command_context *context)
{
	free_abandoned(context, true);
}

static bool ask(struct worker *worker, struct worker_snapshot *snapshot)
{
	snapshot->rows = calloc(MAX_ROWS, sizeof(*snapshot->rows));
	snapshot->capacity = MAX_ROWS;
	if (snapshot->rows != NULL && worker_request_snapshot(worker, snapshot))
		return true;
	free(snapshot->rows);
	return false;
}

static json_t *begin(struct command *command)
{
	struct command_context *context = command->context;
	free_abandoned(context, false);
	struct command_snapshots *snapshots =
		calloc(1, sizeof(*snapshots) + context->n_workers * sizeof(snapshots->snapshots[0]));
	if (snapshots == NULL)
		return command_fail("out of memory");
	command->state = snapshots;
	command->deadline_ms = command->now_ms + ANSWER_TIMEOUT_MS;
	for (unsigned i = 0; i < context->n_workers; i++) {
		if (!ask(context->workers[i], &snapshots->snapshots[snapshots->n_asked]))
			return command_fail("worker %u does not take requests", i);
		snapshots->n_asked++;
	}
	return NULL;
}

static json_t *describe(const struct worker_connection_row *row, unsigned worker)
{
	char local[IP_ADDRESS_TEXT_SIZE], remote[IP_ADDRESS_TEXT_SIZE];
	return json_pack("{s:i, s:s, s:i, s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:I, s:i}", "worker", (int)worker,
		"remote_ip", ip_address_format(&row->remote_ip, remote), "remote_port", (int)row->remote_port,
		"local_ip", ip_address_format(&row->local_ip, local), "local_port", (int)row->local_port, "tcp",
		row->tcp_state, "phase", row->phase, "name", command_text(row->name), "version",
		command_text(row->version), "cipher", command_text(row->cipher), "age_us", (json_int_t)row->age_us,
		"srtt_us", (int)row->srtt_us);
}

static json_t *poll_connections(struct command *command)
{
	const struct command_snapshots *snapshots = command->state;
	if (!are_done(snapshots))
		return command->now_ms < command->deadline_ms ? NULL : command_fail("a worker does not answer");
	json_t *rows = json_array();
	size_t total = 0;
	for (unsigned i = 0; i < snapshots->n_asked; i++) {
		const struct worker_snapshot *snapshot = &snapshots->snapshots[i];
		total += snapshot->total;
		for (size_t row = 0; row < snapshot->n; row++)
			json_array_append_new(rows, describe(&snapshot->rows[row], i));
	}
	return json_pack("{s:b, s:I, s:o}", "ok", 1, "total", (json_int_t)total, "connections", rows);
}

static void end(struct command *command)
{
	struct command_snapshots *snapshots = command->state;
	if (snapshots == NULL)
		return;
	snapshots->next = command->context->abandoned;
	command->context->abandoned = snapshots;
	free_abandoned(command->context, false);
}

const struct command_kind command_connections_kind = {
	.name = "show connections", .begin = begin, .poll = poll_connections, .end = end};
