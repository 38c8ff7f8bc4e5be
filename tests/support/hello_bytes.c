/* SPDX-License-Identifier: BSD-3-Clause */
#include "hello_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a') + 10;
}

size_t hello_bytes_from_hex(const char *hex, uint8_t *out)
{
	size_t len = 0;
	while (*hex != '\0') {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		out[len++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
		hex += 2;
	}
	return len;
}

static void put_number16(uint8_t *out, size_t number)
{
	out[0] = (uint8_t)(number >> 8);
	out[1] = (uint8_t)number;
}

size_t hello_bytes_build(const struct hello_spec *spec, uint8_t *out)
{
	uint8_t *at = out + 4;

	put_number16(at, spec->legacy_version);
	at += 2;
	for (size_t i = 0; i < 32; i++)
		*at++ = (uint8_t)(0xa0 + i);
	*at++ = (uint8_t)spec->session_id_bytes;
	memset(at, 0x5e, spec->session_id_bytes);
	at += spec->session_id_bytes;
	size_t len = hello_bytes_from_hex(spec->cipher_suites, at + 2);
	put_number16(at, len);
	at += 2 + len;
	len = hello_bytes_from_hex(spec->compression, at + 1);
	*at = (uint8_t)len;
	at += 1 + len;
	if (spec->extensions != NULL) {
		len = hello_bytes_from_hex(spec->extensions, at + 2);
		put_number16(at, len);
		at += 2 + len;
	}
	if (spec->tail != NULL)
		at += hello_bytes_from_hex(spec->tail, at);

	size_t body = (size_t)(at - out) - 4;
	out[0] = 1;
	out[1] = (uint8_t)(body >> 16);
	put_number16(out + 2, body);
	return body + 4;
}

static size_t put_record(struct bytes message, size_t at, size_t record_bytes, uint8_t *out)
{
	size_t len = message.len - at < record_bytes ? message.len - at : record_bytes;
	out[0] = 22;
	put_number16(out + 1, 0x0301);
	put_number16(out + 3, len);
	memcpy(out + 5, message.data + at, len);
	return len;
}

size_t hello_bytes_to_records(struct bytes message, size_t record_bytes, uint8_t *out)
{
	size_t written = 0;
	for (size_t at = 0; at < message.len;) {
		size_t len = put_record(message, at, record_bytes, out + written);
		at += len;
		written += 5 + len;
	}
	return written;
}

size_t hello_bytes_to_random_records(struct bytes message, uint32_t seed, uint8_t *out)
{
	size_t written = 0;
	for (size_t at = 0; at < message.len;) {
		seed = seed * 1664525U + 1013904223U; /* Numerical Recipes' generator: good enough to cut with */
		size_t len = put_record(message, at, 1 + (seed >> 16) % 300, out + written);
		at += len;
		written += 5 + len;
	}
	return written;
}

size_t hello_bytes_from_records(struct bytes stream, uint8_t *out)
{
	size_t at = 0, joined = 0;
	while (at + 5 <= stream.len) {
		size_t len = (size_t)stream.data[at + 3] << 8 | stream.data[at + 4];
		if (at + 5 + len > stream.len || joined + len > HELLO_BYTES_MAX)
			return 0;
		memcpy(out + joined, stream.data + at + 5, len);
		joined += len;
		at += 5 + len;
		if (joined < 4)
			continue;
		size_t message = 4 + ((size_t)out[1] << 16 | (size_t)out[2] << 8 | out[3]);
		if (joined >= message)
			return joined == message ? message : 0;
	}
	return 0;
}

bool hello_bytes_read_file(const char *path, uint8_t *out, size_t *out_len)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return false;
	*out_len = fread(out, 1, HELLO_BYTES_MAX, file);
	bool complete = ferror(file) == 0 && fgetc(file) == EOF;
	fclose(file);
	return complete;
}

