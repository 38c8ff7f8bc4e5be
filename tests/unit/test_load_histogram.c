/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_histogram.h"
#include "load_random.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct load_histogram *fresh(void)
{
	struct load_histogram *histogram = calloc(1, sizeof(*histogram));
	CU_ASSERT_PTR_NOT_NULL_FATAL(histogram);
	return histogram;
}

static void an_empty_one_says_nothing(void)
{
	struct load_histogram *histogram = fresh();
	CU_ASSERT_EQUAL(load_histogram_percentile(histogram, 0.5), 0);
	CU_ASSERT_EQUAL(load_histogram_mean(histogram), 0);
	free(histogram);
}

/* The bound that the header promises, at every power of two and beside it, and at random. */
static void a_value_is_kept_to_within_one_part_in_256(void)
{
	struct load_random random = load_random_seeded(1);
	for (unsigned i = 0; i < 100000; i++) {
		const unsigned bits = (unsigned)load_random_below(&random, LOAD_HISTOGRAM_MAX_BITS);
		const uint64_t power = UINT64_C(1) << bits;
		const uint64_t value = i % 4 == 0 ? power - 1 + load_random_below(&random, 3)
						  : power + load_random_below(&random, power);
		const uint64_t end = load_histogram_end(load_histogram_bucket(value));
		if (value >= UINT64_C(1) << LOAD_HISTOGRAM_MAX_BITS)
			continue;
		CU_ASSERT_FATAL(end >= value);
		CU_ASSERT_FATAL(end - value <= value / 256);
	}
}

static void buckets_follow_each_other_without_a_gap(void)
{
	uint64_t buckets = 1;
	uint64_t end = load_histogram_end(load_histogram_bucket(0));
	while (end < (UINT64_C(1) << LOAD_HISTOGRAM_MAX_BITS) - 1) {
		const uint64_t next = load_histogram_end(load_histogram_bucket(end + 1));
		CU_ASSERT_FATAL(next > end);
		end = next;
		buckets++;
	}
	CU_ASSERT_EQUAL(buckets, LOAD_HISTOGRAM_BUCKETS);
}

static void percentiles_are_those_of_the_sorted_values(void)
{
	struct load_histogram *histogram = fresh();
	for (uint64_t value = 1; value <= 1000; value++)
		load_histogram_record(histogram, value * 1000);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(histogram, 0.5), 500e3, 2e3);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(histogram, 0.99), 990e3, 4e3);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(histogram, 0.999), 999e3, 4e3);
	CU_ASSERT_EQUAL(load_histogram_percentile(histogram, 1), 1000000); /* never above the largest there was */
	CU_ASSERT_EQUAL(histogram->min, 1000);
	CU_ASSERT_EQUAL(histogram->max, 1000000);
	CU_ASSERT_DOUBLE_EQUAL(load_histogram_mean(histogram), 500500, 0.1);
	free(histogram);
}

static void one_value_of_a_thousand_shows_above_p999_only(void)
{
	struct load_histogram *histogram = fresh();
	for (unsigned i = 0; i < 9990; i++)
		load_histogram_record(histogram, 100);
	for (unsigned i = 0; i < 10; i++)
		load_histogram_record(histogram, 1000000);
	CU_ASSERT_EQUAL(load_histogram_percentile(histogram, 0.999), 100);
	CU_ASSERT_EQUAL(load_histogram_percentile(histogram, 0.9991), 1000000);
	free(histogram);
}

static void a_sum_of_two_is_as_one(void)
{
	struct load_histogram *all = fresh(), *left = fresh(), *right = fresh();
	struct load_random random = load_random_seeded(2);
	for (unsigned i = 0; i < 10000; i++) {
		const uint64_t value = load_random_below(&random, 1000000000);
		load_histogram_record(all, value);
		load_histogram_record(i % 2 == 0 ? left : right, value);
	}
	load_histogram_add(left, right);
	CU_ASSERT_EQUAL(memcmp(all, left, sizeof(*all)), 0);
	struct load_histogram *none = fresh();
	load_histogram_add(left, none);
	CU_ASSERT_EQUAL(memcmp(all, left, sizeof(*all)), 0);
	free(all);
	free(left);
	free(right);
	free(none);
}

static void what_is_too_long_counts_as_the_longest(void)
{
	struct load_histogram *histogram = fresh();
	load_histogram_record(histogram, UINT64_MAX);
	CU_ASSERT_EQUAL(load_histogram_percentile(histogram, 0.5), (UINT64_C(1) << LOAD_HISTOGRAM_MAX_BITS) - 1);
	CU_ASSERT_EQUAL(histogram->max, UINT64_MAX);
	free(histogram);
}

int main(void)
{
	return unit_run("load_histogram",
		(CU_TestInfo[]){{"an empty one says nothing", an_empty_one_says_nothing},
			{"a value is kept to within one part in 256", a_value_is_kept_to_within_one_part_in_256},
			{"buckets follow each other without a gap", buckets_follow_each_other_without_a_gap},
			{"percentiles are those of the sorted values", percentiles_are_those_of_the_sorted_values},
			{"one value of a thousand shows above p99.9 only",
				one_value_of_a_thousand_shows_above_p999_only},
			{"a sum of two is as one", a_sum_of_two_is_as_one},
			{"what is too long counts as the longest", what_is_too_long_counts_as_the_longest},
			CU_TEST_INFO_NULL});
}
