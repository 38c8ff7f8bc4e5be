/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Micro benchmarks of single stages: TSC cycles per operation, the median of several rounds (machines are shared; a
 * mean would tell of the neighbours). The body runs `operations` times in each round.
 */
#ifndef HANDFAST_BENCH_H
#define HANDFAST_BENCH_H

#include <stdint.h>

#define BENCH_ROUNDS 31

/** One stage. */
struct bench {
	const char *name;
	unsigned operations;                        /**< per round */
	void (*run)(void *context, unsigned round); /**< does all operations of one round */
	void *context;
};

/** Run a bench and print one line: name, median, best and worst round in cycles per operation. */
void bench_run(const struct bench *bench);

/** Print such a line of rounds measured elsewhere; sorts them. @return the median. */
double bench_print(const char *name, double cycles[BENCH_ROUNDS]);

/** The header above those lines. */
void bench_print_header(void);

/** Keep a value alive, so that the compiler cannot drop what made it. */
static inline void bench_keep(uint64_t value)
{
	__asm__ __volatile__("" : : "r"(value) : "memory");
}

/** A small generator for keys and orders (xorshift64*): fast, seeded, no secret. */
static inline uint64_t bench_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

#endif
