/* SPDX-License-Identifier: BSD-3-Clause */
/** Choices of a run (names, arrivals, sources, a ClientHello's random octets): fast, seeded, no secret. */
#ifndef HANDFAST_LOAD_RANDOM_H
#define HANDFAST_LOAD_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct load_random {
	uint64_t state; /**< never 0 */
};

/** @param seed  any. */
static inline struct load_random load_random_seeded(uint64_t seed)
{
	/* One step of splitmix64: seeds that differ in one bit give states that have nothing in common. */
	uint64_t mixed = seed + UINT64_C(0x9e3779b97f4a7c15);
	mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
	mixed ^= mixed >> 31;
	return (struct load_random){mixed ? mixed : 1};
}

/** xorshift64*. */
static inline uint64_t load_random_next(struct load_random *random)
{
	random->state ^= random->state >> 12;
	random->state ^= random->state << 25;
	random->state ^= random->state >> 27;
	return random->state * UINT64_C(0x2545f4914f6cdd1d);
}

/** @return in [0, 1). */
static inline double load_random_unit(struct load_random *random)
{
	return (double)(load_random_next(random) >> 11) * 0x1p-53;
}

/** @return below bound, which is not 0. */
static inline uint64_t load_random_below(struct load_random *random, uint64_t bound)
{
	return (uint64_t)((unsigned __int128)load_random_next(random) * bound >> 64);
}

static inline void load_random_fill(struct load_random *random, uint8_t *out, size_t len)
{
	uint64_t word = 0;
	for (size_t i = 0; i < len; i++, word >>= 8) {
		if (i % sizeof(word) == 0)
			word = load_random_next(random);
		out[i] = (uint8_t)word;
	}
}

#endif
