/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_run.h"
#include "load_kernel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct thread;

/** What the threads of a run share. The lock guards n_ready and n_done. */
struct run {
	const struct load_plan *plan;
	const struct load_way *way;
	const atomic_bool *stop;
	struct thread *threads;
	unsigned n_threads, n_ready, n_done;
	bool has_failed; /**< a thread could not begin: none does */
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

struct thread {
	struct run *run;
	unsigned number;
	pthread_t id;
	struct load_transport *transport;
	struct load_engine *engine;
	struct load_error error;
};

/* --- the threads --- */

static bool open_engine(struct thread *thread)
{
	const struct run *run = thread->run;
	const uint32_t slots = load_engine_slots(run->plan, thread->number, run->n_threads);
	thread->transport = run->way->open(run->plan, thread->number, slots, &thread->error);
	if (thread->transport)
		thread->engine = load_engine_create(
			run->plan, thread->transport, thread->number, run->n_threads, &thread->error);
	return thread->engine != NULL;
}

/* All begin together, or none does. */
static bool wait_for_all(struct run *run, bool is_ready)
{
	pthread_mutex_lock(&run->lock);
	run->has_failed |= !is_ready;
	run->n_ready++;
	pthread_cond_broadcast(&run->changed);
	while (run->n_ready < run->n_threads)
		pthread_cond_wait(&run->changed, &run->lock);
	const bool begins = !run->has_failed;
	pthread_mutex_unlock(&run->lock);
	return begins;
}

static void *run_thread(void *argument)
{
	struct thread *thread = argument;
	struct run *run = thread->run;
	if (wait_for_all(run, open_engine(thread)))
		load_engine_run(thread->engine, run->stop);
	pthread_mutex_lock(&run->lock);
	run->n_done++;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
	return NULL;
}

static void count_absent(struct run *run)
{
	pthread_mutex_lock(&run->lock);
	run->has_failed = true;
	run->n_ready++;
	run->n_done++;
	pthread_cond_broadcast(&run->changed);
	pthread_mutex_unlock(&run->lock);
}

/* --- watching --- */

static uint64_t clock_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* What the watch was told last, and what it is told now. */
struct views {
	struct load_progress_view told, total, interval;
	uint64_t began_ns, told_ns;
};

/* The lock is held: it orders this after the threads have made their engines. */
static void tell(const struct run *run, const struct load_run_watch *watch, struct views *views)
{
	const uint64_t now = clock_ns();
	views->total = (struct load_progress_view){0};
	for (unsigned i = 0; i < run->n_threads && run->n_ready == run->n_threads && !run->has_failed; i++)
		load_progress_read(load_engine_progress(run->threads[i].engine), &views->total);
	load_progress_since(&views->told, &views->total, &views->interval);
	const struct load_run_status status = {.elapsed_ns = now - views->began_ns,
		.interval_ns = now - views->told_ns,
		.total = &views->total,
		.interval = &views->interval};
	watch->tick(watch->context, &status);
	views->told = views->total;
	views->told_ns = now;
}

/* Without memory for the views nobody watches; the run is the same. */
static void wait_until_done(struct run *run, const struct load_run_watch *watch)
{
	struct views *views = watch ? calloc(1, sizeof(*views)) : NULL;
	struct timespec next;
	clock_gettime(CLOCK_MONOTONIC, &next);
	if (views)
		views->began_ns = views->told_ns = clock_ns();
	pthread_mutex_lock(&run->lock);
	while (run->n_done < run->n_threads) {
		const uint64_t now = clock_ns();
		if (now >= (uint64_t)next.tv_sec * 1000000000U + (uint64_t)next.tv_nsec) {
			next.tv_sec++;
			if (views)
				tell(run, watch, views);
		}
		pthread_cond_timedwait(&run->changed, &run->lock, &next);
	}
	pthread_mutex_unlock(&run->lock);
	free(views);
}

/* --- a run --- */

static void init_run(struct run *run)
{
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&run->lock, NULL);
	pthread_cond_init(&run->changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

static bool collect(struct run *run, struct load_result *out, struct load_error *error)
{
	memset(out, 0, sizeof(*out));
	bool ok = !run->has_failed;
	for (unsigned i = 0; i < run->n_threads; i++) {
		struct thread *thread = &run->threads[i];
		if (!thread->engine && thread->error.text[0] != '\0')
			*error = thread->error;
		if (ok)
			load_result_add(out, load_engine_result(thread->engine));
		load_engine_destroy(thread->engine);
		if (thread->transport)
			run->way->close(thread->transport);
	}
	return ok;
}

bool load_run(const struct load_plan *plan, const struct load_way *way, const struct load_run_watch *watch,
	const atomic_bool *stop, struct load_result *out, struct load_error *error)
{
	struct run run = {.plan = plan, .way = way, .stop = stop, .n_threads = (unsigned)plan->options.threads};
	bool *is_there = calloc(run.n_threads, sizeof(*is_there));
	run.threads = calloc(run.n_threads, sizeof(*run.threads));
	bool ok = is_there && run.threads;
	if (!ok)
		load_error_set(error, "out of memory");
	init_run(&run);
	for (unsigned i = 0; ok && i < run.n_threads; i++) {
		struct thread *thread = &run.threads[i];
		thread->run = &run;
		thread->number = i;
		is_there[i] = pthread_create(&thread->id, NULL, run_thread, thread) == 0;
		if (!is_there[i]) {
			load_error_set(&thread->error, "cannot start thread %u", i + 1);
			count_absent(&run);
		}
	}
	if (ok)
		wait_until_done(&run, watch);
	for (unsigned i = 0; ok && i < run.n_threads; i++)
		if (is_there[i])
			pthread_join(run.threads[i].id, NULL);
	ok = ok && collect(&run, out, error);
	pthread_cond_destroy(&run.changed);
	pthread_mutex_destroy(&run.lock);
	free(run.threads);
	free(is_there);
	return ok;
}

/* --- the first connection --- */

static bool judge_probe(const struct load_plan *plan, const struct load_result *result, struct load_error *error)
{
	static const enum load_cause fatal[] = {LOAD_CAUSE_REFUSED, LOAD_CAUSE_UNREACHABLE, LOAD_CAUSE_CONNECT_TIME_OUT,
		LOAD_CAUSE_HANDSHAKE_TIME_OUT, LOAD_CAUSE_NOT_TLS, LOAD_CAUSE_NO_PORT, LOAD_CAUSE_NO_MEMORY};
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (result->causes[fatal[i]] > 0)
			return load_error_set(error, "expected a TLS server at %s, found: %s", plan->options.target,
				load_result_cause_words(fatal[i]));
	return true;
}

bool load_run_probe(
	const struct load_plan *plan, const struct load_way *way, const atomic_bool *stop, struct load_error *error)
{
	struct load_plan one = *plan;
	one.is_open = false;
	one.connections = one.count = one.options.threads = 1;
	one.duration_ns = one.options.warmup_ns = one.options.requests = 0;
	one.options.resume = 0;
	struct load_result *result = calloc(1, sizeof(*result));
	const bool ok = result ? load_run(&one, way, NULL, stop, result, error) && judge_probe(plan, result, error)
			       : load_error_set(error, "out of memory");
	free(result);
	return ok;
}

/* --- by the kernel --- */

static bool prepare_kernel(const struct load_plan *plan, struct load_error *error)
{
	return load_sources_suffice(&plan->sources, plan->connections, load_kernel_ports(), error) &&
	       load_kernel_allow_descriptors(plan->connections + plan->options.threads, error);
}

static struct load_transport *open_kernel(
	const struct load_plan *plan, unsigned thread, uint32_t n_slots, struct load_error *error)
{
	(void)plan;
	(void)thread;
	return load_kernel_create(n_slots, error);
}

const struct load_way load_run_kernel = {
	.name = "kernel", .prepare = prepare_kernel, .open = open_kernel, .close = load_kernel_destroy};
