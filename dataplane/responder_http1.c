/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder_http1.h"
#include "responder_http1_head.h"
#include "responder_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_HEAD_BYTES ((size_t)512)

/* Where in a request the stream is. RFC 9112 section 7.1 for the chunked ones. */
enum state {
	IN_HEAD,
	IN_BODY,
	IN_CHUNK_SIZE,
	IN_CHUNK_EXTENSION,
	IN_CHUNK_DATA,
	IN_CHUNK_END,
	IN_TRAILER,
	IN_NOTHING, /* closed: the rest is dropped */
};

struct responder_http1 {
	const struct responder_page *page;
	struct responder_buffer *output;
	unsigned requests_left;
	enum state state;
	enum responder_result result;
	unsigned answered; /* in this call */

	uint8_t *head; /* only while a head is incomplete or its request unanswered */
	size_t head_len, head_size;
	struct responder_http1_head request;

	bool skipped_line;   /* an empty one before this request */
	bool after_cr;       /* the last octet was a CR: only LF may follow */
	size_t line_len;     /* octets of the line so far, without its end */
	uint64_t left;       /* octets of body or chunk still to come */
	uint64_t body_bytes; /* of a chunked body with its framing and trailers, against the bound */
	bool has_digit;      /* of a chunk's size */
};

struct responder_http1 *responder_http1_create(
	const struct responder_page *page, struct responder_buffer *output, unsigned max_requests)
{
	struct responder_http1 *http1 = calloc(1, sizeof(*http1));
	if (http1 == NULL)
		return NULL;
	http1->page = page;
	http1->output = output;
	http1->requests_left = max_requests;
	return http1;
}

void responder_http1_destroy(struct responder_http1 *http1)
{
	if (http1 == NULL)
		return;
	free(http1->head);
	free(http1);
}

/* --- answers ------------------------------------------------------------------------------------------------------ */

static void finish(struct responder_http1 *http1, enum responder_result result)
{
	http1->state = IN_NOTHING;
	http1->result = result;
}

