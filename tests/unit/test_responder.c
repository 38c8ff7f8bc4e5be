/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder.h"
#include "responder_buffer.h"
#include "responder_http1.h"
#include "responder_http2.h"
#include "unit.h"

#include <jansson.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

static const struct responder_page page = {
	.server_name = "www.example.com",
	.tier = 3,
	.tier_name = "store",
	.file = "_.example.com.pfx",
	.subject = "CN=*.example.com",
	.version = "TLSv1.3",
	.cipher = "TLS_AES_256_GCM_SHA384",
	.group = "X25519",
	.protocol = "http/1.1",
	.client = "192.0.2.1:4711",
	.local = "[2001:db8::10]:443",
};

static struct bytes view(const char *text)
{
	return (struct bytes){(const uint8_t *)text, strlen(text)};
}

/* All that the responder answers to an input, as text; the caller's to free. */
struct exchange {
	char *output;
	enum responder_result result;
	unsigned requests;
};

static void take_output(struct responder *responder, struct exchange *exchange)
{
	struct bytes output = responder_output(responder);
	size_t len = strlen(exchange->output);
	exchange->output = realloc(exchange->output, len + output.len + 1);
	memcpy(exchange->output + len, output.data, output.len);
	exchange->output[len + output.len] = '\0';
	responder_output_consume(responder, output.len);
}

static struct exchange talk(struct bytes input, size_t step, unsigned max_requests)
{
	struct responder *responder = responder_create(&page, false, max_requests);
	struct exchange exchange = {.output = calloc(1, 1), .result = RESPONDER_OPEN};
	CU_ASSERT_PTR_NOT_NULL_FATAL(responder);
	for (size_t at = 0; at < input.len && exchange.result == RESPONDER_OPEN; at += step) {
		unsigned requests;
		size_t len = input.len - at < step ? input.len - at : step;
		exchange.result = responder_feed(responder, (struct bytes){input.data + at, len}, &requests);
		exchange.requests += requests;
		if (responder_output(responder).len > 0)
			take_output(responder, &exchange);
	}
	responder_destroy(responder);
	return exchange;
}

static void expect(const char *input, enum responder_result result, unsigned requests, const char *status_line)
{
	struct exchange whole = talk(view(input), strlen(input), 100);
	struct exchange single = talk(view(input), 1, 100);
	CU_ASSERT_EQUAL(whole.result, result);
	CU_ASSERT_EQUAL(whole.requests, requests);
	bool begins_right = strncmp(whole.output, status_line, strlen(status_line)) == 0;
	CU_ASSERT_TRUE(begins_right);
	if (whole.result != result || whole.requests != requests || !begins_right)
		printf("\n%s\n-> %d, %u, %.60s\n", input, (int)whole.result, whole.requests, whole.output);
	/* The same verdict and the same octets for every way to cut the input: here, into single octets. */
	CU_ASSERT_EQUAL(single.result, whole.result);
	CU_ASSERT_EQUAL(single.requests, whole.requests);
	CU_ASSERT_STRING_EQUAL(single.output, whole.output);
	free(whole.output);
	free(single.output);
}

#define OK_LINE  "HTTP/1.1 200 OK\r\n"
#define BAD_LINE "HTTP/1.1 400 Bad Request\r\n"
#define HOST     "Host: www.example.com\r\n"
#define GET      "GET / HTTP/1.1\r\n" HOST

