/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_csv.h"

#include <inttypes.h>

bool load_csv_write_header(FILE *out)
{
	fprintf(out, "rate_asked,connections,seconds,handshakes,handshakes_per_second,resumed,errors,late_starts,"
		     "client_cpu_us_per_handshake,busiest_thread");
	for (unsigned cause = 0; cause < LOAD_CAUSE_COUNT; cause++)
		fprintf(out, ",%s", load_result_cause_key(cause));
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++) {
		fprintf(out, ",%s_count", load_result_phase_name(phase));
		for (size_t i = 0; i < LOAD_RESULT_PERCENTILES; i++)
			fprintf(out, ",%s_%s_us", load_result_phase_name(phase), load_result_percentiles[i].name);
		fprintf(out, ",%s_max_us", load_result_phase_name(phase));
	}
	return fputc('\n', out) != EOF;
}

static void write_phase(FILE *out, const struct load_histogram *histogram)
{
	fprintf(out, ",%" PRIu64, histogram->total);
	for (size_t i = 0; i < LOAD_RESULT_PERCENTILES; i++)
		fprintf(out, ",%.3f",
			(double)load_histogram_percentile(histogram, load_result_percentiles[i].fraction) / 1e3);
	fprintf(out, ",%.3f", (double)histogram->max / 1e3);
}

bool load_csv_write(FILE *out, const struct load_plan *plan, const struct load_result *result)
{
	fprintf(out, "%.6g,%" PRIu64 ",%.3f,%" PRIu64 ",%.3f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%.3f,%.4f",
		plan->arrivals.rate, plan->connections, (double)result->window_ns / 1e9, result->handshakes,
		load_result_rate(result), result->resumed, load_result_errors(result), result->late_starts,
		load_result_cpu_us(result), load_result_busy(result));
	for (unsigned cause = 0; cause < LOAD_CAUSE_COUNT; cause++)
		fprintf(out, ",%" PRIu64, result->causes[cause]);
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++)
		write_phase(out, &result->phases[phase]);
	return fputc('\n', out) != EOF;
}
