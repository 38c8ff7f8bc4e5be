/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_world.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

/* The world of the running test: the fake TLS has no other way to it. */
static struct load_world *the_world;

static struct load_world *world_of(struct load_transport *transport)
{
	return (struct load_world *)(void *)transport;
}

/* --- the transport --- */

static enum load_transport_open connect_stream(struct load_transport *transport, uint32_t slot,
	const struct load_endpoint *source, const struct load_endpoint *destination)
{
	struct load_world *world = world_of(transport);
	struct load_world_stream *stream = &world->streams[slot];
	(void)destination;
	CU_ASSERT_FALSE(stream->is_open);
	world->n_connects++;
	world->last_source = *source;
	if (world->taken_ports > 0) {
		world->taken_ports--;
		return LOAD_TRANSPORT_NO_PORT;
	}
	*stream = (struct load_world_stream){.is_open = true};
	if (world->server != LOAD_WORLD_IGNORES)
		stream->connect_at = world->now_ns + world->round_trip_ns;
	return LOAD_TRANSPORT_STARTED;
}

static void answer(struct load_world_stream *stream, uint64_t at_ns, const char *text, size_t len)
{
	CU_ASSERT_FATAL(len <= sizeof(stream->answer));
	memcpy(stream->answer, text, len);
	stream->answer_len = len;
	stream->answer_at = at_ns;
}

static bool is_stalled(const struct load_world *world, uint64_t at_ns)
{
	return at_ns >= world->stall_from_ns && at_ns < world->stall_to_ns;
}

/* When a flight that arrives now has been served: one after the other. */
static uint64_t serve(struct load_world *world)
{
	uint64_t begin = world->now_ns + world->round_trip_ns / 2;
	if (begin < world->free_at_ns)
		begin = world->free_at_ns;
	if (is_stalled(world, begin))
		begin = world->stall_to_ns;
	world->free_at_ns = begin + world->service_ns;
	return world->free_at_ns + world->round_trip_ns / 2;
}

static void serve_handshake(struct load_world *world, struct load_world_stream *stream)
{
	const uint64_t at = serve(world);
	switch (world->server) {
	case LOAD_WORLD_SERVES:
		answer(stream, at, world->gives_tickets ? "\x16\x03T" : "\x16\x03N", 3);
		break;
	case LOAD_WORLD_ALERTS:
		answer(stream, at, "\x15\x03\x28", 3);
		break;
	case LOAD_WORLD_SPEAKS_HTTP:
		answer(stream, at, "HTTP/1.1 400 Bad Request\r\n", 26);
		break;
	case LOAD_WORLD_BAD_NAME:
		answer(stream, at, "\x14\x03", 2);
		break;
	case LOAD_WORLD_RESETS:
	case LOAD_WORLD_CLOSES:
		stream->has_fin = true;
		stream->answer_at = at;
		break;
	default:
		break;
	}
}

static void serve_request(struct load_world *world, struct load_world_stream *stream)
{
	char record[512] = "\x17";
	world->n_requests++;
	if (!world->response)
		return;
	CU_ASSERT_FATAL(strlen(world->response) < sizeof(record) - 1);
	memcpy(record + 1, world->response, strlen(world->response));
	answer(stream, serve(world), record, 1 + strlen(world->response));
}

static size_t send_stream(struct load_transport *transport, uint32_t slot, struct bytes data)
{
	struct load_world *world = world_of(transport);
	struct load_world_stream *stream = &world->streams[slot];
	CU_ASSERT(stream->is_open && stream->is_connected);
	if (world->dies_at_ns != 0 && world->now_ns >= world->dies_at_ns)
		return data.len;
	if (!stream->has_served)
		serve_handshake(world, stream);
	else if (data.data[0] == 'G')
		serve_request(world, stream);
	stream->has_served = true;
	return data.len;
}

static void close_stream(struct load_transport *transport, uint32_t slot)
{
	struct load_world *world = world_of(transport);
	CU_ASSERT(world->streams[slot].is_open);
	world->streams[slot].is_open = false;
	world->n_closes++;
}

static void reset_stream(struct load_transport *transport, uint32_t slot)
{
	struct load_world *world = world_of(transport);
	CU_ASSERT(world->streams[slot].is_open);
	world->streams[slot].is_open = false;
	world->n_resets++;
}

static uint64_t due_of(const struct load_world_stream *stream)
{
	if (!stream->is_open)
		return UINT64_MAX;
	if (stream->connect_at != 0)
		return stream->connect_at;
	return stream->answer_at != 0 ? stream->answer_at : UINT64_MAX;
}

