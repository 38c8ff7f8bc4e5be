/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_keys.h"
#include "hex.h"
#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>

/* The vectors that implementers exchanged on the TLS working group's list ("TLS 1.2 PRF test vectors", 2008). */
static const struct row {
	enum tls_hash_kind kind;
	const char *secret, *seed, *output;
} rows[] = {
	{TLS_HASH_SHA256, "9bbe436ba940f017b17652849a71db35", "a0ba9f936cda311827a6f796ffd5198c",
		"e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
		"0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
		"87347b66"},
	{TLS_HASH_SHA384, "b80b733d6ceefcdc71566ea48e5567df", "cd665cf6a8447dd6ff8b27555edb7465",
		"7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0"
		"e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
		"9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070"
		"3d73e56f"},
};

static void published_vectors_of_the_prf_hold(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t secret[16], seed[16], out[148];
		const size_t len = strlen(rows[i].output) / 2;
		hex_read(rows[i].secret, secret, sizeof(secret));
		hex_read(rows[i].seed, seed, sizeof(seed));
		/* The seed in two parts, cut anywhere: it counts as one. */
		for (size_t cut = 0; cut <= sizeof(seed); cut += 4) {
			const struct tls12_keys_seed parts = {{seed, cut}, {seed + cut, sizeof(seed) - cut}};
			memset(out, 0, sizeof(out));
			tls12_keys_prf(rows[i].kind, (struct bytes){secret, 16}, "test label", &parts, out, len);
			CU_ASSERT(hex_equals((struct bytes){out, len}, rows[i].output));
		}
	}
}

/* OpenSSL's TLS1-PRF, whose seed begins with the label. */
static bool openssl_prf(const char *digest, struct bytes secret, struct bytes seed, uint8_t *out, size_t len)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, (void *)(uintptr_t)secret.data, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, (void *)(uintptr_t)seed.data, seed.len),
		OSSL_PARAM_construct_end()};
	const bool ok = context && EVP_KDF_derive(context, out, len, params) == 1;
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return ok;
}

static void a_master_secret_is_openssls(void)
{
	uint8_t premaster[32], randoms[64], seed[13 + 64] = "master secret", ours[48], theirs[48];
	memset(premaster, 5, sizeof(premaster));
	for (size_t i = 0; i < sizeof(randoms); i++)
		randoms[i] = seed[13 + i] = (uint8_t)i;
	const struct tls12_keys_seed parts = {{randoms, 32}, {randoms + 32, 32}};
	for (unsigned kind = TLS_HASH_SHA256; kind <= TLS_HASH_SHA384; kind++) {
		tls12_keys_master(kind, (struct bytes){premaster, 32}, &parts, ours);
		CU_ASSERT(openssl_prf(kind == TLS_HASH_SHA256 ? "SHA256" : "SHA384", (struct bytes){premaster, 32},
			(struct bytes){seed, sizeof(seed)}, theirs, 48));
		CU_ASSERT_EQUAL(memcmp(ours, theirs, 48), 0);
	}
}

static void an_extended_master_secret_is_of_the_transcript(void)
{
	uint8_t premaster[32] = {1}, hash[48] = {2}, seed[22 + 32] = "extended master secret", ours[48], theirs[48];
	seed[22] = 2;
	tls12_keys_extended_master(TLS_HASH_SHA256, (struct bytes){premaster, 32}, hash, ours);
	CU_ASSERT(openssl_prf("SHA256", (struct bytes){premaster, 32}, (struct bytes){seed, sizeof(seed)}, theirs, 48));
	CU_ASSERT_EQUAL(memcmp(ours, theirs, 48), 0);
}

/* Keys and ivs lie one behind the other, of lengths that are the suite's. */
static void a_key_block_is_cut_by_the_suite(void)
{
	const uint8_t master[48] = {7};
	const struct tls12_keys_seed seed = {{master, 32}, {master, 32}};
	static const struct {
		uint16_t suite;
		size_t key, iv;
	} suites[] = {{0xc02b, 16, 4}, {0xc030, 32, 4}, {0xcca9, 32, 12}};
	for (size_t i = 0; i < 3; i++) {
		const struct tls12_suite *suite = tls12_suite_find(suites[i].suite);
		struct tls12_keys_block keys;
		uint8_t block[88];
		const size_t key = suites[i].key, iv = suites[i].iv;
		tls12_keys_prf(suite->hash, (struct bytes){master, 48}, "key expansion", &seed, block, sizeof(block));
		tls12_keys_expand(suite, master, &seed, &keys);
		CU_ASSERT_EQUAL(tls12_keys_iv_bytes(suite), iv);
		CU_ASSERT_EQUAL(memcmp(keys.client_key, block, key), 0);
		CU_ASSERT_EQUAL(memcmp(keys.server_key, block + key, key), 0);
		CU_ASSERT_EQUAL(memcmp(keys.client_iv, block + 2 * key, iv), 0);
		CU_ASSERT_EQUAL(memcmp(keys.server_iv, block + 2 * key + iv, iv), 0);
	}
}

static void both_sides_finish_differently(void)
{
	const uint8_t master[48] = {7}, hash[48] = {8};
	uint8_t client[12], server[12];
	tls12_keys_finished(TLS_HASH_SHA384, master, true, hash, client);
	tls12_keys_finished(TLS_HASH_SHA384, master, false, hash, server);
	CU_ASSERT_NOT_EQUAL(memcmp(client, server, 12), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {{"published vectors of the PRF hold", published_vectors_of_the_prf_hold},
		{"a master secret is OpenSSL's", a_master_secret_is_openssls},
		{"an extended master secret is of the transcript", an_extended_master_secret_is_of_the_transcript},
		{"a key block is cut by the suite", a_key_block_is_cut_by_the_suite},
		{"both sides finish differently", both_sides_finish_differently}, CU_TEST_INFO_NULL};
	return unit_run("tls12_keys", tests);
}
