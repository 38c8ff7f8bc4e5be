/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_file.h"
#include "test_certificates.h"
#include "unit.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct test_certificates_ca ca;
static struct test_certificates_pair ec, rsa;
static struct certificate_chains *chains;
static OSSL_PROVIDER *providers[2];

/* A file in memory. */
struct file {
	unsigned char *data;
	size_t len;
};

/* How a PKCS#12 file is made; zero: OpenSSL's defaults (PBES2, AES-256, 2048 iterations). */
struct pfx {
	const struct test_certificates_pair *pairs[2];
	X509 *others[3];
	const char *password;
	int key_cipher, certificate_cipher;
	int iterations, mac_iterations; /* -1: no MAC */
	bool no_key;
};

static STACK_OF(PKCS12_SAFEBAG) * add_certificates(const struct pfx *pfx)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	/* The chain first and backwards: order must not matter. */
	for (int i = 2; i >= 0; i--)
		if (pfx->others[i] != NULL)
			PKCS12_add_cert(&bags, pfx->others[i]);
	for (int i = 0; i < 2; i++)
		if (pfx->pairs[i] != NULL && pfx->pairs[i]->leaf != NULL)
			PKCS12_add_cert(&bags, pfx->pairs[i]->leaf);
	return bags;
}

static struct file make_pfx(const struct pfx *pfx)
{
	struct file file = {NULL, 0};
	STACK_OF(PKCS7) *safes = NULL;
	STACK_OF(PKCS12_SAFEBAG) *bags = add_certificates(pfx), *keys = NULL;
	int cipher = pfx->certificate_cipher != 0 ? pfx->certificate_cipher : NID_aes_256_cbc;
	int key_cipher = pfx->key_cipher != 0 ? pfx->key_cipher : NID_aes_256_cbc;
	if (bags != NULL)
		CU_ASSERT_FATAL(PKCS12_add_safe(&safes, bags, cipher, pfx->iterations, pfx->password));
	for (int i = 0; i < 2 && !pfx->no_key; i++)
		if (pfx->pairs[i] != NULL)
			CU_ASSERT_PTR_NOT_NULL_FATAL(PKCS12_add_key(
				&keys, pfx->pairs[i]->key, 0, pfx->iterations, key_cipher, pfx->password));
	if (keys != NULL)
		CU_ASSERT_FATAL(PKCS12_add_safe(&safes, keys, -1, 0, NULL));
	PKCS12 *pkcs12 = PKCS12_add_safes(safes, 0);
	if (pfx->mac_iterations >= 0)
		CU_ASSERT_FATAL(PKCS12_set_mac(pkcs12, pfx->password, -1, NULL, 0, pfx->mac_iterations, NULL));
	int len = i2d_PKCS12(pkcs12, &file.data);
	file.len = len > 0 ? (size_t)len : 0;
	PKCS12_free(pkcs12);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return file;
}

static struct certificate_file_request request_for(const struct file *file, const char *password)
{
	struct certificate_file_request request = {.content = {file->data, file->len},
		.file = "www.example.com.pfx",
		.password = password,
		.now_s = time(NULL)};
	CU_ASSERT_EQUAL(host_name_from_text("www.example.com", &request.name), HOST_NAME_OK);
	return request;
}

/* Parse; the fault is expected. */
static void reject(const struct certificate_file_request *request, enum certificate_fault expected)
{
	uint8_t *message;
	size_t len;
	enum certificate_fault fault = certificate_file_parse(request, &message, &len);
	CU_ASSERT_EQUAL(fault, expected);
	if (fault != expected)
		printf("got: %s\n", certificate_fault_text(fault));
	CU_ASSERT_PTR_NULL(message);
	free(message);
}

