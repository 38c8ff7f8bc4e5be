/* SPDX-License-Identifier: BSD-3-Clause */
/** The head of an HTTP/1.1 request, RFC 9112: strict, because a lenient reading is how requests are smuggled. */
#ifndef HANDFAST_RESPONDER_HTTP1_HEAD_H
#define HANDFAST_RESPONDER_HTTP1_HEAD_H

#include "bytes.h"

#include <stdbool.h>
#include <stdint.h>

/** What a head says; views into the bytes parsed. */
struct responder_http1_head {
	struct bytes method, path;
	unsigned minor; /**< HTTP/1.minor: 0 or 1 */
	bool has_host, has_length, is_chunked, has_expect;
	uint64_t length;        /**< of the body, when has_length */
	bool close, keep_alive; /**< from Connection */
};

/**
 * @param text  request line and header lines, each ending CRLF, without the empty line.
 * @return 0, or the status to refuse it with: 400, 417, 501, 505.
 * Threads: any. Cost: one pass, no allocation.
 */
unsigned responder_http1_head_parse(struct bytes text, struct responder_http1_head *out);

#endif