static void test_page_tells_what_was_negotiated(void)
{
	struct exchange exchange = talk(view(GET "\r\n"), 1000, 100);
	CU_ASSERT_EQUAL(exchange.result, RESPONDER_OPEN);
	CU_ASSERT_EQUAL(exchange.requests, 1);
	static const char *const expected[] = {OK_LINE, "Server: handfast\r\n",
		"Content-Type: text/plain; charset=utf-8\r\n", "\nserver name: www.example.com\n",
		"\ntier:        3 (store)\n", "\nfile:        _.example.com.pfx\n", "\ncertificate: CN=*.example.com\n",
		"\nversion:     TLSv1.3\n", "\ncipher:      TLS_AES_256_GCM_SHA384\n", "\ngroup:       X25519\n",
		"\nprotocol:    http/1.1\n", "\nclient:      192.0.2.1:4711\n", "\nlocal:       [2001:db8::10]:443\n"};
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		CU_ASSERT_PTR_NOT_NULL(strstr(exchange.output, expected[i]));
	const char *body = strstr(exchange.output, "\r\n\r\n") + 4;
	char length[40];
	snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(body));
	CU_ASSERT_PTR_NOT_NULL(strstr(exchange.output, length));
	CU_ASSERT_PTR_NULL(strstr(exchange.output, "Connection:"));
	free(exchange.output);
}

static void test_json_is_json(void)
{
	struct exchange exchange = talk(view("GET /json?x=1 HTTP/1.1\r\n" HOST "\r\n"), 1000, 100);
	CU_ASSERT_PTR_NOT_NULL(strstr(exchange.output, "Content-Type: application/json\r\n"));
	json_error_t error;
	json_t *json = json_loads(strstr(exchange.output, "\r\n\r\n") + 4, 0, &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json, "tier")), 3);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "tier_name")), "store");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "server_name")), "www.example.com");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "file")), "_.example.com.pfx");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "local")), "[2001:db8::10]:443");
	CU_ASSERT_EQUAL(json_object_size(json), 11);
	json_decref(json);
	free(exchange.output);
}

static char *page_text(const struct responder_page *odd, const char *request)
{
	struct responder *responder = responder_create(odd, false, 1);
	struct exchange exchange = {.output = calloc(1, 1)};
	unsigned requests;
	CU_ASSERT_EQUAL(responder_feed(responder, view(request), &requests), RESPONDER_CLOSE);
	take_output(responder, &exchange);
	responder_destroy(responder);
	return exchange.output;
}

/* Escape codes in a file's name reached the terminal of whoever ran curl. */
static void test_control_octets_are_escaped(void)
{
	struct responder_page odd = page;
	odd.file = "a\033[2J\"\\\n\x7f";
	odd.subject = "CN=\xff\xc2\x9b\xc3\xa9";
	odd.server_name = "";
	odd.group = NULL;
	char *plain = page_text(&odd, GET "\r\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(plain, "file:        a\\x1b[2J\"\\\\x0a\\x7f\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(plain, "certificate: CN=\\xff\\xc2\\x9b\xc3\xa9\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(plain, "server name: (none)\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(plain, "group:       (none)\n"));
	free(plain);
	char *json_page = page_text(&odd, "GET /json HTTP/1.1\r\n" HOST "\r\n");
	json_t *json = json_loads(strstr(json_page, "\r\n\r\n") + 4, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(json);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "file")), odd.file);
	CU_ASSERT_STRING_EQUAL(
		json_string_value(json_object_get(json, "certificate")), "CN=\xef\xbf\xbd\xc2\x9b\xc3\xa9");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "group")), "");
	json_decref(json);
	free(json_page);
}

