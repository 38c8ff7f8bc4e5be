/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_engine.h"
#include "load_connection.h"
#include "load_engine_state.h"

#include <stdlib.h>

/* Starts in one round before events are polled again: a burst of arrivals must not delay what is under way. */
#define STARTS_PER_ROUND 16
/* Sleep at most so long, so that a stop is seen and the window's ends are kept. */
#define LONGEST_SLEEP_NS UINT64_C(50000000)
#define LATE_NS          UINT64_C(1000000)

static uint64_t now_ns(const struct load_engine *engine)
{
	return engine->transport->ops->now_ns(engine->transport);
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- life --- */

uint32_t load_engine_slots(const struct load_plan *plan, unsigned share, unsigned shares)
{
	const uint64_t n = load_plan_share(plan->connections, share, shares);
	return n == 0 ? 1 : (uint32_t)n;
}

/* So many that all connections at once can resume, whatever names they choose. */
static uint32_t tickets_per_name(const struct load_engine *engine)
{
	return 4 + 2 * (engine->n_slots / engine->plan->names.n);
}

static bool fill_slots(struct load_engine *engine)
{
	engine->connections = calloc(engine->n_slots, sizeof(*engine->connections));
	engine->free_slots = calloc(engine->n_slots, sizeof(*engine->free_slots));
	engine->result = calloc(1, sizeof(*engine->result));
	if (engine->plan->options.resume > 0)
		engine->tickets =
			load_tickets_create(engine->plan->tls_ops, engine->plan->names.n, tickets_per_name(engine));
	if (!engine->connections || !engine->free_slots || !engine->result ||
		(engine->plan->options.resume > 0 && !engine->tickets))
		return false;
	for (uint32_t i = 0; i < engine->n_slots; i++) {
		engine->connections[i].slot = i;
		engine->free_slots[engine->n_free++] = engine->n_slots - 1 - i;
	}
	return true;
}

struct load_engine *load_engine_create(const struct load_plan *plan, struct load_transport *transport, unsigned share,
	unsigned shares, struct load_error *error)
{
	struct load_engine *engine = calloc(1, sizeof(*engine));
	if (!engine) {
		load_error_set(error, "out of memory");
		return NULL;
	}
	engine->plan = plan;
	engine->transport = transport;
	engine->n_slots = load_engine_slots(plan, share, shares);
	engine->random = load_random_seeded(transport->ops->now_ns(transport) + share);
	TAILQ_INIT(&engine->waiting);
	TAILQ_INIT(&engine->wanting);
	engine->source_turn = share;
	engine->source_step = shares;
	engine->count_left = plan->count ? load_plan_share(plan->count, share, shares) : UINT64_MAX;
	/* Begin moves the start to its own time; what the threads share of the rate is known here. */
	if (plan->is_open)
		load_arrivals_init(&engine->arrivals, &plan->arrivals, share, shares, 0);
	transport->events = load_connection_events(engine);
	if (fill_slots(engine))
		engine->tls_context = plan->tls_ops->open(&plan->tls, error);
	else
		load_error_set(error, "out of memory for %u connections", engine->n_slots);
	if (engine->tls_context)
		return engine;
	load_engine_destroy(engine);
	return NULL;
}

static void end_all(struct load_engine *engine)
{
	struct load_connection *connection;
	while ((connection = TAILQ_FIRST(&engine->waiting)) || (connection = TAILQ_FIRST(&engine->wanting)))
		load_connection_end(engine, connection);
}

void load_engine_destroy(struct load_engine *engine)
{
	if (!engine)
		return;
	end_all(engine);
	for (uint32_t i = 0; engine->connections && i < engine->n_slots; i++)
		if (engine->connections[i].tls)
			engine->plan->tls_ops->destroy(engine->connections[i].tls);
	if (engine->tls_context)
		engine->plan->tls_ops->close(engine->tls_context);
	load_tickets_destroy(engine->tickets);
	free(engine->connections);
	free(engine->free_slots);
	free(engine->result);
	free(engine);
}

/* --- the measured time --- */

static void begin_window(struct load_engine *engine)
{
	engine->has_window_begun = true;
	engine->resume_debt = 0; /* the ratio is of what is measured */
	engine->busy_at_begin_ns = engine->transport->ops->busy_ns(engine->transport);
}

static void end_window(struct load_engine *engine, uint64_t end_ns)
{
	engine->has_window_ended = true;
	if (!engine->has_window_begun) /* stopped during warm-up: nothing was measured */
		return;
	engine->result->busy_ns = engine->transport->ops->busy_ns(engine->transport) - engine->busy_at_begin_ns;
	engine->result->busiest_ns = engine->result->busy_ns;
	engine->result->window_ns = end_ns - engine->window_begin_ns;
}

static void watch_window(struct load_engine *engine, uint64_t now)
{
	if (!engine->has_window_begun && now >= engine->window_begin_ns)
		begin_window(engine);
	if (!engine->has_window_ended && now >= engine->window_end_ns)
		end_window(engine, engine->window_end_ns);
}

/* --- starts --- */

static bool is_measured(const struct load_engine *engine, uint64_t intended_ns)
{
	return intended_ns >= engine->window_begin_ns && intended_ns < engine->window_end_ns;
}

static bool may_start(const struct load_engine *engine, uint64_t intended_ns)
{
	return !engine->is_stopped && engine->count_left > 0 && intended_ns < engine->window_end_ns;
}

static void start(struct load_engine *engine, uint64_t intended_ns)
{
	const bool measured = is_measured(engine, intended_ns);
	if (measured && engine->count_left != UINT64_MAX)
		engine->count_left--;
	load_connection_start(engine, intended_ns, measured);
}

static void start_arrivals(struct load_engine *engine, uint64_t now)
{
	for (unsigned i = 0; i < STARTS_PER_ROUND && engine->n_free > 0; i++) {
		const uint64_t intended = load_arrivals_next(&engine->arrivals);
		if (intended > now || !may_start(engine, intended))
			return;
		if (is_measured(engine, intended) && now - intended > LATE_NS)
			engine->result->late_starts++;
		load_arrivals_take(&engine->arrivals);
		start(engine, intended);
	}
}

/* A closed loop after a connection that did not come about: one alone. */
static void try_again(struct load_engine *engine, uint64_t now)
{
	if (engine->n_free == 0 || !may_start(engine, now) || now < load_pause_until(&engine->pause))
		return;
	const uint64_t paused_ns = load_pause_try(&engine->pause, now);
	if (is_measured(engine, now))
		engine->result->paused_ns += paused_ns;
	start(engine, now);
}

static void start_due(struct load_engine *engine, uint64_t now)
{
	if (engine->plan->is_open) {
		start_arrivals(engine, now);
		return;
	}
	if (load_pause_is_on(&engine->pause)) {
		try_again(engine, now);
		return;
	}
	/* The first that fails at once ends the round. */
	for (unsigned i = 0; i < STARTS_PER_ROUND && engine->n_free > 0 && may_start(engine, now) &&
			     !load_pause_is_on(&engine->pause);
		i++)
		start(engine, now);
}

/* --- the end --- */

static bool has_no_more(const struct load_engine *engine, uint64_t now)
{
	const uint64_t next = engine->plan->is_open ? load_arrivals_next(&engine->arrivals) : now;
	return !may_start(engine, next);
}

static bool is_over(const struct load_engine *engine, uint64_t now)
{
	if (!has_no_more(engine, now))
		return false;
	/* The next arrival would come too late, but the measured time goes on. */
	if (!engine->is_stopped && engine->count_left > 0 && now < engine->window_end_ns)
		return false;
	if (engine->n_free == engine->n_slots)
		return true;
	/* Without a duration each one's own time-out is the bound. */
	return engine->window_end_ns != UINT64_MAX && now >= engine->window_end_ns + engine->plan->options.grace_ns;
}

static void expire(struct load_engine *engine, uint64_t now)
{
	struct load_connection *connection;
	while ((connection = TAILQ_FIRST(&engine->waiting)) && connection->deadline_ns <= now)
		load_connection_time_out(engine, connection);
	while ((connection = TAILQ_FIRST(&engine->wanting)) && connection->deadline_ns <= now)
		load_connection_time_out(engine, connection);
}

static void end(struct load_engine *engine, uint64_t now)
{
	end_all(engine);
	/* A run by count, or one that was stopped, has lasted until its last connection. */
	if (!engine->has_window_ended)
		end_window(engine, engine->last_done_ns ? engine->last_done_ns : now);
}

static uint64_t next_due(const struct load_engine *engine, uint64_t now)
{
	if (engine->plan->is_open)
		return load_arrivals_next(&engine->arrivals);
	return load_pause_is_on(&engine->pause) ? load_pause_until(&engine->pause) : now;
}

static uint64_t next_wake(const struct load_engine *engine, uint64_t now)
{
	uint64_t wake = now + LONGEST_SLEEP_NS;
	if (!engine->has_window_begun)
		wake = min_u64(wake, engine->window_begin_ns);
	if (!engine->has_window_ended)
		wake = min_u64(wake, engine->window_end_ns);
	if (!TAILQ_EMPTY(&engine->wanting))
		wake = min_u64(wake, TAILQ_FIRST(&engine->wanting)->deadline_ns);
	if (!TAILQ_EMPTY(&engine->waiting))
		wake = min_u64(wake, TAILQ_FIRST(&engine->waiting)->deadline_ns);
	const uint64_t due = next_due(engine, now);
	if (engine->n_free > 0 && may_start(engine, due))
		wake = min_u64(wake, due);
	return wake > now ? wake : 0;
}

/* --- running --- */

void load_engine_begin(struct load_engine *engine)
{
	engine->begin_ns = now_ns(engine);
	engine->window_begin_ns = engine->begin_ns + engine->plan->options.warmup_ns;
	engine->window_end_ns =
		engine->plan->duration_ns ? engine->window_begin_ns + engine->plan->duration_ns : UINT64_MAX;
	load_arrivals_move(&engine->arrivals, engine->begin_ns);
}

bool load_engine_step(struct load_engine *engine)
{
	uint64_t now = now_ns(engine);
	watch_window(engine, now);
	engine->is_draining = engine->is_stopped || now >= engine->window_end_ns;
	start_due(engine, now);
	expire(engine, now);
	if (is_over(engine, now)) {
		end(engine, now);
		return false;
	}
	atomic_store_explicit(&engine->progress.active, engine->n_slots - engine->n_free, memory_order_relaxed);
	engine->transport->ops->poll(engine->transport, next_wake(engine, now));
	return true;
}

void load_engine_run(struct load_engine *engine, const atomic_bool *stop)
{
	load_engine_begin(engine);
	do
		engine->is_stopped = atomic_load_explicit(stop, memory_order_relaxed);
	while (load_engine_step(engine));
	atomic_store_explicit(&engine->progress.active, 0, memory_order_relaxed);
}

const struct load_result *load_engine_result(const struct load_engine *engine)
{
	return engine->result;
}

const struct load_progress *load_engine_progress(const struct load_engine *engine)
{
	return &engine->progress;
}
