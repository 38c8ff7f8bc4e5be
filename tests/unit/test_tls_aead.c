/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_aead.h"
#include "hex.h"
#include "unit.h"

#include <string.h>

static struct tls_aead_ciphers ciphers;
static struct tls_aead seals, opens;

/* AES-GCM: "The Galois/Counter Mode of Operation" by McGrew and Viega, cases 4 and 16. ChaCha20-Poly1305: RFC 8439
 * section 2.8.2. */
static const struct row {
	enum tls_aead_kind kind;
	const char *key, *nonce, *additional, *plain, *sealed_start, *tag;
} rows[] = {
	{TLS_AEAD_AES_128_GCM, "feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
		"feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
		"b16aedf5aa0de657ba637b39",
		"42831ec2217774244b7221b784d0d49c", "5bc94fbc3221a5db94fae95ae7121a47"},
	{TLS_AEAD_AES_256_GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
		"cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
		"b16aedf5aa0de657ba637b39",
		"522dc1f099567d07f47f37a32a84427d", "76fc6ece0f4e1768cddf8853bb2d551b"},
	{TLS_AEAD_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
		"070000004041424344454647", "50515253c0c1c2c3c4c5c6c7",
		"4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a20496620492063"
		"6f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c2073756e73"
		"637265656e20776f756c642062652069742e",
		"d31a8d34648e60db7b86afbc53ef7ec2", "1ae10b594f09e26a7e902ecbd0600691"},
};

static void set_up(void)
{
	CU_ASSERT_FATAL(tls_aead_ciphers_init(&ciphers) && tls_aead_init(&seals, true) && tls_aead_init(&opens, false));
}

static void tear_down(void)
{
	tls_aead_fini(&seals);
	tls_aead_fini(&opens);
	tls_aead_ciphers_fini(&ciphers);
}

static void published_vectors_hold_both_ways(void)
{
	for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) { /* twice: contexts are keyed again */
		const struct row *row = &rows[i / 2];
		uint8_t key[32], nonce[12], additional[32], plain[128], data[160], tag[16], start[16], opened[128];
		const size_t key_len = hex_read(row->key, key, sizeof(key));
		const size_t len = hex_read(row->plain, plain, sizeof(plain));
		hex_read(row->nonce, nonce, sizeof(nonce));
		hex_read(row->tag, tag, sizeof(tag));
		hex_read(row->sealed_start, start, sizeof(start));
		const struct bytes covered = {additional, hex_read(row->additional, additional, sizeof(additional))};
		CU_ASSERT_EQUAL(key_len, tls_aead_key_bytes(row->kind));
		CU_ASSERT_FATAL(tls_aead_set_key(&seals, &ciphers, row->kind, key));
		CU_ASSERT_FATAL(tls_aead_set_key(&opens, &ciphers, row->kind, key));
		memcpy(data, plain, len);
		CU_ASSERT(tls_aead_seal(&seals, nonce, covered, data, len));
		CU_ASSERT_EQUAL(memcmp(data, start, sizeof(start)), 0);
		CU_ASSERT_EQUAL(memcmp(data + len, tag, sizeof(tag)), 0);
		const struct bytes sealed = {data, len + TLS_AEAD_TAG_BYTES};
		CU_ASSERT_EQUAL(tls_aead_open(&opens, nonce, covered, sealed, opened), TLS_AEAD_OK);
		CU_ASSERT_EQUAL(memcmp(opened, plain, len), 0);
		additional[0] ^= 1;
		CU_ASSERT_EQUAL(tls_aead_open(&opens, nonce, covered, sealed, opened), TLS_AEAD_BAD_TAG);
		additional[0] ^= 1;
		data[len + 15] ^= 1;
		CU_ASSERT_EQUAL(tls_aead_open(&opens, nonce, covered, sealed, opened), TLS_AEAD_BAD_TAG);
	}
}

static void nothing_but_a_tag_opens_to_nothing(void)
{
	const uint8_t key[16] = {1}, nonce[12] = {2};
	uint8_t tag[16], out[1];
	CU_ASSERT_FATAL(tls_aead_set_key(&seals, &ciphers, TLS_AEAD_AES_128_GCM, key));
	CU_ASSERT_FATAL(tls_aead_set_key(&opens, &ciphers, TLS_AEAD_AES_128_GCM, key));
	const struct bytes header = {key, 5};
	CU_ASSERT(tls_aead_seal(&seals, nonce, header, tag, 0));
	CU_ASSERT_EQUAL(tls_aead_open(&opens, nonce, header, (struct bytes){tag, 16}, out), TLS_AEAD_OK);
	tag[0] ^= 0x80;
	CU_ASSERT_EQUAL(tls_aead_open(&opens, nonce, header, (struct bytes){tag, 16}, out), TLS_AEAD_BAD_TAG);
}

static void a_nonce_is_the_iv_and_the_sequence_number(void)
{
	static const uint8_t iv[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
	static const uint8_t expected[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ^ 1, 11 ^ 2, 12 ^ 3};
	uint8_t nonce[12];
	tls_aead_nonce(iv, 0x010203, nonce);
	CU_ASSERT_EQUAL(memcmp(nonce, expected, 12), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {{"published vectors hold both ways", published_vectors_hold_both_ways},
		{"nothing but a tag opens to nothing", nothing_but_a_tag_opens_to_nothing},
		{"a nonce is the iv and the sequence number", a_nonce_is_the_iv_and_the_sequence_number},
		CU_TEST_INFO_NULL};
	return unit_run_each("tls_aead", tests, set_up, tear_down);
}
