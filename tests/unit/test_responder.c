/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder.h"
#include "responder_buffer.h"
#include "responder_http1.h"
#include "status_page.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
		CU_TEST_INFO_NULL,
	};
	return unit_run("responder", tests);
}
