/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A TLS client as the engine drives it: bytes in, bytes out. Kinds: our lean clients of TLS 1.3 (load_tls13.c) and
 * TLS 1.2 (load_tls12.c), and what a unit test brings. One object serves many connections, one after the other.
 */
#ifndef HANDFAST_LOAD_TLS_H
#define HANDFAST_LOAD_TLS_H

#include "bytes.h"
#include "load_error.h"
#include "load_random.h"
#include "load_result.h"

/** Settings of all connections, as the user wrote them; NULL: the kind's defaults. Borrowed as long as a context lives.
 */
struct load_tls_settings {
	const char *groups, *suites, *signatures; /**< names separated by "," (":" will do) */
	const char *alpn;                         /**< names separated by "," */
	const char *ca_file;                      /**< PEM; NULL: chains are not checked */
	bool reuse_key_share;
};

/** What a connection resumes with: a session of its kind. Owner: whoever holds the pointer, load_tls_ops.ticket_free().
 */
struct load_ticket;

/** One connection. Views and ticket are borrowed until the next start. */
struct load_tls_start {
	struct load_random *random;
	struct bytes server_name; /**< len 0: none */
	bool verify;              /**< check the signature, the name, and with ca_file the chain */
	const struct load_ticket *ticket;
	bool wants_ticket;
	uint64_t now_ms;
};

enum load_tls_result {
	LOAD_TLS_WANT_INPUT, /**< all was taken */
	LOAD_TLS_DATA,       /**< plaintext is there; feed the rest after taking it */
	LOAD_TLS_CLOSED,     /**< the peer sent close_notify */
	LOAD_TLS_FAILED,     /**< see outcome(); an alert may wait in the output */
};

/** After LOAD_TLS_FAILED: cause and alert. Once established: the rest. */
struct load_tls_outcome {
	enum load_cause cause; /**< LOAD_CAUSE_COUNT: none */
	uint8_t alert;         /**< the server's, with LOAD_CAUSE_ALERT */
	bool resumed, retried;
};

struct load_tls_context;
struct load_tls;

/** Threads: everything of one context belongs to one thread. */
struct load_tls_ops {
	bool tickets_follow; /**< tickets come after the handshake, if they come (TLS 1.3); else with it or not at all
			      */
	/** @return NULL, and error says why: a name that is unknown, a file that cannot be read. */
	struct load_tls_context *(*open)(const struct load_tls_settings *settings, struct load_error *error);
	void (*close)(struct load_tls_context *context);
	/** @return NULL: memory is out. */
	struct load_tls *(*create)(struct load_tls_context *context);
	void (*destroy)(struct load_tls *tls);
	/** Begin a connection, in any state; its first flight is then in the output. @return false: memory is out. */
	bool (*start)(struct load_tls *tls, const struct load_tls_start *start);
	/** Called again with no input after LOAD_TLS_DATA, until it wants input. */
	enum load_tls_result (*feed)(struct load_tls *tls, struct bytes input, size_t *out_consumed);
	/** After LOAD_TLS_DATA; valid until the next feed of any client of the context. */
	struct bytes (*plaintext)(const struct load_tls *tls);
	/** What is to be sent; valid until the next call on the client. */
	struct bytes (*output)(const struct load_tls *tls);
	void (*output_consume)(struct load_tls *tls, size_t n);
	bool (*is_established)(const struct load_tls *tls);
	bool (*write)(struct load_tls *tls, struct bytes plaintext);
	/** Put close_notify into the output. */
	void (*shut)(struct load_tls *tls);
	struct load_tls_outcome (*outcome)(const struct load_tls *tls);
	/** @return the last ticket the server gave, which is then the caller's; NULL: none. */
	struct load_ticket *(*take_ticket)(struct load_tls *tls);
	bool (*ticket_is_fresh)(const struct load_ticket *ticket, uint64_t now_ms);
	void (*ticket_free)(struct load_ticket *ticket);
};

#endif
