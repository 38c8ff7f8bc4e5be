/* SPDX-License-Identifier: BSD-3-Clause */
/** As much of HTTP/1.1 as a load needs (RFC 9112): a GET, and where its response ends. */
#ifndef HANDFAST_LOAD_HTTP_H
#define HANDFAST_LOAD_HTTP_H

#include "bytes.h"

#include <stdbool.h>

#define LOAD_HTTP_LINE_MAX_BYTES 256 /**< of a header line; what is longer is skipped: none that counts is */

/**
 * Write a GET.
 * @param host     len 0: the target's address would stand there; "-" does.
 * @param wanted   octets that the request has at least: a header fills it up; 0: as long as it is.
 * @param out      size octets.
 * @return its length; 0: it does not fit.
 */
size_t load_http_write_get(const char *path, struct bytes host, size_t wanted, char *out, size_t size);

enum load_http_result {
	LOAD_HTTP_MORE, /**< all was taken, the response goes on */
	LOAD_HTTP_DONE, /**< the response is complete; octets behind it were not taken */
	LOAD_HTTP_BAD,  /**< it is not HTTP/1 */
};

enum load_http_state {
	LOAD_HTTP_STATUS,
	LOAD_HTTP_HEADERS,
	LOAD_HTTP_LENGTH, /**< a body of known length */
	LOAD_HTTP_CHUNK_SIZE,
	LOAD_HTTP_CHUNK,
	LOAD_HTTP_CHUNK_END,
	LOAD_HTTP_TRAILERS,
	LOAD_HTTP_UNTIL_CLOSE, /**< a body that ends with the connection */
};

/** One response. All zero: nothing of it has come. */
struct load_http_reader {
	enum load_http_state state;
	unsigned status;
	bool has_length, is_chunked, closes; /**< closes: the server ends the connection after it */
	uint64_t left, body_bytes;
	size_t line_len;
	char line[LOAD_HTTP_LINE_MAX_BYTES];
};

/** Take octets of the response. After DONE or BAD the reader is spent: set it to zero for the next. Threads: any. */
enum load_http_result load_http_read(struct load_http_reader *reader, struct bytes data, size_t *out_used);

/** @return true if the end of the connection completes the response. */
static inline bool load_http_ends_with_close(const struct load_http_reader *reader)
{
	return reader->state == LOAD_HTTP_UNTIL_CLOSE;
}

#endif
