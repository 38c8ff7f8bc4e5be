/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_key_share.h"
#include "hex.h"
#include "rfc8448.h"
#include "unit.h"
#include "vectors.h"

/* One for all, as a thread has it: no value may depend on what was agreed before. */
static struct tls_key_share_tools tools;

static void test_both_sides_agree(void)
{
	static const uint16_t groups[] = {TLS_KEY_SHARE_X25519, TLS_KEY_SHARE_P256, TLS_KEY_SHARE_P384};
	for (size_t i = 0; i < 3; i++) {
		struct tls_key_share a = {0}, b = {0};
		uint8_t ours[48], theirs[48];
		CU_ASSERT_TRUE_FATAL(
			tls_key_share_generate(&a, &tools, groups[i]) && tls_key_share_generate(&b, &tools, groups[i]));
		CU_ASSERT_NOT_EQUAL(memcmp(a.public_value, b.public_value, a.public_len), 0);
		CU_ASSERT_TRUE(tls_key_share_agree(&a, &tools, (struct bytes){b.public_value, b.public_len}, ours));
		CU_ASSERT_TRUE(tls_key_share_agree(&b, &tools, (struct bytes){a.public_value, a.public_len}, theirs));
		CU_ASSERT_EQUAL(memcmp(ours, theirs, a.secret_len), 0);
		CU_ASSERT_FALSE(
			tls_key_share_agree(&a, &tools, (struct bytes){b.public_value, b.public_len - 1}, ours));
		b.public_value[0] = 2; /* for a curve the mark of a compressed point */
		if (groups[i] != TLS_KEY_SHARE_X25519)
			CU_ASSERT_FALSE(
				tls_key_share_agree(&a, &tools, (struct bytes){b.public_value, b.public_len}, ours));
		tls_key_share_fini(&a);
		tls_key_share_fini(&b);
	}
}

/* What was prepared for one peer must not colour the next: a client with one key share for all does this. */
static void test_one_key_many_peers(void)
{
	static const uint16_t groups[] = {TLS_KEY_SHARE_X25519, TLS_KEY_SHARE_P256, TLS_KEY_SHARE_P384};
	for (size_t i = 0; i < 3; i++) {
		struct tls_key_share kept = {0}, peers[3] = {0};
		uint8_t ours[48], theirs[48];
		CU_ASSERT_TRUE_FATAL(tls_key_share_generate(&kept, &tools, groups[i]));
		for (size_t n = 0; n < 9; n++) {
			struct tls_key_share *peer = &peers[n % 3];
			struct bytes value = {kept.public_value, kept.public_len};
			if (n < 3)
				CU_ASSERT_TRUE_FATAL(tls_key_share_generate(peer, &tools, groups[i]));
			CU_ASSERT_TRUE(tls_key_share_agree(peer, &tools, value, theirs));
			value = (struct bytes){peer->public_value, peer->public_len - 1};
			CU_ASSERT_FALSE(tls_key_share_agree(&kept, &tools, value, ours));
			value.len++;
			CU_ASSERT_TRUE(tls_key_share_agree(&kept, &tools, value, ours));
			CU_ASSERT_EQUAL(memcmp(ours, theirs, kept.secret_len), 0);
		}
		for (size_t n = 0; n < 3; n++)
			tls_key_share_fini(&peers[n]);
		tls_key_share_fini(&kept);
	}
}

/* One side with lanes, the other OpenSSL's: the peer of a client is anybody. */
static void test_both_ways_agree(void)
{
	struct tls_key_share_tools scalar = {.is_scalar = true};
	struct tls_key_share a = {0}, b = {0};
	uint8_t ours[32], theirs[32];
	CU_ASSERT_TRUE_FATAL(tls_key_share_generate(&a, &tools, TLS_KEY_SHARE_X25519) &&
			     tls_key_share_generate(&b, &scalar, TLS_KEY_SHARE_X25519));
	CU_ASSERT_EQUAL(a.has_pair, !tools.is_scalar && crypto_x25519_is_supported());
	CU_ASSERT_FALSE(b.has_pair);
	CU_ASSERT_TRUE(tls_key_share_agree(&a, &tools, (struct bytes){b.public_value, b.public_len}, ours));
	CU_ASSERT_TRUE(tls_key_share_agree(&b, &scalar, (struct bytes){a.public_value, a.public_len}, theirs));
	CU_ASSERT_EQUAL(memcmp(ours, theirs, 32), 0);
	memset(b.public_value, 0, sizeof(b.public_value)); /* a point of small order */
	CU_ASSERT_FALSE(tls_key_share_agree(&a, &tools, (struct bytes){b.public_value, b.public_len}, ours));
	tls_key_share_fini(&a);
	tls_key_share_fini(&b);
	tls_key_share_tools_fini(&scalar);
}

