/* SPDX-License-Identifier: BSD-3-Clause */
/* Both ways of X25519 against RFC 7748, Wycheproof and OpenSSL. Where the processor has no IFMA there is nothing to
 * test. */
#include "crypto_x25519.h"
#include "hex.h"
#include "unit.h"
#include "vectors.h"

#include <string.h>
#include <ucontext.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

enum { BYTES = CRYPTO_X25519_BYTES, LANES = CRYPTO_X25519_LANES, RANDOM_ROUNDS = 100 };

/* Both ways must say the same; the eight lanes too, each with the same work. @return whether there is a secret. */
static bool multiply(const uint8_t scalar[BYTES], const uint8_t point[BYTES], uint8_t out[BYTES])
{
	struct crypto_x25519_batch scalars, points, products;
	const bool ok = crypto_x25519_agree(out, scalar, point);
	for (size_t i = 0; i < LANES; i++) {
		memcpy(scalars.lane[i], scalar, BYTES);
		memcpy(points.lane[i], point, BYTES);
	}
	crypto_x25519_multiply(&products, &scalars, &points);
	for (size_t i = 0; i < LANES; i++)
		CU_ASSERT_EQUAL(memcmp(products.lane[i], out, BYTES), 0);
	return ok;
}

static bool multiply_text(const char *scalar_text, const char *point_text, uint8_t out[BYTES])
{
	uint8_t scalar[BYTES], point[BYTES];
	CU_ASSERT_EQUAL(hex_read(scalar_text, scalar, BYTES), BYTES);
	CU_ASSERT_EQUAL(hex_read(point_text, point, BYTES), BYTES);
	return multiply(scalar, point, out);
}

