/* SPDX-License-Identifier: BSD-3-Clause */
/** ClientHellos for tests: built from readable parts, cut into records and segments, read back by naive code. */
#ifndef HANDFAST_HELLO_BYTES_H
#define HANDFAST_HELLO_BYTES_H

#include "clienthello.h"

/** Room for any stream that clienthello_feed() may accept, and some beyond its bounds. */
#define HELLO_BYTES_MAX (512 * 1024)

/** A ClientHello by its parts. Texts are hexadecimal, spaces are ignored. */
struct hello_spec {
	uint16_t legacy_version;
	size_t session_id_bytes;
	const char *cipher_suites; /**< without its length */
	const char *compression;   /**< without its length */
	const char *extensions;    /**< without its length; NULL: no block at all */
	const char *tail;          /**< put behind everything; NULL: nothing */
};

/** @return how many octets hex stands for, written to out. */
size_t hello_bytes_from_hex(const char *hex, uint8_t *out);

/** Build the handshake message. @param out HELLO_BYTES_MAX bytes. @return its length with the 4-byte header. */
size_t hello_bytes_build(const struct hello_spec *spec, uint8_t *out);

/** Cut a message into records of record_bytes (the last may be shorter). @return the stream's length. */
size_t hello_bytes_to_records(struct bytes message, size_t record_bytes, uint8_t *out);

/** Cut a message into records of random length, the same for the same seed. @return the stream's length. */
size_t hello_bytes_to_random_records(struct bytes message, uint32_t seed, uint8_t *out);

/**
 * Join the records of a stream the plain way, without a check of type or version.
 * @return the first handshake message's length with its header, or 0 if it is not there in full or does not end with
 *         its record.
 */
size_t hello_bytes_from_records(struct bytes stream, uint8_t *out);

/** @return true if the file could be read in full into HELLO_BYTES_MAX bytes. */
bool hello_bytes_read_file(const char *path, uint8_t *out, size_t *out_len);

/** What clienthello_feed() says of a stream, and where it stopped. */
struct hello_verdict {
	enum clienthello_result result;
	enum clienthello_fault fault;
	uint8_t alert;
	uint32_t stream_bytes;
};

/** Feed a stream in two segments, the first of cut bytes. */
struct hello_verdict hello_bytes_feed_cut(struct bytes stream, size_t cut);

/** Feed a stream in segments of segment_bytes. */
struct hello_verdict hello_bytes_feed(struct bytes stream, size_t segment_bytes);

bool hello_bytes_same_verdict(const struct hello_verdict *a, const struct hello_verdict *b);

/** @return true if two hellos say the same, octet by octet, wherever their views point. */
bool hello_bytes_same(const struct clienthello *a, const struct clienthello *b);

/** @return true if every view lies inside the stream or the scratch memory. */
bool hello_bytes_views_inside(const struct clienthello *hello, struct bytes stream, const uint8_t *scratch);

#endif
