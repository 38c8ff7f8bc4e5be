/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void bench_print_header(void)
{
	printf("%-52s %12s %12s %12s\n", "TSC cycles per operation", "median", "best", "worst");
}

double bench_print(const char *name, double cycles[BENCH_ROUNDS])
{
	qsort(cycles, BENCH_ROUNDS, sizeof(cycles[0]), by_value);
	printf("%-52s %12.0f %12.0f %12.0f\n", name, cycles[BENCH_ROUNDS / 2], cycles[0], cycles[BENCH_ROUNDS - 1]);
	fflush(stdout);
	return cycles[BENCH_ROUNDS / 2];
}

void bench_run(const struct bench *bench)
{
	double cycles[BENCH_ROUNDS];
	bench->run(bench->context, 0); /* warm caches and branch predictors */
	for (unsigned round = 0; round < BENCH_ROUNDS; round++) {
		uint64_t start = __rdtsc();
		bench->run(bench->context, round);
		cycles[round] = (double)(__rdtsc() - start) / bench->operations;
	}
	bench_print(bench->name, cycles);
}
