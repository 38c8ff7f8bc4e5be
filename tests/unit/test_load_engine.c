/* SPDX-License-Identifier: BSD-3-Clause */
/** When the engine starts, what it measures, and when it ends: with a simulated clock. */
#include "load_world.h"
#include "unit.h"

#define MS LOAD_WORLD_MS
#define S  LOAD_WORLD_S

static double p_ms(const struct load_result *result, enum load_phase phase, double fraction)
{
	return (double)load_histogram_percentile(&result->phases[phase], fraction) / 1e6;
}

static void set_rate(struct load_world *world, double rate)
{
	world->plan.is_open = true;
	world->plan.arrivals.rate = world->plan.arrivals.rate_end = rate;
	world->plan.connections = 1000;
}

/* One connection at a time, 50 us to connect and 150 us for a handshake: 5000 in a second. */
static void a_closed_loop_starts_when_one_has_ended(void)
{
	struct load_world *world = load_world_create();
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->handshakes, 5000);
	CU_ASSERT_DOUBLE_EQUAL(load_result_rate(result), 5000, 1);
	CU_ASSERT_EQUAL(result->window_ns, S);
	CU_ASSERT_EQUAL(load_result_errors(result), 0);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_CONNECT, 0.5), 0.05, 0.001);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_HANDSHAKE, 0.5), 0.15, 0.001);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_WHOLE, 0.5), 0.2, 0.001);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

/*
 * The proof that the open loop is honest. A server that takes 0.1 ms for each of 1000 connections a second, for 10 s,
 * and does nothing for 200 ms once. Every connection that was due in the stall waited for its end: 200 of 10,000, so
 * the p99.9 is what the 20th longest waited, some 190 ms. A closed loop of one connection would have asked for one
 * handshake in that time, and its p99.9 would say that nothing has happened.
 */
static void a_stall_of_200_ms_shows_in_the_p999_of_an_open_loop(void)
{
	for (unsigned is_open = 0; is_open < 2; is_open++) {
		struct load_world *world = load_world_create();
		world->plan.duration_ns = 10 * S;
		world->stall_from_ns = world->now_ns + 3 * S;
		world->stall_to_ns = world->stall_from_ns + 200 * MS;
		if (is_open)
			set_rate(world, 1000);
		struct load_engine *engine = load_world_run(world);
		const struct load_result *result = load_engine_result(engine);
		const double p999 = p_ms(result, LOAD_PHASE_WHOLE, 0.999);
		CU_ASSERT_DOUBLE_EQUAL(is_open ? p999 : 200 - p999, is_open ? 180 : 199.8, is_open ? 12 : 0.1);
		CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_WHOLE, 0.5), 0.2, 0.01);
		CU_ASSERT_EQUAL(load_result_errors(result), 0);
		load_engine_destroy(engine);
		load_world_destroy(world);
	}
}

