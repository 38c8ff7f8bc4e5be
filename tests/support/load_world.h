/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A world for the load engine without network, cryptography or time of its own: a transport with a simulated clock, a
 * server that serves one handshake after the other, and a TLS that is one record each way.
 */
#ifndef HANDFAST_TEST_LOAD_WORLD_H
#define HANDFAST_TEST_LOAD_WORLD_H

#include "load_engine.h"
#include "load_plan.h"

#define LOAD_WORLD_SLOTS 4096
#define LOAD_WORLD_MS    UINT64_C(1000000)
#define LOAD_WORLD_S     UINT64_C(1000000000)

/** What the server does with a connection. */
enum load_world_server {
	LOAD_WORLD_SERVES,
	LOAD_WORLD_REFUSES, /**< RST for SYN */
	LOAD_WORLD_UNREACHABLE,
	LOAD_WORLD_IGNORES,     /**< no answer to SYN */
	LOAD_WORLD_SILENT,      /**< accepts, never says anything */
	LOAD_WORLD_RESETS,      /**< RST for the first flight */
	LOAD_WORLD_CLOSES,      /**< FIN for the first flight */
	LOAD_WORLD_ALERTS,      /**< alert 40 for the first flight */
	LOAD_WORLD_SPEAKS_HTTP, /**< answers the first flight in plaintext */
	LOAD_WORLD_BAD_NAME,    /**< the client will not accept its certificate */
};

struct load_world_stream {
	bool is_open, is_connected, has_served, has_fin;
	uint64_t connect_at, answer_at; /**< 0: nothing is due */
	char answer[512];
	size_t answer_len;
};

struct load_world {
	struct load_transport transport; /**< first: the engine's pointer is the world's */
	struct load_plan plan;
	uint64_t now_ns, busy_ns;
	/* The server's properties */
	enum load_world_server server;
	uint64_t round_trip_ns, service_ns;  /**< one handshake at a time, each so long */
	uint64_t stall_from_ns, stall_to_ns; /**< nothing is served in between */
	uint64_t refuses_until_ns;           /**< RST for SYN until then */
	uint64_t dies_at_ns;                 /**< from then on it is silent; 0: never */
	const char *response;                /**< for each request; NULL: silence */
	bool gives_tickets, takes_tickets;
	unsigned taken_ports; /**< so many connects more find their port taken */
	/* What has happened */
	uint64_t free_at_ns;
	unsigned n_connects, n_closes, n_resets, n_requests, n_tickets_alive, n_full, n_resumed;
	struct load_endpoint last_source;
	struct load_world_stream streams[LOAD_WORLD_SLOTS];
};

/** A world whose server serves in 100 us, 50 us away, and a plan of one connection after another for a second. */
struct load_world *load_world_create(void);
void load_world_destroy(struct load_world *world);

/** Run the world's plan to its end. @return what came of it; valid until the engine is destroyed. */
struct load_engine *load_world_run(struct load_world *world);

#endif
