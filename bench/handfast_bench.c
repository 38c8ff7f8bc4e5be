/* SPDX-License-Identifier: BSD-3-Clause */
/** handfast-bench: makes TLS handshakes in number against any server and measures them. Manual: docs/load.md. */
#include "load_bounds.h"
#include "load_csv.h"
#include "load_dpdk_way.h"
#include "load_json.h"
#include "load_plot.h"
#include "load_report.h"
#include "load_run.h"
#include "load_search.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum exit_code { EXIT_MET = 0, EXIT_NOT_MET = 1, EXIT_UNUSABLE = 2 };

/** Where a search begins without --rate. */
#define SEARCH_RATE 100.0

/** One call of the program. */
struct bench {
	struct load_plan plan;
	const struct load_way *way;
	struct load_result *result;
	FILE *json, *csv; /**< NULL: not wanted */
	struct load_error error;
};

static atomic_bool stop;

static void handle_signal(int number)
{
	(void)number;
	atomic_store_explicit(&stop, true, memory_order_relaxed);
}

static void catch_signals(void)
{
	/* The second time the default action: a run that hangs can be ended. */
	struct sigaction action = {.sa_handler = handle_signal, .sa_flags = (int)SA_RESETHAND};
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static int refuse(const struct load_error *error)
{
	fprintf(stderr, "handfast-bench: %s\n", error->text);
	return EXIT_UNUSABLE;
}

/* --- files --- */

static bool open_file(const char *path, FILE **out, struct load_error *error)
{
	if (!path)
		return true;
	*out = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
	return *out || load_error_set(error, "%s: %s", path, strerror(errno));
}

/* Before the run: what cannot be written need not be measured. */
static bool open_files(struct bench *bench)
{
	const struct load_options *options = &bench->plan.options;
	return (!options->plot || load_plot_check(options->plot, &bench->error)) &&
	       open_file(options->json, &bench->json, &bench->error) &&
	       open_file(options->csv, &bench->csv, &bench->error) &&
	       (!bench->csv || load_csv_write_header(bench->csv));
}

static void close_files(struct bench *bench)
{
	if (bench->json && bench->json != stdout)
		fclose(bench->json);
	if (bench->csv && bench->csv != stdout)
		fclose(bench->csv);
}

static bool uses_stdout(const struct bench *bench)
{
	return bench->json == stdout || bench->csv == stdout;
}

/* --- running --- */

static void show_progress(void *context, const struct load_run_status *status)
{
	char line[LOAD_PROGRESS_LINE_BYTES];
	(void)context;
	load_progress_write(status->total, status->interval, status->elapsed_ns, status->interval_ns, line);
	fprintf(stderr, "\r%s\033[K", line);
}

static bool measure(struct bench *bench)
{
	const struct load_run_watch watch = {.tick = show_progress};
	const bool is_terminal = isatty(STDERR_FILENO);
	const bool ok =
		load_run(&bench->plan, bench->way, is_terminal ? &watch : NULL, &stop, bench->result, &bench->error);
	if (is_terminal)
		fprintf(stderr, "\r\033[K");
	if (ok && bench->csv)
		load_csv_write(bench->csv, &bench->plan, bench->result);
	return ok;
}

static void set_rate(struct load_plan *plan, double rate)
{
	plan->options.rate = (struct load_options_rate){rate, rate};
	plan->arrivals.rate = plan->arrivals.rate_end = rate;
}

/* A rate is served well if its durations are, nothing fails, and what was asked has happened. */
static bool is_served_well(const struct load_plan *plan, const struct load_result *result)
{
	const struct load_histogram *whole = &result->phases[LOAD_PHASE_WHOLE];
	return load_result_errors(result) == 0 && whole->total > 0 &&
	       load_histogram_percentile(whole, 0.99) <= plan->options.search_p99_ns;
}

static void print_step(const struct bench *bench, bool is_good)
{
	fprintf(uses_stdout(bench) ? stderr : stdout, "%9.0f per second: p99 %8.0f us, %lu errors: %s%s\n",
		bench->plan.arrivals.rate,
		(double)load_histogram_percentile(&bench->result->phases[LOAD_PHASE_WHOLE], 0.99) / 1e3,
		(unsigned long)load_result_errors(bench->result), is_good ? "yes" : "no",
		load_result_busy(bench->result) > LOAD_RESULT_SATURATED
			? " (the generator itself was busy all the time)"
			: "");
}

/* The result that is kept is the one of the highest rate that was served well; without one, of the last. */
static bool search(struct bench *bench)
{
	const double first = bench->plan.options.rate.from > 0 ? bench->plan.options.rate.from : SEARCH_RATE;
	struct load_result *best = calloc(1, sizeof(*best));
	struct load_search state;
	bool ok = true, goes_on = true;
	if (!best)
		return load_error_set(&bench->error, "out of memory");
	load_search_init(&state, first);
	while (goes_on && !atomic_load_explicit(&stop, memory_order_relaxed)) {
		set_rate(&bench->plan, state.rate);
		ok = measure(bench);
		const bool is_good = ok && is_served_well(&bench->plan, bench->result);
		if (is_good)
			*best = *bench->result;
		if (ok)
			print_step(bench, is_good);
		goes_on = ok && load_search_next(&state, is_good);
	}
	if (ok && state.good > 0) {
		*bench->result = *best;
		set_rate(&bench->plan, state.good);
	}
	free(best);
	return ok;
}

static int tell(struct bench *bench)
{
	const struct load_plan *plan = &bench->plan;
	const bool is_met = load_bounds_met(&plan->options, bench->result, uses_stdout(bench) ? stderr : NULL);
	if (!uses_stdout(bench)) {
		load_report_print(stdout, plan, bench->result);
		load_bounds_met(&plan->options, bench->result, stdout);
	}
	if (bench->json && !load_json_write(bench->json, plan, bench->result))
		load_error_set(&bench->error, "%s: cannot be written", plan->options.json);
	if (plan->options.plot)
		load_plot_write(plan->options.plot, bench->result, &bench->error);
	if (bench->error.text[0] != '\0')
		return refuse(&bench->error);
	const bool was_found = plan->options.search_p99_ns == 0 || is_served_well(plan, bench->result);
	return is_met && was_found ? EXIT_MET : EXIT_NOT_MET;
}

static int run(struct bench *bench)
{
	if (!bench->way->prepare(&bench->plan, &bench->error))
		return refuse(&bench->error);
	bool ok = load_run_probe(&bench->plan, bench->way, &stop, &bench->error);
	if (ok)
		ok = bench->plan.options.search_p99_ns > 0 ? search(bench) : measure(bench);
	if (bench->way->finish)
		bench->way->finish();
	return ok ? tell(bench) : refuse(&bench->error);
}

static int run_options(const struct load_options *options)
{
	struct bench bench = {.way = options->via == LOAD_OPTIONS_DPDK ? &load_dpdk_way : &load_run_kernel};
	int status = EXIT_UNUSABLE;
	bench.result = calloc(1, sizeof(*bench.result));
	if (!bench.result)
		load_error_set(&bench.error, "out of memory");
	if (!bench.result || !load_plan_init(&bench.plan, options, &bench.error)) {
		free(bench.result);
		return refuse(&bench.error);
	}
	if (open_files(&bench))
		status = run(&bench);
	else
		refuse(&bench.error);
	close_files(&bench);
	load_plan_fini(&bench.plan);
	free(bench.result);
	return status;
}

int main(int argc, char **argv)
{
	struct load_options options;
	struct load_error error;
	switch (load_options_read(argc, argv, &options, &error)) {
	case LOAD_OPTIONS_HELP:
		load_options_help(stdout);
		return EXIT_MET;
	case LOAD_OPTIONS_VERSION:
		printf("handfast-bench %s\n", HANDFAST_VERSION);
		return EXIT_MET;
	case LOAD_OPTIONS_BAD:
		return refuse(&error);
	case LOAD_OPTIONS_RUN:
		break;
	}
	catch_signals();
	return run_options(&options);
}
