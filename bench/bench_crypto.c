/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * make bench: public-key operations, Handfast's beside OpenSSL's, on the machine as it is. Not among the counted ones:
 * valgrind knows no AVX-512.
 */
#include "bench.h"
#include "crypto_key_pool.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

enum { PER_ROUND = 40 };

static void openssl_generate(void *context, unsigned round)
{
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		EVP_PKEY *key = NULL;
		if (EVP_PKEY_generate(context, &key) != 1)
			bench_fail("OpenSSL makes no X25519 key");
		EVP_PKEY_free(key);
	}
}

static void openssl_agree(void *context, unsigned round)
{
	uint8_t secret[CRYPTO_X25519_BYTES];
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++) {
		size_t len = sizeof(secret);
		if (EVP_PKEY_derive(context, secret, &len) != 1)
			bench_fail("OpenSSL does not agree");
	}
}

static void bench_openssl(void)
{
	EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
	if (!maker || EVP_PKEY_keygen_init(maker) != 1)
		bench_fail("OpenSSL has no X25519");
	EVP_PKEY *own = NULL, *peer = NULL;
	if (EVP_PKEY_generate(maker, &own) != 1 || EVP_PKEY_generate(maker, &peer) != 1)
		bench_fail("OpenSSL makes no X25519 key");
	EVP_PKEY_CTX *agreement = EVP_PKEY_CTX_new(own, NULL);
	if (!agreement || EVP_PKEY_derive_init(agreement) != 1 || EVP_PKEY_derive_set_peer(agreement, peer) != 1)
		bench_fail("OpenSSL takes no X25519 key");
	bench_run(&(struct bench){"X25519: a key pair, OpenSSL", PER_ROUND, openssl_generate, maker});
	bench_run(&(struct bench){"X25519: agree, OpenSSL", PER_ROUND, openssl_agree, agreement});
	EVP_PKEY_CTX_free(agreement);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
	EVP_PKEY_CTX_free(maker);
}

static bool draw(void *argument, uint8_t *out, size_t len)
{
	(void)argument;
	return RAND_priv_bytes(out, (int)len) == 1;
}

static void pool_take(void *context, unsigned round)
{
	struct crypto_key_pair pair;
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		if (!crypto_key_pool_take(context, draw, NULL, &pair))
			bench_fail("no key pair");
}

static void agree(void *context, unsigned round)
{
	const struct crypto_key_pair *pairs = context;
	uint8_t secret[CRYPTO_X25519_BYTES];
	(void)round;
	for (unsigned i = 0; i < PER_ROUND; i++)
		if (!crypto_x25519_agree(secret, pairs[0].private_key, pairs[1].public_key))
			bench_fail("no secret");
}

static void bench_ours(void)
{
	struct crypto_key_pool pool = {0};
	struct crypto_key_pair pairs[2];
	if (!crypto_key_pool_take(&pool, draw, NULL, &pairs[0]) || !crypto_key_pool_take(&pool, draw, NULL, &pairs[1]))
		bench_fail("no key pair");
	bench_run(&(struct bench){"X25519: a key pair, eight made ahead", PER_ROUND, pool_take, &pool});
	bench_run(&(struct bench){"X25519: agree, one in four lanes", PER_ROUND, agree, pairs});
}

int main(void)
{
	bench_print_header();
	bench_openssl();
	if (crypto_x25519_is_supported())
		bench_ours();
	return 0;
}
