/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The key schedule of TLS 1.3 (RFC 8446 section 7), for either side: early secret → handshake secret → master secret,
 * and what is derived from each.
 */
#ifndef HANDFAST_TLS13_KEYS_H
#define HANDFAST_TLS13_KEYS_H

#include "tls13_suite.h"

#define TLS13_KEYS_IV_BYTES TLS_AEAD_NONCE_BYTES

/** A secret of the schedule: the first tls_hash_bytes() octets count. Its holder wipes it. */
struct tls13_keys_secret {
	uint8_t octets[TLS_HASH_MAX_BYTES];
};

/** What protects the records of one direction. */
struct tls13_keys_traffic {
	uint8_t key[TLS_AEAD_KEY_MAX_BYTES];
	uint8_t iv[TLS13_KEYS_IV_BYTES];
};

/** Early Secret. @param psk  len 0: no pre-shared key. Threads: any, as for every function here. */
void tls13_keys_early(enum tls_hash_kind kind, struct bytes psk, struct tls13_keys_secret *out);

/**
 * The next stage: HKDF-Extract of the input with Derive-Secret(current, "derived", "") as the salt.
 * @param input  (EC)DHE shared secret for the Handshake Secret; len 0 (zeroes) for the Master Secret.
 * @param out    may be current.
 */
void tls13_keys_advance(enum tls_hash_kind kind, const struct tls13_keys_secret *current, struct bytes input,
	struct tls13_keys_secret *out);

/**
 * Derive-Secret(secret, label, messages).
 * @param label       "c hs traffic", "s ap traffic", "res master", "res binder", ...
 * @param transcript  hash of the messages, tls_hash_bytes() octets; NULL: of no messages.
 */
void tls13_keys_derive(enum tls_hash_kind kind, const struct tls13_keys_secret *secret, const char *label,
	const uint8_t *transcript, struct tls13_keys_secret *out);

/** Key and iv from a traffic secret (section 7.3). */
void tls13_keys_traffic(
	const struct tls13_suite *suite, const struct tls13_keys_secret *secret, struct tls13_keys_traffic *out);

/** The next traffic secret after a KeyUpdate (section 7.2), in place. */
void tls13_keys_update(enum tls_hash_kind kind, struct tls13_keys_secret *secret);

/**
 * verify_data of a Finished message, or a PSK binder (section 4.4.4).
 * @param base        the sender's handshake traffic secret, or the binder key.
 * @param transcript  tls_hash_bytes() octets
 * @param out         tls_hash_bytes() octets
 */
void tls13_keys_finished(enum tls_hash_kind kind, const struct tls13_keys_secret *base, const uint8_t *transcript,
	uint8_t out[TLS_HASH_MAX_BYTES]);

/** The pre-shared key that belongs to a ticket (section 4.6.1). @param nonce  at most 255 octets. */
void tls13_keys_ticket(enum tls_hash_kind kind, const struct tls13_keys_secret *resumption_master, struct bytes nonce,
	struct tls13_keys_secret *out);

#endif
