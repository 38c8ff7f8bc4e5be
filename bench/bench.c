/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>
#include <x86intrin.h>

const uint8_t bench_hash_key[16] = "sixteen constant";

static uint64_t clock_began, clock_cycles;

bool bench_is_counting(void)
{
	return RUNNING_ON_VALGRIND != 0;
}

/* Callgrind is started with --collect-atstart=no; its collection is switched where the clock is. */
void bench_clock_start(void)
{
	CALLGRIND_TOGGLE_COLLECT;
	clock_began = __rdtsc();
}

void bench_clock_stop(void)
{
	clock_cycles += __rdtsc() - clock_began;
	CALLGRIND_TOGGLE_COLLECT;
}

void bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static double run_round(const struct bench *bench, unsigned round)
{
	clock_cycles = 0;
	bench_clock_start();
	bench->run(bench->context, round);
	bench_clock_stop();
	return (double)clock_cycles / bench->operations;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void bench_print_header(void)
{
	if (getenv("BENCH_CONTINUES") == NULL)
		printf("%-60s %12s %12s %12s\n", "TSC cycles per operation", "median", "best", "worst");
}

/* The dump's "desc: Trigger" line carries the operations and the name to bench/baseline.py. */
static void count(const struct bench *bench)
{
	char label[200];
	snprintf(label, sizeof(label), "%u %s", bench->operations, bench->name);
	CALLGRIND_ZERO_STATS;
	run_round(bench, 1);
	CALLGRIND_DUMP_STATS_AT(label);
}

double bench_print(const char *name, double cycles[BENCH_ROUNDS])
{
	qsort(cycles, BENCH_ROUNDS, sizeof(cycles[0]), by_value);
	printf("%-60s %12.0f %12.0f %12.0f\n", name, cycles[BENCH_ROUNDS / 2], cycles[0], cycles[BENCH_ROUNDS - 1]);
	fflush(stdout);
	return cycles[BENCH_ROUNDS / 2];
}

void bench_run(const struct bench *bench)
{
	double cycles[BENCH_ROUNDS];
	run_round(bench, 0); /* warm caches and branch predictors */
	if (bench_is_counting()) {
		count(bench);
		return;
	}
	for (unsigned round = 0; round < BENCH_ROUNDS; round++)
		cycles[round] = run_round(bench, round);
	bench_print(bench->name, cycles);
}
