/* SPDX-License-Identifier: BSD-3-Clause */
/** What the responder says, for HTTP/1.1 and HTTP/2 alike: which status, which type, which body. */
#ifndef HANDFAST_RESPONDER_PAGE_H
#define HANDFAST_RESPONDER_PAGE_H

#include "responder.h"
#include "responder_buffer.h"

/** An answer: header fields apart, and the body appended to an output. */
struct responder_page_answer {
	unsigned status; /**< 200, 404, 405 */
	const char *content_type;
	const char *allow; /**< value of the Allow field, or NULL */
};

/** The methods and paths that are told apart. */
struct responder_page_request {
	struct bytes method;
	struct bytes path; /**< origin form; a query is ignored */
};

/** @return a copy of all strings in one block, or NULL if memory is out. Owner: the caller; free(). */
struct responder_page *responder_page_copy(const struct responder_page *page);

/** Decide on a request and append the body of the answer (also for HEAD: its length is told). Threads: the owner's
 * worker. */
struct responder_page_answer responder_page_write(const struct responder_page *page,
	const struct responder_page_request *request, struct responder_buffer *out_body);

/** @return "OK" for 200, … ; "" for a status that is never sent. */
const char *responder_page_reason(unsigned status);

/** @return true if the method is HEAD: the answer has no body. */
bool responder_page_is_head(struct bytes method);

#endif
