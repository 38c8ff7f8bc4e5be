/* SPDX-License-Identifier: BSD-3-Clause */
/* The same questions to OpenSSL's own TLS13-KDF and to ours. */
#include "crypto_provider.h"
#include "unit.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum { OUT_BYTES = 64 };

static OSSL_LIB_CTX *library;

struct question {
	int mode;
	const char *digest, *prefix, *label;
	size_t key_len, salt_len, data_len, out_len;
};

static int derive(const char *properties, const struct question *question, uint8_t out[OUT_BYTES])
{
	static uint8_t key[256], salt[256], data[256];
	int mode = question->mode;
	OSSL_PARAM params[8], *next = params;
	memset(key, 'k', sizeof(key));
	memset(salt, 's', sizeof(salt));
	memset(data, 'd', sizeof(data));
	memset(out, 0, OUT_BYTES);
	*next++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode);
	*next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)question->digest, 0);
	if (question->key_len > 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, question->key_len);
	if (question->salt_len > 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, question->salt_len);
	*next++ = OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_PREFIX, (char *)question->prefix, strlen(question->prefix));
	*next++ = OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_LABEL, (char *)question->label, strlen(question->label));
	if (question->data_len > 0)
		*next++ = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_DATA, data, question->data_len);
	*next = OSSL_PARAM_construct_end();
	EVP_KDF *kdf = EVP_KDF_fetch(library, "TLS13-KDF", properties);
	EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
	CU_ASSERT_PTR_NOT_NULL_FATAL(context);
	int status = EVP_KDF_derive(context, out, question->out_len, params);
	EVP_KDF_CTX_free(context);
	EVP_KDF_free(kdf);
	return status;
}

static void test_agrees_with_openssl(void)
{
	const int extract = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, expand = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	static const char prefix[] = "tls13 ";
	const struct question questions[] = {
		{extract, "SHA2-256", prefix, "derived", 0, 0, 0, 32}, /* early secret, no PSK */
		{extract, "SHA256", prefix, "derived", 32, 0, 0, 32},  /* early secret, PSK */
		{extract, "SHA256", prefix, "derived", 32, 32, 0, 32}, /* handshake secret, X25519 */
		{extract, "SHA256", prefix, "derived", 48, 32, 0, 32}, /* handshake secret, P-384 */
		{extract, "SHA256", prefix, "derived", 0, 32, 0, 32},  /* master secret */
		{extract, "SHA384", prefix, "derived", 0, 0, 0, 48},
		{extract, "SHA2-384", prefix, "derived", 32, 48, 0, 48},
		{expand, "SHA256", prefix, "c hs traffic", 32, 0, 32, 32},
		{expand, "SHA256", prefix, "key", 32, 0, 0, 16},
		{expand, "SHA256", prefix, "iv", 32, 0, 0, 12},
		{expand, "SHA256", prefix, "finished", 32, 0, 0, 32},
		{expand, "SHA384", prefix, "s ap traffic", 48, 0, 48, 48},
		{expand, "SHA384", prefix, "key", 48, 0, 0, 32},
	};
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		uint8_t theirs[OUT_BYTES], ours[OUT_BYTES];
		CU_ASSERT_EQUAL_FATAL(derive("provider=default", &questions[i], theirs), 1);
		CU_ASSERT_EQUAL(derive("provider=handfast", &questions[i], ours), 1);
		CU_ASSERT_EQUAL(memcmp(ours, theirs, OUT_BYTES), 0);
	}
}

static void test_refuses_what_tls_does_not_ask(void)
{
	const int extract = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, expand = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const struct question questions[] = {
		{EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, "SHA256", "tls13 ", "key", 32, 0, 0, 16},
		{expand, "SHA512", "tls13 ", "key", 32, 0, 0, 16},
		{expand, "SHA256", "dtls13", "key", 32, 0, 0, 16},
		{expand, "SHA256", "tls13", "key", 32, 0, 0, 16},
		{expand, "SHA256", "tls13 ", "a label that is too long", 32, 0, 0, 16},
		{expand, "SHA256", "tls13 ", "key", 31, 0, 0, 16},
		{expand, "SHA256", "tls13 ", "key", 0, 0, 0, 16},
		{expand, "SHA256", "tls13 ", "key", 32, 0, 256, 16},
		{extract, "SHA256", "tls13 ", "derived", 32, 31, 0, 32},
		{extract, "SHA256", "tls13 ", "derived", 32, 32, 0, 31},
	};
	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		uint8_t out[OUT_BYTES];
		CU_ASSERT_EQUAL(derive("provider=handfast", &questions[i], out), 0);
	}
}

/* The property query of the engine finds ours; whatever we have not is OpenSSL's. */
static void test_preferred_not_required(void)
{
	EVP_KDF *kdf = EVP_KDF_fetch(library, "TLS13-KDF", CRYPTO_PROVIDER_PROPERTIES);
	CU_ASSERT_PTR_NOT_NULL_FATAL(kdf);
	CU_ASSERT_STRING_EQUAL(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(kdf)), "handfast");
	EVP_KDF_free(kdf);
	EVP_MD *md = EVP_MD_fetch(library, "SHA2-256", CRYPTO_PROVIDER_PROPERTIES);
	CU_ASSERT_PTR_NOT_NULL(md);
	EVP_MD_free(md);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"agrees with OpenSSL's own", test_agrees_with_openssl},
		{"refuses what TLS does not ask for", test_refuses_what_tls_does_not_ask},
		{"is preferred, not required", test_preferred_not_required},
		CU_TEST_INFO_NULL,
	};
	library = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *theirs = OSSL_PROVIDER_load(library, "default");
	OSSL_PROVIDER *ours = crypto_provider_load(library, false);
	if (theirs == NULL || ours == NULL)
		return 1;
	int status = unit_run("crypto_provider_kdf", tests);
	OSSL_PROVIDER_unload(ours);
	OSSL_PROVIDER_unload(theirs);
	OSSL_LIB_CTX_free(library);
	return status;
}
