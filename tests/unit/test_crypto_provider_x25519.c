/* SPDX-License-Identifier: BSD-3-Clause */
/* The calls that libssl makes, to our provider's X25519 and, on the other side, to OpenSSL's. */
#include "crypto_provider.h"
#include "crypto_provider_internal.h"
#include "crypto_x25519.h"
#include "unit.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

enum { BYTES = CRYPTO_X25519_BYTES };

static const char ours[] = CRYPTO_PROVIDER_PROPERTIES, theirs[] = "provider=default";
static OSSL_LIB_CTX *library;
static OSSL_PROVIDER *provider;

static EVP_PKEY *generate(const char *properties, const char *group)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(library, "X25519", properties);
	if (context && EVP_PKEY_keygen_init(context) == 1 && EVP_PKEY_CTX_set_group_name(context, group) == 1)
		(void)EVP_PKEY_keygen(context, &key);
	EVP_PKEY_CTX_free(context);
	return key;
}

static const char *provider_of(const EVP_PKEY *key)
{
	return OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(key));
}

/* As tls_parse_ctos_key_share(): a key like our own, with the peer's value. */
static EVP_PKEY *receive(EVP_PKEY *own, const uint8_t *value, size_t len)
{
	EVP_PKEY *peer = EVP_PKEY_new();
	if (EVP_PKEY_copy_parameters(peer, own) == 1 && EVP_PKEY_set1_encoded_public_key(peer, value, len) == 1)
		return peer;
	EVP_PKEY_free(peer);
	return NULL;
}

static EVP_PKEY_CTX *begin_derivation(EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, own, ours);
	CU_ASSERT_TRUE_FATAL(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1);
	return context;
}

/* As ssl_derive(). @return the length of the secret, 0 if there is none. */
static size_t derive(EVP_PKEY *own, EVP_PKEY *peer, const char *properties, uint8_t secret[BYTES])
{
	size_t len = 0;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, own, properties);
	if (EVP_PKEY_derive_init(context) != 1 || EVP_PKEY_derive_set_peer(context, peer) != 1 ||
		EVP_PKEY_derive(context, NULL, &len) != 1 || EVP_PKEY_derive(context, secret, &len) != 1)
		len = 0;
	EVP_PKEY_CTX_free(context);
	return len;
}

static void agree(EVP_PKEY *own, const char *properties, EVP_PKEY *other, uint8_t secret[BYTES])
{
	uint8_t *value = NULL;
	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_get1_encoded_public_key(other, &value), BYTES);
	EVP_PKEY *peer = receive(own, value, BYTES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(peer);
	CU_ASSERT_EQUAL(derive(own, peer, properties, secret), BYTES);
	EVP_PKEY_free(peer);
	OPENSSL_free(value);
}

static void test_agrees_with_openssl(void)
{
	for (int i = 0; i < 20; i++) {
		uint8_t mine[BYTES], other[BYTES];
		EVP_PKEY *own = generate(ours, "x25519"), *client = generate(theirs, "x25519");
		CU_ASSERT_TRUE_FATAL(own && client);
		CU_ASSERT_STRING_EQUAL(provider_of(own), "handfast");
		CU_ASSERT_STRING_EQUAL(provider_of(client), "default");
		agree(own, ours, client, mine);
		agree(client, theirs, own, other);
		CU_ASSERT_EQUAL(memcmp(mine, other, BYTES), 0);
		EVP_PKEY_free(client);
		EVP_PKEY_free(own);
	}
}

static void test_what_a_key_says(void)
{
	EVP_PKEY *key = generate(ours, "x25519"), *reference = generate(theirs, "x25519");
	CU_ASSERT_TRUE_FATAL(key && reference);
	CU_ASSERT_TRUE(EVP_PKEY_is_a(key, "X25519"));
	CU_ASSERT_EQUAL(EVP_PKEY_get_bits(key), EVP_PKEY_get_bits(reference));
	CU_ASSERT_EQUAL(EVP_PKEY_get_security_bits(key), EVP_PKEY_get_security_bits(reference));
	CU_ASSERT_EQUAL(EVP_PKEY_get_size(key), BYTES);
	CU_ASSERT_EQUAL(EVP_PKEY_get_params(key, NULL), 1);
	EVP_PKEY_free(reference);
	EVP_PKEY_free(key);
}