static struct certificate *accept(const struct certificate_file_request *request)
{
	uint8_t *message;
	size_t len;
	struct certificate *certificate = NULL;
	enum certificate_fault fault = certificate_file_parse(request, &message, &len);
	if (fault != CERTIFICATE_FAULT_NONE)
		printf("got: %s\n", certificate_fault_text(fault));
	CU_ASSERT_EQUAL_FATAL(fault, CERTIFICATE_FAULT_NONE);
	CU_ASSERT_EQUAL_FATAL(certificate_decode((struct bytes){message, len}, chains, &certificate), 0);
	free(message);
	return certificate;
}

static void reject_pfx(const struct pfx *pfx, const char *password, enum certificate_fault expected)
{
	struct file file = make_pfx(pfx);
	struct certificate_file_request request = request_for(&file, password);
	reject(&request, expected);
	OPENSSL_free(file.data);
}

static struct certificate *accept_pfx(const struct pfx *pfx, const char *password)
{
	struct file file = make_pfx(pfx);
	struct certificate_file_request request = request_for(&file, password);
	struct certificate *certificate = accept(&request);
	OPENSSL_free(file.data);
	return certificate;
}

/* --- PKCS#12: encryption and passwords ------------------------------------------------------------------------------
 */

static void test_pbes2(void)
{
	struct certificate *certificate =
		accept_pfx(&(struct pfx){.pairs = {&ec}, .others = {ca.intermediate}, .password = "secret"}, "secret");
	CU_ASSERT_EQUAL(certificate->n_leaves, 1);
	CU_ASSERT_EQUAL(certificate->leaves[0].key_type, CERTIFICATE_KEY_EC_P256);
	CU_ASSERT_EQUAL(certificate->warnings, 0);
	CU_ASSERT_STRING_EQUAL(certificate->subject, "www.example.com");
	CU_ASSERT_STRING_EQUAL(certificate->issuer, "Handfast test issuer");
	CU_ASSERT_STRING_EQUAL(certificate->file, "www.example.com.pfx");
	CU_ASSERT_EQUAL_FATAL(certificate->n_names, 1);
	CU_ASSERT_STRING_EQUAL(certificate->names[0], "www.example.com");
	CU_ASSERT_EQUAL(certificate_chain_length(certificate->leaves[0].chain), 1);
	CU_ASSERT(certificate->not_after > time(NULL) + 29 * 86400);
	certificate_destroy(certificate);
}

static void test_legacy_encryption(void)
{
	certificate_destroy(accept_pfx(&(struct pfx){.pairs = {&rsa},
					       .password = "secret",
					       .key_cipher = NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
					       .certificate_cipher = NID_pbe_WithSHA1And40BitRC2_CBC},
		"secret"));
	certificate_destroy(accept_pfx(&(struct pfx){.pairs = {&rsa},
					       .password = "secret",
					       .key_cipher = NID_pbe_WithSHA1And128BitRC4,
					       .certificate_cipher = NID_pbe_WithSHA1And3_Key_TripleDES_CBC},
		"secret"));
}

static void test_passwords(void)
{
	struct pfx with = {.pairs = {&ec}, .password = "secret"}, empty = {.pairs = {&ec}, .password = ""};
	struct pfx absent = {.pairs = {&ec}, .password = NULL};
	reject_pfx(&with, "Secret", CERTIFICATE_FAULT_WRONG_PASSWORD);
	reject_pfx(&with, NULL, CERTIFICATE_FAULT_WRONG_PASSWORD);
	reject_pfx(&with, "", CERTIFICATE_FAULT_WRONG_PASSWORD);
	certificate_destroy(accept_pfx(&with, "secret"));
	/* The one password of the store is configured, but this file has none. */
	certificate_destroy(accept_pfx(&empty, "secret"));
	certificate_destroy(accept_pfx(&absent, "secret"));
	certificate_destroy(accept_pfx(&empty, NULL));
	certificate_destroy(accept_pfx(&absent, NULL));
}

static void test_unicode_password(void)
{
	certificate_destroy(accept_pfx(&(struct pfx){.pairs = {&ec}, .password = "пароль€"}, "пароль€"));
	reject_pfx(&(struct pfx){.pairs = {&ec}, .password = "пароль€"}, "пароль", CERTIFICATE_FAULT_WRONG_PASSWORD);
}

