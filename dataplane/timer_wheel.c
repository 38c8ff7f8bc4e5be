/* SPDX-License-Identifier: BSD-3-Clause */
#include "timer_wheel.h"

#include <string.h>

#define SLOT_BITS 6
#define SLOT_MASK (TIMER_WHEEL_SLOTS - 1)
/* How far ahead a slot of its own reaches: 63 slots of the top level; the 64th would be the present one again. */
#define HORIZON_TICKS ((uint64_t)SLOT_MASK << (SLOT_BITS * (TIMER_WHEEL_LEVELS - 1)))

static unsigned shift_of(unsigned level)
{
	return level * SLOT_BITS;
}

void timer_wheel_init(struct timer_wheel *wheel, uint64_t now_us)
{
	memset(wheel, 0, sizeof(*wheel));
	wheel->tick = now_us / TIMER_WHEEL_TICK_US;
}

/* The level is that of the highest digit in which the due tick differs from the present one. */
static void link_node(struct timer_wheel *wheel, struct timer_wheel_node *node)
{
	uint64_t differs = node->due_tick ^ wheel->tick;
	unsigned level = differs == 0 ? 0 : (63 - (unsigned)__builtin_clzll(differs)) / SLOT_BITS;
	if (level >= TIMER_WHEEL_LEVELS)
		level = TIMER_WHEEL_LEVELS - 1;
	unsigned slot = (node->due_tick >> shift_of(level)) & SLOT_MASK;
	struct timer_wheel_node **head = &wheel->slots[level][slot];
	node->next = *head;
	node->link = head;
	if (node->next != NULL)
		node->next->link = &node->next;
	*head = node;
	wheel->bitmap[level] |= UINT64_C(1) << slot;
}

void timer_wheel_set(struct timer_wheel *wheel, struct timer_wheel_node *node, uint64_t due_us)
{
	timer_wheel_stop(wheel, node);
	uint64_t due_tick = due_us / TIMER_WHEEL_TICK_US + (due_us % TIMER_WHEEL_TICK_US != 0);
	if (due_tick < wheel->tick)
		due_tick = wheel->tick;
	/* The top level wraps: what lies beyond its turn waits in the slot before the present one. */
	if (due_tick - wheel->tick > HORIZON_TICKS)
		due_tick = wheel->tick + HORIZON_TICKS;
	node->due_tick = due_tick;
	link_node(wheel, node);
}

static bool is_slot_head(const struct timer_wheel *wheel, struct timer_wheel_node *const *link)
{
	return link >= &wheel->slots[0][0] && link < &wheel->slots[0][0] + TIMER_WHEEL_LEVELS * TIMER_WHEEL_SLOTS;
}

void timer_wheel_stop(struct timer_wheel *wheel, struct timer_wheel_node *node)
{
	if (node->link == NULL)
		return;
	*node->link = node->next;
	if (node->next != NULL)
		node->next->link = node->link;
	else if (is_slot_head(wheel, node->link)) {
		unsigned index = (unsigned)(node->link - &wheel->slots[0][0]);
		wheel->bitmap[index / TIMER_WHEEL_SLOTS] &= ~(UINT64_C(1) << (index % TIMER_WHEEL_SLOTS));
	}
	node->next = NULL;
	node->link = NULL;
}

/* First slot in use at or after the present digit, as a distance of 0 to 63; only for a level that is not empty. */
static unsigned distance_to_next(const struct timer_wheel *wheel, unsigned level)
{
	unsigned digit = (wheel->tick >> shift_of(level)) & SLOT_MASK;
	uint64_t bits = wheel->bitmap[level];
	uint64_t rotated = digit == 0 ? bits : (bits >> digit) | (bits << (64 - digit));
	return (unsigned)__builtin_ctzll(rotated);
}

/* The tick at which the next slot in use must be looked at: expiry at level 0, a cascade above. UINT64_MAX: none. */
static uint64_t next_slot_tick(const struct timer_wheel *wheel, unsigned *out_level)
{
	uint64_t best = UINT64_MAX;
	for (unsigned level = 0; level < TIMER_WHEEL_LEVELS; level++) {
		if (wheel->bitmap[level] == 0)
			continue;
		uint64_t turn = (wheel->tick >> shift_of(level)) + distance_to_next(wheel, level);
		uint64_t tick = turn << shift_of(level);
		if (tick < wheel->tick)
			tick = wheel->tick;
		/* Of equals the higher level goes first: its timers belong below. */
		if (tick <= best) {
			best = tick;
			*out_level = level;
		}
	}
	return best;
}

/* Spread a slot of a higher level over the levels below, now that its turn has come. */
static void cascade(struct timer_wheel *wheel, unsigned level)
{
	unsigned slot = (wheel->tick >> shift_of(level)) & SLOT_MASK;
	struct timer_wheel_node *node = wheel->slots[level][slot];
	wheel->slots[level][slot] = NULL;
	wheel->bitmap[level] &= ~(UINT64_C(1) << slot);
	while (node != NULL) {
		struct timer_wheel_node *next = node->next;
		link_node(wheel, node);
		node = next;
	}
}

struct timer_wheel_node *timer_wheel_take_due(struct timer_wheel *wheel, uint64_t now_us)
{
	uint64_t now_tick = now_us / TIMER_WHEEL_TICK_US;
	for (;;) {
		unsigned level = 0;
		uint64_t tick = next_slot_tick(wheel, &level);
		if (tick > now_tick) {
			if (wheel->tick < now_tick)
				wheel->tick = now_tick;
			return NULL;
		}
		wheel->tick = tick;
		if (level == 0)
			break;
		cascade(wheel, level);
	}
	struct timer_wheel_node *node = wheel->slots[0][wheel->tick & SLOT_MASK];
	timer_wheel_stop(wheel, node);
	return node;
}

uint64_t timer_wheel_next_us(const struct timer_wheel *wheel)
{
	unsigned level;
	uint64_t tick = next_slot_tick(wheel, &level);
	return tick == UINT64_MAX ? UINT64_MAX : tick * TIMER_WHEEL_TICK_US;
}
