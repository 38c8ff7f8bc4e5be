/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A worker's connections without its worker: two TCP stacks joined by a perfect wire under a simulated clock, the
 * server's side served by a connection pool, the client's by OpenSSL or by raw bytes. No port, no lcore, no sleep.
 */
#ifndef HANDFAST_TEST_CLIENT_WORLD_H
#define HANDFAST_TEST_CLIENT_WORLD_H

#include "cert_table_writer.h"
#include "connection.h"
#include "tcp_stack.h"

#include <openssl/ssl.h>

#define CLIENT_WORLD_SERVER    "192.0.2.10"
#define CLIENT_WORLD_MAX_LOADS 8

struct client_world_segment;

struct client_world_side {
	struct client_world *world;
	struct tcp_stack *tcp;
	struct stats stats;
	struct client_world_segment *head, *tail; /**< on the wire to this side, in order */
};

struct client_world {
	struct config config;
	struct worker_shared shared;
	struct binding_table *bindings;
	struct tls_session_engine *engine;
	struct connection_pool *pool;
	struct client_world_side server, client;
	uint64_t now_us;
	struct host_name loads[CLIENT_WORLD_MAX_LOADS]; /**< what the pool asked control to load */
	size_t n_loads;
	bool refuse_loads; /**< as if the ring to control were full */
	uint16_t next_port;
};

/** One client connection. */
struct client_world_peer {
	struct tcp_conn *tcp;
	SSL *ssl; /**< NULL: raw bytes */
	uint8_t received[8192];
	size_t n_received; /**< raw: bytes from the server; TLS: plaintext */
	bool handshake_done, eof, closed;
	enum tcp_conn_close_reason reason;
};

/** @param bindings  borrowed. The certificate table is empty at first. @return false if something could not be made. */
bool client_world_init(struct client_world *world, struct config_binding *bindings, size_t n_bindings);
void client_world_fini(struct client_world *world);

/** Open a connection and settle. @param ctx NULL: raw bytes. @param name server name, NULL: none. */
void client_world_connect(struct client_world *world, struct client_world_peer *peer, SSL_CTX *ctx, const char *name);

/** Send raw bytes from the client (a TLS client's own bytes are sent by client_world_settle()). */
void client_world_send(struct client_world *world, struct client_world_peer *peer, const void *data, size_t len);

/** Run both sides, the clock standing still, until nothing moves. */
void client_world_settle(struct client_world *world);

/** Let time pass in small steps, timers running. */
void client_world_pass(struct client_world *world, uint64_t time_us);

/** Let go of the client's end. */
void client_world_part(struct client_world *world, struct client_world_peer *peer);

/** @return true if no connection, session, job, parked handshake or buffer block is left on the server. */
bool client_world_is_empty(const struct client_world *world);

#endif
