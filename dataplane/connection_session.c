/* SPDX-License-Identifier: BSD-3-Clause */
#include "connection_internal.h"
#include "tls_alert.h"

#include <stdio.h>
#include <string.h>

static void session_over(struct connection_pool *pool, struct connection *c, enum drop_reason reason, uint64_t now_us)
{
	stats_drop(pool->params.stats, reason);
	struct bytes output = tls_session_output(c->session);
	if (output.len > 0)
		(void)tcp_conn_send(c->tcp, output);
	connection_lifecycle_close(pool, c, now_us);
}

/** Give TLS output to TCP. @return true if something moved. */
static bool send_output(struct connection *c)
{
	struct bytes output = tls_session_output(c->session);
	if (output.len == 0)
		return false;
	uint32_t sent = tcp_conn_send(c->tcp, output);
	if (sent > 0)
		tls_session_output_consume(c->session, sent);
	return sent > 0;
}

static void count_handshake(struct stats *stats, const struct tls_session_info *info)
{
	static const enum stat refused[] = {
		[TLS_SESSION_TICKET_UNKNOWN_KEY] = STAT_TICKETS_UNKNOWN_KEY,
		[TLS_SESSION_TICKET_BROKEN] = STAT_TICKETS_BROKEN,
		[TLS_SESSION_TICKET_EXPIRED] = STAT_TICKETS_EXPIRED,
		[TLS_SESSION_TICKET_OTHER_NAME] = STAT_TICKETS_OTHER_NAME,
		[TLS_SESSION_TICKET_OTHER_CERTIFICATE] = STAT_TICKETS_OTHER_CERTIFICATE,
	};
	stats_add(stats, STAT_HANDSHAKES, 1);
	if (strcmp(info->version, "TLSv1.3") == 0)
		stats_add(stats, STAT_HANDSHAKES_TLS13, 1);
	if (info->resumed)
		stats_add(stats, STAT_HANDSHAKES_RESUMED, 1);
	if (info->refused_ticket != TLS_SESSION_TICKET_NONE)
		stats_add(stats, refused[info->refused_ticket], 1);
}

/** Make the backend once the handshake is done. @return false if memory is out. */
static bool open_backend(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	struct tls_session_info info;
	tls_session_get_info(c->session, &info);
	const struct flow_key *key = tcp_conn_key(c->tcp);
	char ip[IP_ADDRESS_TEXT_SIZE], client[IP_ADDRESS_TEXT_SIZE + 8], local[IP_ADDRESS_TEXT_SIZE + 8];
	bool v4 = ip_address_is_v4(&key->local_ip);
	snprintf(client, sizeof(client), v4 ? "%s:%u" : "[%s]:%u", ip_address_format(&key->remote_ip, ip),
		key->remote_port);
	snprintf(
		local, sizeof(local), v4 ? "%s:%u" : "[%s]:%u", ip_address_format(&key->local_ip, ip), key->local_port);
	const struct responder_page page = {
		.server_name = c->name.text,
		.tier = binding_tier_number((enum binding_tier)c->served.tier),
		.tier_name = binding_tier_name((enum binding_tier)c->served.tier),
		.file = c->served.file,
		.subject = c->served.subject,
		.version = info.version,
		.cipher = info.cipher,
		.group = info.group,
		.protocol = info.protocol,
		.client = client,
		.local = local,
	};
	bool http2 = strcmp(info.protocol, "h2") == 0;
	c->responder = responder_create(&page, http2, connection_config(pool)->limits.keepalive_requests);
	if (!c->responder)
		return false;
	count_handshake(pool->params.stats, &info);
	connection_lifecycle_enter(pool, c, CONNECTION_PHASE_OPEN, now_us);
	return true;
}

static enum drop_reason failure_of(const struct connection *c)
{
	if (c->phase != CONNECTION_PHASE_HANDSHAKE)
		return DROP_RECORD_BAD;
	return tls_session_alert_sent(c->session) == TLS_ALERT_NO_APPLICATION_PROTOCOL ? DROP_ALPN_MISMATCH
										       : DROP_HANDSHAKE_FAILED;
}

bool connection_session_heed(
	struct connection_pool *pool, struct connection *c, enum tls_session_result result, uint64_t now_us)
{
	switch (result) {
	case TLS_SESSION_OK:
	case TLS_SESSION_WANT_INPUT:
		break;
	case TLS_SESSION_WANT_ASYNC:
		connection_lifecycle_set_paused(pool, c, true);
		return true;
	case TLS_SESSION_CLOSED:
		c->close_when_drained = true;
		break;
	case TLS_SESSION_FAILED:
		session_over(pool, c, failure_of(c), now_us);
		return false;
	}
	if (c->phase == CONNECTION_PHASE_HANDSHAKE && tls_session_established(c->session) &&
		!open_backend(pool, c, now_us)) {
		session_over(pool, c, DROP_SESSION_MEMORY, now_us);
		return false;
	}
	return true;
}

