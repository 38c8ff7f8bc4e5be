/* SPDX-License-Identifier: BSD-3-Clause */
/** HTTP/1.1 of the responder: a stream of plaintext in, answers out; nothing is read twice and nothing is guessed. */
#ifndef HANDFAST_RESPONDER_HTTP1_H
#define HANDFAST_RESPONDER_HTTP1_H

#include "responder.h"
#include "responder_buffer.h"

/** Request line and header lines together. */
#define RESPONDER_HTTP1_MAX_HEAD_BYTES ((size_t)16 * 1024)
/** Of a body, which is read and dropped; also of the trailers after one. */
#define RESPONDER_HTTP1_MAX_BODY_BYTES ((uint64_t)1024 * 1024)

struct responder_http1;

/** @param page, output  of the responder, which outlives this. @return NULL if memory is out. Owner: the caller. */
struct responder_http1 *responder_http1_create(
	const struct responder_page *page, struct responder_buffer *output, unsigned max_requests);
/** NULL is allowed. */
void responder_http1_destroy(struct responder_http1 *http1);

/** As responder_feed(). */
enum responder_result responder_http1_feed(
	struct responder_http1 *http1, struct bytes plaintext, unsigned *out_requests);

#endif
