/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * One client from its first byte to its last: TCP bytes → ClientHello → binding → certificate → TLS session → backend,
 * and back. Only stages are tied together here; each is a module of its own.
 */
#ifndef HANDFAST_CONNECTION_H
#define HANDFAST_CONNECTION_H

#include "stats.h"
#include "tcp_stack.h"
#include "tls_session.h"
#include "worker.h"

/** The client connections of one worker. */
struct connection_pool;

/** What the pool works with; all borrowed from the worker, and outliving the pool. */
struct connection_pool_params {
	struct worker_shared *shared;
	unsigned reader; /**< number in the certificate table */
	struct stats *stats;
	struct tls_session_engine *engine;
	/** Ask control to load a key. @return false if the ring to control is full. */
	bool (*request_load)(void *context, const struct host_name *key);
	void *context;
};

/** @return the pool, or NULL if memory is out. Threads: main thread; then one worker alone. */
struct connection_pool *connection_pool_create(const struct connection_pool_params *params);
/** Drop what is left, then free. */
void connection_pool_destroy(struct connection_pool *pool);

/**
 * Before the end: clients whose answers have left get close_notify and FIN, all others are reset at once. What is left
 * then waits for its client's FIN. @return how many that are.
 */
size_t connection_pool_take_leave(struct connection_pool *pool, uint64_t now_us);

/** Serve what has happened to a TCP connection (tcp_stack_next_event()). Creates the connection on TCP_EVENT_ACCEPTED.
 */
void connection_serve(struct connection_pool *pool, struct tcp_conn *tcp, uint64_t now_us);

/** A certificate has been loaded (or found broken): go on with the handshakes parked for it. */
void connection_certificate_loaded(struct connection_pool *pool, const struct host_name *key, uint64_t now_us);

/** Close what has waited too long. Cost: O(connections due). */
void connection_advance(struct connection_pool *pool, uint64_t now_us);

/** @return when connection_advance() has something to do, or UINT64_MAX. */
uint64_t connection_next_timer_us(const struct connection_pool *pool);

/** Fill a list for `show connections`. */
void connection_fill_snapshot(const struct connection_pool *pool, struct worker_snapshot *snapshot, uint64_t now_us);

#endif
