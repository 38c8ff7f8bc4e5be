/* SPDX-License-Identifier: BSD-3-Clause */
/** What becomes of one connection: each cause of failure, requests, resumption. */
#include "load_world.h"
#include "unit.h"

#define RESPONSE       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define CLOSE_RESPONSE "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"

static void fails_by(enum load_world_server server, enum load_cause cause)
{
	struct load_world *world = load_world_create();
	world->server = server;
	world->plan.count = 3;
	world->plan.duration_ns = 0;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(result->causes[cause], 3);
	CU_ASSERT_EQUAL(load_result_errors(result), 3);
	CU_ASSERT_EQUAL(result->handshakes, 0);
	CU_ASSERT_EQUAL(world->n_resets, 3);
	CU_ASSERT_EQUAL(result->alerts[40], server == LOAD_WORLD_ALERTS ? 3 : 0);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void each_failure_has_its_cause(void)
{
	fails_by(LOAD_WORLD_REFUSES, LOAD_CAUSE_REFUSED);
	fails_by(LOAD_WORLD_UNREACHABLE, LOAD_CAUSE_UNREACHABLE);
	fails_by(LOAD_WORLD_IGNORES, LOAD_CAUSE_CONNECT_TIME_OUT);
	fails_by(LOAD_WORLD_SILENT, LOAD_CAUSE_HANDSHAKE_TIME_OUT);
	fails_by(LOAD_WORLD_RESETS, LOAD_CAUSE_RESET);
	fails_by(LOAD_WORLD_CLOSES, LOAD_CAUSE_CLOSED_EARLY);
	fails_by(LOAD_WORLD_ALERTS, LOAD_CAUSE_ALERT);
	fails_by(LOAD_WORLD_SPEAKS_HTTP, LOAD_CAUSE_NOT_TLS);
	fails_by(LOAD_WORLD_BAD_NAME, LOAD_CAUSE_WRONG_NAME);
}

static struct load_world *requesting_world(const char *response, uint64_t requests)
{
	struct load_world *world = load_world_create();
	world->plan.count = 2;
	world->plan.duration_ns = 0;
	world->plan.options.requests = requests;
	world->response = response;
	return world;
}

static void requests_follow_each_other(void)
{
	struct load_world *world = requesting_world(RESPONSE, 3);
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	CU_ASSERT_EQUAL(world->n_requests, 6);
	CU_ASSERT_EQUAL(result->responses, 6);
	CU_ASSERT_EQUAL(result->response_bytes, 30);
	CU_ASSERT_EQUAL(result->phases[LOAD_PHASE_RESPONSE].total, 6);
	CU_ASSERT_EQUAL(result->phases[LOAD_PHASE_WHOLE].total, 2); /* up to the first response only */
	CU_ASSERT_EQUAL(world->n_closes, 2);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void a_server_may_close_after_a_response(void)
{
	struct load_world *world = requesting_world(CLOSE_RESPONSE, 3);
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(load_engine_result(engine)->responses, 2);
	CU_ASSERT_EQUAL(load_result_errors(load_engine_result(engine)), 0);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void bad_response(const char *response, uint64_t wanted_bytes, enum load_cause cause)
{
	struct load_world *world = requesting_world(response, 1);
	world->plan.options.response_bytes = wanted_bytes;
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(load_engine_result(engine)->causes[cause], 2);
	CU_ASSERT_EQUAL(load_engine_result(engine)->handshakes, 2);
	CU_ASSERT_EQUAL(load_engine_result(engine)->responses, 0);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void responses_are_judged(void)
{
	bad_response("SSH-2.0-dropbear\r\n", 0, LOAD_CAUSE_BAD_RESPONSE);
	bad_response("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 0, LOAD_CAUSE_BAD_RESPONSE);
	bad_response(RESPONSE, 6, LOAD_CAUSE_BAD_RESPONSE);
	bad_response(NULL, 0, LOAD_CAUSE_RESPONSE_TIME_OUT);
}

static void resume(double ratio, bool gives, bool takes)
{
	struct load_world *world = load_world_create();
	world->plan.options.resume = ratio;
	world->plan.connections = 8;
	world->gives_tickets = gives;
	world->takes_tickets = takes;
	struct load_engine *engine = load_world_run(world);
	const struct load_result *result = load_engine_result(engine);
	const double share = (double)result->resumed / (double)result->handshakes;
	CU_ASSERT_DOUBLE_EQUAL(share, gives && takes ? ratio : 0, 0.002);
	CU_ASSERT_EQUAL(result->resumed, world->n_resumed);
	CU_ASSERT_EQUAL(result->resumption_refused > 0, gives && !takes);
	CU_ASSERT_EQUAL(load_result_errors(result), 0);
	if (!gives)
		CU_ASSERT(result->without_ticket > 0);
	load_engine_destroy(engine);
	load_world_destroy(world); /* looks for tickets that nobody freed */
}

static void the_share_of_resumed_ones_is_as_asked(void)
{
	resume(0.25, true, true);
	resume(0.5, true, true);
	resume(0.99, true, true);
	resume(0.5, true, false);
	resume(0.5, false, true);
}

static void a_port_that_is_taken_is_passed_over(void)
{
	struct load_world *world = load_world_create();
	struct load_error error;
	world->plan.count = 1;
	world->taken_ports = 3;
	CU_ASSERT(load_sources_read(&world->plan.sources, NULL, "2000-2009", &world->plan.target.address, &error));
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(load_engine_result(engine)->handshakes, 1);
	CU_ASSERT_EQUAL(world->last_source.port, 2003);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void without_any_port_a_connection_fails(void)
{
	struct load_world *world = load_world_create();
	world->plan.count = 1;
	world->taken_ports = 1000;
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(load_engine_result(engine)->causes[LOAD_CAUSE_NO_PORT], 1);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void ends_by(enum load_options_ending ending, unsigned closes, unsigned resets)
{
	struct load_world *world = load_world_create();
	world->plan.count = 1;
	world->plan.options.ending = ending;
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(world->n_closes, closes);
	CU_ASSERT_EQUAL(world->n_resets, resets);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

static void a_connection_ends_as_asked(void)
{
	ends_by(LOAD_OPTIONS_NOTIFY, 1, 0);
	ends_by(LOAD_OPTIONS_FIN, 1, 0);
	ends_by(LOAD_OPTIONS_RST, 0, 1);
}

static void one_signature_in_three_is_checked(void)
{
	struct load_world *world = load_world_create();
	world->plan.count = 30;
	world->plan.options.verify_one_in = 3;
	struct load_engine *engine = load_world_run(world);
	CU_ASSERT_EQUAL(load_engine_result(engine)->verified, 10);
	load_engine_destroy(engine);
	load_world_destroy(world);
}

int main(void)
{
	return unit_run("load_connection",
		(CU_TestInfo[]){{"each failure has its cause", each_failure_has_its_cause},
			{"requests follow each other", requests_follow_each_other},
			{"a server may close after a response", a_server_may_close_after_a_response},
			{"responses are judged", responses_are_judged},
			{"the share of resumed ones is as asked", the_share_of_resumed_ones_is_as_asked},
			{"a port that is taken is passed over", a_port_that_is_taken_is_passed_over},
			{"without any port a connection fails", without_any_port_a_connection_fails},
			{"a connection ends as asked", a_connection_ends_as_asked},
			{"one signature in three is checked", one_signature_in_three_is_checked}, CU_TEST_INFO_NULL});
}
