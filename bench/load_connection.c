/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_connection.h"

#define NS_PER_MS 1000000

static uint64_t now_ns(const struct load_engine *engine)
{
	return engine->transport->ops->now_ns(engine->transport);
}

static const struct load_tls_ops *tls_ops(const struct load_engine *engine)
{
	return engine->plan->tls_ops;
}

/* --- bookkeeping --- */

/* A ticket that a server wants to give comes with the next round trip. */
#define TICKET_WAIT_NS UINT64_C(1000000000)

static struct load_connection_list *list_of(struct load_engine *engine, const struct load_connection *connection)
{
	return connection->state == LOAD_CONNECTION_TICKET ? &engine->wanting : &engine->waiting;
}

/* Within a list all wait equally long, so who begins to wait goes to its end. */
static void enter(
	struct load_engine *engine, struct load_connection *connection, enum load_connection_state state, uint64_t now)
{
	const bool is_short = state == LOAD_CONNECTION_TICKET;
	if (connection->state != LOAD_CONNECTION_FREE)
		TAILQ_REMOVE(list_of(engine, connection), connection, by_deadline);
	connection->state = state;
	connection->deadline_ns = now + (is_short ? TICKET_WAIT_NS : engine->plan->options.timeout_ns);
	TAILQ_INSERT_TAIL(list_of(engine, connection), connection, by_deadline);
}

static void count(uint64_t *counter, const struct load_connection *connection)
{
	*counter += connection->is_measured;
}

static void record(struct load_engine *engine, const struct load_connection *connection, enum load_phase phase,
	uint64_t from_ns, uint64_t to_ns)
{
	if (connection->is_measured)
		load_histogram_record(&engine->result->phases[phase], to_ns > from_ns ? to_ns - from_ns : 0);
}

/* @return true if there was one; no other is wanted then. */
static bool keep_ticket(struct load_engine *engine, struct load_connection *connection)
{
	struct load_ticket *ticket = connection->wants_ticket ? tls_ops(engine)->take_ticket(connection->tls) : NULL;
	if (!ticket)
		return false;
	load_tickets_put(engine->tickets, connection->name, ticket);
	connection->wants_ticket = false;
	return true;
}

static void release(struct load_engine *engine, struct load_connection *connection)
{
	TAILQ_REMOVE(list_of(engine, connection), connection, by_deadline);
	if (connection->is_measured)
		engine->last_done_ns = now_ns(engine);
	if (connection->ticket)
		tls_ops(engine)->ticket_free(connection->ticket);
	connection->ticket = NULL;
	connection->state = LOAD_CONNECTION_FREE;
	engine->free_slots[engine->n_free++] = connection->slot;
}

/* --- output, ends --- */

static void flush(struct load_engine *engine, struct load_connection *connection)
{
	const struct bytes output = tls_ops(engine)->output(connection->tls);
	if (output.len == 0)
		return;
	const size_t taken = engine->transport->ops->send(engine->transport, connection->slot, output);
	tls_ops(engine)->output_consume(connection->tls, taken);
}

/* One that waited for its time-out has held its place back by itself. */
static void note_not_connected(struct load_engine *engine, enum load_cause cause)
{
	if (cause == LOAD_CAUSE_CONNECT_TIME_OUT || cause == LOAD_CAUSE_UNFINISHED)
		load_pause_end(&engine->pause);
	else
		load_pause_fail(&engine->pause, now_ns(engine));
}

static void count_failure(struct load_engine *engine, const struct load_connection *connection, enum load_cause cause)
{
	if (connection->state == LOAD_CONNECTION_CONNECTING)
		note_not_connected(engine, cause);
	count(&engine->result->causes[cause], connection);
	load_progress_add_error(&engine->progress);
}

static void finish(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_transport_ops *ops = engine->transport->ops;
	if (engine->plan->options.ending == LOAD_OPTIONS_NOTIFY) {
		tls_ops(engine)->shut(connection->tls);
		flush(engine, connection);
	}
	if (engine->plan->options.ending == LOAD_OPTIONS_RST)
		ops->reset(engine->transport, connection->slot);
	else
		ops->close(engine->transport, connection->slot);
	release(engine, connection);
}

/* One that is not free ends as a failure. */
static void fail(struct load_engine *engine, struct load_connection *connection, enum load_cause cause)
{
	if (connection->state != LOAD_CONNECTION_CONNECTING)
		flush(engine, connection); /* our alert, if there is one */
	engine->transport->ops->reset(engine->transport, connection->slot);
	count_failure(engine, connection, cause);
	release(engine, connection);
}

