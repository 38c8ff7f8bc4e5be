/* SPDX-License-Identifier: BSD-3-Clause */
/** HTTP/2 of the responder (RFC 9113), by libnghttp2; what is bounded is bounded here. */
#ifndef HANDFAST_RESPONDER_HTTP2_H
#define HANDFAST_RESPONDER_HTTP2_H

#include "responder.h"
#include "responder_buffer.h"

/** Streams at once; a stream holds a body of at most some kilobytes. */
#define RESPONDER_HTTP2_MAX_STREAMS 32
/** Names and values of one request with 32 octets for each field (RFC 9113 section 6.5.2). */
#define RESPONDER_HTTP2_MAX_HEADER_BYTES ((size_t)16 * 1024)
/** Of one request's body, which is read and dropped. */
#define RESPONDER_HTTP2_MAX_BODY_BYTES ((size_t)1024 * 1024)
/** Path and method are kept up to this; a longer path is a 404 all the same. */
#define RESPONDER_HTTP2_MAX_PATH_BYTES 64

struct responder_http2;

/**
 * The server's SETTINGS are in the output at once.
 * @param page, output  of the responder, which outlives this.
 * @return NULL if memory is out. Owner: the caller.
 */
struct responder_http2 *responder_http2_create(
	const struct responder_page *page, struct responder_buffer *output, unsigned max_requests);
/** NULL is allowed. */
void responder_http2_destroy(struct responder_http2 *http2);

/** As responder_feed(). */
enum responder_result responder_http2_feed(
	struct responder_http2 *http2, struct bytes plaintext, unsigned *out_requests);

#endif
