/* SPDX-License-Identifier: BSD-3-Clause */
/* HTTP/2 against nghttp2's own client, in memory. */
#include "responder_buffer.h"
#include "responder_http2.h"
#include "status_page.h"
#include "unit.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

struct client {
	nghttp2_session *session;
	struct responder *responder;
	enum responder_result result;
	unsigned requests, closed, resets;
	int status;
	char body[4096];
	size_t body_len;
	uint32_t goaway;
	bool has_goaway;
};

static int client_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
	const uint8_t *value, size_t value_len, uint8_t flags, void *user_data)
{
	(void)session, (void)frame, (void)flags, (void)value_len;
	struct client *client = user_data;
	if (name_len == 7 && memcmp(name, ":status", 7) == 0)
		client->status = atoi((const char *)value);
	return 0;
}

static int client_data(
	nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user_data)
{
	(void)session, (void)flags, (void)id;
	struct client *client = user_data;
	if (client->body_len + len < sizeof(client->body)) {
		memcpy(client->body + client->body_len, data, len);
		client->body_len += len;
	}
	return 0;
}

static int client_stream_close(nghttp2_session *session, int32_t id, uint32_t error_code, void *user_data)
{
	(void)session, (void)id;
	struct client *client = user_data;
	client->closed++;
	client->resets += error_code != NGHTTP2_NO_ERROR;
	return 0;
}

static int client_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user_data)
{
	(void)session;
	struct client *client = user_data;
	if (frame->hd.type == NGHTTP2_GOAWAY) {
		client->has_goaway = true;
		client->goaway = frame->goaway.error_code;
	}
	return 0;
}

static void client_open(struct client *client, unsigned max_requests)
{
	memset(client, 0, sizeof(*client));
	nghttp2_session_callbacks *callbacks;
	nghttp2_session_callbacks_new(&callbacks);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, client_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, client_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, client_stream_close);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, client_frame);
	nghttp2_session_client_new(&client->session, callbacks, client);
	nghttp2_session_callbacks_del(callbacks);
	nghttp2_submit_settings(client->session, NGHTTP2_FLAG_NONE, NULL, 0);
	client->responder = responder_create(&page, true, max_requests);
	CU_ASSERT_PTR_NOT_NULL_FATAL(client->responder);
	/* The server speaks first: its SETTINGS are there before a byte of the client. */
	CU_ASSERT_TRUE(responder_output(client->responder).len > 0);
}

static void client_close(struct client *client)
{
	nghttp2_session_del(client->session);
	responder_destroy(client->responder);
}

static void client_receive(struct client *client)
{
	struct bytes output = responder_output(client->responder);
	if (output.len == 0)
		return;
	ssize_t taken = nghttp2_session_mem_recv(client->session, output.data, output.len);
	CU_ASSERT_EQUAL((size_t)taken, output.len);
	responder_output_consume(client->responder, output.len);
}

/* Feed what the client has to say, in steps of so many octets, and its answers, until neither has more. */
static void client_run(struct client *client, size_t step)
{
	const uint8_t *data;
	ssize_t len;
	client_receive(client);
	while (client->result == RESPONDER_OPEN && (len = nghttp2_session_mem_send(client->session, &data)) > 0) {
		for (size_t at = 0; at < (size_t)len && client->result == RESPONDER_OPEN; at += step) {
			size_t n = (size_t)len - at < step ? (size_t)len - at : step;
			unsigned requests;
			client->result = responder_feed(client->responder, (struct bytes){data + at, n}, &requests);
			client->requests += requests;
		}
		client_receive(client);
	}
}

static nghttp2_nv field(const char *name, const char *value)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), 0};
}

static int32_t client_request(struct client *client, const char *method, const char *path, nghttp2_data_provider *body)
{
	nghttp2_nv fields[] = {field(":method", method), field(":scheme", "https"),
		field(":authority", "www.example.com"), field(":path", path)};
	return nghttp2_submit_request(client->session, NULL, fields, 4, body, NULL);
}

