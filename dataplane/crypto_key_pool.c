/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto_key_pool.h"
#include "secret.h"

#include <string.h>

static bool fill(struct crypto_key_pool *pool, bool (*random)(void *argument, uint8_t *out, size_t len), void *argument)
{
	if (!random(argument, pool->private_keys.lane[0], sizeof(pool->private_keys))) {
		crypto_key_pool_clear(pool);
		return false;
	}
	crypto_x25519_multiply(&pool->public_keys, &pool->private_keys, &crypto_x25519_base);
	pool->left = CRYPTO_X25519_LANES;
	return true;
}

bool crypto_key_pool_take(struct crypto_key_pool *pool, bool (*random)(void *argument, uint8_t *out, size_t len),
	void *argument, struct crypto_key_pair *out_pair)
{
	if (pool->left == 0 && !fill(pool, random, argument))
		return false;
	const unsigned last = --pool->left;
	memcpy(out_pair->private_key, pool->private_keys.lane[last], CRYPTO_X25519_BYTES);
	memcpy(out_pair->public_key, pool->public_keys.lane[last], CRYPTO_X25519_BYTES);
	secret_wipe(pool->private_keys.lane[last], CRYPTO_X25519_BYTES);
	return true;
}

void crypto_key_pool_clear(struct crypto_key_pool *pool)
{
	secret_wipe(pool, sizeof(*pool));
}
