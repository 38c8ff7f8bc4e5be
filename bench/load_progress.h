/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What others may see of a thread while it runs: counters and durations of the whole run, warm-up included, that their
 * owner writes and anybody reads, each at its own time.
 */
#ifndef HANDFAST_LOAD_PROGRESS_H
#define HANDFAST_LOAD_PROGRESS_H

#include "load_histogram.h"

#include <stdatomic.h>
#include <stddef.h>

/** All zero is empty. Threads: written by its owner alone. */
struct load_progress {
	_Atomic uint64_t handshakes, errors, active;
	_Atomic uint64_t durations[LOAD_HISTOGRAM_BUCKETS]; /**< of handshakes, by load_histogram_bucket() */
};

/** What a reader has seen, or has seen since it looked last. */
struct load_progress_view {
	uint64_t handshakes, errors, active;
	struct load_histogram durations; /**< buckets and total alone; max is the highest bucket's end */
};

/** A handshake is complete. Threads: the owner. */
void load_progress_add_handshake(struct load_progress *progress, uint64_t duration_ns);
void load_progress_add_error(struct load_progress *progress);

/** Add what a thread has done so far. Threads: any. */
void load_progress_read(const struct load_progress *progress, struct load_progress_view *view);

/** What the later view has more than the earlier one; active is the later one's. */
void load_progress_since(const struct load_progress_view *earlier, const struct load_progress_view *later,
	struct load_progress_view *out);

#define LOAD_PROGRESS_LINE_BYTES 160

/** The line of a terminal: handshakes per second, median and p99 of the handshakes of the interval; totals of the run.
 */
void load_progress_write(const struct load_progress_view *total, const struct load_progress_view *interval,
	uint64_t elapsed_ns, uint64_t interval_ns, char out[LOAD_PROGRESS_LINE_BYTES]);

#endif