static void feed_step(struct clienthello_progress *progress, struct bytes segment, struct hello_verdict *verdict)
{
	if (verdict->result != CLIENTHELLO_NEED_MORE)
		return;
	/* A copy of its own size: a sanitizer then sees every read behind its end. */
	uint8_t *copy = malloc(segment.len == 0 ? 1 : segment.len);
	if (copy == NULL)
		abort();
	if (segment.len != 0)
		memcpy(copy, segment.data, segment.len);
	verdict->result =
		clienthello_feed(progress, (struct bytes){copy, segment.len}, &verdict->fault, &verdict->alert);
	verdict->stream_bytes = progress->stream_bytes;
	free(copy);
}

struct hello_verdict hello_bytes_feed_cut(struct bytes stream, size_t cut)
{
	struct clienthello_progress progress = {0};
	struct hello_verdict verdict = {.result = CLIENTHELLO_NEED_MORE};

	feed_step(&progress, (struct bytes){stream.data, cut}, &verdict);
	feed_step(&progress, (struct bytes){stream.data + cut, stream.len - cut}, &verdict);
	return verdict;
}

struct hello_verdict hello_bytes_feed(struct bytes stream, size_t segment_bytes)
{
	struct clienthello_progress progress = {0};
	struct hello_verdict verdict = {.result = CLIENTHELLO_NEED_MORE};

	for (size_t at = 0; at < stream.len; at += segment_bytes) {
		size_t left = stream.len - at;
		feed_step(&progress, (struct bytes){stream.data + at, left < segment_bytes ? left : segment_bytes},
			&verdict);
	}
	return verdict;
}

bool hello_bytes_same_verdict(const struct hello_verdict *a, const struct hello_verdict *b)
{
	return a->result == b->result && a->fault == b->fault && a->alert == b->alert &&
	       a->stream_bytes == b->stream_bytes;
}

/* The views of a hello, one after the other. */
enum { N_VIEWS = 12 };

static void views_of(const struct clienthello *hello, struct bytes views[N_VIEWS])
{
	const struct bytes all[N_VIEWS] = {hello->message, hello->random, hello->legacy_session_id,
		hello->cipher_suites, hello->compression_methods, hello->extensions, hello->server_name, hello->alpn,
		hello->supported_versions, hello->supported_groups, hello->signature_algorithms, hello->key_shares};
	memcpy(views, all, sizeof(all));
}

bool hello_bytes_same(const struct clienthello *a, const struct clienthello *b)
{
	struct bytes views_a[N_VIEWS], views_b[N_VIEWS];

	views_of(a, views_a);
	views_of(b, views_b);
	for (size_t i = 0; i < N_VIEWS; i++) {
		if (views_a[i].len != views_b[i].len)
			return false;
		if (views_a[i].len != 0 && memcmp(views_a[i].data, views_b[i].data, views_a[i].len) != 0)
			return false;
	}
	return a->legacy_version == b->legacy_version && a->has_server_name == b->has_server_name &&
	       a->has_key_share == b->has_key_share && a->has_pre_shared_key == b->has_pre_shared_key &&
	       a->has_early_data == b->has_early_data && a->has_session_ticket == b->has_session_ticket &&
	       a->offers_tls12 == b->offers_tls12 && a->offers_tls13 == b->offers_tls13;
}

static bool lies_in(struct bytes view, const uint8_t *memory, size_t len)
{
	uintptr_t first = (uintptr_t)view.data, begin = (uintptr_t)memory;
	return first >= begin && first - begin <= len && view.len <= len - (first - begin);
}

bool hello_bytes_views_inside(const struct clienthello *hello, struct bytes stream, const uint8_t *scratch)
{
	struct bytes views[N_VIEWS];

	views_of(hello, views);
	for (size_t i = 0; i < N_VIEWS; i++) {
		if (views[i].len != 0 && !lies_in(views[i], stream.data, stream.len) &&
			!lies_in(views[i], scratch, CLIENTHELLO_MAX_BYTES + 4))
			return false;
	}
	return true;
}
