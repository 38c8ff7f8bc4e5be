/* SPDX-License-Identifier: BSD-3-Clause */
/** When to look at the share next. Time and randomness are arguments. */
#ifndef HANDFAST_SCAN_SCHEDULE_H
#define HANDFAST_SCAN_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

/** After a hint that something changed, wait so long for more to come. */
#define SCAN_SCHEDULE_DEBOUNCE_MS 100
/** After a look that failed; the shortest interval that may be configured. */
#define SCAN_SCHEDULE_RETRY_MS 5000

struct scan_schedule {
	uint64_t interval_ms;
	uint64_t next_ms;     /**< when the next listing is due */
	uint64_t earliest_ms; /**< hints cannot bring it before this */
	bool is_looking;      /**< a listing is under way, and may have gone past what changes now: */
	bool is_hinted;       /**< something changed meanwhile */
	bool is_asked;        /**< somebody asked meanwhile */
};

/** The first look is due at once. */
static inline void scan_schedule_init(struct scan_schedule *schedule, uint64_t interval_ms, uint64_t now_ms)
{
	*schedule = (struct scan_schedule){.interval_ms = interval_ms, .next_ms = now_ms, .earliest_ms = now_ms};
}

static inline bool scan_schedule_is_due(const struct scan_schedule *schedule, uint64_t now_ms)
{
	return now_ms >= schedule->next_ms;
}

/** A look begins. */
static inline void scan_schedule_begin(struct scan_schedule *schedule)
{
	schedule->is_looking = true;
	schedule->is_hinted = schedule->is_asked = false;
}

/** Something changed, a folder's watch says: look soon, once more if a look is under way. */
static inline void scan_schedule_hint(struct scan_schedule *schedule, uint64_t now_ms)
{
	uint64_t soon = now_ms + SCAN_SCHEDULE_DEBOUNCE_MS;
	schedule->is_hinted = schedule->is_looking;
	if (schedule->is_looking)
		return;
	if (soon < schedule->earliest_ms)
		soon = schedule->earliest_ms;
	if (soon < schedule->next_ms)
		schedule->next_ms = soon;
}

/** Somebody asked: look now, or as soon as the look that is under way has ended. */
static inline void scan_schedule_now(struct scan_schedule *schedule, uint64_t now_ms)
{
	schedule->is_asked = schedule->is_looking;
	schedule->next_ms = now_ms;
}

/**
 * A look has ended.
 * @param took_ms  how long it took: hints bring the next no sooner than that, so that looking takes half of the time at
 *                 most.
 * @param random   any number: spreads the looks of many machines by a tenth of the interval to either side.
 */
static inline void scan_schedule_done(
	struct scan_schedule *schedule, uint64_t now_ms, uint64_t took_ms, uint64_t random)
{
	uint64_t tenth = schedule->interval_ms / 10;
	bool is_hinted = schedule->is_hinted, is_asked = schedule->is_asked;
	schedule->next_ms = now_ms + schedule->interval_ms - tenth + random % (2 * tenth + 1);
	schedule->earliest_ms = now_ms + took_ms;
	schedule->is_looking = schedule->is_hinted = schedule->is_asked = false;
	if (is_hinted)
		scan_schedule_hint(schedule, now_ms);
	if (is_asked)
		scan_schedule_now(schedule, now_ms);
}

/** The look has failed: try again soon, whatever the interval. After scan_schedule_done(). */
static inline void scan_schedule_failed(struct scan_schedule *schedule, uint64_t now_ms)
{
	if (schedule->next_ms > now_ms + SCAN_SCHEDULE_RETRY_MS)
		schedule->next_ms = now_ms + SCAN_SCHEDULE_RETRY_MS;
}

#endif
