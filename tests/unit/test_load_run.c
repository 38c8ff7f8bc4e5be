/* SPDX-License-Identifier: BSD-3-Clause */
/** Threads and their results, over a transport that reaches nobody. */
#include "load_run.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static unsigned refused_thread; /* whose transport cannot be opened; 99: none's */
static atomic_uint n_open;

static enum load_transport_open connect_nowhere(struct load_transport *transport, uint32_t slot,
	const struct load_endpoint *source, const struct load_endpoint *destination)
{
	(void)transport;
	(void)slot;
	(void)source;
	(void)destination;
	return LOAD_TRANSPORT_NO_ROUTE;
}

/* A thread's clock: it stands where the engine wanted to be woken. */
static _Thread_local uint64_t clock_ns = 1;

static uint64_t now_ns(struct load_transport *transport)
{
	(void)transport;
	return clock_ns;
}

static void poll_nothing(struct load_transport *transport, uint64_t until_ns)
{
	(void)transport;
	if (until_ns > clock_ns)
		clock_ns = until_ns;
}

static const struct load_transport_ops ops = {
	.connect = connect_nowhere, .poll = poll_nothing, .now_ns = now_ns, .busy_ns = now_ns};

static bool prepare(const struct load_plan *plan, struct load_error *error)
{
	(void)plan;
	(void)error;
	return true;
}

static struct load_transport *open_nowhere(
	const struct load_plan *plan, unsigned thread, uint32_t n_slots, struct load_error *error)
{
	(void)plan;
	(void)n_slots;
	struct load_transport *transport = thread == refused_thread ? NULL : calloc(1, sizeof(*transport));
	if (transport) {
		transport->ops = &ops;
		n_open++;
	} else {
		load_error_set(error, "thread %u has no way out", thread);
	}
	return transport;
}

static void close_nowhere(struct load_transport *transport)
{
	n_open--;
	free(transport);
}

static const struct load_way nowhere = {
	.name = "nowhere", .prepare = prepare, .open = open_nowhere, .close = close_nowhere};

static void make_plan(struct load_plan *plan, unsigned threads)
{
	struct load_options options;
	struct load_error error;
	CU_ASSERT_EQUAL_FATAL(load_options_read(2, (char *[]){"handfast-bench", "192.0.2.1:443"}, &options, &error),
		LOAD_OPTIONS_RUN);
	CU_ASSERT_FATAL(load_plan_init(plan, &options, &error));
	plan->options.threads = threads;
	plan->duration_ns = 0;
	plan->count = 100;
	refused_thread = 99;
}

static void count_tick(void *context, const struct load_run_status *status)
{
	CU_ASSERT(status->total->errors <= 100);
	++*(unsigned *)context;
}

static void threads_share_the_load(void)
{
	static const atomic_bool stop;
	struct load_plan plan;
	struct load_error error;
	unsigned ticks = 0;
	const struct load_run_watch watch = {count_tick, &ticks};
	struct load_result *result = calloc(1, sizeof(*result));
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	make_plan(&plan, 3);
	CU_ASSERT(load_run(&plan, &nowhere, &watch, &stop, result, &error));
	CU_ASSERT_EQUAL(result->started, 100);
	CU_ASSERT_EQUAL(result->causes[LOAD_CAUSE_UNREACHABLE], 100);
	CU_ASSERT(ticks >= 1);
	CU_ASSERT_EQUAL(n_open, 0);
	load_plan_fini(&plan);
	free(result);
}

static void a_thread_that_cannot_begin_ends_the_run(void)
{
	static const atomic_bool stop;
	struct load_plan plan;
	struct load_error error;
	struct load_result *result = calloc(1, sizeof(*result));
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	make_plan(&plan, 3);
	refused_thread = 1;
	CU_ASSERT_FALSE(load_run(&plan, &nowhere, NULL, &stop, result, &error));
	CU_ASSERT_STRING_EQUAL(error.text, "thread 1 has no way out");
	CU_ASSERT_EQUAL(n_open, 0);
	load_plan_fini(&plan);
	free(result);
}

static void a_probe_says_what_is_wrong_with_the_target(void)
{
	static const atomic_bool stop;
	struct load_plan plan;
	struct load_error error;
	make_plan(&plan, 2);
	CU_ASSERT_FALSE(load_run_probe(&plan, &nowhere, &stop, &error));
	CU_ASSERT_STRING_EQUAL(error.text, "expected a TLS server at 192.0.2.1:443, found: unreachable");
	load_plan_fini(&plan);
}

int main(void)
{
	return unit_run("load_run",
		(CU_TestInfo[]){{"threads share the load", threads_share_the_load},
			{"a thread that cannot begin ends the run", a_thread_that_cannot_begin_ends_the_run},
			{"a probe says what is wrong with the target", a_probe_says_what_is_wrong_with_the_target},
			CU_TEST_INFO_NULL});
}
