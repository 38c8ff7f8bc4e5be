/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_bounds.h"
#include "load_sample.h"
#include "unit.h"

#include <string.h>

/* @return how many lines were written about bounds that are not met. */
static unsigned judge(struct load_sample *sample, bool expected)
{
	char *text = NULL;
	size_t size;
	unsigned lines = 0;
	FILE *out = open_memstream(&text, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT_EQUAL(load_bounds_met(&sample->plan.options, sample->result, out), expected);
	CU_ASSERT_EQUAL(load_bounds_met(&sample->plan.options, sample->result, NULL), expected);
	fclose(out);
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	free(text);
	return lines;
}

static void without_bounds_errors_are_allowed(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	CU_ASSERT_EQUAL(judge(&sample, true), 0);
	load_sample_fini(&sample);
}

/* p99 is 990 us, the rate 500, errors 8: each bound at its edge, and just beyond it. */
static void each_bound_is_kept_and_broken(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "--max-p99", "993us", "--min-rate", "500", "--max-errors", "8", "192.0.2.1:443");
	CU_ASSERT_EQUAL(judge(&sample, true), 0);
	sample.plan.options.max_p99_ns = 985000;
	CU_ASSERT_EQUAL(judge(&sample, false), 1);
	sample.plan.options.min_rate = 500.1;
	CU_ASSERT_EQUAL(judge(&sample, false), 2);
	sample.plan.options.max_errors = 7;
	CU_ASSERT_EQUAL(judge(&sample, false), 3);
	load_sample_fini(&sample);
}

static void no_handshake_at_all_is_never_good(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	sample.result->handshakes = 0;
	CU_ASSERT_EQUAL(judge(&sample, false), 1);
	load_sample_fini(&sample);
}

int main(void)
{
	return unit_run("load_bounds",
		(CU_TestInfo[]){{"without bounds errors are allowed", without_bounds_errors_are_allowed},
			{"each bound is kept and broken", each_bound_is_kept_and_broken},
			{"no handshake at all is never good", no_handshake_at_all_is_never_good}, CU_TEST_INFO_NULL});
}