/** Give received bytes to TLS, block by block. @return false if the connection is over. */
static bool feed_input(struct connection_pool *pool, struct connection *c, uint64_t now_us, bool *out_moved)
{
	struct bytes input;
	while (!c->is_paused && (input = tcp_conn_peek(c->tcp, 0)).len > 0) {
		size_t consumed = 0;
		enum tls_session_result result = tls_session_feed(c->session, input, &consumed);
		tcp_conn_consume(c->tcp, (uint32_t)consumed);
		*out_moved |= consumed > 0;
		if (!connection_session_heed(pool, c, result, now_us))
			return false;
		if (consumed < input.len)
			break;
	}
	return true;
}

/** Move the backend's answer into TLS. @return false if the connection is over. */
static bool write_response(struct connection_pool *pool, struct connection *c, uint64_t now_us, bool *out_moved)
{
	struct bytes answer;
	while (!c->is_paused && (answer = responder_output(c->responder)).len > 0) {
		size_t taken = 0;
		enum tls_session_result result = tls_session_write(c->session, answer, &taken);
		responder_output_consume(c->responder, taken);
		*out_moved |= taken > 0;
		if (!connection_session_heed(pool, c, result, now_us))
			return false;
		if (taken < answer.len)
			break;
	}
	return true;
}

/** Read requests, unless answers are still waiting to leave: back-pressure. @return false if the connection is over. */
static bool read_requests(struct connection_pool *pool, struct connection *c, uint64_t now_us, bool *out_moved)
{
	if (c->is_paused || c->close_when_drained || responder_output(c->responder).len > 0)
		return true;
	size_t len = 0;
	enum tls_session_result result = tls_session_read(c->session, pool->plaintext, sizeof(pool->plaintext), &len);
	if (result != TLS_SESSION_OK)
		return connection_session_heed(pool, c, result, now_us);
	*out_moved = true;
	unsigned requests = 0;
	enum responder_result answer = responder_feed(c->responder, (struct bytes){pool->plaintext, len}, &requests);
	stats_add(pool->params.stats, STAT_REQUESTS, requests);
	if (answer == RESPONDER_BAD)
		stats_drop(pool->params.stats, DROP_REQUEST_BAD);
	c->close_when_drained |= answer != RESPONDER_OPEN;
	return true;
}

static bool is_drained(const struct connection *c)
{
	return (!c->responder || responder_output(c->responder).len == 0) && tls_session_output(c->session).len == 0;
}

void connection_session_close(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	tls_session_close(c->session);
	(void)send_output(c);
	connection_lifecycle_close(pool, c, now_us);
}

void connection_session_take_leave(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	if (is_drained(c) && !c->is_paused)
		connection_session_close(pool, c, now_us);
	else
		connection_lifecycle_reset(pool, c);
}

void connection_session_pump(struct connection_pool *pool, struct connection *c, uint64_t now_us)
{
	bool moved;
	do {
		moved = send_output(c);
		if (!feed_input(pool, c, now_us, &moved))
			return;
		if (c->phase != CONNECTION_PHASE_OPEN)
			continue;
		if (!write_response(pool, c, now_us, &moved) || !read_requests(pool, c, now_us, &moved))
			return;
	} while (moved);

	bool input_left = tcp_conn_readable_bytes(c->tcp) > 0;
	if (c->eof && !input_left && !c->is_paused)
		c->close_when_drained = true;
	if (c->close_when_drained && is_drained(c)) {
		connection_lifecycle_note_leaving(pool, c);
		connection_session_close(pool, c, now_us);
	} else if (c->phase == CONNECTION_PHASE_OPEN)
		connection_lifecycle_enter(
			pool, c, CONNECTION_PHASE_OPEN, now_us); /* something happened: the idle time starts anew */
}

void connection_session_start(struct connection_pool *pool, struct connection *c,
	const struct cert_select_result *chosen, const struct config_tls *tls, uint64_t now_us)
{
	const struct certificate *certificate = chosen->certificate.certificate;
	uint32_t flags = chosen->candidate.binding->ssl_flags;
	uint8_t identity[BINDING_IDENTITY_MAX_BYTES];
	const struct tls_session_params params = {
		.allow_tls13 = (flags & CONFIG_SSL_NO_TLS13) == 0,
		.allow_http2 = (flags & CONFIG_SSL_NO_HTTP2) == 0,
		.name = c->name,
		.binding = {identity, binding_identity(chosen->candidate.binding, identity)},
		.ticket_lifetime_s = tls->session_tickets ? tls->ticket_lifetime_s : 0,
		.tickets_tls13 = tls->tickets_tls13,
	};
	c->served.tier = chosen->candidate.tier;
	snprintf(c->served.file, sizeof(c->served.file), "%s", certificate->file ? certificate->file : "");
	snprintf(c->served.subject, sizeof(c->served.subject), "%s", certificate->subject ? certificate->subject : "");
	if (tls_session_start(pool->params.engine, certificate, &params, &c->session) != TLS_SESSION_OK) {
		stats_drop(pool->params.stats, DROP_SESSION_MEMORY);
		connection_lifecycle_refuse(pool, c, TLS_ALERT_INTERNAL_ERROR, now_us);
		return;
	}
	certificate_note_use(certificate, atomic_load_explicit(&pool->params.shared->now_s, memory_order_relaxed));
	stats_add(pool->params.stats, STAT_SESSIONS_NOW, 1);
	connection_lifecycle_enter(pool, c, CONNECTION_PHASE_HANDSHAKE, now_us);
	connection_session_pump(pool, c, now_us);
}