static void fail_tls(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_tls_outcome outcome = tls_ops(engine)->outcome(connection->tls);
	if (outcome.cause == LOAD_CAUSE_ALERT)
		count(&engine->result->alerts[outcome.alert], connection);
	fail(engine, connection, outcome.cause == LOAD_CAUSE_COUNT ? LOAD_CAUSE_CLOSED_EARLY : outcome.cause);
}

static enum load_cause time_out_cause(const struct load_connection *connection)
{
	switch (connection->state) {
	case LOAD_CONNECTION_CONNECTING:
		return LOAD_CAUSE_CONNECT_TIME_OUT;
	case LOAD_CONNECTION_HANDSHAKE:
		return LOAD_CAUSE_HANDSHAKE_TIME_OUT;
	default:
		return LOAD_CAUSE_RESPONSE_TIME_OUT;
	}
}

void load_connection_time_out(struct load_engine *engine, struct load_connection *connection)
{
	if (connection->state == LOAD_CONNECTION_TICKET)
		finish(engine, connection);
	else
		fail(engine, connection, time_out_cause(connection));
}

void load_connection_end(struct load_engine *engine, struct load_connection *connection)
{
	if (connection->state == LOAD_CONNECTION_TICKET || connection->responses > 0)
		finish(engine, connection);
	else
		fail(engine, connection, LOAD_CAUSE_UNFINISHED);
}

/* --- start --- */

static bool takes_turn_to_verify(struct load_engine *engine)
{
	const uint64_t one_in = engine->plan->options.verify_one_in;
	return one_in != 0 && engine->verify_turn++ % one_in == 0;
}

/*
 * Which connections resume: so many that their share is as asked at any time. What could not be resumed for want of a
 * ticket is made up for later.
 */
static void choose_ticket(struct load_engine *engine, struct load_connection *connection, uint64_t now_ms)
{
	if (!engine->tickets)
		return;
	engine->resume_debt += engine->plan->options.resume;
	if (engine->resume_debt < 1)
		return;
	connection->ticket = load_tickets_take(engine->tickets, connection->name, now_ms);
	if (connection->ticket)
		engine->resume_debt -= 1;
	else
		count(&engine->result->without_ticket, connection);
}

static bool start_tls(struct load_engine *engine, struct load_connection *connection, uint64_t now)
{
	const uint64_t now_ms = now / NS_PER_MS;
	if (!connection->tls)
		connection->tls = tls_ops(engine)->create(engine->tls_context);
	choose_ticket(engine, connection, now_ms);
	connection->wants_ticket = engine->tickets && load_tickets_wants(engine->tickets, connection->name);
	const struct load_tls_start start = {.random = &engine->random,
		.server_name = load_names_at(&engine->plan->names, connection->name),
		.verify = takes_turn_to_verify(engine),
		.ticket = connection->ticket,
		.wants_ticket = connection->wants_ticket,
		.now_ms = now_ms};
	if (start.verify)
		count(&engine->result->verified, connection);
	return connection->tls && tls_ops(engine)->start(connection->tls, &start);
}

static enum load_cause cause_of_open(enum load_transport_open open)
{
	switch (open) {
	case LOAD_TRANSPORT_NO_PORT:
		return LOAD_CAUSE_NO_PORT;
	case LOAD_TRANSPORT_NO_ROUTE:
		return LOAD_CAUSE_UNREACHABLE;
	case LOAD_TRANSPORT_STARTED:
	case LOAD_TRANSPORT_NO_RESOURCE:
		break;
	}
	return LOAD_CAUSE_NO_MEMORY;
}

/* A port of the range may still be in use, by a connection before or by somebody else: a few others are tried. */
#define PORTS_TO_TRY 8

static enum load_transport_open open_stream(struct load_engine *engine, uint32_t slot)
{
	const struct load_plan *plan = engine->plan;
	enum load_transport_open open = LOAD_TRANSPORT_NO_PORT;
	for (unsigned i = 0; i < PORTS_TO_TRY && open == LOAD_TRANSPORT_NO_PORT; i++) {
		struct load_endpoint source;
		load_sources_at(&plan->sources, engine->source_turn, &source);
		engine->source_turn += engine->source_step;
		open = engine->transport->ops->connect(engine->transport, slot, &source, &plan->target);
	}
	return open;
}

