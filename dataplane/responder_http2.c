/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder_http2.h"
#include "responder_page.h"

#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stream {
	struct stream *next;
	int32_t id;
	char method[8], path[RESPONDER_HTTP2_MAX_PATH_BYTES];
	size_t method_len, path_len;
	size_t header_bytes, body_bytes; /* of the request */
	struct responder_buffer body;    /* of the answer */
};

struct responder_http2 {
	const struct responder_page *page;
	struct responder_buffer *output;
	nghttp2_session *session;
	struct stream *streams; /* for what nghttp2 leaves behind when the session ends */
	unsigned streams_left;  /* that may still be opened */
	unsigned answered;      /* in this call */
	bool bad;               /* the client broke the protocol */
};

/* --- streams ------------------------------------------------------------------------------------------------------ */

static struct stream *stream_of(struct responder_http2 *http2, int32_t id)
{
	return nghttp2_session_get_stream_user_data(http2->session, id);
}

static void destroy_stream(struct responder_http2 *http2, struct stream *stream)
{
	struct stream **link = &http2->streams;
	while (*link != stream)
		link = &(*link)->next;
	*link = stream->next;
	responder_buffer_release(&stream->body);
	free(stream);
}

/*
 * Streams count when they are opened, not when they are answered: a client that opens and resets at once
 * (CVE-2023-44487) uses up its connection all the same.
 */
static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	struct responder_http2 *http2 = user_data;
	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	if (http2->streams_left == 0)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	struct stream *stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	stream->id = frame->hd.stream_id;
	stream->next = http2->streams;
	http2->streams = stream;
	http2->streams_left--;
	nghttp2_session_set_stream_user_data(session, stream->id, stream);
	/* The last one: the client is told to open no more (RFC 9113 section 6.8). */
	if (http2->streams_left == 0)
		return nghttp2_submit_goaway(session, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR, NULL, 0);
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t error_code, void *user_data)
{
	(void)session, (void)error_code;
	struct responder_http2 *http2 = user_data;
	struct stream *stream = stream_of(http2, id);
	if (stream != NULL)
		destroy_stream(http2, stream);
	return 0;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

static bool is_name(const uint8_t *name, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(name, text, len) == 0;
}

/* Cut: a method or path that is too long is none that we know. */
static size_t keep(char *out, size_t size, const uint8_t *value, size_t len)
{
	size_t kept = len < size ? len : size;
	memcpy(out, value, kept);
	return kept;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
	const uint8_t *value, size_t value_len, uint8_t flags, void *user_data)
{
	(void)session, (void)flags;
	struct stream *stream = stream_of(user_data, frame->hd.stream_id);
	if (stream == NULL)
		return 0;
	stream->header_bytes += name_len + value_len + 32;
	if (stream->header_bytes > RESPONDER_HTTP2_MAX_HEADER_BYTES)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	if (is_name(name, name_len, ":method"))
		stream->method_len = keep(stream->method, sizeof(stream->method), value, value_len);
	else if (is_name(name, name_len, ":path"))
		stream->path_len = keep(stream->path, sizeof(stream->path), value, value_len);
	return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t size, uint32_t *out_flags,
	nghttp2_data_source *source, void *user_data)
{
	(void)session, (void)id, (void)user_data;
	struct responder_buffer *body = source->ptr;
	struct bytes view = responder_buffer_view(body);
	size_t n = view.len < size ? view.len : size;
	if (n > 0)
		memcpy(data, view.data, n);
	responder_buffer_drop(body, n);
	if (n == view.len)
		*out_flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
		NGHTTP2_NV_FLAG_NONE};
}

static int answer(struct responder_http2 *http2, struct stream *stream)
{
	const struct responder_page_request request = {
		.method = {(const uint8_t *)stream->method, stream->method_len},
		.path = {(const uint8_t *)stream->path, stream->path_len},
	};
	struct responder_page_answer answer = responder_page_write(http2->page, &request, &stream->body);
	if (stream->body.out_of_memory)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	char status[12], length[24];
	snprintf(status, sizeof(status), "%u", answer.status);
	snprintf(length, sizeof(length), "%zu", responder_buffer_view(&stream->body).len);
	nghttp2_nv fields[7] = {
		field(":status", status),
		field("server", "handfast"),
		field("content-type", answer.content_type),
		field("content-length", length),
		field("cache-control", "no-store"),
		field("x-content-type-options", "nosniff"),
	};
	size_t n = 6;
	if (answer.allow != NULL)
		fields[n++] = field("allow", answer.allow);
	nghttp2_data_provider body = {.source.ptr = &stream->body, .read_callback = read_body};
	http2->answered++;
	return nghttp2_submit_response(
		http2->session, stream->id, fields, n, responder_page_is_head(request.method) ? NULL : &body);
}

