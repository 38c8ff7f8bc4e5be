/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection_internal.h"
#include "tls_alert.h"

#include <string.h>

/** Wait for control to load `key`. Only the key is kept: the ClientHello stays in TCP's receive queue and is read
 * again. */
static void park(struct connection_pool *pool, struct connection *c, const struct host_name *key, uint64_t now_us)
{
	struct stats *stats = pool->params.stats;
	if (c->phase != CONNECTION_PHASE_PARKED &&
		pool->n_parked >= connection_config(pool)->limits.parked_handshakes) {
		stats_drop(stats, DROP_PARKED_FULL);
		connection_lifecycle_refuse(pool, c, TLS_ALERT_INTERNAL_ERROR, now_us);
		return;
	}
	if (c->phase != CONNECTION_PHASE_PARKED)
		connection_lifecycle_enter(pool, c, CONNECTION_PHASE_PARKED, now_us);
	c->awaited = *key;
	const struct cert_table *table = pool->params.shared->certificates;
	if (!cert_table_claim_load(table, pool->params.reader, key))
		return; /* somebody asked already; all workers are told when it is there */
	if (pool->params.request_load(pool->params.context, key))
		stats_add(stats, STAT_CERT_LOADS, 1);
	else
		cert_table_drop_claim(table, pool->params.reader, key); /* the next ClientHello asks again */
}

struct lookup_context {
	const struct cert_table *table;
	unsigned reader;
};

static void look_up(void *context, const struct host_name *key, bool strict, struct cert_table_result *out)
{
	const struct lookup_context *lookup = context;
	cert_table_lookup(lookup->table, lookup->reader, key, strict, out);
}

void connection_hello_choose(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	struct worker_shared *shared = pool->params.shared;
	struct stats *stats = pool->params.stats;
	const struct flow_key *flow = tcp_conn_key(c->tcp);
	const struct binding_query query = {
		.local_ip = flow->local_ip, .local_port = flow->local_port, .name = c->name};
	struct lookup_context lookup = {.table = shared->certificates, .reader = pool->params.reader};
	const struct cert_select_source source = {.context = &lookup, .lookup = look_up};
	struct cert_select_result chosen;
	/* Pairs with the control thread's release-store when it publishes a new snapshot. */
	const struct binding_table *bindings = atomic_load_explicit(&shared->bindings, memory_order_acquire);

	/* With the bindings comes the configuration that they are part of: both change at once. */
	const struct config_tls *tls = &binding_table_config(bindings)->tls;

	cert_select(bindings, &query, tls->strict, &source, &chosen);
	stats_add(stats, STAT_TIER_FALLTHROUGHS, chosen.n_unusable);
	switch (chosen.verdict) {
	case CERT_SELECT_FOUND:
		stats_add(stats, STAT_CERT_HITS, 1);
		connection_session_start(pool, c, &chosen, tls, now_us);
		return;
	case CERT_SELECT_PENDING:
		park(pool, c, &chosen.certificate.key, now_us);
		return;
	case CERT_SELECT_NONE:
		stats_drop(stats, chosen.reason);
		if (tls->no_match == CONFIG_NO_MATCH_RESET)
			connection_lifecycle_reset(pool, c);
		else
			connection_lifecycle_refuse(pool, c, chosen.alert, now_us);
		return;
	}
}

/** The stream's bytes in one piece: a view where they lie in one block, else a copy in the pool's scratch. */
static struct bytes linear_stream(struct connection_pool *pool, const struct connection *c)
{
	struct bytes first = tcp_conn_peek(c->tcp, 0);
	if (first.len >= c->progress.stream_bytes)
		return first;
	uint32_t filled = 0;
	while (filled < c->progress.stream_bytes) {
		struct bytes part = tcp_conn_peek(c->tcp, filled);
		size_t n = part.len < c->progress.stream_bytes - filled ? part.len : c->progress.stream_bytes - filled;
		memcpy(pool->stream + filled, part.data, n);
		filled += (uint32_t)n;
	}
	return (struct bytes){pool->stream, filled};
}

static void refuse_hello(struct connection_pool *pool, struct connection *c, enum clienthello_fault fault,
	uint8_t alert, uint64_t now_us)
{
	static const enum drop_reason reasons[] = {
		[CLIENTHELLO_FAULT_NONE] = DROP_HELLO_MALFORMED,
		[CLIENTHELLO_FAULT_NOT_TLS] = DROP_HELLO_NOT_TLS,
		[CLIENTHELLO_FAULT_TOO_LARGE] = DROP_HELLO_TOO_LARGE,
		[CLIENTHELLO_FAULT_MALFORMED] = DROP_HELLO_MALFORMED,
		[CLIENTHELLO_FAULT_VERSION] = DROP_HELLO_VERSION,
	};
	stats_drop(pool->params.stats, reasons[fault]);
	connection_lifecycle_refuse(pool, c, alert, now_us);
}

static void accept_hello(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	struct clienthello hello;
	enum clienthello_fault fault = CLIENTHELLO_FAULT_NONE;
	uint8_t alert = 0;
	if (clienthello_parse(linear_stream(pool, c), pool->message, &hello, &fault, &alert) != CLIENTHELLO_OK) {
		refuse_hello(pool, c, fault, alert, now_us);
		return;
	}
	stats_add(pool->params.stats, STAT_HELLOS, 1);
	if (hello.has_server_name &&
		host_name_from_sni(hello.server_name.data, hello.server_name.len, &c->name) == HOST_NAME_INVALID) {
		stats_drop(pool->params.stats, DROP_NAME_INVALID);
		connection_lifecycle_refuse(pool, c, TLS_ALERT_UNRECOGNIZED_NAME, now_us);
		return;
	}
	connection_hello_choose(pool, c, now_us);
}

void connection_hello_read(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	struct bytes part;
	while ((part = tcp_conn_peek(c->tcp, c->progress.stream_bytes)).len > 0) {
		enum clienthello_fault fault = CLIENTHELLO_FAULT_NONE;
		uint8_t alert = 0;
		switch (clienthello_feed(&c->progress, part, &fault, &alert)) {
		case CLIENTHELLO_NEED_MORE:
			break;
		case CLIENTHELLO_OK:
			accept_hello(pool, c, now_us);
			return;
		case CLIENTHELLO_BAD:
			refuse_hello(pool, c, fault, alert, now_us);
			return;
		}
	}
	if (!c->eof)
		return;
	connection_lifecycle_note_leaving(pool, c);
	connection_lifecycle_close(pool, c, now_us);
}
