/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Protection of the records of TLS 1.2 with an AEAD (RFC 5246 section 6.2.3.3, RFC 5288, RFC 7905), one direction, for
 * either side. A stream is cut into records as in TLS 1.3: tls13_record_split().
 */
#ifndef HANDFAST_TLS12_RECORD_H
#define HANDFAST_TLS12_RECORD_H

#include "tls12_keys.h"
#include "tls13_record.h"

/** What protection adds to a fragment: the header, a part of the nonce with GCM, the tag. */
#define TLS12_RECORD_OVERHEAD_BYTES (TLS13_RECORD_HEADER_BYTES + 8 + TLS_AEAD_TAG_BYTES)

struct tls12_record {
	struct tls_aead aead;
	const struct tls12_suite *suite; /**< NULL: in the clear, no keys yet */
	uint8_t iv[TLS_AEAD_NONCE_BYTES];
	uint64_t sequence;
};

/** @param seals  true: to write records, false: to read them. @return false: memory is out. */
bool tls12_record_init(struct tls12_record *record, bool seals);
void tls12_record_fini(struct tls12_record *record);
/** Back to records in the clear; the context is kept. */
void tls12_record_reset(struct tls12_record *record);

/** What follows a ChangeCipherSpec: keys of a tls12_keys_block. @return false: OpenSSL failed. */
bool tls12_record_set_keys(struct tls12_record *record, const struct tls_aead_ciphers *ciphers,
	const struct tls12_suite *suite, const uint8_t *key, const uint8_t *iv);

/**
 * Open a protected record.
 * @param whole  header and payload.
 * @param out    room for TLS13_RECORD_PAYLOAD_MAX_BYTES.
 * @return OK, BAD_MAC, TOO_LONG, NO_CRYPTO; only on OK do the outputs mean something.
 */
enum tls13_record_result tls12_record_open(
	struct tls12_record *record, struct bytes whole, uint8_t *out, size_t *out_len);

/**
 * Write one record, protected if keys are set, else in the clear.
 * @param fragment  at most TLS13_RECORD_FRAGMENT_MAX_BYTES.
 * @param out       room for the fragment and TLS12_RECORD_OVERHEAD_BYTES; not the fragment's memory.
 * @return OK, TOO_LONG, NO_CRYPTO.
 */
enum tls13_record_result tls12_record_seal(
	struct tls12_record *record, enum tls13_record_type type, struct bytes fragment, uint8_t *out, size_t *out_len);

#endif