void load_connection_start(struct load_engine *engine, uint64_t intended_ns, bool is_measured)
{
	const uint64_t now = now_ns(engine);
	const uint32_t slot = engine->free_slots[--engine->n_free];
	struct load_connection *connection = &engine->connections[slot];
	connection->is_measured = is_measured;
	connection->has_answer = connection->wants_ticket = false;
	connection->responses = 0;
	connection->intended_ns = intended_ns;
	connection->name = load_names_pick(&engine->plan->names, &engine->random);
	enter(engine, connection, LOAD_CONNECTION_CONNECTING, now);
	count(&engine->result->started, connection);
	const enum load_transport_open open = open_stream(engine, slot);
	if (open != LOAD_TRANSPORT_STARTED) {
		count_failure(engine, connection, cause_of_open(open));
		release(engine, connection);
		return;
	}
	/* The key share is made while the SYN is on its way. */
	if (!start_tls(engine, connection, now))
		fail(engine, connection, LOAD_CAUSE_NO_MEMORY);
}

/* --- events --- */

static void on_connected(void *context, uint32_t slot)
{
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	const uint64_t now = now_ns(engine);
	connection->connected_ns = now;
	load_pause_end(&engine->pause);
	count(&engine->result->connected, connection);
	record(engine, connection, LOAD_PHASE_CONNECT, connection->intended_ns, now);
	enter(engine, connection, LOAD_CONNECTION_HANDSHAKE, now);
	flush(engine, connection);
}

static void note_established(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_tls_outcome outcome = tls_ops(engine)->outcome(connection->tls);
	const uint64_t now = now_ns(engine);
	count(&engine->result->handshakes, connection);
	if (outcome.resumed)
		count(&engine->result->resumed, connection);
	else if (connection->ticket)
		count(&engine->result->resumption_refused, connection);
	if (outcome.retried)
		count(&engine->result->retried, connection);
	engine->result->handshakes_in_all++;
	engine->result->handshakes_in_window += now >= engine->window_begin_ns && now < engine->window_end_ns;
	record(engine, connection, LOAD_PHASE_HANDSHAKE, connection->connected_ns, now);
	if (engine->plan->options.requests == 0)
		record(engine, connection, LOAD_PHASE_WHOLE, connection->intended_ns, now);
	load_progress_add_handshake(&engine->progress, now - connection->connected_ns);
}

static void ask(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_options *options = &engine->plan->options;
	const size_t len = load_http_write_get(options->path, load_names_at(&engine->plan->names, connection->name),
		(size_t)options->request_bytes, engine->request, sizeof(engine->request));
	const struct bytes request = {(const uint8_t *)engine->request, len};
	connection->http = (struct load_http_reader){0};
	connection->has_answer = false;
	if (len == 0 || !tls_ops(engine)->write(connection->tls, request)) {
		fail(engine, connection, LOAD_CAUSE_NO_MEMORY);
		return;
	}
	connection->asked_ns = now_ns(engine);
	enter(engine, connection, LOAD_CONNECTION_RESPONSE, connection->asked_ns);
	flush(engine, connection);
}

/* All that the connection was started for is done. */
static void conclude(struct load_engine *engine, struct load_connection *connection)
{
	if (connection->wants_ticket && !keep_ticket(engine, connection) && tls_ops(engine)->tickets_follow &&
		!engine->is_draining)
		enter(engine, connection, LOAD_CONNECTION_TICKET, now_ns(engine));
	else
		finish(engine, connection);
}

static void established(struct load_engine *engine, struct load_connection *connection)
{
	flush(engine, connection);
	note_established(engine, connection);
	if (engine->plan->options.requests > 0)
		ask(engine, connection);
	else
		conclude(engine, connection);
}

/* --- responses --- */

static void complete_response(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_options *options = &engine->plan->options;
	const struct load_http_reader *http = &connection->http;
	if (http->status >= 400 || (options->response_bytes && http->body_bytes != options->response_bytes)) {
		fail(engine, connection, LOAD_CAUSE_BAD_RESPONSE);
		return;
	}
	connection->responses++;
	count(&engine->result->responses, connection);
	if (connection->is_measured)
		engine->result->response_bytes += http->body_bytes;
	if (connection->responses < options->requests && !http->closes && !engine->is_draining)
		ask(engine, connection);
	else
		conclude(engine, connection);
}

