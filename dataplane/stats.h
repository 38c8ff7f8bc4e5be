/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Counters of one worker: every drop, reject and alert has a named one (drop_reason.def), and received = delivered +
 * dropped holds. Written by the owning worker alone, read by any thread at any time.
 */
#ifndef HANDFAST_STATS_H
#define HANDFAST_STATS_H

#include <stdatomic.h>
#include <stdint.h>

enum drop_reason {
#define DROP_REASON(id, name, text) DROP_##id,
#include "drop_reason.def"
#undef DROP_REASON
	DROP_REASONS
};

enum stat {
#define STAT(id, name, text) STAT_##id,
#include "stat.def"
#undef STAT
	STATS
};

struct stats {
	_Atomic uint64_t stat[STATS];
	_Atomic uint64_t drop[DROP_REASONS];
};

/*
 * One writer per counter: a relaxed load and store is enough and costs no locked instruction. Readers may see values of
 * different counters from different moments.
 */
static inline void stats_add(struct stats *stats, enum stat which, uint64_t n)
{
	uint64_t old = atomic_load_explicit(&stats->stat[which], memory_order_relaxed);
	atomic_store_explicit(&stats->stat[which], old + n, memory_order_relaxed);
}

/** Take n from a gauge (a counter whose name ends in _NOW). */
static inline void stats_sub(struct stats *stats, enum stat which, uint64_t n)
{
	stats_add(stats, which, UINT64_C(0) - n);
}

static inline void stats_set(struct stats *stats, enum stat which, uint64_t value)
{
	atomic_store_explicit(&stats->stat[which], value, memory_order_relaxed);
}

static inline void stats_drop(struct stats *stats, enum drop_reason which)
{
	uint64_t old = atomic_load_explicit(&stats->drop[which], memory_order_relaxed);
	atomic_store_explicit(&stats->drop[which], old + 1, memory_order_relaxed);
}

/** Threads: any. */
static inline uint64_t stats_get_mt(const struct stats *stats, enum stat which)
{
	return atomic_load_explicit(&stats->stat[which], memory_order_relaxed);
}

/** Threads: any. */
static inline uint64_t stats_get_drop_mt(const struct stats *stats, enum drop_reason which)
{
	return atomic_load_explicit(&stats->drop[which], memory_order_relaxed);
}

/** @return the name, "tcp_retransmits"; a constant. Threads: any. */
const char *stats_name(enum stat which);
/** @return one line of help; a constant. Threads: any. */
const char *stats_text(enum stat which);
/** @return the name, "hello_malformed"; a constant. Threads: any. */
const char *stats_drop_name(enum drop_reason which);
/** @return one line of help; a constant. Threads: any. */
const char *stats_drop_text(enum drop_reason which);

#endif
