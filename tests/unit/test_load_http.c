/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_http.h"
#include "unit.h"

#include <string.h>

static struct bytes text(const char *string)
{
	return (struct bytes){(const uint8_t *)string, strlen(string)};
}

/* Feed in pieces of that length. @return the last result; *out_left: octets behind the response. */
static enum load_http_result read_pieces(
	struct load_http_reader *reader, const char *response, size_t piece, size_t *out_left)
{
	struct bytes rest = text(response);
	enum load_http_result result = LOAD_HTTP_MORE;
	*reader = (struct load_http_reader){0};
	while (rest.len > 0 && result == LOAD_HTTP_MORE) {
		const struct bytes part = {rest.data, rest.len < piece ? rest.len : piece};
		size_t used;
		result = load_http_read(reader, part, &used);
		CU_ASSERT(used <= part.len && (used == part.len || result != LOAD_HTTP_MORE));
		rest.data += used;
		rest.len -= used;
	}
	*out_left = rest.len;
	return result;
}

static void ends(const char *response, uint64_t body_bytes, size_t left)
{
	struct load_http_reader reader;
	for (size_t piece = 1; piece < 80; piece++) {
		size_t behind;
		CU_ASSERT_EQUAL(read_pieces(&reader, response, piece, &behind), LOAD_HTTP_DONE);
		CU_ASSERT_EQUAL(reader.body_bytes, body_bytes);
		CU_ASSERT_EQUAL(behind, left);
	}
}

static void a_response_ends_where_it_says(void)
{
	ends("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", 5, 4);
	ends("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", 0, 0);
	ends("HTTP/1.1 204 No Content\r\n\r\nHTTP", 0, 4);
	ends("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 2, 0); /* RFC 9112 section 2.2: a line may end in LF alone */
	ends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\nX: "
	     "y\r\n\r\nZ",
		15, 1);
	ends("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 1, 0);
	ends("HTTP/1.1 200 OK\r\nX-Long: 0123456789012345678901234567890123456789012345678901234567890123456789"
	     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	     "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
	     "\r\nContent-Length: 1\r\n\r\nx",
		1, 0);
}

static void what_is_not_http_is_refused(void)
{
	static const char *const wrong[] = {"SSH-2.0-x\r\n", "HTTP/2 200\r\n", "HTTP/1.1 abc\r\n", "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9z\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"};
	struct load_http_reader reader;
	size_t left;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		for (size_t piece = 1; piece < 40; piece++)
			CU_ASSERT_EQUAL(read_pieces(&reader, wrong[i], piece, &left), LOAD_HTTP_BAD);
}

static void without_a_length_the_end_of_the_connection_ends_it(void)
{
	struct load_http_reader reader;
	size_t left;
	CU_ASSERT_EQUAL(read_pieces(&reader, "HTTP/1.0 200 OK\r\n\r\nhello", 7, &left), LOAD_HTTP_MORE);
	CU_ASSERT(load_http_ends_with_close(&reader));
	CU_ASSERT(reader.closes);
	CU_ASSERT_EQUAL(reader.body_bytes, 5);
	CU_ASSERT_EQUAL(
		read_pieces(&reader, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", 7, &left), LOAD_HTTP_MORE);
	CU_ASSERT_FALSE(load_http_ends_with_close(&reader));
}

static void a_server_says_whether_it_closes(void)
{
	struct load_http_reader reader;
	size_t left;
	read_pieces(&reader, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 99, &left);
	CU_ASSERT_FALSE(reader.closes);
	read_pieces(&reader, "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n", 99, &left);
	CU_ASSERT(reader.closes);
	read_pieces(&reader, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n", 99, &left);
	CU_ASSERT_FALSE(reader.closes);
	CU_ASSERT_EQUAL(reader.status, 200);
}

static void a_request_is_as_long_as_asked(void)
{
	char request[4096];
	const size_t shortest = load_http_write_get("/x", text("a.test"), 0, request, sizeof(request));
	CU_ASSERT(shortest > 0);
	CU_ASSERT_EQUAL(strncmp(request, "GET /x HTTP/1.1\r\nHost: a.test\r\n", 31), 0);
	CU_ASSERT_EQUAL(memcmp(request + shortest - 4, "\r\n\r\n", 4), 0);
	CU_ASSERT_EQUAL(load_http_write_get("/x", text("a.test"), 3000, request, sizeof(request)), 3000);
	CU_ASSERT_EQUAL(memcmp(request + 2996, "\r\n\r\n", 4), 0);
	CU_ASSERT_EQUAL(load_http_write_get("/x", text("a.test"), 10, request, sizeof(request)), shortest);
	/* a header has no less than its frame */
	const size_t one_more = load_http_write_get("/x", text("a.test"), shortest + 1, request, sizeof(request));
	CU_ASSERT(one_more > shortest && one_more < shortest + 12);
}

static void a_request_that_does_not_fit_is_none(void)
{
	char request[100];
	CU_ASSERT_EQUAL(load_http_write_get("/x", text("a.test"), 3000, request, sizeof(request)), 0);
	CU_ASSERT_EQUAL(load_http_write_get(
				"/a/path/that/is/longer/than/all/the/room/that/there/is/for/the/request/and/then/some",
				text(""), 0, request, sizeof(request)),
		0);
}

int main(void)
{
	return unit_run(
		"load_http", (CU_TestInfo[]){{"a response ends where it says", a_response_ends_where_it_says},
				     {"what is not HTTP is refused", what_is_not_http_is_refused},
				     {"without a length the end of the connection ends it",
					     without_a_length_the_end_of_the_connection_ends_it},
				     {"a server says whether it closes", a_server_says_whether_it_closes},
				     {"a request is as long as asked", a_request_is_as_long_as_asked},
				     {"a request that does not fit is none", a_request_that_does_not_fit_is_none},
				     CU_TEST_INFO_NULL});
}