static void test_without_mac(void)
{
	struct pfx pfx = {.pairs = {&ec}, .password = "secret", .mac_iterations = -1};
	certificate_destroy(accept_pfx(&pfx, "secret"));
	reject_pfx(&pfx, "other", CERTIFICATE_FAULT_WRONG_PASSWORD);
}

/* A MAC that claims more iterations than it was made with: an attacker need not do the work. */
static void check_mac_iterations(long claimed, enum certificate_fault expected)
{
	const ASN1_INTEGER *iterations;
	struct file file = make_pfx(&(struct pfx){.pairs = {&ec}, .password = "secret", .mac_iterations = 2});
	const unsigned char *at = file.data;
	PKCS12 *pkcs12 = d2i_PKCS12(NULL, &at, (long)file.len);
	PKCS12_get0_mac(NULL, NULL, NULL, &iterations, pkcs12);
	ASN1_INTEGER_set((ASN1_INTEGER *)(uintptr_t)iterations, claimed);
	OPENSSL_free(file.data);
	file.data = NULL;
	file.len = (size_t)i2d_PKCS12(pkcs12, &file.data);
	struct certificate_file_request request = request_for(&file, "secret");
	reject(&request, expected);
	PKCS12_free(pkcs12);
	OPENSSL_free(file.data);
}

static void test_iteration_bomb(void)
{
	check_mac_iterations(CERTIFICATE_MATERIAL_MAX_ITERATIONS + 1, CERTIFICATE_FAULT_TOO_MANY_ITERATIONS);
	check_mac_iterations(LONG_MAX, CERTIFICATE_FAULT_TOO_MANY_ITERATIONS);
	check_mac_iterations(-1, CERTIFICATE_FAULT_MALFORMED);
	check_mac_iterations(0, CERTIFICATE_FAULT_MALFORMED);
	check_mac_iterations(3, CERTIFICATE_FAULT_WRONG_PASSWORD);
}

static enum certificate_fault spend(X509_ALGOR *algorithm, struct certificate_material *material)
{
	enum certificate_fault fault = certificate_material_spend(material, algorithm);
	X509_ALGOR_free(algorithm);
	return fault;
}

static void test_iterations_are_summed(void)
{
	unsigned char salt[8] = "salt";
	const int most = CERTIFICATE_MATERIAL_MAX_ITERATIONS;
	struct certificate_material material;
	certificate_material_init(&material);
	X509_ALGOR *half = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), most / 2, salt, 8, NULL, NID_hmacWithSHA256);
	CU_ASSERT_EQUAL(spend(half, &material), CERTIFICATE_FAULT_NONE);
	X509_ALGOR *rest = PKCS5_pbe_set(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, most / 2, salt, 8);
	CU_ASSERT_EQUAL(spend(rest, &material), CERTIFICATE_FAULT_NONE);
	X509_ALGOR *more = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), 1, salt, 8, NULL, NID_hmacWithSHA256);
	CU_ASSERT_EQUAL(spend(more, &material), CERTIFICATE_FAULT_TOO_MANY_ITERATIONS);
	certificate_material_init(&material);
	X509_ALGOR *bomb = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), most + 1, salt, 8, NULL, NID_hmacWithSHA256);
	CU_ASSERT_EQUAL(spend(bomb, &material), CERTIFICATE_FAULT_TOO_MANY_ITERATIONS);
	X509_ALGOR *unknown = X509_ALGOR_new();
	X509_ALGOR_set0(unknown, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL);
	CU_ASSERT_EQUAL(spend(unknown, &material), CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM);
}

