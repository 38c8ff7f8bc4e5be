/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PAD_HEADER "X-Pad: "

size_t load_http_write_get(const char *path, struct bytes host, size_t wanted, char *out, size_t size)
{
	static const struct bytes nobody = {(const uint8_t *)"-", 1};
	const struct bytes name = host.len ? host : nobody;
	const int head =
		snprintf(out, size, "GET %s HTTP/1.1\r\nHost: %.*s\r\nUser-Agent: handfast-bench\r\nAccept: */*\r\n",
			path, (int)name.len, (const char *)name.data);
	if (head < 0)
		return 0;
	size_t len = (size_t)head;
	const size_t pad_frame = strlen(PAD_HEADER) + 2;
	/* A header cannot be shorter than its frame: the request may get that much longer than was asked for. */
	const size_t pad = wanted > len + 2 + pad_frame ? wanted - len - 2 - pad_frame : 0;
	const bool is_padded = wanted > len + 2;
	if (len + (is_padded ? pad_frame + pad : 0) + 2 > size)
		return 0;
	if (is_padded) {
		memcpy(out + len, PAD_HEADER, strlen(PAD_HEADER));
		memset(out + len + strlen(PAD_HEADER), 'x', pad);
		memcpy(out + len + strlen(PAD_HEADER) + pad, "\r\n", 2);
		len += pad_frame + pad;
	}
	memcpy(out + len, "\r\n", 2);
	return len + 2;
}

/* --- lines --- */

/* @return true when the line is whole: without its end, terminated, cut to size. */
static bool take_line(struct load_http_reader *reader, struct bytes data, size_t *used)
{
	while (*used < data.len) {
		const char c = (char)data.data[(*used)++];
		if (c == '\n') {
			if (reader->line_len > 0 && reader->line[reader->line_len - 1] == '\r')
				reader->line_len--;
			reader->line[reader->line_len] = '\0';
			reader->line_len = 0;
			return true;
		}
		if (reader->line_len < sizeof(reader->line) - 1)
			reader->line[reader->line_len++] = c;
	}
	return false;
}

/* @return the header's value if the line is that header, else NULL. */
static const char *value_of(const char *line, const char *name)
{
	const size_t len = strlen(name);
	if (strncasecmp(line, name, len) != 0 || line[len] != ':')
		return NULL;
	return line + len + 1 + strspn(line + len + 1, " \t");
}

static bool read_number(const char *text, int base, uint64_t *out)
{
	char *end;
	if (!strchr("0123456789abcdefABCDEF", text[0]) || text[0] == '\0')
		return false;
	*out = strtoull(text, &end, base);
	return end != text && *out < UINT64_C(1) << 62 && (*end == '\0' || *end == ';' || *end == ' ');
}

static bool read_status(struct load_http_reader *reader)
{
	const char *line = reader->line;
	if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12)
		return false;
	reader->status = (unsigned)strtoul(line + 9, NULL, 10);
	reader->closes = line[7] == '0'; /* HTTP/1.0, unless it says keep-alive */
	reader->state = LOAD_HTTP_HEADERS;
	return reader->status >= 100 && reader->status < 600;
}

static bool read_header(struct load_http_reader *reader)
{
	const char *value;
	if ((value = value_of(reader->line, "content-length")) != NULL) {
		reader->has_length = true;
		return read_number(value, 10, &reader->left);
	}
	if ((value = value_of(reader->line, "transfer-encoding")) != NULL)
		reader->is_chunked = strcasecmp(value, "chunked") == 0;
	if ((value = value_of(reader->line, "connection")) != NULL)
		reader->closes = strcasecmp(value, "close") == 0;
	return true;
}

/* --- the response --- */

/* RFC 9112 section 6.3. */
static enum load_http_result begin_body(struct load_http_reader *reader)
{
	if (reader->status < 200) { /* an interim response: the real one follows */
		*reader = (struct load_http_reader){0};
		return LOAD_HTTP_MORE;
	}
	if (reader->status == 204 || reader->status == 304)
		return LOAD_HTTP_DONE;
	if (reader->is_chunked) {
		reader->state = LOAD_HTTP_CHUNK_SIZE;
		return LOAD_HTTP_MORE;
	}
	reader->state = reader->has_length ? LOAD_HTTP_LENGTH : LOAD_HTTP_UNTIL_CLOSE;
	reader->closes |= !reader->has_length;
	return reader->has_length && reader->left == 0 ? LOAD_HTTP_DONE : LOAD_HTTP_MORE;
}

static enum load_http_result handle_line(struct load_http_reader *reader)
{
	const bool is_empty = reader->line[0] == '\0';
	switch (reader->state) {
	case LOAD_HTTP_STATUS:
		return read_status(reader) ? LOAD_HTTP_MORE : LOAD_HTTP_BAD;
	case LOAD_HTTP_HEADERS:
		if (is_empty)
			return begin_body(reader);
		return read_header(reader) ? LOAD_HTTP_MORE : LOAD_HTTP_BAD;
	case LOAD_HTTP_CHUNK_SIZE:
		if (!read_number(reader->line, 16, &reader->left))
			return LOAD_HTTP_BAD;
		reader->state = reader->left ? LOAD_HTTP_CHUNK : LOAD_HTTP_TRAILERS;
		return LOAD_HTTP_MORE;
	case LOAD_HTTP_CHUNK_END:
		reader->state = LOAD_HTTP_CHUNK_SIZE;
		return is_empty ? LOAD_HTTP_MORE : LOAD_HTTP_BAD;
	case LOAD_HTTP_TRAILERS:
		return is_empty ? LOAD_HTTP_DONE : LOAD_HTTP_MORE;
	case LOAD_HTTP_LENGTH:
	case LOAD_HTTP_CHUNK:
	case LOAD_HTTP_UNTIL_CLOSE:
		break;
	}
	return LOAD_HTTP_BAD;
}

static enum load_http_result take_body(struct load_http_reader *reader, struct bytes data, size_t *used)
{
	const uint64_t there = data.len - *used;
	const bool is_endless = reader->state == LOAD_HTTP_UNTIL_CLOSE;
	const uint64_t taken = is_endless || there < reader->left ? there : reader->left;
	*used += taken;
	reader->body_bytes += taken;
	if (is_endless)
		return LOAD_HTTP_MORE;
	reader->left -= taken;
	if (reader->left > 0)
		return LOAD_HTTP_MORE;
	if (reader->state == LOAD_HTTP_LENGTH)
		return LOAD_HTTP_DONE;
	reader->state = LOAD_HTTP_CHUNK_END;
	return LOAD_HTTP_MORE;
}

static bool is_in_body(const struct load_http_reader *reader)
{
	return reader->state == LOAD_HTTP_LENGTH || reader->state == LOAD_HTTP_CHUNK ||
	       reader->state == LOAD_HTTP_UNTIL_CLOSE;
}

enum load_http_result load_http_read(struct load_http_reader *reader, struct bytes data, size_t *out_used)
{
	enum load_http_result result = LOAD_HTTP_MORE;
	size_t used = 0;
	while (result == LOAD_HTTP_MORE && used < data.len) {
		if (is_in_body(reader))
			result = take_body(reader, data, &used);
		else if (take_line(reader, data, &used))
			result = handle_line(reader);
	}
	*out_used = used;
	return result;
}
