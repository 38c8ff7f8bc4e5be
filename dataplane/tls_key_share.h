/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Ephemeral keys for X25519, P-256 and P-384 (RFC 8446 sections 4.2.8 and 7.4, RFC 8422 section 5), for either side.
 */
#ifndef HANDFAST_TLS_KEY_SHARE_H
#define HANDFAST_TLS_KEY_SHARE_H

#include "bytes.h"
#include "crypto_key_pool.h"

#include <openssl/evp.h>

/** As on the wire. */
enum tls_key_share_group { TLS_KEY_SHARE_P256 = 23, TLS_KEY_SHARE_P384 = 24, TLS_KEY_SHARE_X25519 = 29 };

#define TLS_KEY_SHARE_PUBLIC_MAX_BYTES 97
#define TLS_KEY_SHARE_SECRET_MAX_BYTES 48

/**
 * What making and agreeing need besides the keys, looked up or made once: a look-up by name and the objects around it
 * cost a tenth of OpenSSL's X25519. Zeroed: nothing prepared yet, which is done at first use.
 * Owner: the holder, tls_key_share_tools_fini(). Threads: the holder's.
 */
struct tls_key_share_tools {
	bool is_scalar;              /**< X25519 by OpenSSL also where crypto_x25519_is_supported() */
	struct crypto_key_pool pool; /**< X25519 by crypto_x25519 */
	EVP_PKEY_CTX *maker;         /**< of X25519 keys, OpenSSL's */
	EVP_PKEY *peer;              /**< takes the public value of the peer at hand, X25519, OpenSSL's */
};

void tls_key_share_tools_fini(struct tls_key_share_tools *tools);

/** A key of our own: a pair, or an object of OpenSSL's, or none yet. */
struct tls_key_share {
	uint16_t group;
	bool has_pair;
	struct crypto_key_pair pair;
	EVP_PKEY *key;
	EVP_PKEY_CTX *agreement; /**< of the key, made when it first agrees: one that is reused keeps it */
	uint8_t public_value[TLS_KEY_SHARE_PUBLIC_MAX_BYTES];
	size_t public_len;
	size_t secret_len; /**< of what it agrees on */
};

/**
 * Make a fresh key; one that is there is freed.
 * @param group  of enum tls_key_share_group.
 * @return false: the group is unknown, there is no randomness, or OpenSSL failed; there is then no key.
 * Owner: the holder, tls_key_share_fini(). Threads: the holder's.
 */
bool tls_key_share_generate(struct tls_key_share *share, struct tls_key_share_tools *tools, uint16_t group);

/** As tls_key_share_generate(), X25519 by OpenSSL, with a private key of 32 octets that is given. */
bool tls_key_share_from_private(struct tls_key_share *share, const uint8_t private_key[32]);

void tls_key_share_fini(struct tls_key_share *share);

/**
 * Agree on a secret with the peer's public value.
 * @param out  secret_len octets are written.
 * @return false: it is no public value of the group, or the result is zero (section 7.4.2): alert illegal_parameter.
 */
bool tls_key_share_agree(
	struct tls_key_share *share, struct tls_key_share_tools *tools, struct bytes peer, uint8_t *out);

#endif