static void test_malformed(void)
{
	struct file file = make_pfx(&(struct pfx){.pairs = {&ec}, .password = "secret"});
	struct certificate_file_request request = request_for(&file, "secret");
	for (size_t len = 1; len < file.len; len += 1 + len / 7) {
		request.content.len = len; /* half-written */
		reject(&request, CERTIFICATE_FAULT_MALFORMED);
	}
	unsigned char *longer = OPENSSL_malloc(file.len + 1);
	memcpy(longer, file.data, file.len);
	longer[file.len] = 0;
	request.content = (struct bytes){longer, file.len + 1};
	reject(&request, CERTIFICATE_FAULT_MALFORMED);
	request.content = (struct bytes){(const uint8_t *)"hello", 5};
	reject(&request, CERTIFICATE_FAULT_MALFORMED);
	OPENSSL_free(longer);
	OPENSSL_free(file.data);
}

/* Whatever single octet is wrong: a fault, never a crash, never another certificate. */
static void test_each_octet_damaged(void)
{
	struct file file =
		make_pfx(&(struct pfx){.pairs = {&ec}, .password = "x", .iterations = 1, .mac_iterations = 1});
	for (size_t i = 0; i < file.len; i++) {
		struct certificate_file_request request = request_for(&file, "x");
		uint8_t *message;
		size_t len;
		file.data[i] ^= 0x01;
		CU_ASSERT(
			certificate_file_parse(&request, &message, &len) != CERTIFICATE_FAULT_NONE || message != NULL);
		file.data[i] ^= 0x01;
		free(message);
	}
	OPENSSL_free(file.data);
}

/* --- keys and leaves ------------------------------------------------------------------------------------------------
 */

static void test_no_key_no_certificate(void)
{
	struct test_certificates_pair bare_key = {.key = ec.key};
	reject_pfx(&(struct pfx){.pairs = {&ec}, .no_key = true}, NULL, CERTIFICATE_FAULT_NO_KEY);
	reject_pfx(&(struct pfx){.pairs = {&bare_key}}, NULL, CERTIFICATE_FAULT_NO_CERTIFICATE);
}

static void test_key_mismatch(void)
{
	struct test_certificates_pair other, mixed;
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "www.example.com", 30, &other));
	mixed = (struct test_certificates_pair){.leaf = ec.leaf, .key = other.key};
	reject_pfx(&(struct pfx){.pairs = {&mixed}}, NULL, CERTIFICATE_FAULT_KEY_MISMATCH);
	/* Also when another key has its certificate. */
	reject_pfx(&(struct pfx){.pairs = {&rsa, &mixed}}, NULL, CERTIFICATE_FAULT_KEY_MISMATCH);
	test_certificates_pair_fini(&other);
}

static void test_two_key_types(void)
{
	struct certificate *certificate =
		accept_pfx(&(struct pfx){.pairs = {&rsa, &ec}, .others = {ca.intermediate}}, NULL);
	CU_ASSERT_EQUAL_FATAL(certificate->n_leaves, 2);
	CU_ASSERT_EQUAL(certificate->leaves[0].key_type, CERTIFICATE_KEY_RSA);
	CU_ASSERT_EQUAL(certificate->leaves[1].key_type, CERTIFICATE_KEY_EC_P256);
	CU_ASSERT_PTR_EQUAL(certificate->leaves[0].chain, certificate->leaves[1].chain);
	certificate_destroy(certificate);
}

static void test_two_keys_of_one_type(void)
{
	struct test_certificates_pair other;
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "www.example.com", 30, &other));
	reject_pfx(&(struct pfx){.pairs = {&ec, &other}}, NULL, CERTIFICATE_FAULT_MALFORMED);
	test_certificates_pair_fini(&other);
}