static void expect_http2(const char *method, const char *path, int status, const char *body_part, size_t step)
{
	struct client client;
	client_open(&client, 100);
	client_request(&client, method, path, NULL);
	client_run(&client, step);
	CU_ASSERT_EQUAL(client.result, RESPONDER_OPEN);
	CU_ASSERT_EQUAL(client.requests, 1);
	CU_ASSERT_EQUAL(client.status, status);
	CU_ASSERT_EQUAL(client.closed, 1);
	if (body_part == NULL)
		CU_ASSERT_EQUAL(client.body_len, 0);
	if (body_part != NULL)
		CU_ASSERT_PTR_NOT_NULL(strstr(client.body, body_part));
	client_close(&client);
}

static void test_http2_requests_are_answered(void)
{
	for (size_t step = 1; step <= 4096; step *= 64) {
		expect_http2("GET", "/", 200, "tier:        3 (store)\n", step);
		expect_http2("GET", "/json?x", 200, "\"tier\": 3", step);
		expect_http2("HEAD", "/", 200, NULL, step);
		expect_http2("GET", "/nothing", 404, "404 Not Found\n", step);
		expect_http2("DELETE", "/", 405, "405 Method Not Allowed\n", step);
		expect_http2("VERYLONGMETHOD",
			"/a/path/that/is/longer/than/what/is/kept/of/it/and/therefore/is/none/that/we/know", 405, "405",
			step);
	}
}

static void test_http2_streams_are_answered_together(void)
{
	struct client client;
	client_open(&client, 100);
	for (unsigned i = 0; i < 10; i++)
		client_request(&client, "GET", "/", NULL);
	client_run(&client, 4096);
	CU_ASSERT_EQUAL(client.requests, 10);
	CU_ASSERT_EQUAL(client.closed, 10);
	CU_ASSERT_EQUAL(client.resets, 0);
	client_close(&client);
}

static void test_http2_closes_after_the_last_request(void)
{
	struct client client;
	client_open(&client, 3);
	for (unsigned i = 0; i < 3; i++)
		client_request(&client, "GET", "/", NULL);
	client_run(&client, 4096);
	CU_ASSERT_EQUAL(client.requests, 3);
	CU_ASSERT_EQUAL(client.closed, 3);
	CU_ASSERT_EQUAL(client.resets, 0);
	CU_ASSERT_EQUAL(client.result, RESPONDER_CLOSE);
	CU_ASSERT_TRUE(client.has_goaway);
	CU_ASSERT_EQUAL(client.goaway, NGHTTP2_NO_ERROR);
	client_close(&client);
}

static ssize_t endless_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t size, uint32_t *flags,
	nghttp2_data_source *source, void *user_data)
{
	(void)session, (void)id, (void)flags, (void)source, (void)user_data;
	memset(data, 'x', size);
	return (ssize_t)size;
}

static void test_http2_endless_body_is_reset(void)
{
	struct client client;
	nghttp2_data_provider body = {.read_callback = endless_body};
	client_open(&client, 100);
	client_request(&client, "POST", "/", &body);
	client_run(&client, 16384);
	CU_ASSERT_EQUAL(client.requests, 0);
	CU_ASSERT_EQUAL(client.closed, 1);
	CU_ASSERT_EQUAL(client.resets, 1);
	CU_ASSERT_EQUAL(client.result, RESPONDER_OPEN);
	client_close(&client);
}

static ssize_t waiting_body(nghttp2_session *session, int32_t id, uint8_t *data, size_t size, uint32_t *flags,
	nghttp2_data_source *source, void *user_data)
{
	(void)session, (void)id, (void)data, (void)size, (void)flags, (void)source, (void)user_data;
	return NGHTTP2_ERR_DEFERRED;
}

