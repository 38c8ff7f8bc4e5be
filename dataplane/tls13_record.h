/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Records of TLS 1.3 (RFC 8446 section 5), for either side: cutting a stream into records, and protecting one
 * direction's records. Contexts of OpenSSL are made once and keyed again for each connection.
 */
#ifndef HANDFAST_TLS13_RECORD_H
#define HANDFAST_TLS13_RECORD_H

#include "tls13_keys.h"

#define TLS13_RECORD_HEADER_BYTES 5
#define TLS13_RECORD_TAG_BYTES    TLS_AEAD_TAG_BYTES
/** Longest fragment, and longest TLSInnerPlaintext: the fragment, its type and padding. */
#define TLS13_RECORD_FRAGMENT_MAX_BYTES 16384
#define TLS13_RECORD_INNER_MAX_BYTES    (TLS13_RECORD_FRAGMENT_MAX_BYTES + 1)
/** Longest TLSCiphertext.encrypted_record. */
#define TLS13_RECORD_PAYLOAD_MAX_BYTES (TLS13_RECORD_FRAGMENT_MAX_BYTES + 256)
/** What protection adds to a fragment. */
#define TLS13_RECORD_OVERHEAD_BYTES (TLS13_RECORD_HEADER_BYTES + 1 + TLS13_RECORD_TAG_BYTES)

enum tls13_record_type {
	TLS13_RECORD_CHANGE_CIPHER_SPEC = 20,
	TLS13_RECORD_ALERT = 21,
	TLS13_RECORD_HANDSHAKE = 22,
	TLS13_RECORD_DATA = 23,
};

enum tls13_record_result {
	TLS13_RECORD_OK,
	TLS13_RECORD_NEED_MORE, /**< the record is not complete yet */
	TLS13_RECORD_NOT_TLS,   /**< an unknown type or version in the header */
	TLS13_RECORD_TOO_LONG,  /**< alert record_overflow */
	TLS13_RECORD_BAD_MAC,   /**< alert bad_record_mac: too short for a tag, or changed on the way */
	TLS13_RECORD_NO_TYPE,   /**< alert unexpected_message: nothing but padding (section 5.4) */
	TLS13_RECORD_WORN_OUT,  /**< the key has protected as many records as it may (section 5.5) */
	TLS13_RECORD_NO_CRYPTO, /**< OpenSSL failed: memory is out */
};

/** Protection of one direction. */
struct tls13_record {
	struct tls_aead aead;
	const struct tls13_suite *suite; /**< NULL: in the clear, no keys yet */
	uint8_t iv[TLS13_KEYS_IV_BYTES];
	uint64_t sequence;
};

/** @param seals  true: to write records, false: to read them. @return false: memory is out. */
bool tls13_record_init(struct tls13_record *record, bool seals);
void tls13_record_fini(struct tls13_record *record);
/** Back to records in the clear; the context is kept. */
void tls13_record_reset(struct tls13_record *record);

/** Take the keys of a traffic secret into use; the sequence number begins at 0. @return false: OpenSSL failed. */
bool tls13_record_set_secret(struct tls13_record *record, const struct tls_aead_ciphers *ciphers,
	const struct tls13_suite *suite, const struct tls13_keys_secret *secret);

/**
 * Find the first record in a stream.
 * @param out_record  on OK: the whole record, header included. A view into the stream.
 * @return OK, NEED_MORE, NOT_TLS, TOO_LONG. An error is found as soon as the header is there.
 */
enum tls13_record_result tls13_record_split(struct bytes stream, struct bytes *out_record);

/**
 * Open a protected record.
 * @param whole     header and payload, as from tls13_record_split().
 * @param out       room for TLS13_RECORD_PAYLOAD_MAX_BYTES.
 * @param out_type  type of the content; not checked against anything.
 * @return OK, BAD_MAC, TOO_LONG, NO_TYPE, WORN_OUT, NO_CRYPTO; only on OK do the outputs mean something.
 */
enum tls13_record_result tls13_record_open(
	struct tls13_record *record, struct bytes whole, uint8_t *out, uint8_t *out_type, size_t *out_len);

/**
 * Write one record, protected if a secret is set, else in the clear.
 * @param fragment  at most TLS13_RECORD_FRAGMENT_MAX_BYTES.
 * @param padding   octets of padding, ignored in the clear; fragment and padding together at most
 *                  TLS13_RECORD_FRAGMENT_MAX_BYTES.
 * @param out       room for the fragment, the padding and TLS13_RECORD_OVERHEAD_BYTES; not the fragment's memory.
 * @return OK, TOO_LONG, WORN_OUT, NO_CRYPTO.
 */
enum tls13_record_result tls13_record_seal(struct tls13_record *record, enum tls13_record_type type,
	struct bytes fragment, size_t padding, uint8_t *out, size_t *out_len);

/** @return true if a KeyUpdate is due: half of the records that the key may protect are gone. */
bool tls13_record_wants_update(const struct tls13_record *record);

#endif
