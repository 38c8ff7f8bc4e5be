/* SPDX-License-Identifier: BSD-3-Clause */
#include "client_world.h"

#include <stdlib.h>
#include <string.h>

struct client_world_segment {
	struct client_world_segment *next;
	struct flow_key key; /* as the receiver sees it */
	struct tcp_segment segment;
	uint8_t payload[];
};

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct client_world_side *from = context;
	struct client_world_side *to = from == &from->world->server ? &from->world->client : &from->world->server;
	struct client_world_segment *copy = calloc(1, sizeof(*copy) + segment->payload_len);
	if (!copy)
		return false;
	copy->key = *key;
	copy->key.local_ip = key->remote_ip;
	copy->key.remote_ip = key->local_ip;
	copy->key.local_port = key->remote_port;
	copy->key.remote_port = key->local_port;
	copy->segment = *segment;
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, copy->payload);
	copy->segment.payload = (struct bytes){copy->payload, segment->payload_len};
	if (to->tail)
		to->tail->next = copy;
	else
		to->head = copy;
	to->tail = copy;
	return true;
}

static bool server_listens(void *context, const struct flow_key *key)
{
	struct client_world_side *side = context;
	return binding_listens(side->world->bindings, &key->local_ip, key->local_port);
}

static bool client_listens(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return false;
}

static bool request_load(void *context, const struct host_name *key)
{
	struct client_world *world = context;
	if (world->refuse_loads || world->n_loads == CLIENT_WORLD_MAX_LOADS)
		return false;
	world->loads[world->n_loads++] = *key;
	return true;
}

static struct tcp_stack *make_stack(
	struct client_world_side *side, bool (*listens)(void *, const struct flow_key *), uint8_t seed_octet)
{
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = side->world->config.limits.connections;
	settings.time_wait_us = 1000000;
	const struct tcp_stack_callbacks callbacks = {.context = side, .emit = emit, .listens = listens};
	const uint8_t seed[32] = {seed_octet};
	return tcp_stack_create(&settings, &callbacks, seed, &side->stats, side->world->now_us);
}

bool client_world_init(struct client_world *world, struct config_binding *bindings, size_t n_bindings)
{
	static const uint8_t key[16] = {3}, ticket_key[TLS_TICKETS_KEY_BYTES] = {4};
	char error[160];
	memset(world, 0, sizeof(*world));
	world->now_us = 1000000;
	world->next_port = 20000;
	world->config = (struct config){
		.bindings = bindings,
		.n_bindings = n_bindings,
		.store = {.enabled = true},
		.limits = {.connections = 4096,
			.parked_handshakes = 4,
			.hello_timeout_ms = 5000,
			.handshake_timeout_ms = 10000,
			.load_timeout_ms = 3000,
			.idle_timeout_ms = 60000,
			.linger_timeout_ms = 2000,
			.keepalive_requests = 3},
		.tls = {.session_tickets = true, .ticket_lifetime_s = 7200, .tickets_tls13 = 2},
	};
	world->server.world = world;
	world->client.world = world;
	world->bindings = binding_table_create(&world->config, key);
	world->shared.config = &world->config;
	world->shared.certificates = cert_table_writer_create(64, 1, key);
	atomic_store(&world->shared.bindings, world->bindings);
	world->shared.tickets = tls_tickets_create(ticket_key);
	const struct tls_session_settings settings = {
		.live_certificates = 4, .allow_vectors = true, .tickets = world->shared.tickets};
	world->engine = tls_session_engine_create(&settings, error, sizeof(error));
	if (!world->bindings || !world->shared.certificates || !world->shared.tickets || !world->engine)
		return false;
	cert_table_register_reader(world->shared.certificates, 0);
	world->server.tcp = make_stack(&world->server, server_listens, 1);
	world->client.tcp = make_stack(&world->client, client_listens, 2);
	const struct connection_pool_params params = {
		.shared = &world->shared,
		.reader = 0,
		.stats = &world->server.stats,
		.engine = world->engine,
		.request_load = request_load,
		.context = world,
	};
	world->pool = connection_pool_create(&params);
	return world->server.tcp && world->client.tcp && world->pool;
}

static void drop_wire(struct client_world_side *side)
{
	while (side->head) {
		struct client_world_segment *next = side->head->next;
		free(side->head);
		side->head = next;
	}
	side->tail = NULL;
}

void client_world_fini(struct client_world *world)
{
	connection_pool_destroy(world->pool);
	tcp_stack_destroy(world->server.tcp);
	tcp_stack_destroy(world->client.tcp);
	drop_wire(&world->server);
	drop_wire(&world->client);
	tls_session_engine_destroy(world->engine);
	tls_tickets_destroy(world->shared.tickets);
	cert_table_unregister_reader(world->shared.certificates, 0);
	cert_table_writer_destroy(world->shared.certificates);
	binding_table_destroy(world->bindings);
}

static bool deliver(struct client_world_side *side)
{
	struct client_world_segment *segment = side->head;
	if (!segment)
		return false;
	side->head = segment->next;
	if (!side->head)
		side->tail = NULL;
	tcp_stack_input(side->tcp, &segment->key, &segment->segment, side->world->now_us);
	free(segment);
	return true;
}

