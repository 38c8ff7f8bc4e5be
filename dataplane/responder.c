/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder.h"
#include "responder_http1.h"
#include "responder_http2.h"
#include "responder_buffer.h"
#include "responder_page.h"

#include <stdlib.h>

struct responder {
	struct responder_page *page;
	struct responder_buffer output;
	struct responder_http1 *http1; /* one of the two */
	struct responder_http2 *http2;
};

static bool create_protocol(struct responder *responder, bool http2, unsigned max_requests)
{
	if (responder->page == NULL)
		return false;
	if (!http2) {
		responder->http1 = responder_http1_create(responder->page, &responder->output, max_requests);
		return responder->http1 != NULL;
	}
	responder->http2 = responder_http2_create(responder->page, &responder->output, max_requests);
	return responder->http2 != NULL && !responder->output.out_of_memory;
}

struct responder *responder_create(const struct responder_page *page, bool http2, unsigned max_requests)
{
	struct responder *responder = calloc(1, sizeof(*responder));
	if (responder == NULL)
		return NULL;
	responder->page = responder_page_copy(page);
	if (create_protocol(responder, http2, max_requests))
		return responder;
	responder_destroy(responder);
	return NULL;
}

void responder_destroy(struct responder *responder)
{
	if (responder == NULL)
		return;
	responder_http1_destroy(responder->http1);
	responder_http2_destroy(responder->http2);
	responder_buffer_release(&responder->output);
	free(responder->page);
	free(responder);
}

enum responder_result responder_feed(struct responder *responder, struct bytes plaintext, unsigned *out_requests)
{
	enum responder_result result = responder->http2 != NULL
					       ? responder_http2_feed(responder->http2, plaintext, out_requests)
					       : responder_http1_feed(responder->http1, plaintext, out_requests);
	/* Half an answer is worse than none: it goes no further than here. */
	return responder->output.out_of_memory ? RESPONDER_CLOSE : result;
}

struct bytes responder_output(struct responder *responder)
{
	return responder_buffer_view(&responder->output);
}

void responder_output_consume(struct responder *responder, size_t n)
{
	responder_buffer_drop(&responder->output, n);
}