static void test_requests_are_answered(void)
{
	expect(GET "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("\r\n" GET "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET /?a=b HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET https://www.example.com/json HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET http://www.example.com HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET / HTTP/1.1\r\nhost:\twww.example.com \r\nX-Odd:\r\nAccept: a\xc3\xa9\r\n\r\n", RESPONDER_OPEN, 1,
		OK_LINE);
	expect("GET / HTTP/1.2\r\n" HOST "\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET /nothing HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, "HTTP/1.1 404 Not Found\r\n");
	expect("GET //json HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, "HTTP/1.1 404 Not Found\r\n");
	expect("DELETE / HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, "HTTP/1.1 405 Method Not Allowed\r\n");
	expect("OPTIONS * HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, "HTTP/1.1 405 Method Not Allowed\r\n");
	expect("get / HTTP/1.1\r\n" HOST "\r\n", RESPONDER_OPEN, 1, "HTTP/1.1 405 Method Not Allowed\r\n");
	expect(GET, RESPONDER_OPEN, 0, "");
}

static void test_head_has_no_body(void)
{
	struct exchange get = talk(view(GET "\r\n"), 1000, 100), head;
	head = talk(view("HEAD / HTTP/1.1\r\n" HOST "\r\n"), 1000, 100);
	size_t head_len = strlen(head.output);
	CU_ASSERT_TRUE(head_len > 4 && strcmp(head.output + head_len - 4, "\r\n\r\n") == 0);
	CU_ASSERT_EQUAL(strncmp(get.output, head.output, head_len), 0);
	free(get.output);
	free(head.output);
}

static void test_connection_is_kept_or_closed_as_asked(void)
{
	expect(GET "Connection: close\r\n\r\n", RESPONDER_CLOSE, 1, OK_LINE);
	expect(GET "Connection: TE,  Close\r\n\r\n", RESPONDER_CLOSE, 1, OK_LINE);
	expect(GET "Connection: keep-alive\r\n\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect("GET / HTTP/1.0\r\n\r\n", RESPONDER_CLOSE, 1, OK_LINE);
	expect("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect(GET "Connection: close\r\n\r\n" GET "\r\n", RESPONDER_CLOSE, 1, OK_LINE);
	struct exchange exchange = talk(view("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 1000, 100);
	CU_ASSERT_PTR_NOT_NULL(strstr(exchange.output, "\r\nConnection: keep-alive\r\n"));
	free(exchange.output);
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;
	for (; (text = strstr(text, word)) != NULL; text++)
		n++;
	return n;
}

static void test_pipelined_requests_are_answered_in_order(void)
{
	expect(GET "\r\nGET /x HTTP/1.1\r\n" HOST "\r\n" GET "\r\n", RESPONDER_OPEN, 3, OK_LINE);
	struct exchange exchange = talk(view(GET "\r\nGET /x HTTP/1.1\r\n" HOST "\r\n" GET "\r\n"), 1000, 2);
	CU_ASSERT_EQUAL(exchange.result, RESPONDER_CLOSE);
	CU_ASSERT_EQUAL(exchange.requests, 2);
	CU_ASSERT_EQUAL(count(exchange.output, "HTTP/1.1 200 OK"), 1);
	CU_ASSERT_EQUAL(count(exchange.output, "HTTP/1.1 404 Not Found"), 1);
	CU_ASSERT_EQUAL(count(exchange.output, "Connection: close"), 1);
	free(exchange.output);
}

/* A client that asks and asks without reading held as much memory as it liked. */
static void test_answers_that_nobody_reads_are_bounded(void)
{
	struct responder *responder = responder_create(&page, false, 1000000);
	enum responder_result result = RESPONDER_OPEN;
	unsigned requests, rounds = 0;
	while (result == RESPONDER_OPEN && rounds++ < 10000)
		result = responder_feed(responder, view(GET "\r\n" GET "\r\n"), &requests);
	CU_ASSERT_EQUAL(result, RESPONDER_CLOSE);
	CU_ASSERT_TRUE(responder_output(responder).len < RESPONDER_BUFFER_MAX_BYTES + 4096);
	CU_ASSERT_EQUAL(responder_feed(responder, view(GET "\r\n"), &requests), RESPONDER_CLOSE);
	CU_ASSERT_EQUAL(requests, 0);
	responder_destroy(responder);
}

static void test_bodies_are_skipped(void)
{
	expect("POST / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello" GET "\r\n", RESPONDER_OPEN, 2,
		"HTTP/1.1 405 Method Not Allowed\r\n");
	expect(GET "Content-Length: 5\r\n\r\nhello", RESPONDER_OPEN, 1, OK_LINE);
	expect(GET "Content-Length: 5\r\n\r\nhell", RESPONDER_OPEN, 0, "");
	expect(GET "Content-Length: 0\r\n\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect(GET "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", RESPONDER_OPEN, 1, OK_LINE);
	expect(GET "Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00A;x=\"y\"\r\n0123456789\r\n0\r\nT: x\r\n\r\n" GET
		   "\r\n",
		RESPONDER_OPEN, 2, OK_LINE);
	expect(GET "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", RESPONDER_OPEN, 0, "");
	expect(GET "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n", RESPONDER_CLOSE, 1, OK_LINE);
}

static void test_malformed_bodies_are_refused(void)
{
	expect(GET "Content-Length: -1\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: +5\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: 0x5\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length:\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: 5, 5\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: 18446744073709551621\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Content-Length: 1048577\r\n\r\n", RESPONDER_BAD, 0, "HTTP/1.1 413 Content Too Large\r\n");
	expect(GET "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Transfer-Encoding: gzip, chunked\r\n\r\n", RESPONDER_BAD, 0, "HTTP/1.1 501 Not Implemented\r\n");
	expect("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", RESPONDER_BAD, 0, BAD_LINE);
	expect(GET "Expect: tea\r\n\r\n", RESPONDER_BAD, 0, "HTTP/1.1 417 Expectation Failed\r\n");
	static const char *const chunks[] = {"\r\n", ";x\r\n", "g\r\n", "-1\r\n", "0x5\r\n", "5\nhello", "5\r\nhellox",
		"5\r\nhello\n", "5\rx", "0\r\nT: x\n", "0\r\n\rx", "5;x\n", "5x\r\n"};
	for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
		char input[200];
		snprintf(input, sizeof(input), GET "Transfer-Encoding: chunked\r\n\r\n%s", chunks[i]);
		expect(input, RESPONDER_BAD, 0, BAD_LINE);
	}
	expect(GET "Transfer-Encoding: chunked\r\n\r\n100001\r\n", RESPONDER_BAD, 0,
		"HTTP/1.1 413 Content Too Large\r\n");
	expect(GET "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff5\r\n", RESPONDER_BAD, 0,
		"HTTP/1.1 413 Content Too Large\r\n");
}

static void test_endless_chunks_are_refused(void)
{
	struct responder *responder = responder_create(&page, false, 10);
	enum responder_result result = RESPONDER_OPEN;
	unsigned requests;
	CU_ASSERT_EQUAL(
		responder_feed(responder, view(GET "Transfer-Encoding: chunked\r\n\r\n"), &requests), RESPONDER_OPEN);
	for (unsigned i = 0; i < 1000000 && result == RESPONDER_OPEN; i++)
		result = responder_feed(responder, view("1;extension\r\nx\r\n"), &requests);
	CU_ASSERT_EQUAL(result, RESPONDER_BAD);
	responder_destroy(responder);
}

static void test_malformed_heads_are_refused(void)
{
	static const char *const heads[] = {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n",
		"GET  / HTTP/1.1\r\n" HOST "\r\n", "GET / HTTP/1.1 \r\n" HOST "\r\n", " GET / HTTP/1.1\r\n" HOST "\r\n",
		"G\x01T / HTTP/1.1\r\n" HOST "\r\n", "GET / http/1.1\r\n" HOST "\r\n", "GET / HTTP/11\r\n" HOST "\r\n",
		"GET nothing HTTP/1.1\r\n" HOST "\r\n", "GET http:///x HTTP/1.1\r\n" HOST "\r\n",
		"GET http:// HTTP/1.1\r\n" HOST "\r\n", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n",
		"GET / HTTP/1.1\n" HOST "\r\n", "GET / HTTP/1.1\r" HOST "\r\n", "GET / HTTP/1.1\r\n\r\n",
		GET HOST "\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", GET "X : y\r\n\r\n", GET " X: y\r\n\r\n",
		GET ": y\r\n\r\n", GET "X\r\n\r\n", GET "X: a\x01\r\n\r\n", GET "X: a\r\n folded\r\n\r\n",
		GET "X: a\n\r\n", GET "Connection: (close)\r\n\r\n", "\x16\x03\x01"};
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]) - 1; i++)
		expect(heads[i], RESPONDER_BAD, 0, BAD_LINE);
	expect(heads[sizeof(heads) / sizeof(heads[0]) - 1], RESPONDER_OPEN, 0, "");
	expect("GET / HTTP/2.0\r\n" HOST "\r\n", RESPONDER_BAD, 0, "HTTP/1.1 505 HTTP Version Not Supported\r\n");
	expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", RESPONDER_BAD, 0, "HTTP/1.1 505 HTTP Version Not Supported\r\n");
	static const char with_zero[] = GET "X: a\0b\r\n\r\n";
	struct exchange exchange = talk((struct bytes){(const uint8_t *)with_zero, sizeof(with_zero) - 1}, 1000, 10);
	CU_ASSERT_EQUAL(exchange.result, RESPONDER_BAD);
	free(exchange.output);
}

static void test_long_heads_are_refused(void)
{
	size_t size = RESPONDER_HTTP1_MAX_HEAD_BYTES + 100;
	char *input = malloc(size);
	size_t start = strlen(GET "X: ");
	memset(input, 'a', size);
	memcpy(input, GET "X: ", start);
	struct exchange exchange = talk((struct bytes){(uint8_t *)input, size}, size, 10);
	CU_ASSERT_EQUAL(exchange.result, RESPONDER_BAD);
	CU_ASSERT_EQUAL(strncmp(exchange.output, "HTTP/1.1 431 ", 13), 0);
	free(exchange.output);
	memcpy(input + 16000, "\r\n\r\n", 4);
	exchange = talk((struct bytes){(uint8_t *)input, 16004}, 16004, 10);
	CU_ASSERT_EQUAL(exchange.requests, 1);
	CU_ASSERT_EQUAL(exchange.result, RESPONDER_OPEN);
	free(exchange.output);
	free(input);
}

/* --- HTTP/2
 * ----------------------------------------------------------------------------------------------------------- */

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
	static const char http1[] = GET "\r\n";
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
		{"the page tells what was negotiated", test_page_tells_what_was_negotiated},
		{"/json is JSON", test_json_is_json},
		{"control octets are escaped", test_control_octets_are_escaped},
		{"requests are answered", test_requests_are_answered},
		{"HEAD has no body", test_head_has_no_body},
		{"the connection is kept or closed as asked", test_connection_is_kept_or_closed_as_asked},
		{"pipelined requests are answered in order", test_pipelined_requests_are_answered_in_order},
		{"answers that nobody reads are bounded", test_answers_that_nobody_reads_are_bounded},
		{"bodies are skipped", test_bodies_are_skipped},
		{"malformed bodies are refused", test_malformed_bodies_are_refused},
		{"endless chunks are refused", test_endless_chunks_are_refused},
		{"malformed heads are refused", test_malformed_heads_are_refused},
		{"long heads are refused", test_long_heads_are_refused},
		{"HTTP/2 requests are answered", test_http2_requests_are_answered},
		{"HTTP/2 streams are answered together", test_http2_streams_are_answered_together},
		{"HTTP/2 closes after the last request", test_http2_closes_after_the_last_request},
		{"HTTP/2 endless body is reset", test_http2_endless_body_is_reset},
		{"HTTP/2 rapid reset is bounded", test_http2_rapid_reset_is_bounded},
		{"HTTP/2 large headers are refused", test_http2_large_headers_are_refused},
		{"HTTP/2 malformed input ends the connection", test_http2_malformed_input_ends_the_connection},
		{"HTTP/2 ping flood is bounded", test_http2_ping_flood_is_bounded},
		CU_TEST_INFO_NULL,
	};
	return unit_run("responder", tests);
}