/* A renewal that kept its key, old certificate left in the file: either order serves the one that ends last. */
static void test_newest_of_a_key(void)
{
	struct test_certificates_pair old = {.leaf = X509_dup(ec.leaf), .key = ec.key};
	CU_ASSERT_FATAL(X509_gmtime_adj(X509_getm_notAfter(old.leaf), 86400) != NULL &&
			X509_sign(old.leaf, ca.intermediate_key, EVP_sha256()) > 0);
	unsigned char *der = NULL;
	int len = i2d_X509(ec.leaf, &der);
	for (int order = 0; order < 2; order++) {
		struct pfx pfx = {.pairs = {&ec}, .others = {ca.intermediate, old.leaf}};
		if (order == 1)
			pfx = (struct pfx){.pairs = {&old}, .others = {ec.leaf, ca.intermediate}};
		struct certificate *certificate = accept_pfx(&pfx, NULL);
		CU_ASSERT_EQUAL_FATAL(certificate->n_leaves, 1);
		CU_ASSERT_EQUAL_FATAL(certificate->leaves[0].leaf_der.len, (size_t)len);
		CU_ASSERT_EQUAL(memcmp(certificate->leaves[0].leaf_der.data, der, (size_t)len), 0);
		CU_ASSERT_EQUAL(certificate_chain_length(certificate->leaves[0].chain), 1);
		certificate_destroy(certificate);
	}
	OPENSSL_free(der);
	X509_free(old.leaf);
}

static void check_key_type(enum certificate_key type, unsigned bits)
{
	struct test_certificates_pair pair;
	CU_ASSERT_FATAL(test_certificates_issue(&ca, type, bits, "www.example.com", 30, &pair));
	struct certificate *certificate = accept_pfx(&(struct pfx){.pairs = {&pair}}, NULL);
	CU_ASSERT_EQUAL(certificate->leaves[0].key_type, type);
	certificate_destroy(certificate);
	test_certificates_pair_fini(&pair);
}

static void test_key_types(void)
{
	check_key_type(CERTIFICATE_KEY_EC_P384, 0);
	check_key_type(CERTIFICATE_KEY_ED25519, 0);
	check_key_type(CERTIFICATE_KEY_RSA, 3072);
	check_key_type(CERTIFICATE_KEY_RSA, 4096);
}

static void test_unsupported_keys(void)
{
	struct test_certificates_pair weak, large, curve = {.key = EVP_EC_gen("P-521"), .leaf = X509_dup(ec.leaf)};
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_RSA, 1024, "www.example.com", 30, &weak));
	reject_pfx(&(struct pfx){.pairs = {&weak}}, NULL, CERTIFICATE_FAULT_UNSUPPORTED_KEY);
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_RSA, 4104, "www.example.com", 30, &large));
	reject_pfx(&(struct pfx){.pairs = {&large}}, NULL, CERTIFICATE_FAULT_UNSUPPORTED_KEY);
	test_certificates_pair_fini(&large);
	CU_ASSERT_FATAL(
		X509_set_pubkey(curve.leaf, curve.key) && X509_sign(curve.leaf, ca.intermediate_key, EVP_sha256()) > 0);
	reject_pfx(&(struct pfx){.pairs = {&curve}}, NULL, CERTIFICATE_FAULT_UNSUPPORTED_KEY);
	test_certificates_pair_fini(&weak);
	test_certificates_pair_fini(&curve);
}

/* --- chain ----------------------------------------------------------------------------------------------------------
 */

static void test_root_is_dropped(void)
{
	struct certificate *certificate =
		accept_pfx(&(struct pfx){.pairs = {&ec}, .others = {ca.intermediate, ca.root}}, NULL);
	CU_ASSERT_EQUAL_FATAL(certificate_chain_length(certificate->leaves[0].chain), 1);
	unsigned char *der = NULL;
	int len = i2d_X509(ca.intermediate, &der);
	struct bytes first = certificate_chain_get(certificate->leaves[0].chain, 0);
	CU_ASSERT_EQUAL_FATAL(first.len, (size_t)len);
	CU_ASSERT_EQUAL(memcmp(first.data, der, first.len), 0);
	CU_ASSERT_EQUAL(certificate->warnings, 0);
	OPENSSL_free(der);
	certificate_destroy(certificate);
}

static void test_incomplete_chain_is_a_warning(void)
{
	struct certificate *certificate = accept_pfx(&(struct pfx){.pairs = {&ec}}, NULL);
	CU_ASSERT_PTR_NULL(certificate->leaves[0].chain);
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_CHAIN_INCOMPLETE);
	certificate_destroy(certificate);
	/* The root alone does not connect. */
	certificate = accept_pfx(&(struct pfx){.pairs = {&ec}, .others = {ca.root}}, NULL);
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_CHAIN_INCOMPLETE);
	certificate_destroy(certificate);
}