static int on_frame_received(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	(void)session;
	struct responder_http2 *http2 = user_data;
	bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
	bool is_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
	struct stream *stream = is_request && ends ? stream_of(http2, frame->hd.stream_id) : NULL;
	return stream == NULL ? 0 : answer(http2, stream);
}

static int on_data(
	nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user_data)
{
	(void)flags, (void)data;
	struct stream *stream = stream_of(user_data, id);
	if (stream == NULL)
		return 0;
	stream->body_bytes += len;
	if (stream->body_bytes <= RESPONDER_HTTP2_MAX_BODY_BYTES)
		return 0;
	return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* Every fault of the whole connection ends in a GOAWAY with its reason: nghttp2 sends it, we only have to notice. */
static int on_frame_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	(void)session;
	struct responder_http2 *http2 = user_data;
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
		http2->bad = true;
	return 0;
}

/* --- the session -------------------------------------------------------------------------------------------------- */

static int create_session(struct responder_http2 *http2)
{
	nghttp2_session_callbacks *callbacks;
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return -1;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame_received);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	int result = nghttp2_session_server_new(&http2->session, callbacks, http2);
	nghttp2_session_callbacks_del(callbacks);
	return result;
}

static int submit_settings(struct responder_http2 *http2)
{
	const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, RESPONDER_HTTP2_MAX_STREAMS},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, RESPONDER_HTTP2_MAX_HEADER_BYTES},
	};
	return nghttp2_submit_settings(
		http2->session, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0]));
}

/* Take what nghttp2 wants to send, up to the bound of the output. @return false if the session is beyond help. */
static bool pump(struct responder_http2 *http2)
{
	while (!responder_buffer_is_full(http2->output)) {
		const uint8_t *data;
		ssize_t len = nghttp2_session_mem_send(http2->session, &data);
		if (len == 0)
			return true;
		if (len < 0)
			return false;
		responder_buffer_append(http2->output, (struct bytes){data, (size_t)len});
	}
	return true;
}

struct responder_http2 *responder_http2_create(
	const struct responder_page *page, struct responder_buffer *output, unsigned max_requests)
{
	struct responder_http2 *http2 = calloc(1, sizeof(*http2));
	if (http2 == NULL)
		return NULL;
	http2->page = page;
	http2->output = output;
	http2->streams_left = max_requests;
	if (create_session(http2) == 0 && submit_settings(http2) == 0 && pump(http2))
		return http2;
	responder_http2_destroy(http2);
	return NULL;
}

void responder_http2_destroy(struct responder_http2 *http2)
{
	if (http2 == NULL)
		return;
	nghttp2_session_del(http2->session);
	while (http2->streams != NULL)
		destroy_stream(http2, http2->streams);
	free(http2);
}

static void terminate(struct responder_http2 *http2, ssize_t error)
{
	uint32_t code = error == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR;
	http2->bad = true;
	nghttp2_session_terminate_session(http2->session, code);
}

enum responder_result responder_http2_feed(
	struct responder_http2 *http2, struct bytes plaintext, unsigned *out_requests)
{
	http2->answered = 0;
	ssize_t taken = nghttp2_session_mem_recv(http2->session, plaintext.data, plaintext.len);
	if (taken < 0)
		terminate(http2, taken);
	bool alive = pump(http2);
	*out_requests = http2->answered;
	if (http2->bad)
		return RESPONDER_BAD;
	/* Full: the client asked for more than it read, several answers ago. */
	if (!alive || responder_buffer_is_full(http2->output))
		return RESPONDER_CLOSE;
	bool over = nghttp2_session_want_read(http2->session) == 0 && nghttp2_session_want_write(http2->session) == 0;
	return over ? RESPONDER_CLOSE : RESPONDER_OPEN;
}