/* No Date: a server without a clock of its own must not make one up (RFC 9110 section 6.6.1). */
static void write_head(struct responder_http1 *http1, const struct responder_page_answer *answer, size_t body_len,
	const char *connection)
{
	struct responder_buffer *out = http1->output;
	responder_buffer_text(
		out, "HTTP/1.1 %u %s\r\nServer: handfast\r\n", answer->status, responder_page_reason(answer->status));
	responder_buffer_text(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", answer->content_type, body_len);
	responder_buffer_text(out, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	if (answer->allow != NULL)
		responder_buffer_text(out, "Allow: %s\r\n", answer->allow);
	if (connection != NULL)
		responder_buffer_text(out, "Connection: %s\r\n", connection);
	responder_buffer_text(out, "\r\n");
}

/* After this nothing more is read: where the next request begins is not known. */
static void refuse(struct responder_http1 *http1, unsigned status)
{
	char body[64];
	struct responder_page_answer answer = {status, "text/plain; charset=utf-8", NULL};
	int len = snprintf(body, sizeof(body), "%u %s\n", status, responder_page_reason(status));
	write_head(http1, &answer, (size_t)len, "close");
	responder_buffer_text(http1->output, "%s", body);
	finish(http1, RESPONDER_BAD);
}

static bool wants_close(const struct responder_http1 *http1)
{
	const struct responder_http1_head *request = &http1->request;
	/* RFC 9112 section 9.3. A client that said Expect may or may not send its body now: nobody knows what comes
	 * next. */
	if (request->close || request->has_expect || (request->minor == 0 && !request->keep_alive))
		return true;
	return http1->requests_left == 0 || responder_buffer_is_full(http1->output);
}

static void release_head(struct responder_http1 *http1)
{
	free(http1->head);
	http1->head = NULL;
	http1->head_len = http1->head_size = 0;
}

static void answer_request(struct responder_http1 *http1)
{
	struct responder_buffer body = {0};
	const struct responder_page_request request = {http1->request.method, http1->request.path};
	struct responder_page_answer answer = responder_page_write(http1->page, &request, &body);
	struct bytes view = responder_buffer_view(&body);

	http1->requests_left--;
	http1->answered++;
	bool close = wants_close(http1);
	const char *connection = close ? "close" : http1->request.minor == 0 ? "keep-alive" : NULL;
	write_head(http1, &answer, view.len, connection);
	if (!responder_page_is_head(request.method))
		responder_buffer_append(http1->output, view);
	http1->output->out_of_memory |= body.out_of_memory;
	responder_buffer_release(&body);
	release_head(http1);
	http1->state = IN_HEAD;
	http1->skipped_line = false;
	if (close)
		finish(http1, RESPONDER_CLOSE);
}

/* --- the head ----------------------------------------------------------------------------------------------------- */

static bool append_to_head(struct responder_http1 *http1, uint8_t octet)
{
	if (http1->head_len == http1->head_size) {
		size_t size = http1->head_size == 0 ? FIRST_HEAD_BYTES : 2 * http1->head_size;
		uint8_t *head = realloc(http1->head, size);
		if (head == NULL) {
			http1->output->out_of_memory = true;
			finish(http1, RESPONDER_CLOSE);
			return false;
		}
		http1->head = head;
		http1->head_size = size;
	}
	http1->head[http1->head_len++] = octet;
	return true;
}

static void start_body(struct responder_http1 *http1)
{
	const struct responder_http1_head *request = &http1->request;
	http1->body_bytes = 0;
	http1->left = request->has_length ? request->length : 0;
	if (http1->left > RESPONDER_HTTP1_MAX_BODY_BYTES) {
		refuse(http1, 413);
		return;
	}
	if (request->has_expect || (http1->left == 0 && !request->is_chunked)) {
		answer_request(http1);
		return;
	}
	http1->state = request->is_chunked ? IN_CHUNK_SIZE : IN_BODY;
	http1->has_digit = false;
	http1->left = request->is_chunked ? 0 : http1->left;
}

static void end_head(struct responder_http1 *http1)
{
	unsigned status = responder_http1_head_parse((struct bytes){http1->head, http1->head_len}, &http1->request);
	if (status != 0)
		refuse(http1, status);
	else
		start_body(http1);
}

/*
 * CRLF ends a line and nothing else does: a CR or LF by itself is refused although RFC 9112 section 2.2 lets a LF pass,
 * because two parties that disagree on lines disagree on requests. @return true at the end of a line.
 */
static bool step_line(struct responder_http1 *http1, uint8_t octet, bool *out_bad)
{
	bool after_cr = http1->after_cr;
	*out_bad = octet == '\0' || after_cr != (octet == '\n');
	http1->after_cr = octet == '\r' && !after_cr;
	if (octet != '\r' && octet != '\n')
		http1->line_len++;
	return octet == '\n';
}

/* One empty line before a request is skipped (RFC 9112 section 2.2); more are somebody playing for time. */
static void skip_empty_line(struct responder_http1 *http1)
{
	if (http1->skipped_line)
		refuse(http1, 400);
	http1->skipped_line = true;
	http1->head_len = 0;
}

static void step_head(struct responder_http1 *http1, uint8_t octet)
{
	bool is_bad;
	bool is_line_end = step_line(http1, octet, &is_bad);
	if (is_bad) {
		refuse(http1, 400);
		return;
	}
	bool is_empty_line = is_line_end && http1->line_len == 0;
	if (is_line_end)
		http1->line_len = 0;
	if (is_empty_line && http1->head_len > 1) {
		http1->head_len--; /* the CR of the empty line */
		end_head(http1);
		return;
	}
	if (is_empty_line) {
		skip_empty_line(http1);
		return;
	}
	if (http1->head_len >= RESPONDER_HTTP1_MAX_HEAD_BYTES)
		refuse(http1, 431);
	else
		append_to_head(http1, octet);
}

/* --- bodies ------------------------------------------------------------------------------------------------------- */

static int hex_value(uint8_t octet)
{
	if (octet >= '0' && octet <= '9')
		return octet - '0';
	uint8_t lower = octet | 0x20;
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static void end_chunk_line(struct responder_http1 *http1)
{
	http1->line_len = 0;
	http1->has_digit = false;
	http1->state = http1->left > 0 ? IN_CHUNK_DATA : IN_TRAILER;
}

static void step_chunk_size(struct responder_http1 *http1, uint8_t octet)
{
	bool is_bad;
	int digit = hex_value(octet);
	bool is_line_end = step_line(http1, octet, &is_bad);
	if (digit >= 0 && !is_bad) {
		http1->left = http1->left * 16 + (uint64_t)digit;
		http1->has_digit = true;
		if (http1->left > RESPONDER_HTTP1_MAX_BODY_BYTES)
			refuse(http1, 413);
		return;
	}
	bool is_extension = octet == ';' || octet == ' ' || octet == '\t';
	if (is_bad || !http1->has_digit || (!is_line_end && octet != '\r' && !is_extension))
		refuse(http1, 400);
	else if (is_extension)
		http1->state = IN_CHUNK_EXTENSION;
	else if (is_line_end)
		end_chunk_line(http1);
}

/* Extensions are of no use to us: read up to the end of the line, within the bound of the body. */
static void step_chunk_extension(struct responder_http1 *http1, uint8_t octet)
{
	bool is_bad;
	bool is_line_end = step_line(http1, octet, &is_bad);
	if (is_bad)
		refuse(http1, 400);
	else if (is_line_end)
		end_chunk_line(http1);
}

static void step_chunk_end(struct responder_http1 *http1, uint8_t octet)
{
	bool is_bad;
	bool is_line_end = step_line(http1, octet, &is_bad);
	if (is_bad || http1->line_len > 0)
		refuse(http1, 400);
	else if (is_line_end)
		http1->state = IN_CHUNK_SIZE;
}

static void step_trailer(struct responder_http1 *http1, uint8_t octet)
{
	bool is_bad;
	bool is_line_end = step_line(http1, octet, &is_bad);
	if (is_bad) {
		refuse(http1, 400);
		return;
	}
	if (!is_line_end)
		return;
	bool is_end = http1->line_len == 0;
	http1->line_len = 0;
	if (is_end)
		answer_request(http1);
}

static void step(struct responder_http1 *http1, uint8_t octet)
{
	/* Also what frames the chunks counts: one octet to a chunk would otherwise go on for ever. */
	if (http1->state != IN_HEAD && ++http1->body_bytes > 2 * RESPONDER_HTTP1_MAX_BODY_BYTES) {
		refuse(http1, 413);
		return;
	}
	switch (http1->state) {
	case IN_HEAD:
		step_head(http1, octet);
		break;
	case IN_CHUNK_SIZE:
		step_chunk_size(http1, octet);
		break;
	case IN_CHUNK_EXTENSION:
		step_chunk_extension(http1, octet);
		break;
	case IN_CHUNK_END:
		step_chunk_end(http1, octet);
		break;
	case IN_TRAILER:
		step_trailer(http1, octet);
		break;
	case IN_BODY:
	case IN_CHUNK_DATA:
	case IN_NOTHING:
		break;
	}
}

/* @return octets of data dropped: all that belongs to the body or chunk. */
static size_t skip_data(struct responder_http1 *http1, size_t available)
{
	size_t n = http1->left < available ? (size_t)http1->left : available;
	http1->left -= n;
	http1->body_bytes += n;
	if (http1->left > 0)
		return n;
	if (http1->state == IN_BODY)
		answer_request(http1);
	else
		http1->state = IN_CHUNK_END;
	return n;
}

enum responder_result responder_http1_feed(
	struct responder_http1 *http1, struct bytes plaintext, unsigned *out_requests)
{
	size_t at = 0;
	http1->answered = 0;
	while (at < plaintext.len && http1->state != IN_NOTHING) {
		if (http1->state == IN_BODY || http1->state == IN_CHUNK_DATA)
			at += skip_data(http1, plaintext.len - at);
		else
			step(http1, plaintext.data[at++]);
	}
	*out_requests = http1->answered;
	return http1->result;
}
