/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * When a closed loop may try again after connections that did not come about. A loop that starts one connection when
 * another has ended would, against a target that refuses, do nothing else: so after a failure it pauses, each time
 * twice as long up to a bound, then tries one connection alone; the first that comes about ends it.
 */
#ifndef HANDFAST_LOAD_PAUSE_H
#define HANDFAST_LOAD_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

/** So short that a server which restarts is not missed for long, so long that a dead one costs nothing. */
#define LOAD_PAUSE_FIRST_NS UINT64_C(1000000)
#define LOAD_PAUSE_LAST_NS  UINT64_C(16000000)

/** All zero: nothing has failed. Threads: the owner's. */
struct load_pause {
	uint64_t length_ns;         /**< of the present pause; 0: there is none */
	uint64_t began_ns, next_ns; /**< next_ns UINT64_MAX: one connection is being tried */
};

/** A connection did not come about, for a reason that was told at once: it was refused, there was no route, no port. */
void load_pause_fail(struct load_pause *pause, uint64_t now_ns);

/** A connection came about, or what became of it takes time by itself: nothing is held back any more. */
void load_pause_end(struct load_pause *pause);

/** @return when the next connection may start: 0 at once, UINT64_MAX not before one of the two above. */
uint64_t load_pause_until(const struct load_pause *pause);

/** One connection is started after a pause. @return how long there was none. */
uint64_t load_pause_try(struct load_pause *pause, uint64_t now_ns);

static inline bool load_pause_is_on(const struct load_pause *pause)
{
	return pause->length_ns > 0;
}

#endif
