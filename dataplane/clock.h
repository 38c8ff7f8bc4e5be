/* SPDX-License-Identifier: BSD-3-Clause */
/** Time stamp counter → microseconds, without a division: the clock that a worker reads once per poll. */
#ifndef HANDFAST_CLOCK_H
#define HANDFAST_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t start_tsc;
	uint64_t us_per_tsc_2_32; /**< microseconds per tick, times 2^32 */
};

/** @param hz  ticks per second, at least 1 MHz. */
static inline void clock_init(struct clock *clock, uint64_t start_tsc, uint64_t hz)
{
	clock->start_tsc = start_tsc;
	clock->us_per_tsc_2_32 = (uint64_t)(((unsigned __int128)1000000 << 32) / hz);
}

/**
 * @return microseconds since 1 s before the start: never 0, so that 0 can stand for "not set".
 * A counter that a migration to another core has moved back gives the start, not the far future.
 */
static inline uint64_t clock_us(const struct clock *clock, uint64_t tsc)
{
	uint64_t ticks = tsc > clock->start_tsc ? tsc - clock->start_tsc : 0;
	return 1000000 + (uint64_t)((unsigned __int128)ticks * clock->us_per_tsc_2_32 >> 32);
}

#endif
