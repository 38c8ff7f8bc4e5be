/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Micro benchmarks of single stages: TSC cycles per operation, the median of several rounds (machines are shared; a
 * mean would tell of the neighbours). The body runs `operations` times in each round. Under valgrind's callgrind the
 * same bodies are counted instead: the instructions of one round (bench/baseline.py). So a body is the same each time
 * it is given the same round: seeds are constants, hash keys too.
 */
#ifndef HANDFAST_BENCH_H
#define HANDFAST_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_ROUNDS 31

/** The key of every keyed hash: an attacker is not among those who measure. */
extern const uint8_t bench_hash_key[16];

/** One stage. */
struct bench {
	const char *name;
	unsigned operations;                        /**< per round */
	void (*run)(void *context, unsigned round); /**< does all operations of one round */
	void *context;
};

/**
 * Run a bench and print one line: name, median, best and worst round in cycles per operation. Under callgrind: one
 * round to warm up, one counted.
 */
void bench_run(const struct bench *bench);

/** Print such a line of rounds measured elsewhere; sorts them. @return the median. */
double bench_print(const char *name, double cycles[BENCH_ROUNDS]);

/** The header above those lines; nothing if the variable BENCH_CONTINUES is set: an earlier program has printed it. */
void bench_print_header(void);

/**
 * Within a body: what follows is not measured (the other side's part of a handshake), until bench_clock_start(). A
 * round begins with the clock running.
 */
void bench_clock_stop(void);
void bench_clock_start(void);

/** @return true under callgrind, where everything takes fifty times as long: tables are made smaller. */
bool bench_is_counting(void);

/** Print a line on standard error and end the program: a bench that could not be set up says nothing. */
_Noreturn void bench_fail(const char *what);

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
