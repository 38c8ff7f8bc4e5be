/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection_internal.h"
#include "tls_alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const phase_names[CONNECTION_PHASES] = {"hello", "parked", "handshake", "open", "closing"};

struct connection_pool *connection_pool_create(const struct connection_pool_params *params)
{
	struct connection_pool *pool = calloc(1, sizeof(*pool));
	if (!pool)
		return NULL;
	const struct config_limits *limits = &params->shared->config->limits;
	if (slab_init(&pool->connections, sizeof(struct connection), limits->connections) < 0) {
		free(pool);
		return NULL;
	}
	pool->params = *params;
	for (int phase = 0; phase < CONNECTION_PHASES; phase++)
		TAILQ_INIT(&pool->waiting[phase]);
	LIST_INIT(&pool->paused);
	pool->timeout_us[CONNECTION_PHASE_HELLO] = (uint64_t)limits->hello_timeout_ms * 1000;
	pool->timeout_us[CONNECTION_PHASE_PARKED] = (uint64_t)limits->load_timeout_ms * 1000;
	pool->timeout_us[CONNECTION_PHASE_HANDSHAKE] = (uint64_t)limits->handshake_timeout_ms * 1000;
	pool->timeout_us[CONNECTION_PHASE_OPEN] = (uint64_t)limits->idle_timeout_ms * 1000;
	pool->timeout_us[CONNECTION_PHASE_CLOSING] = (uint64_t)limits->linger_timeout_ms * 1000;
	return pool;
}

void connection_pool_destroy(struct connection_pool *pool)
{
	if (!pool)
		return;
	for (int phase = 0; phase < CONNECTION_PHASES; phase++)
		while (!TAILQ_EMPTY(&pool->waiting[phase]))
			connection_lifecycle_destroy(pool, TAILQ_FIRST(&pool->waiting[phase]));
	slab_fini(&pool->connections);
	free(pool);
}

size_t connection_pool_take_leave(struct connection_pool *pool, uint64_t now_us)
{
	static const enum connection_phase unfinished[] = {
		CONNECTION_PHASE_HELLO, CONNECTION_PHASE_PARKED, CONNECTION_PHASE_HANDSHAKE};
	for (size_t i = 0; i < sizeof(unfinished) / sizeof(unfinished[0]); i++)
		while (!TAILQ_EMPTY(&pool->waiting[unfinished[i]]))
			connection_lifecycle_reset(pool, TAILQ_FIRST(&pool->waiting[unfinished[i]]));
	while (!TAILQ_EMPTY(&pool->waiting[CONNECTION_PHASE_OPEN]))
		connection_session_take_leave(pool, TAILQ_FIRST(&pool->waiting[CONNECTION_PHASE_OPEN]), now_us);
	return pool->connections.in_use;
}

static void pump(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	switch (c->phase) {
	case CONNECTION_PHASE_HELLO:
		connection_hello_read(pool, c, now_us);
		return;
	case CONNECTION_PHASE_PARKED:
		return; /* what the client sends meanwhile waits in TCP's receive queue */
	case CONNECTION_PHASE_HANDSHAKE:
	case CONNECTION_PHASE_OPEN:
		if (!c->is_paused)
			connection_session_pump(pool, c, now_us);
		return;
	case CONNECTION_PHASE_CLOSING:
		connection_lifecycle_discard_input(c);
		if (c->eof)
			connection_lifecycle_destroy(pool, c);
		return;
	case CONNECTION_PHASES:
		break;
	}
}

void connection_serve(struct connection_pool *pool, struct tcp_conn *tcp, uint64_t now_us)
{
	uint32_t events = tcp_conn_take_events(tcp);
	struct connection *c = tcp_conn_user(tcp);
	if (!c && (events & TCP_EVENT_ACCEPTED))
		c = connection_lifecycle_open(pool, tcp, now_us);
	if (!c) {
		stats_drop(pool->params.stats, DROP_SESSION_MEMORY);
		tcp_conn_abort(tcp);
		tcp_conn_release(tcp);
		return;
	}
	if (events & TCP_EVENT_CLOSED) {
		connection_lifecycle_note_leaving(pool, c);
		connection_lifecycle_destroy(pool, c);
		return;
	}
	if (events & TCP_EVENT_EOF)
		c->eof = true;
	pump(pool, c, now_us);
}

