/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_ec_key.h"
#include "unit.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

static const char *const curves[] = {"P-256", "P-384"};

static struct bytes pkcs8_of(const EVP_PKEY *key)
{
	unsigned char *der = NULL;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
	PKCS8_PRIV_KEY_INFO_free(info);
	CU_ASSERT_FATAL(len > 0);
	return (struct bytes){der, (size_t)len};
}

static struct bytes sec1_of(const EVP_PKEY *key)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(key, &der);
	CU_ASSERT_FATAL(len > 0);
	return (struct bytes){der, (size_t)len};
}

static void drop(struct bytes der)
{
	OPENSSL_free((void *)(uintptr_t)der.data);
}

static void test_reads_what_openssl_writes(void)
{
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key = EVP_EC_gen(curves[i]);
		const struct bytes forms[] = {pkcs8_of(key), sec1_of(key)};
		for (size_t form = 0; form < 2; form++) {
			EVP_PKEY *read = certificate_ec_key_read(forms[form]);
			CU_ASSERT_PTR_NOT_NULL_FATAL(read);
			CU_ASSERT_EQUAL(EVP_PKEY_eq(read, key), 1);
			CU_ASSERT_EQUAL(certificate_ec_key_prove(read, key), CERTIFICATE_EC_KEY_PROVED);
			EVP_PKEY_free(read);
			drop(forms[form]);
		}
		EVP_PKEY_free(key);
	}
}

static void test_writes_what_openssl_writes(void)
{
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *key = EVP_EC_gen(curves[i]);
		struct bytes expected = pkcs8_of(key), found;
		CU_ASSERT_TRUE_FATAL(certificate_ec_key_write(key, &found));
		CU_ASSERT_EQUAL_FATAL(found.len, expected.len);
		CU_ASSERT_EQUAL(memcmp(found.data, expected.data, found.len), 0);
		drop(expected);
		drop(found);
		EVP_PKEY_free(key);
	}
}

static void test_other_keys_are_left_to_openssl(void)
{
	EVP_PKEY *keys[] = {EVP_RSA_gen(2048), EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_EC_gen("P-521")};
	for (size_t i = 0; i < 3; i++) {
		struct bytes der = pkcs8_of(keys[i]), none;
		CU_ASSERT_PTR_NULL(certificate_ec_key_read(der));
		CU_ASSERT_FALSE(certificate_ec_key_write(keys[i], &none));
		CU_ASSERT_EQUAL(certificate_ec_key_prove(keys[i], keys[i]), CERTIFICATE_EC_KEY_UNDECIDED);
		drop(der);
		EVP_PKEY_free(keys[i]);
	}
}

/* A file may say of its public half what it likes. */
static void test_foreign_public_half_is_refuted(void)
{
	EVP_PKEY *own = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"), *larger = EVP_EC_gen("P-384");
	CU_ASSERT_EQUAL(certificate_ec_key_prove(own, other), CERTIFICATE_EC_KEY_REFUTED);
	CU_ASSERT_EQUAL(certificate_ec_key_prove(own, larger), CERTIFICATE_EC_KEY_REFUTED);

	struct bytes mixed = pkcs8_of(own), others = pkcs8_of(other);
	memcpy((unsigned char *)(uintptr_t)mixed.data + mixed.len - 65, others.data + others.len - 65, 65);
	EVP_PKEY *read = certificate_ec_key_read(mixed);
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(read, other), 1); /* by what it says */
	CU_ASSERT_EQUAL(certificate_ec_key_prove(read, other), CERTIFICATE_EC_KEY_REFUTED);
	EVP_PKEY_free(read);
	drop(mixed);
	drop(others);
	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	EVP_PKEY_free(larger);
}

/* Without a public half it is computed (RFC 5915: it is optional). */
static void test_public_half_is_computed(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	struct bytes full = sec1_of(key);
	unsigned char bare[128];
	/* SEQUENCE with a short length: version, key, [0] parameters; [1] and its 70 octets cut off. */
	size_t content = 3 + 2 + 32 + 2 + 10;
	bare[0] = 0x30;
	bare[1] = (unsigned char)content;
	memcpy(bare + 2, full.data + 2, content);
	EVP_PKEY *read = certificate_ec_key_read((struct bytes){bare, content + 2});
	CU_ASSERT_PTR_NOT_NULL_FATAL(read);
	CU_ASSERT_EQUAL(EVP_PKEY_eq(read, key), 1);
	EVP_PKEY_free(read);
	/* Nor is there a key of that curve at or above the order, nor zero. */
	memset(bare + 7, 0xff, 32);
	CU_ASSERT_PTR_NULL(certificate_ec_key_read((struct bytes){bare, content + 2}));
	memset(bare + 7, 0, 32);
	CU_ASSERT_PTR_NULL(certificate_ec_key_read((struct bytes){bare, content + 2}));
	drop(full);
	EVP_PKEY_free(key);
}

static void test_damage_is_no_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-384");
	const struct bytes forms[] = {pkcs8_of(key), sec1_of(key)};
	for (size_t form = 0; form < 2; form++) {
		unsigned char copy[256];
		memcpy(copy, forms[form].data, forms[form].len);
		for (size_t len = 0; len < forms[form].len; len++)
			CU_ASSERT_PTR_NULL(certificate_ec_key_read((struct bytes){copy, len}));
		copy[forms[form].len] = 0;
		CU_ASSERT_PTR_NULL(certificate_ec_key_read((struct bytes){copy, forms[form].len + 1}));
		/* Whatever one octet becomes, nothing is read out of bounds, and no error is left in the queue. */
		for (size_t at = 0; at < forms[form].len; at++) {
			unsigned char kept = copy[at];
			copy[at] ^= 0x81;
			EVP_PKEY_free(certificate_ec_key_read((struct bytes){copy, forms[form].len}));
			CU_ASSERT_EQUAL(ERR_peek_error(), 0);
			copy[at] = kept;
		}
		drop(forms[form]);
	}
	EVP_PKEY_free(key);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"PKCS#8 and ECPrivateKey on both curves", test_reads_what_openssl_writes},
		{"PKCS#8 octet by octet as OpenSSL's", test_writes_what_openssl_writes},
		{"other keys are left to OpenSSL", test_other_keys_are_left_to_openssl},
		{"a foreign public half is refuted", test_foreign_public_half_is_refuted},
		{"a missing public half is computed", test_public_half_is_computed},
		{"damage is no key", test_damage_is_no_key},
		CU_TEST_INFO_NULL,
	};
	return unit_run("certificate_ec_key", tests);
}
