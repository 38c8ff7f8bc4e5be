/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection_internal.h"

void connection_lifecycle_enter(
	struct connection_pool *pool, struct connection *c, enum connection_phase phase, uint64_t now_us)
{
	struct stats *stats = pool->params.stats;
	if (c->phase == CONNECTION_PHASE_PARKED)
		stats_set(stats, STAT_PARKED_NOW, --pool->n_parked);
	if (phase == CONNECTION_PHASE_PARKED)
		stats_set(stats, STAT_PARKED_NOW, ++pool->n_parked);
	TAILQ_REMOVE(&pool->waiting[c->phase], c, by_deadline);
	c->phase = phase;
	c->deadline_us = now_us + pool->timeout_us[phase];
	TAILQ_INSERT_TAIL(&pool->waiting[phase], c, by_deadline);
}

struct connection *connection_lifecycle_open(struct connection_pool *pool, struct tcp_conn *tcp, uint64_t now_us)
{
	struct connection *c = slab_alloc(&pool->connections);
	if (!c)
		return NULL;
	c->tcp = tcp;
	c->accepted_us = now_us;
	c->deadline_us = now_us + pool->timeout_us[CONNECTION_PHASE_HELLO];
	TAILQ_INSERT_TAIL(&pool->waiting[CONNECTION_PHASE_HELLO], c, by_deadline);
	tcp_conn_set_user(tcp, c);
	stats_add(pool->params.stats, STAT_CONNECTIONS_NOW, 1);
	return c;
}

void connection_lifecycle_set_paused(struct connection_pool *pool, struct connection *c, bool paused)
{
	if (c->is_paused == paused)
		return;
	c->is_paused = paused;
	if (paused) {
		LIST_INSERT_HEAD(&pool->paused, c, paused);
		stats_add(pool->params.stats, STAT_ASYNC_JOBS_NOW, 1);
	} else {
		LIST_REMOVE(c, paused);
		stats_sub(pool->params.stats, STAT_ASYNC_JOBS_NOW, 1);
	}
}

static void drop_session(struct connection_pool *pool, struct connection *c)
{
	connection_lifecycle_set_paused(pool, c, false);
	if (c->session) {
		tls_session_destroy(c->session);
		stats_sub(pool->params.stats, STAT_SESSIONS_NOW, 1);
		c->session = NULL;
	}
	responder_destroy(c->responder);
	c->responder = NULL;
}

void connection_lifecycle_destroy(struct connection_pool *pool, struct connection *c)
{
	drop_session(pool, c);
	if (c->phase == CONNECTION_PHASE_PARKED)
		stats_set(pool->params.stats, STAT_PARKED_NOW, --pool->n_parked);
	TAILQ_REMOVE(&pool->waiting[c->phase], c, by_deadline);
	tcp_conn_set_user(c->tcp, NULL);
	tcp_conn_release(c->tcp);
	slab_free(&pool->connections, c);
	stats_sub(pool->params.stats, STAT_CONNECTIONS_NOW, 1);
}

void connection_lifecycle_note_leaving(struct connection_pool *pool, const struct connection *c)
{
	if (c->phase == CONNECTION_PHASE_HELLO || c->phase == CONNECTION_PHASE_PARKED ||
		c->phase == CONNECTION_PHASE_HANDSHAKE)
		stats_drop(pool->params.stats, DROP_HANDSHAKE_ABANDONED);
}

void connection_lifecycle_discard_input(struct connection *c)
{
	tcp_conn_consume(c->tcp, tcp_conn_readable_bytes(c->tcp));
}

void connection_lifecycle_close(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	drop_session(pool, c);
	connection_lifecycle_discard_input(c);
	tcp_conn_close(c->tcp);
	connection_lifecycle_enter(pool, c, CONNECTION_PHASE_CLOSING, now_us);
}

void connection_lifecycle_reset(struct connection_pool *pool, struct connection *c)
{
	tcp_conn_abort(c->tcp);
	connection_lifecycle_destroy(pool, c);
}

void connection_lifecycle_refuse(struct connection_pool *pool, struct connection *c, uint8_t alert, uint64_t now_us)
{
	const uint8_t record[] = {21 /* alert */, 0x03, 0x03, 0, 2, 2 /* fatal */, alert};
	if (alert != 0)
		(void)tcp_conn_send(c->tcp, (struct bytes){record, sizeof(record)});
	connection_lifecycle_close(pool, c, now_us);
}
