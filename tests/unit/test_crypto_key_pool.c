/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto_key_pool.h"
#include "unit.h"

#include <string.h>

enum { BYTES = CRYPTO_X25519_BYTES, LANES = CRYPTO_X25519_LANES, PAIRS = 3 * LANES + 1 };

/* Counts calls; gives numbers that do not repeat. */
struct source {
	unsigned calls;
	uint64_t state;
	bool is_dry;
};

static bool draw(void *argument, uint8_t *out, size_t len)
{
	struct source *source = argument;
	source->calls++;
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)((source->state = source->state * 6364136223846793005u + 1442695040888963407u) >> 56);
	return !source->is_dry;
}

static bool is_wiped(const void *memory, size_t len)
{
	uint8_t any = 0;
	for (size_t i = 0; i < len; i++)
		any |= ((const uint8_t *)memory)[i];
	return any == 0;
}

static void test_each_pair_once(void)
{
	struct source source = {0};
	struct crypto_key_pool pool = {0};
	struct crypto_key_pair pairs[PAIRS];
	for (size_t i = 0; i < PAIRS; i++) {
		CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &pairs[i]));
		CU_ASSERT_EQUAL(source.calls, i / LANES + 1);
		CU_ASSERT_TRUE(is_wiped(pool.private_keys.lane[pool.left], BYTES));
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(memcmp(pairs[j].private_key, pairs[i].private_key, BYTES), 0);
	}
	CU_ASSERT_EQUAL(pool.left, LANES - 1);
}

/* Alice's and Bob's secret is one, so each public key belongs to its private key. */
static void test_pairs_belong_together(void)
{
	struct source source = {.state = 77};
	struct crypto_key_pool pool = {0};
	struct crypto_key_pair a, b;
	uint8_t ours[BYTES], theirs[BYTES];
	for (int i = 0; i < LANES; i++) {
		CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &a));
		CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &b));
		CU_ASSERT_TRUE(crypto_x25519_agree(ours, a.private_key, b.public_key));
		CU_ASSERT_TRUE(crypto_x25519_agree(theirs, b.private_key, a.public_key));
		CU_ASSERT_EQUAL(memcmp(ours, theirs, BYTES), 0);
	}
}

static void test_cleared(void)
{
	struct source source = {0};
	struct crypto_key_pool pool = {0};
	struct crypto_key_pair pair;
	CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &pair));
	crypto_key_pool_clear(&pool);
	CU_ASSERT_TRUE(is_wiped(&pool, sizeof(pool)));
	CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &pair));
	CU_ASSERT_EQUAL(source.calls, 2);
}

/* Half-drawn keys must not stay behind and be taken for good ones. */
static void test_no_randomness(void)
{
	struct source source = {.is_dry = true};
	struct crypto_key_pool pool = {0};
	struct crypto_key_pair pair;
	CU_ASSERT_FALSE(crypto_key_pool_take(&pool, draw, &source, &pair));
	CU_ASSERT_TRUE(is_wiped(&pool, sizeof(pool)));
	source.is_dry = false;
	CU_ASSERT_TRUE(crypto_key_pool_take(&pool, draw, &source, &pair));
}

static void test_not_here(void)
{
	printf("SKIP: no AVX-512 IFMA: ");
	CU_ASSERT_FALSE(crypto_x25519_is_supported());
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"each pair is handed out once, and wiped", test_each_pair_once},
		{"public and private keys belong together", test_pairs_belong_together},
		{"cleared, it is filled anew", test_cleared},
		{"without randomness there is no pair", test_no_randomness},
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo nothing[] = {{"not on this processor", test_not_here}, CU_TEST_INFO_NULL};
	return unit_run("crypto_key_pool", crypto_x25519_is_supported() ? tests : nothing);
}