/* Section 5.2; the second point has the bit set that is not to be looked at. */
static void test_rfc7748(void)
{
	uint8_t out[BYTES];
	CU_ASSERT_TRUE(multiply_text("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
		"e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", out));
	CU_ASSERT_TRUE(hex_equals(
		(struct bytes){out, BYTES}, "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
	CU_ASSERT_TRUE(multiply_text("4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
		"e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", out));
	CU_ASSERT_TRUE(hex_equals(
		(struct bytes){out, BYTES}, "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"));
}

/* Section 5.2: a thousand times, each result the next scalar and each scalar the next point. */
static void test_rfc7748_iterated(void)
{
	uint8_t scalar[BYTES] = {9}, point[BYTES] = {9}, out[BYTES];
	for (int i = 1; i <= 1000; i++) {
		CU_ASSERT_TRUE(crypto_x25519_agree(out, scalar, point));
		memcpy(point, scalar, BYTES);
		memcpy(scalar, out, BYTES);
		if (i == 1)
			CU_ASSERT_TRUE(hex_equals((struct bytes){out, BYTES},
				"422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
	}
	CU_ASSERT_TRUE(hex_equals(
		(struct bytes){out, BYTES}, "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

static bool vector_holds(const json_t *test)
{
	static const uint8_t zero[BYTES];
	uint8_t out[BYTES], expected[BYTES];
	CU_ASSERT_EQUAL(hex_read(vectors_text(test, "shared"), expected, BYTES), BYTES);
	const bool ok = multiply_text(vectors_text(test, "private"), vectors_text(test, "public"), out);
	return memcmp(out, expected, BYTES) == 0 && ok == (memcmp(expected, zero, BYTES) != 0);
}

/* Points of small order, on the twist, at and above p, and results that carry far. */
static void test_wycheproof(void)
{
	vectors_check("x25519_test.json", vector_holds);
}

static void ask_openssl(const uint8_t scalar[BYTES], const uint8_t point[BYTES], uint8_t out[BYTES])
{
	size_t len = BYTES;
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar, BYTES);
	EVP_PKEY *peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, point, BYTES);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
	CU_ASSERT_TRUE_FATAL(EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1);
	if (EVP_PKEY_derive(context, out, &len) != 1)
		memset(out, 0, BYTES);
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(peer);
	EVP_PKEY_free(own);
}

/* Limbs that are all ones or all zeroes are where a carry would be lost. */
static void fill(uint8_t out[BYTES], int kind)
{
	CU_ASSERT_EQUAL_FATAL(RAND_bytes(out, BYTES), 1);
	for (size_t i = 0; kind == 1 && i < BYTES; i++)
		out[i] = out[i] & 1 ? 0xff : 0;
	if (kind == 2) /* 2^255 - 256 and up: p is among them, and what is to be reduced */
		memset(out + 1, 0xff, BYTES - 1);
}

static void test_lanes_are_their_own(void)
{
	struct crypto_x25519_batch scalar, point, product;
	uint8_t expected[BYTES], single[BYTES];
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		for (int i = 0; i < LANES; i++) {
			fill(scalar.lane[i], i % 2);
			fill(point.lane[i], (i + round) % 3);
		}
		crypto_x25519_multiply(&product, &scalar, &point);
		for (int i = 0; i < LANES; i++) {
			ask_openssl(scalar.lane[i], point.lane[i], expected);
			(void)crypto_x25519_agree(single, scalar.lane[i], point.lane[i]);
			CU_ASSERT_EQUAL(memcmp(product.lane[i], expected, BYTES), 0);
			CU_ASSERT_EQUAL(memcmp(single, expected, BYTES), 0);
		}
	}
}

static void test_base(void)
{
	struct crypto_x25519_batch scalar, product;
	CU_ASSERT_EQUAL_FATAL(RAND_bytes(scalar.lane[0], sizeof(scalar)), 1);
	crypto_x25519_multiply(&product, &scalar, &crypto_x25519_base);
	for (int i = 0; i < LANES; i++) {
		uint8_t expected[BYTES];
		size_t len = BYTES;
		EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, scalar.lane[i], BYTES);
		CU_ASSERT_EQUAL(EVP_PKEY_get_raw_public_key(key, expected, &len), 1);
		CU_ASSERT_EQUAL(memcmp(product.lane[i], expected, BYTES), 0);
		EVP_PKEY_free(key);
	}
}

/* A peer with a point of small order would know the secret: RFC 7748 section 6.1. */
static void test_small_order(void)
{
	static const uint8_t zero[BYTES], one[BYTES] = {1}, scalar[BYTES] = {7, 7, 7};
	uint8_t out[BYTES];
	memset(out, 0xaa, BYTES);
	CU_ASSERT_FALSE(crypto_x25519_agree(out, scalar, zero));
	CU_ASSERT_EQUAL(memcmp(out, zero, BYTES), 0);
	CU_ASSERT_FALSE(crypto_x25519_agree(out, scalar, one));
	CU_ASSERT_EQUAL(memcmp(out, zero, BYTES), 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
static const bool is_stack_ours = false; /* the sanitizer lays it out anew, and fills what is left */
#else
static const bool is_stack_ours = true;
#endif

/* A stack of our own, so that it may be read when a function has returned. */
enum { STACK_BYTES = 128 * 1024 };
static _Alignas(64) uint8_t stack[STACK_BYTES], stack_before[STACK_BYTES];
static uint8_t stack_key[BYTES], stack_out[BYTES];
static struct crypto_x25519_batch stack_keys, stack_outs;

static void agree_there(void)
{
	static const uint8_t peer[BYTES] = {9};
	(void)crypto_x25519_agree(stack_out, stack_key, peer);
}

static void multiply_there(void)
{
	crypto_x25519_multiply(&stack_outs, &stack_keys, &crypto_x25519_base);
}

static void run_there(void (*run)(void), uint8_t key_byte)
{
	ucontext_t here, there;
	memset(stack_key, key_byte, sizeof(stack_key));
	memset(&stack_keys, key_byte, sizeof(stack_keys));
	memset(stack, 0, sizeof(stack));
	CU_ASSERT_EQUAL_FATAL(getcontext(&there), 0);
	there.uc_stack = (stack_t){.ss_sp = stack, .ss_size = sizeof(stack)};
	there.uc_link = &here;
	makecontext(&there, run, 0);
	CU_ASSERT_EQUAL_FATAL(swapcontext(&here, &there), 0);
}

/* Whatever the private key is, the stack looks the same afterwards. The first call may leave what the linker did. */
static void test_nothing_stays_on_the_stack(void)
{
	void (*const runs[])(void) = {agree_there, multiply_there};
	if (!is_stack_ours)
		printf("SKIP: a sanitizer has the stack: ");
	for (size_t i = 0; is_stack_ours && i < sizeof(runs) / sizeof(runs[0]); i++) {
		run_there(runs[i], 0x33);
		run_there(runs[i], 0x33);
		memcpy(stack_before, stack, sizeof(stack));
		run_there(runs[i], 0x5a);
		CU_ASSERT_EQUAL(memcmp(stack, stack_before, sizeof(stack)), 0);
	}
}

static void test_not_here(void)
{
	printf("SKIP: no AVX-512 IFMA: ");
	CU_ASSERT_FALSE(crypto_x25519_is_supported());
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 7748", test_rfc7748},
		{"RFC 7748, a thousand times", test_rfc7748_iterated},
		{"Wycheproof", test_wycheproof},
		{"eight lanes with work of their own, as OpenSSL", test_lanes_are_their_own},
		{"public keys, as OpenSSL", test_base},
		{"a point of small order gives no secret", test_small_order},
		{"nothing stays on the stack", test_nothing_stays_on_the_stack},
		CU_TEST_INFO_NULL,
	};
	CU_TestInfo nothing[] = {{"not on this processor", test_not_here}, CU_TEST_INFO_NULL};
	return unit_run("crypto_x25519", crypto_x25519_is_supported() ? tests : nothing);
}