/* The same with room for ten connections only: starts are late, and what they were late is in their durations. */
static void a_late_start_counts_from_when_it_was_due(void)
{
	struct load_world *world = load_world_create();
	world->plan.duration_ns = 10 * S;
	world->stall_from_ns = world->now_ns + 3 * S;
	world->stall_to_ns = world->stall_from_ns + 200 * MS;
	set_rate(world, 1000);
	world->plan.connections = 10;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->started, 10000);
	CU_ASSERT(result->late_starts >= 190);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_WHOLE, 0.999), 180, 15);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_CONNECT, 0.999), 170, 20);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void an_open_loop_does_not_wait_for_the_server(void)
{
	struct load_world *world = load_world_create();
	set_rate(world, 2000);
	world->service_ns = MS; /* half as fast as asked */
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->started, 2000);
	CU_ASSERT_DOUBLE_EQUAL(load_result_rate(result), 1000, 5);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void warm_up_is_not_measured(void)
{
	struct load_world *world = load_world_create();
	world->plan.options.warmup_ns = S / 2;
	world->stall_from_ns = world->now_ns + 100 * MS;
	world->stall_to_ns = world->now_ns + 300 * MS;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_DOUBLE_EQUAL((double)result->handshakes, 5000, 2);
	CU_ASSERT_DOUBLE_EQUAL(p_ms(result, LOAD_PHASE_WHOLE, 1), 0.2, 0.001);
	CU_ASSERT_DOUBLE_EQUAL((double)world->n_full, 6500, 3);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void a_count_ends_the_run(void)
{
	struct load_world *world = load_world_create();
	world->plan.duration_ns = 0;
	world->plan.count = 37;
	world->plan.connections = 5;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->handshakes, 37);
	CU_ASSERT_EQUAL(world->n_connects, 37);
	CU_ASSERT_DOUBLE_EQUAL((double)result->window_ns, 37 * 100000.0, 400000);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

/* What users saw elsewhere: a server dies, and the generator waits for its time-outs. Ours ends with the grace. */
static void a_server_that_stops_does_not_hold_the_run(void)
{
	struct load_world *world = load_world_create();
	const uint64_t begin = world->now_ns;
	world->plan.connections = 10;
	world->dies_at_ns = begin + S / 2;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(world->now_ns - begin, S + world->plan.options.grace_ns);
	CU_ASSERT_EQUAL(result->causes[LOAD_CAUSE_UNFINISHED], 10);
	CU_ASSERT_EQUAL(load_result_errors(result), 10);
	CU_ASSERT_DOUBLE_EQUAL((double)result->handshakes, 5000, 20);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

/* What users saw: with the server down, the generator took a whole core to be refused. */
static void a_target_that_refuses_is_not_hammered(void)
{
	struct load_world *world = load_world_create();
	world->plan.connections = 64;
	world->server = LOAD_WORLD_REFUSES;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	/* The first 64 together, then one behind each pause of 1, 2, 4, 8 and then 16 ms, and a round trip each. */
	CU_ASSERT(result->causes[LOAD_CAUSE_REFUSED] >= 64 + 55 && result->causes[LOAD_CAUSE_REFUSED] <= 64 + 67);
	CU_ASSERT_EQUAL(result->causes[LOAD_CAUSE_REFUSED], result->started);
	CU_ASSERT_DOUBLE_EQUAL((double)result->paused_ns, (double)S, 0.03 * (double)S);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void a_target_that_comes_back_has_the_whole_load(void)
{
	struct load_world *world = load_world_create();
	world->plan.duration_ns = 2 * S;
	world->refuses_until_ns = world->now_ns + S;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_DOUBLE_EQUAL((double)result->handshakes, 5000, 90); /* in the second second, 16 ms late at most */
	CU_ASSERT_DOUBLE_EQUAL((double)result->paused_ns, (double)S, 0.03 * (double)S);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

/* What is asked for is asked for: the load of an open loop does not depend on the server. */
static void an_open_loop_does_not_pause(void)
{
	struct load_world *world = load_world_create();
	set_rate(world, 2000);
	world->server = LOAD_WORLD_REFUSES;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->causes[LOAD_CAUSE_REFUSED], 2000);
	CU_ASSERT_EQUAL(result->paused_ns, 0);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void shares_of_a_plan_add_up(void)
{
	struct load_world *world = load_world_create();
	world->plan.connections = 10;
	CU_ASSERT_EQUAL(load_engine_slots(&world->plan, 0, 3), 4);
	CU_ASSERT_EQUAL(load_engine_slots(&world->plan, 1, 3), 3);
	CU_ASSERT_EQUAL(load_engine_slots(&world->plan, 2, 3), 3);
	CU_ASSERT_EQUAL(load_engine_slots(&world->plan, 40, 41), 1);
	load_world_destroy(world);
}

static void a_stop_ends_the_run(void)
{
	struct load_world *world = load_world_create();
	struct load_error error;
	const atomic_bool stop = true;
	struct load_engine *engine = load_engine_create(&world->plan, &world->transport, 0, 1, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	load_engine_run(engine, &stop);
	CU_ASSERT_EQUAL(world->n_connects, 0);
	CU_ASSERT_EQUAL(load_engine_progress(engine)->active, 0);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void an_engine_that_is_destroyed_ends_its_streams(void)
{
	struct load_world *world = load_world_create();
	struct load_error error;
	struct load_engine *engine = load_engine_create(&world->plan, &world->transport, 0, 1, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	load_engine_begin(engine);
	CU_ASSERT(load_engine_step(engine));
	CU_ASSERT(world->streams[0].is_open);
	load_engine_destroy(engine);
	load_world_destroy(world); /* looks for open ones */
}

int main(void)
{
	return unit_run("load_engine",
		(CU_TestInfo[]){{"a closed loop starts when one has ended", a_closed_loop_starts_when_one_has_ended},
			{"a stall of 200 ms shows in the p99.9 of an open loop",
				a_stall_of_200_ms_shows_in_the_p999_of_an_open_loop},
			{"a late start counts from when it was due", a_late_start_counts_from_when_it_was_due},
			{"an open loop does not wait for the server", an_open_loop_does_not_wait_for_the_server},
			{"warm-up is not measured", warm_up_is_not_measured},
			{"a count ends the run", a_count_ends_the_run},
			{"a server that stops does not hold the run", a_server_that_stops_does_not_hold_the_run},
			{"a target that refuses is not hammered", a_target_that_refuses_is_not_hammered},
			{"a target that comes back has the whole load", a_target_that_comes_back_has_the_whole_load},
			{"an open loop does not pause", an_open_loop_does_not_pause},
			{"shares of a plan add up", shares_of_a_plan_add_up},
			{"a stop ends the run", a_stop_ends_the_run},
			{"an engine that is destroyed ends its streams", an_engine_that_is_destroyed_ends_its_streams},
			CU_TEST_INFO_NULL});
}
