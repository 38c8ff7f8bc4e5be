/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Hierarchical timing wheel (Varghese and Lauck, 1987): set, stop and expire in O(1), idle time skipped by bitmap.
 * Ticks of 128 µs, five levels of 64 slots: up to 38 hours ahead; what is further is set for then and re-examined by
 * its owner.
 */
#ifndef HANDFAST_TIMER_WHEEL_H
#define HANDFAST_TIMER_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMER_WHEEL_TICK_US 128
#define TIMER_WHEEL_LEVELS  5
#define TIMER_WHEEL_SLOTS   64

/** A timer, embedded in what it belongs to. Zeroed: not set. */
struct timer_wheel_node {
	struct timer_wheel_node *next;
	struct timer_wheel_node **link; /**< what points at this node; NULL: not set */
	uint64_t due_tick;
};

struct timer_wheel {
	uint64_t tick; /**< every tick before this one has expired */
	uint64_t bitmap[TIMER_WHEEL_LEVELS];
	struct timer_wheel_node *slots[TIMER_WHEEL_LEVELS][TIMER_WHEEL_SLOTS];
};

/** An empty wheel that stands at now_us. */
void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_us);

/** Set (or move) a timer. It never expires before due_us, and at most a tick later. */
void timer_wheel_set(struct timer_wheel *wheel, struct timer_wheel_node *node, uint64_t due_us);

/** Stop a timer; nothing if it is not set. */
void timer_wheel_stop(struct timer_wheel *wheel, struct timer_wheel_node *node);

static inline bool timer_wheel_is_set(const struct timer_wheel_node *node)
{
	return node->link != NULL;
}

/**
 * Take one expired timer, which is then not set. Call until NULL.
 * Cost: O(1) a timer, and one step for each slot in use that time passes over.
 */
struct timer_wheel_node *timer_wheel_take_due(struct timer_wheel *wheel, uint64_t now_us);

/** @return a time not after the next expiry (exact within its innermost turn), or UINT64_MAX if no timer is set. */
uint64_t timer_wheel_next_us(const struct timer_wheel *wheel);

#endif
