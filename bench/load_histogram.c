/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_histogram.h"

/*
 * Values below 2^(HALF_BITS + 1) have a bucket each. Above, a value is shifted right until HALF_BITS + 1 bits are left:
 * the top one is always set, so each shift has 2^HALF_BITS buckets, and they follow each other without a gap.
 */
static unsigned shift_of(uint64_t value)
{
	const unsigned bits = 64U - (unsigned)__builtin_clzll(value | 1);
	return bits > LOAD_HISTOGRAM_HALF_BITS + 1 ? bits - LOAD_HISTOGRAM_HALF_BITS - 1 : 0;
}

static uint64_t clamp(uint64_t value)
{
	const uint64_t longest = (UINT64_C(1) << LOAD_HISTOGRAM_MAX_BITS) - 1;
	return value < longest ? value : longest;
}

size_t load_histogram_bucket(uint64_t value)
{
	const uint64_t kept = clamp(value);
	const unsigned shift = shift_of(kept);
	return ((size_t)shift << LOAD_HISTOGRAM_HALF_BITS) + (size_t)(kept >> shift);
}

uint64_t load_histogram_end(size_t bucket)
{
	const size_t half = (size_t)1 << LOAD_HISTOGRAM_HALF_BITS;
	const size_t octave = bucket >> LOAD_HISTOGRAM_HALF_BITS;
	if (octave < 2)
		return bucket;
	const unsigned shift = (unsigned)(octave - 1) & 63; /* of a bucket it is 31 at most */
	const uint64_t top = half + (bucket & (half - 1));
	return ((top + 1) << shift) - 1;
}

void load_histogram_record(struct load_histogram *histogram, uint64_t value)
{
	histogram->buckets[load_histogram_bucket(value)]++;
	if (histogram->total == 0 || value < histogram->min)
		histogram->min = value;
	if (value > histogram->max)
		histogram->max = value;
	histogram->total++;
	histogram->sum += value;
}

void load_histogram_add(struct load_histogram *histogram, const struct load_histogram *other)
{
	if (other->total == 0)
		return;
	for (size_t i = 0; i < LOAD_HISTOGRAM_BUCKETS; i++)
		histogram->buckets[i] += other->buckets[i];
	if (histogram->total == 0 || other->min < histogram->min)
		histogram->min = other->min;
	if (other->max > histogram->max)
		histogram->max = other->max;
	histogram->total += other->total;
	histogram->sum += other->sum;
}

uint64_t load_histogram_percentile(const struct load_histogram *histogram, double fraction)
{
	uint64_t wanted = (uint64_t)(fraction * (double)histogram->total);
	if ((double)wanted < fraction * (double)histogram->total || wanted == 0)
		wanted++;
	uint64_t seen = 0;
	for (size_t i = 0; i < LOAD_HISTOGRAM_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted) /* the last bucket may end beyond the largest value there was */
			return load_histogram_end(i) < histogram->max ? load_histogram_end(i) : histogram->max;
	}
	return histogram->max;
}

double load_histogram_mean(const struct load_histogram *histogram)
{
	return histogram->total == 0 ? 0 : (double)histogram->sum / (double)histogram->total;
}
