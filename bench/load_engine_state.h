/* SPDX-License-Identifier: BSD-3-Clause */
/** What load_engine.c (when) and load_connection.c (how) share. */
#ifndef HANDFAST_LOAD_ENGINE_STATE_H
#define HANDFAST_LOAD_ENGINE_STATE_H

#include "load_engine.h"
#include "load_http.h"
#include "load_pause.h"
#include "load_tickets.h"

#include <sys/queue.h>

enum load_connection_state {
	LOAD_CONNECTION_FREE,
	LOAD_CONNECTION_CONNECTING,
	LOAD_CONNECTION_HANDSHAKE,
	LOAD_CONNECTION_RESPONSE, /**< a request is out */
	LOAD_CONNECTION_TICKET,   /**< all is done, but a ticket is wanted */
};

struct load_connection {
	enum load_connection_state state;
	uint32_t slot;
	bool is_measured, wants_ticket;
	bool has_answer; /**< the server has sent something: of the stream; of the response */
	uint32_t name;
	uint64_t intended_ns, connected_ns, asked_ns, deadline_ns;
	uint64_t responses;
	struct load_ticket *ticket; /**< to resume with; NULL: none */
	struct load_http_reader http;
	TAILQ_ENTRY(load_connection) by_deadline;
	struct load_tls *tls; /**< NULL until its first use; kept for the next */
};

/* A request as it is written; fits what --request-bytes, a path and a name allow. */
#define LOAD_ENGINE_REQUEST_MAX_BYTES 20000

TAILQ_HEAD(load_connection_list, load_connection);

struct load_engine {
	const struct load_plan *plan;
	struct load_transport *transport;
	struct load_tls_context *tls_context;
	struct load_random random;
	struct load_result *result;
	struct load_progress progress;

	uint32_t n_slots, n_free;
	struct load_connection *connections;
	uint32_t *free_slots;                /**< a stack: what was used last has its memory in the cache */
	struct load_connection_list waiting; /**< all that are not free, by deadline: each waits equally long */
	struct load_connection_list wanting; /**< those of LOAD_CONNECTION_TICKET instead: they wait less long */

	struct load_arrivals arrivals;
	struct load_pause pause; /**< of a closed loop */
	uint64_t count_left;     /**< UINT64_MAX: no bound */
	uint64_t begin_ns, window_begin_ns;
	uint64_t window_end_ns; /**< UINT64_MAX: not known yet */
	uint64_t last_done_ns;  /**< when a measured connection ended last */
	uint64_t verify_turn, source_turn, source_step;
	double resume_debt;           /**< connections that should have been resumed, and were not offered a ticket */
	struct load_tickets *tickets; /**< NULL: nothing is resumed */
	char request[LOAD_ENGINE_REQUEST_MAX_BYTES];
	uint64_t busy_at_begin_ns;
	bool has_window_begun, has_window_ended, is_stopped, is_draining;
};

#endif
