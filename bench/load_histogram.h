/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Counts of durations in buckets whose width grows with the value, as in Gil Tene's HdrHistogram: every value from 1 ns
 * to 18 minutes is kept to within one part in 256, in fixed memory, and histograms of threads can be added. A
 * percentile is the upper end of its bucket: at most 0.4 % too high, never too low.
 */
#ifndef HANDFAST_LOAD_HISTOGRAM_H
#define HANDFAST_LOAD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_HISTOGRAM_HALF_BITS 8
#define LOAD_HISTOGRAM_MAX_BITS  40 /**< longer values count as the longest: 2^40 ns */
#define LOAD_HISTOGRAM_BUCKETS   ((LOAD_HISTOGRAM_MAX_BITS - LOAD_HISTOGRAM_HALF_BITS + 1) << LOAD_HISTOGRAM_HALF_BITS)

/** All zero is empty. */
struct load_histogram {
	uint64_t total, sum, min, max; /**< min and max as recorded; min is 0 while there is no value */
	uint64_t buckets[LOAD_HISTOGRAM_BUCKETS];
};

/** Count a value. Threads: the owner's, as for every function here. */
void load_histogram_record(struct load_histogram *histogram, uint64_t value);

/** Add all values of another. */
void load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other);

/** @param fraction  0.5 for the median. @return smallest bucket end with at least that share at or below, 0 if empty.
 */
uint64_t load_histogram_percentile(const struct load_histogram *histogram, double fraction);

/** @return the mean of the exact values, 0 if empty. */
double load_histogram_mean(const struct load_histogram *histogram);

/** @return which bucket counts the value, below LOAD_HISTOGRAM_BUCKETS. */
size_t load_histogram_bucket(uint64_t value);

/** @return the highest value that the bucket counts. */
uint64_t load_histogram_end(size_t bucket);

#endif