static void test_unknown_group(void)
{
	struct tls_key_share share = {0};
	CU_ASSERT_FALSE(tls_key_share_generate(&share, &tools, 25));
	CU_ASSERT_PTR_NULL(share.key);
	CU_ASSERT_FALSE(share.has_pair);
}

static bool agree_x25519(const char *private_text, const char *public_text, uint8_t out[32])
{
	struct tls_key_share share = {0};
	uint8_t private_key[32], public_value[64];
	hex_read(private_text, private_key, sizeof(private_key));
	const size_t len = hex_read(public_text, public_value, sizeof(public_value));
	const bool ok = tls_key_share_from_private(&share, private_key) &&
			tls_key_share_agree(&share, &tools, (struct bytes){public_value, len}, out);
	tls_key_share_fini(&share);
	return ok;
}

static void test_rfc8448(void)
{
	struct tls_key_share share = {0};
	uint8_t private_key[32], shared[32];
	hex_read(RFC8448_CLIENT_PRIVATE, private_key, sizeof(private_key));
	CU_ASSERT_TRUE(tls_key_share_from_private(&share, private_key));
	CU_ASSERT(hex_equals((struct bytes){share.public_value, share.public_len}, RFC8448_CLIENT_PUBLIC));
	tls_key_share_fini(&share);
	CU_ASSERT_TRUE(agree_x25519(RFC8448_SERVER_PRIVATE, RFC8448_CLIENT_PUBLIC, shared));
	CU_ASSERT(hex_equals((struct bytes){shared, 32}, RFC8448_SHARED));
}

/* What Wycheproof calls acceptable with a result of zero, TLS must refuse (RFC 8446 section 7.4.2). */
static bool vector_holds(const json_t *test)
{
	static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
	uint8_t shared[32];
	const char *expected = vectors_text(test, "shared");
	const bool agreed = agree_x25519(vectors_text(test, "private"), vectors_text(test, "public"), shared);
	if (!vectors_valid(test) || strcmp(expected, zero) == 0)
		return !agreed;
	return agreed && hex_equals((struct bytes){shared, 32}, expected);
}

static void test_wycheproof(void)
{
	vectors_check("x25519_test.json", vector_holds);
}

/* Points of the vectors that are none: our side's key does not matter then. */
static void test_wycheproof_bad_points(void)
{
	json_t *root = vectors_load("ecdh_secp256r1_ecpoint_test.json");
	size_t i, j;
	json_t *group, *test;
	struct tls_key_share share = {0};
	uint8_t point[256], shared[32];
	CU_ASSERT_TRUE(tls_key_share_generate(&share, &tools, TLS_KEY_SHARE_P256));
	json_array_foreach (json_object_get(root, "testGroups"), i, group)
		json_array_foreach (json_object_get(group, "tests"), j, test) {
			const size_t len = hex_read(vectors_text(test, "public"), point, sizeof(point));
			const bool good = strcmp(vectors_text(test, "result"), "valid") == 0;
			CU_ASSERT_EQUAL(tls_key_share_agree(&share, &tools, (struct bytes){point, len}, shared), good);
		}
	tls_key_share_fini(&share);
	json_decref(root);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"both sides agree; values of another length or form are refused", test_both_sides_agree},
		{"one key agrees with many peers in turn", test_one_key_many_peers},
		{"lanes and OpenSSL agree", test_both_ways_agree},
		{"an unknown group", test_unknown_group},
		{"X25519: RFC 8448", test_rfc8448},
		{"X25519: Wycheproof", test_wycheproof},
		{"P-256: Wycheproof's points, good and bad", test_wycheproof_bad_points},
		CU_TEST_INFO_NULL,
	};
	int status = unit_run("tls_key_share", tests);
	tls_key_share_tools_fini(&tools);
	tools.is_scalar = true;
	status |= unit_run("tls_key_share, OpenSSL alone", tests);
	tls_key_share_tools_fini(&tools);
	return status;
}
