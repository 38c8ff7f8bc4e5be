/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_bounds.h"

#include <inttypes.h>

static bool judge_p99(const struct load_options *options, const struct load_result *result, FILE *out)
{
	const uint64_t p99 = load_histogram_percentile(&result->phases[LOAD_PHASE_WHOLE], 0.99);
	if (options->max_p99_ns == 0 || p99 <= options->max_p99_ns)
		return true;
	if (out)
		fprintf(out, "not met: p99 is %.0f us, at most %.0f us were asked (--max-p99)\n", (double)p99 / 1e3,
			(double)options->max_p99_ns / 1e3);
	return false;
}

static bool judge_rate(const struct load_options *options, const struct load_result *result, FILE *out)
{
	const double rate = load_result_rate(result);
	if (rate >= options->min_rate)
		return true;
	if (out)
		fprintf(out, "not met: %.1f handshakes per second, at least %.1f were asked (--min-rate)\n", rate,
			options->min_rate);
	return false;
}

static bool judge_errors(const struct load_options *options, const struct load_result *result, FILE *out)
{
	const uint64_t errors = load_result_errors(result);
	if (options->max_errors == LOAD_OPTIONS_ANY_ERRORS || errors <= options->max_errors)
		return true;
	if (out)
		fprintf(out, "not met: %" PRIu64 " errors, at most %" PRIu64 " were asked (--max-errors)\n", errors,
			options->max_errors);
	return false;
}

bool load_bounds_met(const struct load_options *options, const struct load_result *result, FILE *out)
{
	if (result->handshakes == 0 && out)
		fprintf(out, "not met: no handshake succeeded\n");
	/* Each says its line, also after another one. */
	const bool p99 = judge_p99(options, result, out);
	const bool rate = judge_rate(options, result, out);
	const bool errors = judge_errors(options, result, out);
	return result->handshakes > 0 && p99 && rate && errors;
}
