/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What the files of a client connection share; nobody else includes this. Calls go down this list only:
 *
 *   connection            events, time and `show connections`; the pool
 *   connection_hello      until the certificate is chosen
 *   connection_session    the TLS session and the backend behind it
 *   connection_lifecycle  beginning, phases and ends
 */
#ifndef HANDFAST_CONNECTION_INTERNAL_H
#define HANDFAST_CONNECTION_INTERNAL_H

#include "cert_select.h"
#include "clienthello.h"
#include "connection.h"
#include "responder.h"
#include "slab.h"

#include <sys/queue.h>

/** Plaintext moved at a time: one TLS record's worth (RFC 8446 section 5.1). */
#define PLAINTEXT_BYTES 16384

enum connection_phase {
	CONNECTION_PHASE_HELLO,     /**< the ClientHello is not complete; nothing exists but TCP and this */
	CONNECTION_PHASE_PARKED,    /**< waits for control to load the certificate */
	CONNECTION_PHASE_HANDSHAKE, /**< has a TLS session */
	CONNECTION_PHASE_OPEN,      /**< handshake done, plaintext flows */
	CONNECTION_PHASE_CLOSING,   /**< our FIN is on its way; what the client still sends is read and dropped */
	CONNECTION_PHASES
};

/** What is served, kept from the choice of the certificate until the page is made. */
struct connection_served {
	unsigned tier;
	char file[256], subject[128];
};

struct connection {
	TAILQ_ENTRY(connection) by_deadline; /**< in pool->waiting[phase] */
	LIST_ENTRY(connection) paused;       /**< in pool->paused while is_paused */
	struct tcp_conn *tcp;
	struct tls_session *session;
	struct responder *responder;
	uint64_t accepted_us, deadline_us;
	enum connection_phase phase;
	bool is_paused; /**< TLS waits for public-key work */
	bool eof;       /**< the client's FIN was reached */
	bool close_when_drained;
	struct clienthello_progress progress;
	struct host_name name; /**< normalised server name, len 0: none */
	union {
		struct host_name awaited;        /**< CONNECTION_PHASE_PARKED: key that control loads */
		struct connection_served served; /**< later */
	};
};

TAILQ_HEAD(connection_queue, connection);

struct connection_pool {
	struct connection_pool_params params;
	struct slab connections;
	/*
	 * One queue per phase, and every phase has one constant time-out: whoever enters goes to the tail, so each
	 * queue is in order of deadlines and needs no timers.
	 */
	struct connection_queue waiting[CONNECTION_PHASES];
	uint64_t timeout_us[CONNECTION_PHASES];
	size_t n_parked;
	LIST_HEAD(, connection) paused;
	uint8_t stream[CLIENTHELLO_STREAM_MAX_BYTES]; /**< a ClientHello's stream that lies in several blocks */
	uint8_t message[CLIENTHELLO_MAX_BYTES + 4];   /**< one that is spread over several records */
	uint8_t plaintext[PLAINTEXT_BYTES];
};

static inline const struct config *connection_config(const struct connection_pool *pool)
{
	return pool->params.shared->config;
}

/* --- connection_hello.c --- */

/** Walk what has arrived since the last time. No TLS object exists until the whole ClientHello is here and accepted. */
void connection_hello_read(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/** Choose the certificate for c->name and go on: start the session, park, or refuse. */
void connection_hello_choose(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/* --- connection_session.c --- */

/** Start the TLS session with the chosen certificate and let it work on what has arrived. @param tls  of the
 * configuration that the choice was made by. */
void connection_session_start(struct connection_pool *pool, struct connection *c,
	const struct cert_select_result *chosen, const struct config_tls *tls, uint64_t now_us);

/** Move bytes until nothing moves: the receive queue is empty, TLS wants input, or TCP takes no more. */
void connection_session_pump(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/** Do what a call on the session asks for. @return false if the connection is over (and must not be pumped). */
bool connection_session_heed(
	struct connection_pool *pool, struct connection *c, enum tls_session_result result, uint64_t now_us);

/** close_notify (RFC 8446 section 6.1), then FIN. */
void connection_session_close(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/** The same, if all answers have left; else RST: close_notify in the middle of one would call it complete. c may be
 * invalid afterwards. */
void connection_session_take_leave(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/* --- connection_lifecycle.c --- */

/** Begin: a TCP connection was accepted. @return NULL if the pool is full. */
struct connection *connection_lifecycle_open(struct connection_pool *pool, struct tcp_conn *tcp, uint64_t now_us);

/** Let go of everything, TCP included (which goes on closing by itself if it is not over): c is invalid afterwards. */
void connection_lifecycle_destroy(struct connection_pool *pool, struct connection *c);

/** The client is leaving: counted, if its handshake has not ended. */
void connection_lifecycle_note_leaving(struct connection_pool *pool, const struct connection *c);

/** Drop what was received and not read. */
void connection_lifecycle_discard_input(struct connection *c);

/** Go to a phase (or to the one it is in, anew): its time-out starts now. */
void connection_lifecycle_enter(
	struct connection_pool *pool, struct connection *c, enum connection_phase phase, uint64_t now_us);

/** Enter or leave the list of those whose TLS waits for public-key work. */
void connection_lifecycle_set_paused(struct connection_pool *pool, struct connection *c, bool paused);

/** Send what is queued, then FIN; go on reading (and dropping), so that no RST overtakes what was just sent. */
void connection_lifecycle_close(struct connection_pool *pool, struct connection *c, uint64_t now_us);

/** RST, and gone: c is invalid afterwards. */
void connection_lifecycle_reset(struct connection_pool *pool, struct connection *c);

/** Refuse before there is a TLS session: a fatal alert in the clear (RFC 8446 section 6), or none for alert 0; close.
 */
void connection_lifecycle_refuse(struct connection_pool *pool, struct connection *c, uint8_t alert, uint64_t now_us);

#endif