/* Ephemeral keys have no business outside: neither the parameter nor an export to another provider gives them. */
static void test_private_key_stays(void)
{
	uint8_t octets[BYTES];
	size_t len = sizeof(octets);
	EVP_PKEY *key = generate(ours, "x25519");
	CU_ASSERT_NOT_EQUAL(EVP_PKEY_get_raw_private_key(key, octets, &len), 1);
	CU_ASSERT_NOT_EQUAL(
		EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PRIV_KEY, octets, sizeof(octets), &len), 1);
	EVP_PKEY_free(key);
	ERR_clear_error();
}

static void test_bad_values(void)
{
	uint8_t value[BYTES + 1] = {0}, secret[BYTES];
	EVP_PKEY *own = generate(ours, "x25519");
	CU_ASSERT_PTR_NULL(receive(own, value, BYTES - 1));
	CU_ASSERT_PTR_NULL(receive(own, value, BYTES + 1));
	CU_ASSERT_PTR_NULL(receive(own, value, 0));
	EVP_PKEY *small = receive(own, value, BYTES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(small);
	CU_ASSERT_EQUAL(derive(own, small, ours, secret), 0);
	EVP_PKEY_free(small);
	value[0] = 9;
	EVP_PKEY *good = receive(own, value, BYTES);
	CU_ASSERT_EQUAL(derive(own, good, ours, secret), BYTES);
	EVP_PKEY_CTX *context = begin_derivation(own, good);
	CU_ASSERT_NOT_EQUAL(EVP_PKEY_derive(context, secret, &(size_t){BYTES - 1}), 1);
	EVP_PKEY_CTX_free(context);
	CU_ASSERT_EQUAL(derive(good, own, ours, secret), 0); /* has no private key */
	context = EVP_PKEY_CTX_new_from_pkey(library, good, ours);
	CU_ASSERT_NOT_EQUAL(EVP_PKEY_derive_init(context), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(good);
	EVP_PKEY_free(own);
	ERR_clear_error();
}

/* A key that is given a peer's value is the peer's from then on. */
static void test_overwritten(void)
{
	const uint8_t value[BYTES] = {9};
	uint8_t secret[BYTES];
	EVP_PKEY *own = generate(ours, "x25519"), *other = generate(ours, "x25519");
	CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(own, value, BYTES), 1);
	CU_ASSERT_EQUAL(derive(own, other, ours, secret), 0);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	ERR_clear_error();
}

static void test_other_group(void)
{
	CU_ASSERT_PTR_NULL(generate(ours, "x448"));
	EVP_PKEY *key = generate(ours, "X25519"); /* names do not depend on case */
	CU_ASSERT_PTR_NOT_NULL(key);
	EVP_PKEY_free(key);
	ERR_clear_error();
}

static void test_copies(void)
{
	uint8_t mine[BYTES], copied[BYTES];
	EVP_PKEY *own = generate(ours, "x25519"), *other = generate(ours, "x25519"), *copy = EVP_PKEY_dup(own);
	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	CU_ASSERT_EQUAL(derive(own, other, ours, mine), BYTES);
	CU_ASSERT_EQUAL(derive(copy, other, ours, copied), BYTES);
	CU_ASSERT_EQUAL(memcmp(mine, copied, BYTES), 0);
	EVP_PKEY_free(copy);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
}

/* OpenSSL's copy of a context holds no reference to the peer's key: what we keep of it must not hang in the air. */
static void test_peer_freed(void)
{
	uint8_t expected[BYTES], secret[BYTES];
	size_t len = sizeof(secret);
	EVP_PKEY *own = generate(ours, "x25519"), *other = generate(ours, "x25519");
	CU_ASSERT_EQUAL(derive(own, other, ours, expected), BYTES);
	EVP_PKEY_CTX *context = begin_derivation(own, other), *copy = EVP_PKEY_CTX_dup(context);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(other);
	EVP_PKEY_free(generate(ours, "x25519")); /* may come to lie where the other was */
	CU_ASSERT_EQUAL(EVP_PKEY_derive(copy, secret, &len), 1);
	CU_ASSERT_EQUAL(memcmp(secret, expected, BYTES), 0);
	EVP_PKEY_CTX_free(copy);
	EVP_PKEY_free(own);
}

static void test_refused_peer(void)
{
	uint8_t secret[BYTES];
	size_t len = sizeof(secret);
	EVP_PKEY *own = generate(ours, "x25519"), *empty = EVP_PKEY_new();
	CU_ASSERT_EQUAL_FATAL(EVP_PKEY_copy_parameters(empty, own), 1);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(library, own, ours);
	CU_ASSERT_EQUAL(EVP_PKEY_derive_init(context), 1);
	CU_ASSERT_NOT_EQUAL(EVP_PKEY_derive_set_peer_ex(context, empty, 0), 1);
	EVP_PKEY_free(empty);
	CU_ASSERT_NOT_EQUAL(EVP_PKEY_derive(context, secret, &len), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(own);
	ERR_clear_error();
}

/* A private key that was wiped in the middle of an exchange must not be agreed with as if it were one. */
static void test_overwritten_in_exchange(void)
{
	const uint8_t value[BYTES] = {9};
	uint8_t expected[BYTES], secret[BYTES];
	size_t len = sizeof(secret);
	EVP_PKEY *own = generate(ours, "x25519"), *other = generate(ours, "x25519");
	CU_ASSERT_EQUAL(derive(own, other, ours, expected), BYTES);
	EVP_PKEY_CTX *context = begin_derivation(own, other);
	CU_ASSERT_EQUAL(EVP_PKEY_set1_encoded_public_key(own, value, BYTES), 1);
	CU_ASSERT_EQUAL(EVP_PKEY_derive(context, secret, &len), 1);
	CU_ASSERT_EQUAL(memcmp(secret, expected, BYTES), 0);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
}

static const struct crypto_key_pool *pool(void)
{
	return ((const struct crypto_provider *)OSSL_PROVIDER_get0_provider_ctx(provider))->pool;
}

static void test_forgotten(void)
{
	uint8_t mine[BYTES], other[BYTES];
	crypto_provider_forget(provider);
	EVP_PKEY *before = generate(ours, "x25519");
	CU_ASSERT_EQUAL(pool()->left, CRYPTO_X25519_LANES - 1);
	crypto_provider_forget(provider);
	CU_ASSERT_EQUAL(pool()->left, 0);
	EVP_PKEY *after = generate(ours, "x25519"); /* from a new lot */
	agree(before, ours, after, mine);
	agree(after, ours, before, other);
	CU_ASSERT_EQUAL(memcmp(mine, other, BYTES), 0);
	EVP_PKEY_free(after);
	EVP_PKEY_free(before);
}

/* Counts blocks given back to the C library with this private key still in them. */
static uint8_t watched_key[BYTES];
static bool is_watching;
static unsigned unwiped_blocks;

static void watch_free(void *block, const char *file, int line)
{
	(void)file;
	(void)line;
	if (is_watching && block && memmem(block, malloc_usable_size(block), watched_key, BYTES))
		unwiped_blocks++;
	free(block);
}

static void *plain_malloc(size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(len);
}

static void *plain_realloc(void *block, size_t len, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(block, len);
}

/* Key, copy of the key, exchange, copy of the exchange. */
static void test_keys_are_wiped(void)
{
	EVP_PKEY *other = generate(ours, "x25519");
	crypto_provider_forget(provider);
	EVP_PKEY_free(generate(ours, "x25519"));
	memcpy(watched_key, pool()->private_keys.lane[pool()->left - 1], BYTES); /* the next to be handed out */
	is_watching = true;
	OPENSSL_free(OPENSSL_memdup(watched_key, BYTES));
	CU_ASSERT_EQUAL(unwiped_blocks, 1); /* the watch works */
	EVP_PKEY *own = generate(ours, "x25519"), *copy = EVP_PKEY_dup(own);
	EVP_PKEY_CTX *context = begin_derivation(own, other), *context_copy = EVP_PKEY_CTX_dup(context);
	CU_ASSERT_TRUE(copy && context_copy);
	EVP_PKEY_CTX_free(context_copy);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(copy);
	EVP_PKEY_free(own);
	is_watching = false;
	CU_ASSERT_EQUAL(unwiped_blocks, 1);
	EVP_PKEY_free(other);
}

static void test_no_randomness(void)
{
	OSSL_LIB_CTX *usual = library;
	library = OSSL_LIB_CTX_new();
	CU_ASSERT_EQUAL(RAND_set_DRBG_type(library, "none", NULL, NULL, NULL), 1);
	OSSL_PROVIDER *openssl = OSSL_PROVIDER_load(library, "default"), *dry = crypto_provider_load(library, true);
	CU_ASSERT_TRUE_FATAL(openssl && dry);
	CU_ASSERT_PTR_NULL(generate(ours, "x25519"));
	OSSL_PROVIDER_unload(dry);
	OSSL_PROVIDER_unload(openssl);
	OSSL_LIB_CTX_free(library);
	library = usual;
	ERR_clear_error();
}

/* OpenSSL keeps a provider until the last key of it is gone. */
static void test_unloaded(void)
{
	OSSL_LIB_CTX *usual = library;
	uint8_t secret[BYTES];
	library = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *openssl = OSSL_PROVIDER_load(library, "default"), *passing = crypto_provider_load(library, true);
	CU_ASSERT_TRUE_FATAL(openssl && passing);
	EVP_PKEY *own = generate(ours, "x25519"), *other = generate(ours, "x25519");
	EVP_PKEY_CTX *context = begin_derivation(own, other);
	OSSL_PROVIDER_unload(passing);
	OSSL_PROVIDER_unload(openssl);
	CU_ASSERT_EQUAL(EVP_PKEY_derive(context, secret, &(size_t){BYTES}), 1);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	OSSL_LIB_CTX_free(library);
	library = usual;
}

static void test_not_here(void)
{
	printf("SKIP: no AVX-512 IFMA: ");
	CU_ASSERT_FALSE(crypto_x25519_is_supported());
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"agrees with OpenSSL's", test_agrees_with_openssl},
		{"a key's sizes are those of OpenSSL's", test_what_a_key_says},
		{"a private key cannot be had", test_private_key_stays},
		{"values of another length, of small order, and no private key", test_bad_values},
		{"a key that takes a peer's value loses its private key", test_overwritten},
		{"another group is refused", test_other_group},
		{"a copy agrees on the same", test_copies},
		{"an exchange outlives the peer's key", test_peer_freed},
		{"a peer that is refused is not kept", test_refused_peer},
		{"an exchange outlives its own private key", test_overwritten_in_exchange},
		{"forgotten pairs are made anew", test_forgotten},
		{"no private key is left in memory that is given back", test_keys_are_wiped},
		{"without randomness there is no key", test_no_randomness},
		{"keys may outlive the provider's unloading", test_unloaded},
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo nothing[] = {{"not on this processor", test_not_here}, CU_TEST_INFO_NULL};
	if (CRYPTO_set_mem_functions(plain_malloc, plain_realloc, watch_free) != 1)
		return 2;
	library = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *openssl = OSSL_PROVIDER_load(library, "default");
	provider = crypto_provider_load(library, true);
	const int status = openssl && provider
				   ? unit_run("crypto_provider_x25519", crypto_x25519_is_supported() ? tests : nothing)
				   : 2;
	OSSL_PROVIDER_unload(provider);
	OSSL_PROVIDER_unload(openssl);
	OSSL_LIB_CTX_free(library);
	return status;
}