/* --- dates and names ------------------------------------------------------------------------------------------------
 */

static void test_dates(void)
{
	struct file file = make_pfx(&(struct pfx){.pairs = {&ec}, .others = {ca.intermediate}});
	struct certificate_file_request request = request_for(&file, NULL);
	request.now_s += 31 * 86400;
	struct certificate *certificate = accept(&request);
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_EXPIRED);
	certificate_destroy(certificate);
	request.refuse_expired = true;
	reject(&request, CERTIFICATE_FAULT_EXPIRED);
	request.now_s -= 40 * 86400;
	certificate = accept(&request);
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_NOT_YET_VALID);
	certificate_destroy(certificate);
	OPENSSL_free(file.data);
}

static void test_name_mismatch(void)
{
	struct file file = make_pfx(&(struct pfx){.pairs = {&ec}, .others = {ca.intermediate}});
	struct certificate_file_request request = request_for(&file, NULL);
	CU_ASSERT_EQUAL(host_name_from_text("mail.example.com", &request.name), HOST_NAME_OK);
	struct certificate *certificate = accept(&request);
	CU_ASSERT_EQUAL(certificate->warnings, CERTIFICATE_WARN_NAME_MISMATCH);
	certificate_destroy(certificate);
	request.require_name_match = true;
	reject(&request, CERTIFICATE_FAULT_NAME_MISMATCH);
	request.name.len = 0; /* a configured certificate */
	certificate = accept(&request);
	CU_ASSERT_EQUAL(certificate->warnings, 0);
	certificate_destroy(certificate);
	OPENSSL_free(file.data);
}

/* --- PEM ------------------------------------------------------------------------------------------------------------
 */

static struct file make_pem(
	const struct test_certificates_pair *pair, X509 *other, const char *password, bool traditional)
{
	BIO *bio = BIO_new(BIO_s_mem());
	const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
	int password_len = password != NULL ? (int)strlen(password) : 0;
	CU_ASSERT_FATAL(PEM_write_bio_X509(bio, pair->leaf));
	CU_ASSERT_FATAL(other == NULL || PEM_write_bio_X509(bio, other));
	CU_ASSERT_FATAL(traditional ? PEM_write_bio_PrivateKey_traditional(bio, pair->key, cipher,
					      (const unsigned char *)password, password_len, NULL, NULL)
				    : PEM_write_bio_PKCS8PrivateKey(
					      bio, pair->key, cipher, password, password_len, NULL, NULL));
	char *text;
	long len = BIO_get_mem_data(bio, &text);
	struct file file = {OPENSSL_memdup(text, (size_t)len), (size_t)len};
	BIO_free(bio);
	return file;
}

static void check_pem(const char *password, bool traditional)
{
	struct file file = make_pem(&rsa, ca.intermediate, password, traditional);
	struct certificate_file_request request = request_for(&file, "secret");
	struct certificate *certificate = accept(&request);
	CU_ASSERT_EQUAL(certificate->leaves[0].key_type, CERTIFICATE_KEY_RSA);
	CU_ASSERT_EQUAL(certificate_chain_length(certificate->leaves[0].chain), 1);
	certificate_destroy(certificate);
	if (password != NULL) {
		request.password = "wrong";
		reject(&request, CERTIFICATE_FAULT_WRONG_PASSWORD);
		request.password = NULL;
		reject(&request, CERTIFICATE_FAULT_WRONG_PASSWORD);
	}
	OPENSSL_free(file.data);
}

static void test_pem(void)
{
	check_pem(NULL, false);
	check_pem(NULL, true);
	check_pem("secret", false);
	check_pem("secret", true);
}

