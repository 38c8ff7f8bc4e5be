/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES 512

void tls_buffer_fini(struct tls_buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct tls_buffer){0};
}

void tls_buffer_clear(struct tls_buffer *buffer)
{
	buffer->start = buffer->end = 0;
}

uint8_t *tls_buffer_reserve(struct tls_buffer *buffer, size_t n)
{
	const size_t len = buffer->end - buffer->start;
	if (buffer->start > 0 && buffer->size - buffer->end < n) {
		memmove(buffer->data, buffer->data + buffer->start, len);
		buffer->start = 0;
		buffer->end = len;
	}
	if (!buffer->data || buffer->size - buffer->end < n) {
		size_t size = buffer->size > 0 ? buffer->size : FIRST_BYTES;
		while (size - len < n)
			size *= 2;
		uint8_t *grown = realloc(buffer->data, size);
		if (!grown)
			return NULL;
		buffer->data = grown;
		buffer->size = size;
	}
	return buffer->data + buffer->end;
}

void tls_buffer_commit(struct tls_buffer *buffer, size_t n)
{
	assert(n <= buffer->size - buffer->end);
	buffer->end += n;
}

bool tls_buffer_append(struct tls_buffer *buffer, struct bytes data)
{
	uint8_t *room = tls_buffer_reserve(buffer, data.len);
	if (!room)
		return false;
	if (data.len > 0)
		memcpy(room, data.data, data.len);
	tls_buffer_commit(buffer, data.len);
	return true;
}

void tls_buffer_consume(struct tls_buffer *buffer, size_t n)
{
	assert(n <= buffer->end - buffer->start);
	buffer->start += n;
	if (buffer->start == buffer->end)
		tls_buffer_clear(buffer);
}