/* CVE-2023-44487: open and reset, again and again, costs the client its connection. */
static void test_http2_rapid_reset_is_bounded(void)
{
	struct client client;
	nghttp2_data_provider body = {.read_callback = waiting_body};
	client_open(&client, 50);
	for (unsigned i = 0; i < 1000 && client.result == RESPONDER_OPEN; i++) {
		int32_t id = client_request(&client, "GET", "/", &body);
		if (id < 0)
			break;
		client_run(&client, 4096);
		nghttp2_submit_rst_stream(client.session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
		client_run(&client, 4096);
	}
	CU_ASSERT_EQUAL(client.requests, 0);
	CU_ASSERT_TRUE(client.closed <= 50);
	CU_ASSERT_NOT_EQUAL(client.result, RESPONDER_OPEN);
	client_close(&client);
}

static void test_http2_large_headers_are_refused(void)
{
	struct client client;
	char *huge = malloc(20000);
	memset(huge, 'a', 19999);
	huge[19999] = '\0';
	nghttp2_nv fields[] = {field(":method", "GET"), field(":scheme", "https"),
		field(":authority", "www.example.com"), field(":path", "/"), field("x-huge", huge)};
	client_open(&client, 100);
	nghttp2_submit_request(client.session, NULL, fields, 5, NULL, NULL);
	client_run(&client, 4096);
	CU_ASSERT_EQUAL(client.requests, 0);
	CU_ASSERT_EQUAL(client.resets, 1);
	CU_ASSERT_EQUAL(client.result, RESPONDER_OPEN);
	client_close(&client);
	free(huge);
}

static enum responder_result http2_raw(struct bytes input, size_t step)
{
	struct responder *responder = responder_create(&page, true, 100);
	enum responder_result result = RESPONDER_OPEN;
	unsigned requests;
	for (size_t at = 0; at < input.len && result == RESPONDER_OPEN; at += step) {
		size_t n = input.len - at < step ? input.len - at : step;
		result = responder_feed(responder, (struct bytes){input.data + at, n}, &requests);
	}
	CU_ASSERT_TRUE(responder_output(responder).len > 0);
	responder_destroy(responder);
	return result;
}

#define PREFACE  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define SETTINGS "\0\0\0\x4\0\0\0\0\0"

static void test_http2_malformed_input_ends_the_connection(void)
{
	static const char http1[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char no_settings[] = PREFACE "\0\0\x8\x6\0\0\0\0\0"
						  "12345678";
	static const char short_ping[] = PREFACE SETTINGS "\0\0\x4\x6\0\0\0\0\0"
							  "1234";
	static const char even_stream[] = PREFACE SETTINGS "\0\0\x1\x1\x5\0\0\0\x2\x82";
	static const char bad_hpack[] = PREFACE SETTINGS "\0\0\x1\x1\x5\0\0\0\x1\x80";
	static const char huge_frame[] = PREFACE SETTINGS "\xff\xff\xff\0\0\0\0\0\x1";
	static const char good[] = PREFACE SETTINGS "\0\0\x8\x6\0\0\0\0\0"
						    "12345678";
#define RAW(text)                                                                                                      \
	(struct bytes)                                                                                                 \
	{                                                                                                              \
		(const uint8_t *)(text), sizeof(text) - 1                                                              \
	}
	for (size_t step = 1; step < 100; step += 98) {
		CU_ASSERT_EQUAL(http2_raw(RAW(http1), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(no_settings), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(short_ping), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(even_stream), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(bad_hpack), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(huge_frame), step), RESPONDER_BAD);
		CU_ASSERT_EQUAL(http2_raw(RAW(good), step), RESPONDER_OPEN);
	}
}

static void test_http2_ping_flood_is_bounded(void)
{
	struct responder *responder = responder_create(&page, true, 100);
	enum responder_result result;
	unsigned requests, rounds = 0;
	static const char start[] = PREFACE SETTINGS, ping[] = "\0\0\x8\x6\0\0\0\0\0"
							       "12345678";
	result = responder_feed(responder, RAW(start), &requests);
	while (result == RESPONDER_OPEN && rounds++ < 100000)
		result = responder_feed(responder, RAW(ping), &requests);
	CU_ASSERT_NOT_EQUAL(result, RESPONDER_OPEN);
	CU_ASSERT_TRUE(responder_output(responder).len < RESPONDER_BUFFER_MAX_BYTES + 20000);
	responder_destroy(responder);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"requests are answered", test_http2_requests_are_answered},
		{"streams are answered together", test_http2_streams_are_answered_together},
		{"closes after the last request", test_http2_closes_after_the_last_request},
		{"endless body is reset", test_http2_endless_body_is_reset},
		{"rapid reset is bounded", test_http2_rapid_reset_is_bounded},
		{"large headers are refused", test_http2_large_headers_are_refused},
		{"malformed input ends the connection", test_http2_malformed_input_ends_the_connection},
		{"ping flood is bounded", test_http2_ping_flood_is_bounded},
		CU_TEST_INFO_NULL,
	};
	return unit_run("responder_http2", tests);
}