/* This encryption has no checksum: one wrong password in 256 decrypts to something with the right padding. */
static void test_pem_many_wrong_passwords(void)
{
	struct file file = make_pem(&rsa, NULL, "secret", true);
	struct certificate_file_request request = request_for(&file, NULL);
	char password[16];
	request.password = password;
	for (unsigned i = 0; i < 3000; i++) {
		snprintf(password, sizeof(password), "wrong %u", i);
		reject(&request, CERTIFICATE_FAULT_WRONG_PASSWORD);
	}
	OPENSSL_free(file.data);
}

static void test_pem_cut(void)
{
	struct file file = make_pem(&ec, NULL, NULL, false);
	struct certificate_file_request request = request_for(&file, NULL);
	for (size_t len = 20; len < file.len - 1; len += 37) {
		uint8_t *message;
		size_t message_len;
		request.content.len = len;
		CU_ASSERT_NOT_EQUAL(certificate_file_parse(&request, &message, &message_len), CERTIFICATE_FAULT_NONE);
		free(message);
	}
	OPENSSL_free(file.data);
}

static void test_pem_without_key(void)
{
	struct file file = make_pem(&ec, NULL, NULL, false);
	char *key = strstr((char *)file.data, "-----BEGIN PRIVATE");
	struct certificate_file_request request = request_for(&file, NULL);
	request.content.len = (size_t)(key - (char *)file.data);
	reject(&request, CERTIFICATE_FAULT_NO_KEY);
	request.content = (struct bytes){(const uint8_t *)key, file.len - request.content.len};
	reject(&request, CERTIFICATE_FAULT_NO_CERTIFICATE);
	OPENSSL_free(file.data);
}

static int set_up(void)
{
	providers[0] = OSSL_PROVIDER_load(NULL, "legacy");
	providers[1] = OSSL_PROVIDER_load(NULL, "default");
	chains = certificate_chains_create();
	return chains != NULL && test_certificates_ca_init(&ca) &&
	       test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "www.example.com", 30, &ec) &&
	       test_certificates_issue(&ca, CERTIFICATE_KEY_RSA, 2048, "www.example.com", 30, &rsa);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"PBES2 with AES: everything that is told of it", test_pbes2},
		{"legacy 3DES, RC2 and RC4", test_legacy_encryption},
		{"given, empty and absent password", test_passwords},
		{"password that is not ASCII", test_unicode_password},
		{"file without a MAC", test_without_mac},
		{"iteration bomb is not lit", test_iteration_bomb},
		{"iterations of all parts are summed", test_iterations_are_summed},
		{"half-written, overlong and other files", test_malformed},
		{"each octet damaged", test_each_octet_damaged},
		{"no key, no certificate", test_no_key_no_certificate},
		{"key that does not match", test_key_mismatch},
		{"RSA and ECDSA in one file", test_two_key_types},
		{"two keys of one type", test_two_keys_of_one_type},
		{"newest of a key", test_newest_of_a_key},
		{"P-384, Ed25519, RSA 3072 and 4096", test_key_types},
		{"RSA 1024 and P-521 are refused", test_unsupported_keys},
		{"chain is ordered, root dropped", test_root_is_dropped},
		{"incomplete chain is a warning", test_incomplete_chain_is_a_warning},
		{"expired and not yet valid", test_dates},
		{"file name that the certificate does not know", test_name_mismatch},
		{"PEM: plain, PKCS#8 and traditional encryption", test_pem},
		{"PEM, traditional encryption: 3,000 wrong passwords", test_pem_many_wrong_passwords},
		{"PEM cut anywhere", test_pem_cut},
		{"PEM without key, without certificate", test_pem_without_key},
		CU_TEST_INFO_NULL,
	};
	if (!set_up())
		return 2;
	int code = unit_run("certificate_file", tests);
	test_certificates_pair_fini(&ec);
	test_certificates_pair_fini(&rsa);
	test_certificates_ca_fini(&ca);
	certificate_chains_destroy(chains);
	for (size_t i = 0; i < 2; i++)
		OSSL_PROVIDER_unload(providers[i]);
	return code;
}
