/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Reading the presentation language of RFC 8446 section 3. A read beyond the end gives zero and an empty view and is
 * remembered: a parser reads all that it wants and asks once.
 */
#ifndef HANDFAST_TLS13_READER_H
#define HANDFAST_TLS13_READER_H

#include "bytes.h"

#include <stdbool.h>

struct tls13_reader {
	struct bytes rest;
	bool failed;
};

/** @return the next octets, at most 4, as a number. Threads: any, as for every function here. */
uint32_t tls13_reader_number(struct tls13_reader *reader, unsigned octets);
/** @return the next len octets. */
struct bytes tls13_reader_octets(struct tls13_reader *reader, size_t len);
/** @return a vector whose length stands before it in length_octets octets. */
struct bytes tls13_reader_vector(struct tls13_reader *reader, unsigned length_octets);

static inline struct tls13_reader tls13_reader_of(struct bytes bytes)
{
	return (struct tls13_reader){.rest = bytes};
}

/** @return true if nothing was missing so far and there is more. */
static inline bool tls13_reader_has_more(const struct tls13_reader *reader)
{
	return !reader->failed && reader->rest.len > 0;
}

/** @return true if nothing was missing and nothing is left over. */
static inline bool tls13_reader_ended_well(const struct tls13_reader *reader)
{
	return !reader->failed && reader->rest.len == 0;
}

#endif