static uint32_t next_due(const struct load_world *world)
{
	const uint64_t n = world->plan.connections;
	uint32_t next = 0;
	for (uint32_t i = 1; i < n; i++)
		if (due_of(&world->streams[i]) < due_of(&world->streams[next]))
			next = i;
	return next;
}

static void tell_connect(struct load_world *world, uint32_t slot)
{
	const struct load_transport_events *events = &world->transport.events;
	world->streams[slot].connect_at = 0;
	if (world->server == LOAD_WORLD_REFUSES || world->now_ns < world->refuses_until_ns) {
		events->ended(events->context, slot, LOAD_TRANSPORT_REFUSED);
	} else if (world->server == LOAD_WORLD_UNREACHABLE) {
		events->ended(events->context, slot, LOAD_TRANSPORT_UNREACHABLE);
	} else {
		world->streams[slot].is_connected = true;
		events->connected(events->context, slot);
	}
}

static void tell_answer(struct load_world *world, uint32_t slot)
{
	const struct load_transport_events *events = &world->transport.events;
	struct load_world_stream *stream = &world->streams[slot];
	char data[sizeof(stream->answer)]; /* the event may bring the next answer */
	const size_t len = stream->answer_len;
	memcpy(data, stream->answer, len);
	stream->answer_at = 0;
	if (!stream->has_fin)
		events->received(events->context, slot, (struct bytes){(const uint8_t *)data, len});
	else
		events->ended(events->context, slot,
			world->server == LOAD_WORLD_RESETS ? LOAD_TRANSPORT_RESET : LOAD_TRANSPORT_FIN);
}

/* One event, or the time that was asked for. */
static void poll_world(struct load_transport *transport, uint64_t until_ns)
{
	struct load_world *world = world_of(transport);
	const uint32_t slot = next_due(world);
	const uint64_t due = due_of(&world->streams[slot]);
	if (due > world->now_ns && due > until_ns) {
		if (until_ns > world->now_ns)
			world->now_ns = until_ns;
		return;
	}
	if (due > world->now_ns)
		world->now_ns = due;
	if (world->streams[slot].connect_at != 0)
		tell_connect(world, slot);
	else
		tell_answer(world, slot);
}

static uint64_t now_ns(struct load_transport *transport)
{
	return world_of(transport)->now_ns;
}

static uint64_t busy_ns(struct load_transport *transport)
{
	return world_of(transport)->busy_ns;
}

static const struct load_transport_ops transport_ops = {.connect = connect_stream,
	.send = send_stream,
	.close = close_stream,
	.reset = reset_stream,
	.poll = poll_world,
	.now_ns = now_ns,
	.busy_ns = busy_ns};

/* --- the TLS: a record is its type and its content, and comes whole --- */

struct load_tls {
	struct load_tls_outcome outcome;
	bool is_established, has_ticket, offers_ticket;
	char output[512], plaintext[512];
	size_t output_len, plaintext_len;
};

static struct load_tls_context *open_tls(const struct load_tls_settings *settings, struct load_error *error)
{
	(void)settings;
	(void)error;
	return (struct load_tls_context *)the_world;
}

static void close_tls(struct load_tls_context *context)
{
	(void)context;
}

static struct load_tls *create_tls(struct load_tls_context *context)
{
	(void)context;
	return calloc(1, sizeof(struct load_tls));
}

static void destroy_tls(struct load_tls *tls)
{
	free(tls);
}

static bool start_tls(struct load_tls *tls, const struct load_tls_start *start)
{
	*tls = (struct load_tls){.outcome.cause = LOAD_CAUSE_COUNT, .output = "C", .output_len = 1};
	tls->offers_ticket = start->ticket != NULL;
	return true;
}

static void establish(struct load_tls *tls, struct bytes record)
{
	tls->is_established = true;
	tls->has_ticket = record.len > 2 && record.data[2] == 'T';
	tls->outcome.resumed = tls->offers_ticket && the_world->takes_tickets;
	the_world->n_resumed += tls->outcome.resumed;
	the_world->n_full += !tls->outcome.resumed;
	memcpy(tls->output, "F", 1);
	tls->output_len = 1;
}