static void note_first_byte(struct load_engine *engine, struct load_connection *connection)
{
	const uint64_t now = now_ns(engine);
	connection->has_answer = true;
	record(engine, connection, LOAD_PHASE_RESPONSE, connection->asked_ns, now);
	if (connection->responses == 0)
		record(engine, connection, LOAD_PHASE_WHOLE, connection->intended_ns, now);
}

static void take_plaintext(struct load_engine *engine, struct load_connection *connection)
{
	const struct bytes plaintext = tls_ops(engine)->plaintext(connection->tls);
	size_t used;
	if (connection->state != LOAD_CONNECTION_RESPONSE)
		return; /* nobody asked; whatever it is, it delays nothing */
	if (!connection->has_answer)
		note_first_byte(engine, connection);
	switch (load_http_read(&connection->http, plaintext, &used)) {
	case LOAD_HTTP_MORE:
		break;
	case LOAD_HTTP_DONE:
		complete_response(engine, connection);
		break;
	case LOAD_HTTP_BAD:
		fail(engine, connection, LOAD_CAUSE_BAD_RESPONSE);
		break;
	}
}

/* The server has said its last word. */
static void closed(struct load_engine *engine, struct load_connection *connection)
{
	if (connection->state == LOAD_CONNECTION_TICKET)
		finish(engine, connection);
	else if (connection->state == LOAD_CONNECTION_RESPONSE && load_http_ends_with_close(&connection->http))
		complete_response(engine, connection);
	else
		fail(engine, connection, LOAD_CAUSE_CLOSED_EARLY);
}

/* RFC 8446 section 5.1: a record begins with its type and the major version 3. */
static bool looks_like_tls(struct bytes data)
{
	return data.data[0] >= 20 && data.data[0] <= 23 && (data.len < 2 || data.data[1] == 3);
}

/* One feed. @return false: the connection has come to its end. */
static bool advance(struct load_engine *engine, struct load_connection *connection, struct bytes *data, bool *out_again)
{
	size_t used;
	const enum load_tls_result result = tls_ops(engine)->feed(connection->tls, *data, &used);
	data->data += used;
	data->len -= used;
	*out_again = data->len > 0 || result == LOAD_TLS_DATA;
	if (result == LOAD_TLS_FAILED)
		fail_tls(engine, connection);
	else if (result == LOAD_TLS_CLOSED)
		closed(engine, connection);
	else if (connection->state == LOAD_CONNECTION_HANDSHAKE && tls_ops(engine)->is_established(connection->tls))
		established(engine, connection);
	else if (result == LOAD_TLS_DATA)
		take_plaintext(engine, connection);
	return connection->state != LOAD_CONNECTION_FREE;
}

static void on_received(void *context, uint32_t slot, struct bytes data)
{
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	bool again = true;
	if (connection->state == LOAD_CONNECTION_HANDSHAKE && !connection->has_answer && !looks_like_tls(data)) {
		fail(engine, connection, LOAD_CAUSE_NOT_TLS);
		return;
	}
	connection->has_answer |= connection->state == LOAD_CONNECTION_HANDSHAKE;
	while (again)
		if (!advance(engine, connection, &data, &again))
			return;
	if (connection->state == LOAD_CONNECTION_TICKET && keep_ticket(engine, connection))
		finish(engine, connection);
	else
		flush(engine, connection);
}

static void on_writable(void *context, uint32_t slot)
{
	struct load_engine *engine = context;
	flush(engine, &engine->connections[slot]);
}

static void on_ended(void *context, uint32_t slot, enum load_transport_end end)
{
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	switch (end) {
	case LOAD_TRANSPORT_FIN:
		closed(engine, connection);
		break;
	case LOAD_TRANSPORT_REFUSED:
		fail(engine, connection, LOAD_CAUSE_REFUSED);
		break;
	case LOAD_TRANSPORT_UNREACHABLE:
		fail(engine, connection, LOAD_CAUSE_UNREACHABLE);
		break;
	case LOAD_TRANSPORT_RESET:
		if (connection->state == LOAD_CONNECTION_TICKET)
			finish(engine, connection);
		else
			fail(engine, connection, LOAD_CAUSE_RESET);
		break;
	case LOAD_TRANSPORT_GAVE_UP:
		load_connection_time_out(engine, connection);
		break;
	}
}

struct load_transport_events load_connection_events(struct load_engine *engine)
{
	return (struct load_transport_events){.context = engine,
		.connected = on_connected,
		.received = on_received,
		.writable = on_writable,
		.ended = on_ended};
}
