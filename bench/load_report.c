/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_report.h"
#include "tls_alert.h"

#include <inttypes.h>

static void print_duration(FILE *out, uint64_t ns)
{
	const double us = (double)ns / 1e3;
	if (us < 10000)
		fprintf(out, " %8.0f us", us);
	else
		fprintf(out, " %8.1f ms", us / 1e3);
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void print_phases(FILE *out, const struct load_result *result)
{
	fprintf(out, "\n%-11s %10s", "phase", "count");
	for (size_t i = 0; i < LOAD_RESULT_PERCENTILES; i++)
		fprintf(out, " %11s", load_result_percentiles[i].name);
	fprintf(out, " %11s\n", "max");
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++) {
		const struct load_histogram *histogram = &result->phases[phase];
		if (histogram->total == 0)
			continue;
		fprintf(out, "%-11s %10" PRIu64, load_result_phase_name(phase), histogram->total);
		for (size_t i = 0; i < LOAD_RESULT_PERCENTILES; i++)
			print_duration(out, load_histogram_percentile(histogram, load_result_percentiles[i].fraction));
		print_duration(out, histogram->max);
		fprintf(out, "\n");
	}
}

static void print_errors(FILE *out, const struct load_result *result)
{
	fprintf(out, "\nerrors      %10" PRIu64 "\n", load_result_errors(result));
	for (unsigned cause = 0; cause < LOAD_CAUSE_COUNT; cause++)
		if (result->causes[cause] > 0 && cause != LOAD_CAUSE_ALERT)
			fprintf(out, "  %-32s %10" PRIu64 "\n", load_result_cause_words(cause), result->causes[cause]);
	for (unsigned alert = 0; alert < 256; alert++)
		if (result->alerts[alert] > 0)
			fprintf(out, "  alert %-26s %10" PRIu64 "\n", tls_alert_name((uint8_t)alert),
				result->alerts[alert]);
}

static void print_load(FILE *out, const struct load_plan *plan)
{
	const struct load_options *options = &plan->options;
	fprintf(out, "%s, %" PRIu64 " thread%s, ", options->target, options->threads, options->threads == 1 ? "" : "s");
	if (!plan->is_open)
		fprintf(out, "closed loop, %" PRIu64 " connections\n", plan->connections);
	else if (options->rate.from == options->rate.to)
		fprintf(out, "open loop, %.15g per second%s, at most %" PRIu64 " at once\n", options->rate.from,
			options->is_poisson ? " (Poisson)" : "", plan->connections);
	else
		fprintf(out, "open loop, rising from %.15g to %.15g per second%s, at most %" PRIu64 " at once\n",
			options->rate.from, options->rate.to, options->is_poisson ? " (Poisson)" : "",
			plan->connections);
}

/* What makes this client cheaper or less careful than a real one. */
static void print_notes(FILE *out, const struct load_plan *plan, const struct load_result *result)
{
	const struct load_options *options = &plan->options;
	if (options->reuse_key_share)
		fprintf(out, "cheat: one key share per thread for all its connections\n");
	if (options->verify_one_in != 1)
		fprintf(out, "cheat: %" PRIu64 " of %" PRIu64 " signatures and names were checked\n", result->verified,
			result->started);
	if (!plan->tls.ca_file)
		fprintf(out, "note: chains of certificates were not checked (--ca-file)\n");
	if (load_result_busy(result) > LOAD_RESULT_SATURATED)
		fprintf(out, "note: a generator thread was busy all the time: the limit may be this side's\n");
	if (result->paused_ns > 0)
		fprintf(out,
			"note: nothing was started for %.2f s (all threads together), after connections that did not "
			"come "
			"about\n",
			(double)result->paused_ns / 1e9);
	if (result->late_starts > 0)
		fprintf(out,
			"note: %" PRIu64 " of %" PRIu64 " starts were more than 1 ms late; durations count from when "
			"they were due\n",
			result->late_starts, result->started);
}

void load_report_print(FILE *out, const struct load_plan *plan, const struct load_result *result)
{
	print_load(out, plan);
	fprintf(out, "handshakes  %10" PRIu64 "   %.1f per second in %.2f s\n", result->handshakes,
		load_result_rate(result), (double)result->window_ns / 1e9);
	if (plan->options.resume > 0)
		fprintf(out,
			"resumed     %10" PRIu64 "   %.1f %% (%.1f %% asked; %" PRIu64 " without a ticket, %" PRIu64
			" refused)\n",
			result->resumed, percent(result->resumed, result->handshakes), 100 * plan->options.resume,
			result->without_ticket, result->resumption_refused);
	if (result->responses > 0)
		fprintf(out, "responses   %10" PRIu64 "   %" PRIu64 " bytes\n", result->responses,
			result->response_bytes);
	if (result->handshakes_in_window > 0)
		fprintf(out, "client CPU  %10.1f us per handshake\n", load_result_cpu_us(result));
	print_phases(out, result);
	print_errors(out, result);
	print_notes(out, plan, result);
}
