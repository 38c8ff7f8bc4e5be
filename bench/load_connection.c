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

/* All wait equally long, so who begins to wait goes to the end. */
static void wait_from(struct load_engine *engine, struct load_connection *connection, uint64_t now)
{
	if (connection->deadline_ns != 0)
		TAILQ_REMOVE(&engine->waiting, connection, by_deadline);
	connection->deadline_ns = now + engine->plan->options.timeout_ns;
	TAILQ_INSERT_TAIL(&engine->waiting, connection, by_deadline);
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

static void add_progress(_Atomic uint64_t *counter, uint64_t n)
{
	/* One writer: no read-modify-write is needed. */
	atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static void release(struct load_engine *engine, struct load_connection *connection)
{
	TAILQ_REMOVE(&engine->waiting, connection, by_deadline);
	if (connection->is_measured)
		engine->last_done_ns = now_ns(engine);
	connection->deadline_ns = 0;
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

void load_connection_fail(struct load_engine *engine, struct load_connection *connection, enum load_cause cause)
{
	if (connection->state != LOAD_CONNECTION_CONNECTING)
		flush(engine, connection); /* our alert, if there is one */
	engine->transport->ops->reset(engine->transport, connection->slot);
	count(&engine->result->causes[cause], connection);
	add_progress(&engine->progress.errors, 1);
	release(engine, connection);
}

static void fail_tls(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_tls_outcome outcome = tls_ops(engine)->outcome(connection->tls);
	if (outcome.cause == LOAD_CAUSE_ALERT)
		count(&engine->result->alerts[outcome.alert], connection);
	load_connection_fail(
		engine, connection, outcome.cause == LOAD_CAUSE_COUNT ? LOAD_CAUSE_CLOSED_EARLY : outcome.cause);
}

enum load_cause load_connection_time_out_cause(const struct load_connection *connection)
{
	return connection->state == LOAD_CONNECTION_CONNECTING ? LOAD_CAUSE_CONNECT_TIME_OUT
							       : LOAD_CAUSE_HANDSHAKE_TIME_OUT;
}

/* --- start --- */

static bool takes_turn_to_verify(struct load_engine *engine)
{
	const uint64_t one_in = engine->plan->options.verify_one_in;
	return one_in != 0 && engine->verify_turn++ % one_in == 0;
}

static bool start_tls(struct load_engine *engine, struct load_connection *connection, uint64_t now)
{
	if (!connection->tls)
		connection->tls = tls_ops(engine)->create(engine->tls_context);
	const struct load_tls_start start = {.random = &engine->random,
		.server_name = engine->plan->server_name,
		.verify = takes_turn_to_verify(engine),
		.now_ms = now / NS_PER_MS};
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

void load_connection_start(struct load_engine *engine, uint64_t intended_ns, bool is_measured)
{
	const uint64_t now = now_ns(engine);
	const uint32_t slot = engine->free_slots[--engine->n_free];
	struct load_connection *connection = &engine->connections[slot];
	connection->state = LOAD_CONNECTION_CONNECTING;
	connection->is_measured = is_measured;
	connection->has_answer = false;
	connection->intended_ns = intended_ns;
	wait_from(engine, connection, now);
	count(&engine->result->started, connection);
	const enum load_transport_open open =
		engine->transport->ops->connect(engine->transport, slot, &engine->plan->source, &engine->plan->target);
	if (open != LOAD_TRANSPORT_STARTED) {
		count(&engine->result->causes[cause_of_open(open)], connection);
		add_progress(&engine->progress.errors, 1);
		release(engine, connection);
		return;
	}
	/* The key share is made while the SYN is on its way. */
	if (!start_tls(engine, connection, now))
		load_connection_fail(engine, connection, LOAD_CAUSE_NO_MEMORY);
}

/* --- events --- */

static void on_connected(void *context, uint32_t slot)
{
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	const uint64_t now = now_ns(engine);
	connection->state = LOAD_CONNECTION_HANDSHAKE;
	connection->connected_ns = now;
	count(&engine->result->connected, connection);
	record(engine, connection, LOAD_PHASE_CONNECT, connection->intended_ns, now);
	wait_from(engine, connection, now);
	flush(engine, connection);
}

static void note_established(struct load_engine *engine, struct load_connection *connection)
{
	const struct load_tls_outcome outcome = tls_ops(engine)->outcome(connection->tls);
	const uint64_t now = now_ns(engine);
	count(&engine->result->handshakes, connection);
	if (outcome.resumed)
		count(&engine->result->resumed, connection);
	if (outcome.retried)
		count(&engine->result->retried, connection);
	engine->result->handshakes_in_window += now >= engine->window_begin_ns && now < engine->window_end_ns;
	record(engine, connection, LOAD_PHASE_HANDSHAKE, connection->connected_ns, now);
	record(engine, connection, LOAD_PHASE_WHOLE, connection->intended_ns, now);
	add_progress(&engine->progress.handshakes, 1);
}

static void established(struct load_engine *engine, struct load_connection *connection)
{
	flush(engine, connection);
	note_established(engine, connection);
	finish(engine, connection);
}

/* RFC 8446 section 5.1: a record begins with its type and the major version 3. */
static bool looks_like_tls(struct bytes data)
{
	return data.data[0] >= 20 && data.data[0] <= 23 && (data.len < 2 || data.data[1] == 3);
}

static void on_received(void *context, uint32_t slot, struct bytes data)
{
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	if (!connection->has_answer && !looks_like_tls(data)) {
		load_connection_fail(engine, connection, LOAD_CAUSE_NOT_TLS);
		return;
	}
	connection->has_answer = true;
	while (data.len > 0) {
		size_t used;
		const enum load_tls_result result = tls_ops(engine)->feed(connection->tls, data, &used);
		data.data += used;
		data.len -= used;
		if (result == LOAD_TLS_FAILED || result == LOAD_TLS_CLOSED) {
			fail_tls(engine, connection);
			return;
		}
		if (tls_ops(engine)->is_established(connection->tls)) {
			established(engine, connection);
			return;
		}
	}
	flush(engine, connection);
}

static void on_writable(void *context, uint32_t slot)
{
	struct load_engine *engine = context;
	flush(engine, &engine->connections[slot]);
}

static void on_ended(void *context, uint32_t slot, enum load_transport_end end)
{
	static const enum load_cause causes[] = {[LOAD_TRANSPORT_FIN] = LOAD_CAUSE_CLOSED_EARLY,
		[LOAD_TRANSPORT_REFUSED] = LOAD_CAUSE_REFUSED,
		[LOAD_TRANSPORT_RESET] = LOAD_CAUSE_RESET,
		[LOAD_TRANSPORT_UNREACHABLE] = LOAD_CAUSE_UNREACHABLE,
		[LOAD_TRANSPORT_GAVE_UP] = LOAD_CAUSE_COUNT};
	struct load_engine *engine = context;
	struct load_connection *connection = &engine->connections[slot];
	const enum load_cause cause = causes[end];
	load_connection_fail(
		engine, connection, cause == LOAD_CAUSE_COUNT ? load_connection_time_out_cause(connection) : cause);
}

struct load_transport_events load_connection_events(struct load_engine *engine)
{
	return (struct load_transport_events){.context = engine,
		.connected = on_connected,
		.received = on_received,
		.writable = on_writable,
		.ended = on_ended};
}
