/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * When connections are to start in an open loop: at a constant rate, as a Poisson process, or along a ramp. The times
 * do not depend on what the server does: that is what makes the loop open.
 */
#ifndef HANDFAST_LOAD_ARRIVALS_H
#define HANDFAST_LOAD_ARRIVALS_H

#include "load_random.h"

#include <stdbool.h>

/** What is wanted of all threads together. */
struct load_arrivals_wish {
	double rate, rate_end; /**< per second; rate_end differs: a ramp from one to the other over duration_ns */
	bool is_poisson;
	uint64_t duration_ns; /**< of the ramp; not 0 for one */
};

struct load_arrivals {
	struct load_arrivals_wish wish; /**< of this thread */
	uint64_t start_ns, next_ns;
	double position; /**< arrivals so far, as an amount of the rate's integral */
	double offset;   /**< threads stand between each other's arrivals */
	struct load_random random;
};

/** @param share  below shares: which thread of how many. @param start_ns  of the clock that the times are of. */
void load_arrivals_init(struct load_arrivals *arrivals, const struct load_arrivals_wish *wish, unsigned share,
	unsigned shares, uint64_t start_ns);

/** All times move: the first arrivals come after another start. Before the first load_arrivals_take(). */
static inline void load_arrivals_move(struct load_arrivals *arrivals, uint64_t start_ns)
{
	arrivals->next_ns += start_ns - arrivals->start_ns;
	arrivals->start_ns = start_ns;
}

/** @return the intended time of the next arrival; the same until load_arrivals_take(). */
static inline uint64_t load_arrivals_next(const struct load_arrivals *arrivals)
{
	return arrivals->next_ns;
}

/** The next arrival has happened; the one after it becomes next. */
void load_arrivals_take(struct load_arrivals *arrivals);

#endif