/* Move what OpenSSL has to say to TCP. */
static void send_tls(struct client_world_peer *peer)
{
	char data[4096];
	int n;
	while (!peer->closed && (n = BIO_read(SSL_get_wbio(peer->ssl), data, sizeof(data))) > 0)
		(void)tcp_conn_send(peer->tcp, (struct bytes){(const uint8_t *)data, (size_t)n});
}

static void run_tls(struct client_world_peer *peer)
{
	if (!peer->handshake_done)
		peer->handshake_done = SSL_do_handshake(peer->ssl) == 1;
	int n = 1;
	while (peer->handshake_done && n > 0 && peer->n_received < sizeof(peer->received)) {
		n = SSL_read(
			peer->ssl, peer->received + peer->n_received, (int)(sizeof(peer->received) - peer->n_received));
		if (n > 0)
			peer->n_received += (size_t)n;
	}
	send_tls(peer);
}

static void receive(struct client_world_peer *peer)
{
	struct bytes part;
	while ((part = tcp_conn_peek(peer->tcp, 0)).len > 0) {
		if (peer->ssl) {
			BIO_write(SSL_get_rbio(peer->ssl), part.data, (int)part.len);
		} else if (peer->n_received + part.len <= sizeof(peer->received)) {
			memcpy(peer->received + peer->n_received, part.data, part.len);
			peer->n_received += part.len;
		}
		tcp_conn_consume(peer->tcp, (uint32_t)part.len);
	}
}

static void serve_client(struct tcp_conn *tcp)
{
	struct client_world_peer *peer = tcp_conn_user(tcp);
	uint32_t events = tcp_conn_take_events(tcp);
	if (!peer)
		return;
	receive(peer);
	if (events & TCP_EVENT_EOF)
		peer->eof = true;
	if (events & TCP_EVENT_CLOSED) {
		peer->closed = true;
		peer->reason = tcp_conn_close_reason(tcp);
	}
	if (peer->ssl)
		run_tls(peer);
}

static bool turn(struct client_world *world)
{
	bool moved = false;
	while (deliver(&world->server) || deliver(&world->client))
		moved = true;
	tcp_stack_advance(world->server.tcp, world->now_us);
	tcp_stack_advance(world->client.tcp, world->now_us);
	struct tcp_conn *tcp;
	while ((tcp = tcp_stack_next_event(world->server.tcp))) {
		connection_serve(world->pool, tcp, world->now_us);
		moved = true;
	}
	connection_advance(world->pool, world->now_us);
	while ((tcp = tcp_stack_next_event(world->client.tcp))) {
		serve_client(tcp);
		moved = true;
	}
	tcp_stack_output(world->server.tcp, world->now_us);
	tcp_stack_output(world->client.tcp, world->now_us);
	cert_table_quiescent(world->shared.certificates, 0);
	return moved || world->server.head || world->client.head;
}

void client_world_settle(struct client_world *world)
{
	while (turn(world))
		;
}

void client_world_pass(struct client_world *world, uint64_t time_us)
{
	const uint64_t step_us = 20000, end_us = world->now_us + time_us;
	client_world_settle(world);
	while (world->now_us < end_us) {
		world->now_us += end_us - world->now_us < step_us ? end_us - world->now_us : step_us;
		client_world_settle(world);
	}
}

void client_world_connect(struct client_world *world, struct client_world_peer *peer, SSL_CTX *ctx, const char *name)
{
	struct flow_key key = {.local_port = world->next_port++, .remote_port = 443};
	memset(peer, 0, sizeof(*peer));
	(void)ip_address_parse("192.0.2.1", &key.local_ip);
	(void)ip_address_parse(CLIENT_WORLD_SERVER, &key.remote_ip);
	peer->tcp = tcp_stack_connect(world->client.tcp, &key, world->now_us);
	if (!peer->tcp)
		abort();
	tcp_conn_set_user(peer->tcp, peer);
	if (ctx) {
		peer->ssl = SSL_new(ctx);
		SSL_set_bio(peer->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_connect_state(peer->ssl);
		if (name)
			SSL_set_tlsext_host_name(peer->ssl, name);
	}
	client_world_settle(world);
}

void client_world_send(struct client_world *world, struct client_world_peer *peer, const void *data, size_t len)
{
	if (tcp_conn_send(peer->tcp, (struct bytes){data, len}) != len)
		abort();
	client_world_settle(world);
}

void client_world_part(struct client_world *world, struct client_world_peer *peer)
{
	tcp_conn_set_user(peer->tcp, NULL);
	tcp_conn_close(peer->tcp);
	tcp_conn_release(peer->tcp);
	SSL_free(peer->ssl);
	client_world_settle(world);
}

bool client_world_is_empty(const struct client_world *world)
{
	static const enum stat gauges[] = {STAT_CONNECTIONS_NOW, STAT_SESSIONS_NOW, STAT_ASYNC_JOBS_NOW,
		STAT_PARKED_NOW, STAT_TCP_BLOCKS_NOW, STAT_TCP_CONNECTIONS_NOW};
	for (size_t i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++)
		if (stats_get_mt(&world->server.stats, gauges[i]) != 0)
			return false;
	return true;
}
