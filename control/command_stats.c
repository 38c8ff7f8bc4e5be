/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

static json_t *describe_worker(const struct worker *worker, uint64_t *totals, uint64_t *drop_totals)
{
	const struct stats *stats = worker_stats_mt(worker);
	json_t *counters = json_object(), *drops = json_object();
	for (enum stat i = 0; i < STATS; i++) {
		uint64_t value = stats_get_mt(stats, i);
		totals[i] += value;
		json_object_set_new(counters, stats_name(i), json_integer((json_int_t)value));
	}
	for (enum drop_reason i = 0; i < DROP_REASONS; i++) {
		uint64_t value = stats_get_drop_mt(stats, i);
		drop_totals[i] += value;
		json_object_set_new(drops, stats_drop_name(i), json_integer((json_int_t)value));
	}
	return json_pack("{s:i, s:I, s:o, s:o}", "lcore", (int)worker_lcore_mt(worker), "tsc_hz",
		(json_int_t)worker_tsc_hz_mt(), "stats", counters, "drops", drops);
}

static json_t *describe_totals(const uint64_t *totals, const uint64_t *drop_totals, json_t *drops, json_t *texts)
{
	json_t *stats = json_object();
	for (enum stat i = 0; i < STATS; i++) {
		json_object_set_new(stats, stats_name(i), json_integer((json_int_t)totals[i]));
		json_object_set_new(texts, stats_name(i), json_string(stats_text(i)));
	}
	for (enum drop_reason i = 0; i < DROP_REASONS; i++) {
		json_object_set_new(drops, stats_drop_name(i), json_integer((json_int_t)drop_totals[i]));
		json_object_set_new(texts, stats_drop_name(i), json_string(stats_drop_text(i)));
	}
	return stats;
}

static json_t *poll_stats(struct command *command)
{
	const struct command_context *context = command->context;
	uint64_t totals[STATS] = {0}, drop_totals[DROP_REASONS] = {0};
	json_t *workers = json_array(), *drops = json_object(), *texts = json_object();
	for (unsigned i = 0; i < context->n_workers; i++)
		json_array_append_new(workers, describe_worker(context->workers[i], totals, drop_totals));
	json_t *stats = describe_totals(totals, drop_totals, drops, texts);
	return json_pack("{s:b, s:o, s:o, s:o, s:o}", "ok", 1, "stats", stats, "drops", drops, "workers", workers,
		"texts", texts);
}

const struct command_kind command_stats_kind = {.name = "stats", .poll = poll_stats};
