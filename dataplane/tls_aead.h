/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The AEADs that protect records of TLS 1.2 and 1.3: ciphers looked up by name once, contexts made once and keyed again
 * for each connection. All have nonces of 12 octets and tags of 16.
 */
#ifndef HANDFAST_TLS_AEAD_H
#define HANDFAST_TLS_AEAD_H

#include "bytes.h"

#include <stdbool.h>

#include <openssl/evp.h>

#define TLS_AEAD_NONCE_BYTES   12
#define TLS_AEAD_TAG_BYTES     16
#define TLS_AEAD_KEY_MAX_BYTES 32

enum tls_aead_kind { TLS_AEAD_AES_128_GCM, TLS_AEAD_AES_256_GCM, TLS_AEAD_CHACHA20_POLY1305, TLS_AEAD_COUNT };

struct tls_aead_ciphers {
	EVP_CIPHER *of_kind[TLS_AEAD_COUNT];
};

/** @return false if OpenSSL has one of them not; nothing is then held. Owner: the caller, tls_aead_ciphers_fini(). */
bool tls_aead_ciphers_init(struct tls_aead_ciphers *ciphers);
void tls_aead_ciphers_fini(struct tls_aead_ciphers *ciphers);

/** One direction. */
struct tls_aead {
	EVP_CIPHER_CTX *context;
	enum tls_aead_kind kind; /**< what the context is set up for; TLS_AEAD_COUNT: nothing yet */
	bool seals;
};

/** @param seals  true: to protect, false: to open. @return false: memory is out. Owner: the caller, tls_aead_fini(). */
bool tls_aead_init(struct tls_aead *aead, bool seals);
void tls_aead_fini(struct tls_aead *aead);

/** @return octets of a key. Threads: any. */
size_t tls_aead_key_bytes(enum tls_aead_kind kind);

/** @param key  tls_aead_key_bytes(). @return false: OpenSSL failed; the key that was there is gone. */
bool tls_aead_set_key(
	struct tls_aead *aead, const struct tls_aead_ciphers *ciphers, enum tls_aead_kind kind, const uint8_t *key);

/**
 * Protect len octets in place; the tag goes behind them.
 * @param nonce       TLS_AEAD_NONCE_BYTES, never twice with a key.
 * @param additional  what the tag covers besides.
 * @return false: OpenSSL failed.
 */
bool tls_aead_seal(struct tls_aead *aead, const uint8_t *nonce, struct bytes additional, uint8_t *data, size_t len);

enum tls_aead_result { TLS_AEAD_OK, TLS_AEAD_BAD_TAG, TLS_AEAD_NO_CRYPTO };

/**
 * Open what was sealed.
 * @param sealed  with its tag, at least TLS_AEAD_TAG_BYTES.
 * @param out     sealed.len - TLS_AEAD_TAG_BYTES octets, to be believed only on OK.
 */
enum tls_aead_result tls_aead_open(
	struct tls_aead *aead, const uint8_t *nonce, struct bytes additional, struct bytes sealed, uint8_t *out);

/** @param out  the sequence number in network order, padded on the left, exclusive-or the iv (RFC 8446 section 5.3,
 * RFC 7905 section 2). */
void tls_aead_nonce(const uint8_t iv[TLS_AEAD_NONCE_BYTES], uint64_t sequence, uint8_t out[TLS_AEAD_NONCE_BYTES]);

#endif
