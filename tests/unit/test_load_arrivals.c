/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_arrivals.h"
#include "unit.h"

#include <math.h>

#define S UINT64_C(1000000000)

static uint64_t take(struct load_arrivals *arrivals)
{
	const uint64_t at = load_arrivals_next(arrivals);
	load_arrivals_take(arrivals);
	return at;
}

static void a_constant_rate_is_evenly_spaced_and_does_not_drift(void)
{
	const struct load_arrivals_wish wish = {.rate = 3, .rate_end = 3};
	struct load_arrivals arrivals;
	load_arrivals_init(&arrivals, &wish, 0, 1, 7 * S);
	for (uint64_t i = 0; i < 300000; i++) {
		const double at = (double)(take(&arrivals) - 7 * S);
		CU_ASSERT_FATAL(fabs(at - (double)i / 3 * 1e9) < 2);
	}
}

/* Two threads at 2 per second each: together one every quarter of a second. */
static void threads_stand_between_each_other(void)
{
	const struct load_arrivals_wish wish = {.rate = 4, .rate_end = 4};
	struct load_arrivals left, right;
	load_arrivals_init(&left, &wish, 0, 2, 0);
	load_arrivals_init(&right, &wish, 1, 2, 0);
	CU_ASSERT_EQUAL(take(&left), 0);
	CU_ASSERT_EQUAL(take(&right), S / 4);
	CU_ASSERT_EQUAL(take(&left), S / 2);
	CU_ASSERT_EQUAL(take(&right), 3 * S / 4);
}

/* An exponential distribution: mean and standard deviation are equal, and 1 - 1/e of the gaps are below the mean. */
static void poisson_gaps_are_exponential(void)
{
	const struct load_arrivals_wish wish = {.rate = 1000, .rate_end = 1000, .is_poisson = true};
	const unsigned n = 200000;
	struct load_arrivals arrivals;
	double sum = 0, squares = 0, before = 0;
	unsigned below = 0;
	load_arrivals_init(&arrivals, &wish, 0, 1, 0);
	for (unsigned i = 0; i < n; i++) {
		const double at = (double)take(&arrivals), gap = (at - before) / 1e6;
		before = at;
		sum += gap;
		squares += gap * gap;
		below += gap < 1;
	}
	const double mean = sum / n;
	CU_ASSERT_DOUBLE_EQUAL(mean, 1, 0.01);
	CU_ASSERT_DOUBLE_EQUAL(sqrt(squares / n - mean * mean), 1, 0.02);
	CU_ASSERT_DOUBLE_EQUAL((double)below / n, 1 - exp(-1), 0.01);
}

static void threads_of_a_poisson_process_differ(void)
{
	const struct load_arrivals_wish wish = {.rate = 1000, .rate_end = 1000, .is_poisson = true};
	struct load_arrivals left, right;
	load_arrivals_init(&left, &wish, 0, 2, 0);
	load_arrivals_init(&right, &wish, 1, 2, 0);
	CU_ASSERT_NOT_EQUAL(take(&left), take(&right));
}

static unsigned arrivals_until(struct load_arrivals *arrivals, uint64_t end_ns)
{
	unsigned n = 0;
	for (; load_arrivals_next(arrivals) < end_ns && n < 1000000; n++)
		load_arrivals_take(arrivals);
	return n;
}

/* From 0.001 to 1000 per second in 10 s: half of the time has a quarter of the 5000. */
static void a_ramp_rises(void)
{
	const struct load_arrivals_wish wish = {.rate = 0.001, .rate_end = 1000, .duration_ns = 10 * S};
	struct load_arrivals arrivals;
	load_arrivals_init(&arrivals, &wish, 0, 1, 0);
	const unsigned first = arrivals_until(&arrivals, 5 * S);
	const unsigned second = arrivals_until(&arrivals, 10 * S);
	CU_ASSERT(first >= 1249 && first <= 1251);
	CU_ASSERT(first + second >= 4999 && first + second <= 5001);
}

static void a_falling_ramp_ends(void)
{
	const struct load_arrivals_wish wish = {.rate = 1000, .rate_end = 0.001, .duration_ns = 10 * S};
	struct load_arrivals arrivals;
	load_arrivals_init(&arrivals, &wish, 0, 1, 0);
	const unsigned n = arrivals_until(&arrivals, UINT64_MAX);
	CU_ASSERT(n >= 5000 && n <= 5001);
	CU_ASSERT_EQUAL(load_arrivals_next(&arrivals), UINT64_MAX);
}

static void a_move_shifts_all_times(void)
{
	const struct load_arrivals_wish wish = {.rate = 10, .rate_end = 10};
	struct load_arrivals arrivals;
	load_arrivals_init(&arrivals, &wish, 0, 1, 0);
	load_arrivals_move(&arrivals, 5 * S);
	CU_ASSERT_EQUAL(take(&arrivals), 5 * S);
	CU_ASSERT_EQUAL(take(&arrivals), 5 * S + S / 10);
}

int main(void)
{
	return unit_run(
		"load_arrivals", (CU_TestInfo[]){{"a constant rate is evenly spaced and does not drift",
							 a_constant_rate_is_evenly_spaced_and_does_not_drift},
					 {"threads stand between each other", threads_stand_between_each_other},
					 {"Poisson gaps are exponential", poisson_gaps_are_exponential},
					 {"threads of a Poisson process differ", threads_of_a_poisson_process_differ},
					 {"a ramp rises", a_ramp_rises}, {"a falling ramp ends", a_falling_ramp_ends},
					 {"a move shifts all times", a_move_shifts_all_times}, CU_TEST_INFO_NULL});
}