static enum load_tls_result feed_tls(struct load_tls *tls, struct bytes input, size_t *out_consumed)
{
	*out_consumed = input.len;
	if (input.len == 0)
		return LOAD_TLS_WANT_INPUT;
	switch (input.data[0]) {
	case 0x14:
		tls->outcome.cause = LOAD_CAUSE_WRONG_NAME;
		return LOAD_TLS_FAILED;
	case 0x15:
		tls->outcome.cause = LOAD_CAUSE_ALERT;
		tls->outcome.alert = input.data[2];
		return LOAD_TLS_FAILED;
	case 0x16:
		establish(tls, input);
		return LOAD_TLS_WANT_INPUT;
	default:
		tls->plaintext_len = input.len - 1;
		memcpy(tls->plaintext, input.data + 1, tls->plaintext_len);
		return LOAD_TLS_DATA;
	}
}

static struct bytes plaintext_of_tls(const struct load_tls *tls)
{
	return (struct bytes){(const uint8_t *)tls->plaintext, tls->plaintext_len};
}

static struct bytes output_of_tls(const struct load_tls *tls)
{
	return (struct bytes){(const uint8_t *)tls->output, tls->output_len};
}

static void consume_tls(struct load_tls *tls, size_t n)
{
	CU_ASSERT(n <= tls->output_len);
	tls->output_len -= n;
}

static bool tls_is_established(const struct load_tls *tls)
{
	return tls->is_established;
}

static bool write_tls(struct load_tls *tls, struct bytes plaintext)
{
	CU_ASSERT_FATAL(plaintext.len <= sizeof(tls->output));
	memcpy(tls->output, plaintext.data, plaintext.len);
	tls->output_len = plaintext.len;
	return true;
}

static void shut_tls(struct load_tls *tls)
{
	memcpy(tls->output, "N", 1);
	tls->output_len = 1;
}

static struct load_tls_outcome outcome_of_tls(const struct load_tls *tls)
{
	return tls->outcome;
}

static struct load_ticket *take_ticket(struct load_tls *tls)
{
	if (!tls->has_ticket)
		return NULL;
	tls->has_ticket = false;
	the_world->n_tickets_alive++;
	return malloc(1);
}

static bool ticket_is_fresh(const struct load_ticket *ticket, uint64_t now_ms)
{
	(void)ticket;
	(void)now_ms;
	return true;
}

static void free_ticket(struct load_ticket *ticket)
{
	the_world->n_tickets_alive--;
	free(ticket);
}

static const struct load_tls_ops tls_ops = {.tickets_follow = true,
	.open = open_tls,
	.close = close_tls,
	.create = create_tls,
	.destroy = destroy_tls,
	.start = start_tls,
	.feed = feed_tls,
	.plaintext = plaintext_of_tls,
	.output = output_of_tls,
	.output_consume = consume_tls,
	.is_established = tls_is_established,
	.write = write_tls,
	.shut = shut_tls,
	.outcome = outcome_of_tls,
	.take_ticket = take_ticket,
	.ticket_is_fresh = ticket_is_fresh,
	.ticket_free = free_ticket};

/* --- the world --- */

struct load_world *load_world_create(void)
{
	struct load_world *world = calloc(1, sizeof(*world));
	struct load_options options;
	struct load_error error;
	CU_ASSERT_PTR_NOT_NULL_FATAL(world);
	CU_ASSERT_EQUAL_FATAL(load_options_read(2, (char *[]){"handfast-bench", "192.0.2.1:443"}, &options, &error),
		LOAD_OPTIONS_RUN);
	CU_ASSERT_FATAL(load_plan_init(&world->plan, &options, &error));
	world->plan.tls_ops = &tls_ops;
	world->plan.connections = 1;
	world->plan.duration_ns = LOAD_WORLD_S;
	world->transport.ops = &transport_ops;
	world->now_ns = 5 * LOAD_WORLD_S;
	world->round_trip_ns = 50000;
	world->service_ns = 100000;
	the_world = world;
	return world;
}

void load_world_destroy(struct load_world *world)
{
	CU_ASSERT_EQUAL(world->n_tickets_alive, 0);
	for (uint32_t i = 0; i < LOAD_WORLD_SLOTS; i++)
		CU_ASSERT_FALSE(world->streams[i].is_open);
	load_plan_fini(&world->plan);
	the_world = NULL;
	free(world);
}

struct load_engine *load_world_run(struct load_world *world)
{
	struct load_error error;
	struct load_engine *engine = load_engine_create(&world->plan, &world->transport, 0, 1, &error);
	unsigned rounds = 0;
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	load_engine_begin(engine);
	while (load_engine_step(engine))
		CU_ASSERT_FATAL(++rounds < 10000000);
	return engine;
}
