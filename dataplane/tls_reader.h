/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Reading the presentation language of RFC 8446 section 3. A read beyond the end gives zero and an empty view and is
 * remembered: a parser reads all that it wants and asks once.
 */
#ifndef HANDFAST_TLS_READER_H
#define HANDFAST_TLS_READER_H

#include "bytes.h"

#include <stdbool.h>

struct tls_reader {
	struct bytes rest;
	bool failed;
};

/** @return the next octets, at most 4, as a number. Threads: any, as for every function here. */
uint32_t tls_reader_number(struct tls_reader *reader, unsigned octets);
/** @return the next len octets. */
struct bytes tls_reader_octets(struct tls_reader *reader, size_t len);
/** @return a vector whose length stands before it in length_octets octets. */
struct bytes tls_reader_vector(struct tls_reader *reader, unsigned length_octets);

static inline struct tls_reader tls_reader_of(struct bytes bytes)
{
	return (struct tls_reader){.rest = bytes};
}

/** @return true if nothing was missing so far and there is more. */
static inline bool tls_reader_has_more(const struct tls_reader *reader)
{
	return !reader->failed && reader->rest.len > 0;
}

/** @return true if nothing was missing and nothing is left over. */
static inline bool tls_reader_ended_well(const struct tls_reader *reader)
{
	return !reader->failed && reader->rest.len == 0;
}

#endif
