/* SPDX-License-Identifier: BSD-3-Clause */
/** Octets that grow at the end and are taken from the front; memory is kept for the next connection. */
#ifndef HANDFAST_TLS_BUFFER_H
#define HANDFAST_TLS_BUFFER_H

#include "bytes.h"

#include <stdbool.h>

/** Zeroed: empty. Owner: the holder, tls_buffer_fini(). Threads: the holder's. */
struct tls_buffer {
	uint8_t *data;
	size_t start, end, size; /**< the content is [start, end) of size octets */
};

void tls_buffer_fini(struct tls_buffer *buffer);
/** Drop the content; the memory stays. */
void tls_buffer_clear(struct tls_buffer *buffer);

/** @return where to write up to n octets, then tls_buffer_commit(); NULL: memory is out, the content is as it was. */
uint8_t *tls_buffer_reserve(struct tls_buffer *buffer, size_t n);
/** @param n  octets written, at most as many as were reserved last. */
void tls_buffer_commit(struct tls_buffer *buffer, size_t n);
/** @return false: memory is out, nothing was added. */
bool tls_buffer_append(struct tls_buffer *buffer, struct bytes data);
/** Drop the first n octets (at most all). */
void tls_buffer_consume(struct tls_buffer *buffer, size_t n);

/** @return the content; valid until the next call that adds. */
static inline struct bytes tls_buffer_view(const struct tls_buffer *buffer)
{
	if (!buffer->data)
		return (struct bytes){0};
	return (struct bytes){buffer->data + buffer->start, buffer->end - buffer->start};
}

#endif
