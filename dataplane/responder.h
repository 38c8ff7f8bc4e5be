/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The built-in backend, `backend = "builtin:status"`: answers HTTP/1.1 and HTTP/2 requests with what was negotiated.
 * Bytes in, bytes out: plaintext of a TLS session on both sides.
 */
#ifndef HANDFAST_RESPONDER_H
#define HANDFAST_RESPONDER_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>

/** What the page tells. Strings are copied at creation. */
struct responder_page {
	const char *server_name; /**< "" if the client sent none */
	unsigned tier;           /**< 1 to 5 */
	const char *tier_name;
	const char *file;    /**< "cawl.nau.edu.pfx" */
	const char *subject; /**< of the certificate served */
	const char *version, *cipher, *group, *protocol;
	const char *client; /**< "192.0.2.1:4711" */
	const char *local;
};

enum responder_result {
	RESPONDER_OPEN,  /**< keep the connection */
	RESPONDER_CLOSE, /**< send what is in the output, then close */
	RESPONDER_BAD,   /**< malformed request: an answer (400, GOAWAY) is in the output; send it, then close */
};

struct responder;

/**
 * @param http2         ALPN chose "h2".
 * @param max_requests  answered on one connection before it is closed; at least 1.
 * @return the responder, or NULL if memory is out. Owner: the caller. Threads: one worker.
 */
struct responder *responder_create(const struct responder_page *page, bool http2, unsigned max_requests);
/** NULL is allowed. */
void responder_destroy(struct responder *responder);

/**
 * Give it plaintext from the client. All of it is taken; how much a client may make it hold is bounded.
 * @param out_requests  requests answered by this call
 */
enum responder_result responder_feed(struct responder *responder, struct bytes plaintext, unsigned *out_requests);

/** @return a view of the plaintext to send, len 0 if none; valid until the next call. */
struct bytes responder_output(struct responder *responder);
/** Drop the first n octets of the output: they have been given to TLS. */
void responder_output_consume(struct responder *responder, size_t n);

#endif
