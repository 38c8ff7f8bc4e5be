/* SPDX-License-Identifier: BSD-3-Clause */
/** handfast-bench: makes TLS handshakes in number against any server and measures them. Manual: docs/load.md. */
#include "load_report.h"
#include "load_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum exit_code { EXIT_MET = 0, EXIT_NOT_MET = 1, EXIT_UNUSABLE = 2 };

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

static void show_progress(void *context, const struct load_run_status *status)
{
	uint64_t *last = context;
	fprintf(stderr, "\r%3.0f s  %8lu handshakes/s  %10lu handshakes  %8lu errors  %7lu open \033[K",
		(double)status->elapsed_ns / 1e9, (unsigned long)(status->handshakes - *last),
		(unsigned long)status->handshakes, (unsigned long)status->errors, (unsigned long)status->active);
	*last = status->handshakes;
}

static bool measure(
	const struct load_plan *plan, const struct load_way *way, struct load_result *result, struct load_error *error)
{
	uint64_t last = 0;
	const struct load_run_watch watch = {.tick = show_progress, .context = &last};
	const bool is_terminal = isatty(STDERR_FILENO);
	const bool ok = load_run_probe(plan, way, &stop, error) &&
			load_run(plan, way, is_terminal ? &watch : NULL, &stop, result, error);
	if (is_terminal)
		fprintf(stderr, "\r\033[K");
	return ok;
}

static int run(const struct load_plan *plan, const struct load_way *way)
{
	struct load_error error;
	struct load_result *result = calloc(1, sizeof(*result));
	if (!result)
		return EXIT_UNUSABLE;
	if (!way->prepare(plan, &error)) {
		free(result);
		return refuse(&error);
	}
	const bool ok = measure(plan, way, result, &error);
	if (way->finish)
		way->finish();
	if (ok)
		load_report_print(stdout, plan, result);
	const int status = ok ? result->handshakes > 0 ? EXIT_MET : EXIT_NOT_MET : refuse(&error);
	free(result);
	return status;
}

int main(int argc, char **argv)
{
	struct load_options options;
	struct load_plan plan;
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
	if (!load_plan_init(&plan, &options, &error))
		return refuse(&error);
	catch_signals();
	const int status = run(&plan, &load_run_kernel);
	load_plan_fini(&plan);
	return status;
}