void connection_certificate_loaded(struct connection_pool *pool, const struct host_name *key, uint64_t now_us)
{
	struct connection *c = TAILQ_FIRST(&pool->waiting[CONNECTION_PHASE_PARKED]);
	while (c) {
		struct connection *next = TAILQ_NEXT(c, by_deadline);
		if (host_name_equal(&c->awaited, key))
			connection_hello_choose(pool, c, now_us);
		c = next;
	}
}

static void time_out(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	struct stats *stats = pool->params.stats;
	switch (c->phase) {
	case CONNECTION_PHASE_HELLO:
		stats_drop(stats, DROP_HELLO_TIMEOUT);
		connection_lifecycle_reset(pool, c);
		return;
	case CONNECTION_PHASE_PARKED:
		stats_drop(stats, DROP_CERT_LOAD_TIMEOUT);
		connection_lifecycle_refuse(pool, c, TLS_ALERT_INTERNAL_ERROR, now_us);
		return;
	case CONNECTION_PHASE_HANDSHAKE:
		stats_drop(stats, DROP_HANDSHAKE_TIMEOUT);
		connection_lifecycle_reset(pool, c);
		return;
	case CONNECTION_PHASE_OPEN:
		stats_drop(stats, DROP_IDLE_TIMEOUT);
		connection_session_close(pool, c, now_us);
		return;
	case CONNECTION_PHASE_CLOSING:
		connection_lifecycle_destroy(pool, c);
		return;
	case CONNECTION_PHASES:
		break;
	}
}

static void resume_paused(struct connection_pool *pool, uint64_t now_us)
{
	struct connection *c = LIST_FIRST(&pool->paused);
	while (c) {
		struct connection *next = LIST_NEXT(c, paused);
		enum tls_session_result result = tls_session_resume(c->session);
		if (result != TLS_SESSION_WANT_ASYNC) {
			connection_lifecycle_set_paused(pool, c, false);
			if (connection_session_heed(pool, c, result, now_us))
				connection_session_pump(pool, c, now_us);
		}
		c = next;
	}
}

void connection_advance(struct connection_pool *pool, uint64_t now_us)
{
	resume_paused(pool, now_us);
	for (int phase = 0; phase < CONNECTION_PHASES; phase++) {
		struct connection *c;
		/* A phase that re-enters itself goes to the tail with a later deadline: this ends. */
		while ((c = TAILQ_FIRST(&pool->waiting[phase])) && c->deadline_us <= now_us)
			time_out(pool, c, now_us);
	}
}

uint64_t connection_next_timer_us(const struct connection_pool *pool)
{
	if (!LIST_EMPTY(&pool->paused))
		return 0;
	uint64_t next_us = UINT64_MAX;
	for (int phase = 0; phase < CONNECTION_PHASES; phase++) {
		const struct connection *c = TAILQ_FIRST(&pool->waiting[phase]);
		if (c && c->deadline_us < next_us)
			next_us = c->deadline_us;
	}
	return next_us;
}

static void fill_row(const struct connection *c, struct worker_connection_row *row, uint64_t now_us)
{
	const struct flow_key *key = tcp_conn_key(c->tcp);
	*row = (struct worker_connection_row){
		.local_ip = key->local_ip,
		.remote_ip = key->remote_ip,
		.local_port = key->local_port,
		.remote_port = key->remote_port,
		.tcp_state = tcp_conn_state_name(tcp_conn_get_state(c->tcp)),
		.phase = phase_names[c->phase],
		.age_us = now_us - c->accepted_us,
		.srtt_us = tcp_conn_srtt_us(c->tcp),
	};
	memcpy(row->name, c->name.text, sizeof(row->name));
	if (c->phase != CONNECTION_PHASE_OPEN)
		return;
	struct tls_session_info info;
	tls_session_get_info(c->session, &info);
	snprintf(row->version, sizeof(row->version), "%s", info.version);
	snprintf(row->cipher, sizeof(row->cipher), "%s", info.cipher);
}

void connection_fill_snapshot(const struct connection_pool *pool, struct worker_snapshot *snapshot, uint64_t now_us)
{
	snapshot->n = 0;
	snapshot->total = pool->connections.in_use;
	for (int phase = 0; phase < CONNECTION_PHASES; phase++) {
		const struct connection *c;
		TAILQ_FOREACH(c, &pool->waiting[phase], by_deadline)
		{
			if (snapshot->n == snapshot->capacity)
				return;
			fill_row(c, &snapshot->rows[snapshot->n++], now_us);
		}
	}
}
