/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Ephemeral X25519 key pairs, made eight at a time before they are asked for: crypto_x25519_multiply() makes eight at
 * the cost of one. Each is handed out once and wiped here as it goes; what is left over is for its owner to clear now
 * and then, so that no pair waits for long.
 *
 * Only where crypto_x25519_is_supported(). Owner: the caller; all zero is an empty pool. Threads: one at a time.
 */
#ifndef HANDFAST_CRYPTO_KEY_POOL_H
#define HANDFAST_CRYPTO_KEY_POOL_H

#include "crypto_x25519.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crypto_key_pair {
	uint8_t private_key[CRYPTO_X25519_BYTES], public_key[CRYPTO_X25519_BYTES];
};

struct crypto_key_pool {
	struct crypto_x25519_batch private_keys, public_keys;
	unsigned left; /**< pairs 0 to left - 1 have not been handed out */
};

/**
 * Take a pair nobody else has had or will have; an empty pool is filled first.
 *
 * @param random    called with `argument` for the bytes of CRYPTO_X25519_LANES private keys; false: there are none.
 * @param out_pair  set on success.
 * @return false if random failed; the pool is then empty.
 * Cost: every eighth call a crypto_x25519_multiply(), the others 64 bytes.
 */
bool crypto_key_pool_take(struct crypto_key_pool *pool, bool (*random)(void *argument, uint8_t *out, size_t len),
	void *argument, struct crypto_key_pair *out_pair);

/** Wipe what is left. */
void crypto_key_pool_clear(struct crypto_key_pool *pool);

#endif
