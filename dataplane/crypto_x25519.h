/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * X25519 (RFC 7748) with AVX-512 IFMA: eight at a time, one in each lane, which costs about what one does; and one by
 * itself, whose independent products share the lanes (docs/decisions/x25519.md has the figures).
 *
 * Constant time: no branch and no address depends on a private key or a coordinate. Nothing of either stays on the
 * stack.
 */
#ifndef HANDFAST_CRYPTO_X25519_H
#define HANDFAST_CRYPTO_X25519_H

#include <stdbool.h>
#include <stdint.h>

#define CRYPTO_X25519_BYTES 32
#define CRYPTO_X25519_LANES 8

/** Eight private keys, or u-coordinates: one for each lane. */
struct crypto_x25519_batch {
	uint8_t lane[CRYPTO_X25519_LANES][CRYPTO_X25519_BYTES];
};

/** @return whether this processor and system can run the other functions: AVX-512F and AVX-512 IFMA. Threads: any. */
bool crypto_x25519_is_supported(void);

/**
 * Eight products of a scalar and a point; of public keys when the points are crypto_x25519_base.
 *
 * @param out     eight u-coordinates; 0 where a point had small order.
 * @param scalar  eight private keys; any 32 bytes, clamped here (section 5).
 * @param point   eight u-coordinates, reduced here: all 2^256 values are taken (section 5).
 * Threads: any. Only where crypto_x25519_is_supported().
 */
void crypto_x25519_multiply(struct crypto_x25519_batch *out, const struct crypto_x25519_batch *scalar,
	const struct crypto_x25519_batch *point);

/** The base point, u = 9, eight times. */
extern const struct crypto_x25519_batch crypto_x25519_base;

/**
 * Agree on a secret.
 *
 * @param out          the secret; zeroes on failure.
 * @param private_key  any 32 bytes, clamped here.
 * @param peer         the other side's public key.
 * @return false if the secret is zero, so that the peer alone has determined it (section 6.1; RFC 8446 section 7.4.2).
 * Threads: any. Only where crypto_x25519_is_supported().
 */
bool crypto_x25519_agree(uint8_t out[CRYPTO_X25519_BYTES], const uint8_t private_key[CRYPTO_X25519_BYTES],
	const uint8_t peer[CRYPTO_X25519_BYTES]);

#endif
