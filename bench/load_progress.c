/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_progress.h"

#include <inttypes.h>
#include <stdio.h>

/* One writer: no read-modify-write is needed. */
static void add_one(_Atomic uint64_t *counter)
{
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + 1, memory_order_relaxed);
}

static uint64_t read_counter(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

void load_progress_add_handshake(struct load_progress *progress, uint64_t duration_ns)
{
	add_one(&progress->durations[load_histogram_bucket(duration_ns)]);
	add_one(&progress->handshakes);
}

void load_progress_add_error(struct load_progress *progress)
{
	add_one(&progress->errors);
}

static void count_durations(struct load_histogram *durations, size_t bucket, uint64_t n)
{
	durations->buckets[bucket] += n;
	durations->total += n;
	if (n > 0 && load_histogram_end(bucket) > durations->max)
		durations->max = load_histogram_end(bucket);
}

void load_progress_read(const struct load_progress *progress, struct load_progress_view *view)
{
	view->handshakes += read_counter(&progress->handshakes);
	view->errors += read_counter(&progress->errors);
	view->active += read_counter(&progress->active);
	for (size_t i = 0; i < LOAD_HISTOGRAM_BUCKETS; i++)
		count_durations(&view->durations, i, read_counter(&progress->durations[i]));
}

void load_progress_since(const struct load_progress_view *earlier, const struct load_progress_view *later,
	struct load_progress_view *out)
{
	*out = (struct load_progress_view){.handshakes = later->handshakes - earlier->handshakes,
		.errors = later->errors - earlier->errors,
		.active = later->active};
	for (size_t i = 0; i < LOAD_HISTOGRAM_BUCKETS; i++)
		count_durations(&out->durations, i, later->durations.buckets[i] - earlier->durations.buckets[i]);
}

void load_progress_write(const struct load_progress_view *total, const struct load_progress_view *interval,
	uint64_t elapsed_ns, uint64_t interval_ns, char out[LOAD_PROGRESS_LINE_BYTES])
{
	const double seconds = interval_ns > 0 ? (double)interval_ns / 1e9 : 1;
	char percentiles[64] = "";
	if (interval->durations.total > 0)
		snprintf(percentiles, sizeof(percentiles), " (p50 %.2f ms, p99 %.2f ms)",
			(double)load_histogram_percentile(&interval->durations, 0.5) / 1e6,
			(double)load_histogram_percentile(&interval->durations, 0.99) / 1e6);
	snprintf(out, LOAD_PROGRESS_LINE_BYTES,
		"%.0f s: %.0f handshakes/s%s; in all %" PRIu64 ", %" PRIu64 " errors; %" PRIu64 " open",
		(double)elapsed_ns / 1e9, (double)interval->handshakes / seconds, percentiles, total->handshakes,
		total->errors, total->active);
}
