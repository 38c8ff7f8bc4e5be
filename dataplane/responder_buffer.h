/* SPDX-License-Identifier: BSD-3-Clause */
/** Bytes on their way out of the responder: appended at the end, consumed at the front. */
#ifndef HANDFAST_RESPONDER_BUFFER_H
#define HANDFAST_RESPONDER_BUFFER_H

#include "bytes.h"

#include <stdbool.h>

/** Above this nothing more is answered: a client that asks on and on without reading has to come back. */
#define RESPONDER_BUFFER_MAX_BYTES ((size_t)64 * 1024)

/** Zeroed at first. */
struct responder_buffer {
	uint8_t *data;
	size_t begin, end, size;
	bool out_of_memory; /**< something could not be appended: the connection cannot go on */
};

/** Append; after a failed one out_of_memory is set and further calls do nothing. Threads: the owner's worker. */
void responder_buffer_append(struct responder_buffer *output, struct bytes data);
void responder_buffer_text(struct responder_buffer *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** @return what has not been consumed; valid until the next call. */
struct bytes responder_buffer_view(const struct responder_buffer *output);

/** Drop the first n bytes; n is at most what the view holds. The memory is given back when nothing is left. */
void responder_buffer_drop(struct responder_buffer *output, size_t n);

/** @return true if there is more than a client may have waiting. */
bool responder_buffer_is_full(const struct responder_buffer *output);

/** Free the octets; out_of_memory stays. */
void responder_buffer_release(struct responder_buffer *output);

#endif
