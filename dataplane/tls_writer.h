/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Writing the presentation language of RFC 8446 section 3, and the extensions that a ClientHello of any version has.
 * The room is the caller's, who knows how much is enough.
 */
#ifndef HANDFAST_TLS_WRITER_H
#define HANDFAST_TLS_WRITER_H

#include "bytes.h"

/** Threads: the holder's, as for every function here. */
struct tls_writer {
	uint8_t *out;
	size_t at; /**< octets written */
};

/** A number of 1 to 4 octets. */
void tls_writer_number(struct tls_writer *writer, uint32_t number, unsigned octets);
void tls_writer_octets(struct tls_writer *writer, struct bytes octets);
/** Numbers of 2 octets, one after the other. */
void tls_writer_numbers(struct tls_writer *writer, const uint16_t *numbers, size_t count);

/** Begin what has its length before it, in so many octets. @return for tls_writer_close(). */
size_t tls_writer_open(struct tls_writer *writer, unsigned octets);
void tls_writer_close(struct tls_writer *writer, size_t opened, unsigned octets);

/** Begin an extension; close with 2 octets. */
size_t tls_writer_open_extension(struct tls_writer *writer, uint16_t type);

/** server_name (RFC 6066 section 3); nothing for a name of no length. */
void tls_writer_server_name(struct tls_writer *writer, struct bytes name);
/** An extension whose body is a vector with a length of 2 octets, as ALPN or a cookie; nothing for one of no length. */
void tls_writer_vector_extension(struct tls_writer *writer, uint16_t type, struct bytes vector);
/** An extension whose body is a list of numbers of 2 octets with its length before it, as supported_groups. */
void tls_writer_list_extension(struct tls_writer *writer, uint16_t type, const uint16_t *numbers, size_t count);

#endif
