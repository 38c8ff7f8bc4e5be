/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_hash.h"
#include "hex.h"
#include "unit.h"
#include "vectors.h"

static struct bytes text(const char *words)
{
	return (struct bytes){(const uint8_t *)words, strlen(words)};
}

static void test_digests(void)
{
	struct tls_hash hash;
	uint8_t digest[TLS_HASH_MAX_BYTES];
	tls_hash_init(&hash, TLS_HASH_SHA256);
	tls_hash_peek(&hash, digest);
	CU_ASSERT(hex_equals((struct bytes){digest, tls_hash_bytes(TLS_HASH_SHA256)},
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	tls_hash_update(&hash, text("a"));
	tls_hash_peek(&hash, digest);
	tls_hash_update(&hash, text("bc"));
	tls_hash_peek(&hash, digest);
	CU_ASSERT(hex_equals(
		(struct bytes){digest, 32}, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	tls_hash_init(&hash, TLS_HASH_SHA384);
	tls_hash_update(&hash, text("abc"));
	tls_hash_peek(&hash, digest);
	CU_ASSERT(hex_equals((struct bytes){digest, tls_hash_bytes(TLS_HASH_SHA384)},
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"));
}

/* RFC 4231, test cases 2 (short key) and 6 (a key longer than a block). */
static void test_hmac(void)
{
	uint8_t mac[TLS_HASH_MAX_BYTES], key[131];
	tls_hash_hmac(TLS_HASH_SHA256, text("Jefe"), text("what do ya want for nothing?"), mac);
	CU_ASSERT(hex_equals(
		(struct bytes){mac, 32}, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
	tls_hash_hmac(TLS_HASH_SHA384, text("Jefe"), text("what do ya want for nothing?"), mac);
	CU_ASSERT(hex_equals((struct bytes){mac, 48},
		"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"));
	memset(key, 0xaa, sizeof(key));
	tls_hash_hmac(TLS_HASH_SHA256, (struct bytes){key, sizeof(key)},
		text("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
	CU_ASSERT(hex_equals(
		(struct bytes){mac, 32}, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
}

static void test_expand_bound(void)
{
	static uint8_t out[255 * 32 + 1];
	uint8_t key[32] = {1};
	CU_ASSERT_TRUE(tls_hash_expand(TLS_HASH_SHA256, (struct bytes){key, 32}, text("i"), out, 255 * 32));
	CU_ASSERT_FALSE(tls_hash_expand(TLS_HASH_SHA256, (struct bytes){key, 32}, text("i"), out, 255 * 32 + 1));
}

static bool vector_holds(const json_t *test)
{
	static uint8_t input[1024], salt[1024], info[1024], out[255 * 32];
	uint8_t key[TLS_HASH_MAX_BYTES];
	const struct bytes s = {salt, hex_read(vectors_text(test, "salt"), salt, sizeof(salt))};
	const struct bytes i = {input, hex_read(vectors_text(test, "ikm"), input, sizeof(input))};
	const struct bytes n = {info, hex_read(vectors_text(test, "info"), info, sizeof(info))};
	const size_t size = (size_t)json_integer_value(json_object_get(test, "size"));
	tls_hash_extract(TLS_HASH_SHA256, s, i, key);
	const bool made = tls_hash_expand(TLS_HASH_SHA256, (struct bytes){key, 32}, n, out, size);
	if (!made || !vectors_valid(test))
		return made == vectors_valid(test);
	return hex_equals((struct bytes){out, size}, vectors_text(test, "okm"));
}

static void test_wycheproof(void)
{
	vectors_check("hkdf_sha256_test.json", vector_holds);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"SHA-256 and SHA-384, also in the middle of a message", test_digests},
		{"HMAC: RFC 4231", test_hmac},
		{"HKDF-Expand: 255 digests and no more", test_expand_bound},
		{"HKDF: Wycheproof", test_wycheproof},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tls_hash", tests);
}
