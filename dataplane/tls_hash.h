/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The hash functions of TLS (SHA-256 and SHA-384), and HMAC and HKDF over them (RFC 2104, RFC 5869, RFC 8446
 * section 7.1): no allocation, no locks, no look-ups by name. See docs/decisions/tls13-primitives.md.
 */
#ifndef HANDFAST_TLS_HASH_H
#define HANDFAST_TLS_HASH_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/sha.h>

#define TLS_HASH_MAX_BYTES 48

enum tls_hash_kind { TLS_HASH_SHA256, TLS_HASH_SHA384 };

/** A hash under way: the transcript of a handshake, for one. */
struct tls_hash {
	enum tls_hash_kind kind;
	union {
		SHA256_CTX sha256;
		SHA512_CTX sha384;
	} state;
};

/** @return octets of a digest: 32 or 48. Threads: any, as for every function here. */
size_t tls_hash_bytes(enum tls_hash_kind kind);

void tls_hash_init(struct tls_hash *hash, enum tls_hash_kind kind);
void tls_hash_update(struct tls_hash *hash, struct bytes data);
/** Digest of what came so far; the hash goes on. @param out  tls_hash_bytes() are written. */
void tls_hash_peek(const struct tls_hash *hash, uint8_t out[TLS_HASH_MAX_BYTES]);

/** An HMAC under way (RFC 2104): one that has its key may be copied, which saves half of it. Its holder wipes it. */
struct tls_hash_mac {
	struct tls_hash inner, outer;
};

void tls_hash_mac_init(struct tls_hash_mac *mac, enum tls_hash_kind kind, struct bytes key);
void tls_hash_mac_update(struct tls_hash_mac *mac, struct bytes data);
/** The end of it. @param out  tls_hash_bytes() are written. */
void tls_hash_mac_final(struct tls_hash_mac *mac, uint8_t *out);

/** @param out  tls_hash_bytes() are written; may be the key's or the data's memory. */
void tls_hash_hmac(enum tls_hash_kind kind, struct bytes key, struct bytes data, uint8_t out[TLS_HASH_MAX_BYTES]);

/** HKDF-Extract. @param salt  len 0: a string of zeroes, by RFC 5869. */
void tls_hash_extract(enum tls_hash_kind kind, struct bytes salt, struct bytes input, uint8_t out[TLS_HASH_MAX_BYTES]);

/**
 * HKDF-Expand.
 * @return false if len is above 255 digests; nothing is then written.
 */
bool tls_hash_expand(enum tls_hash_kind kind, struct bytes key, struct bytes info, uint8_t *out, size_t len);

/**
 * HKDF-Expand-Label (RFC 8446 section 7.1): label without its prefix "tls13 ".
 *
 * @param secret   tls_hash_bytes() octets.
 * @param label    at most TLS_HASH_LABEL_MAX_BYTES characters.
 * @param context  at most 255 octets (a ticket's nonce may be that long).
 * @param len      at most 255 digests and at most 65535.
 * All bounds are ours to keep: asserted, not reported.
 */
void tls_hash_expand_label(enum tls_hash_kind kind, const uint8_t *secret, const char *label, struct bytes context,
	uint8_t *out, size_t len);

#define TLS_HASH_LABEL_MAX_BYTES 16

#endif
