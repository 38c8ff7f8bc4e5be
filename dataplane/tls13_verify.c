/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_verify.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct scheme {
	uint16_t id;
	int key_type;
	int bits; /**< of the curve, 0: any */
	const char *digest;
	bool is_pss;
};

/* Section 4.2.3: for ECDSA the curve is part of the scheme. */
static const struct scheme schemes[] = {
	{0x0403, EVP_PKEY_EC, 256, "SHA256", false},
	{0x0503, EVP_PKEY_EC, 384, "SHA384", false},
	{0x0807, EVP_PKEY_ED25519, 0, NULL, false},
	{0x0804, EVP_PKEY_RSA, 0, "SHA256", true},
	{0x0805, EVP_PKEY_RSA, 0, "SHA384", true},
	{0x0806, EVP_PKEY_RSA, 0, "SHA512", true},
	{0x0809, EVP_PKEY_RSA_PSS, 0, "SHA256", true},
	{0x080a, EVP_PKEY_RSA_PSS, 0, "SHA384", true},
	{0x080b, EVP_PKEY_RSA_PSS, 0, "SHA512", true},
};

static const struct scheme *find_scheme(uint16_t id)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i].id == id)
			return &schemes[i];
	return NULL;
}

static bool key_fits(EVP_PKEY *key, const struct scheme *scheme)
{
	return key && EVP_PKEY_get_base_id(key) == scheme->key_type &&
	       (scheme->bits == 0 || EVP_PKEY_get_bits(key) == scheme->bits);
}

static size_t write_signed_content(uint8_t *out, struct bytes transcript)
{
	static const char context[] = "TLS 1.3, server CertificateVerify"; /* and its zero */
	memset(out, ' ', 64);
	memcpy(out + 64, context, sizeof(context));
	memcpy(out + 64 + sizeof(context), transcript.data, transcript.len);
	return 64 + sizeof(context) + transcript.len;
}

static bool signature_holds(EVP_PKEY *key, const struct scheme *scheme, struct bytes signature, struct bytes transcript)
{
	uint8_t content[64 + 34 + 64];
	const size_t len = write_signed_content(content, transcript);
	EVP_PKEY_CTX *options = NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context && EVP_DigestVerifyInit_ex(context, &options, scheme->digest, NULL, NULL, key, NULL) == 1;
	if (ok && scheme->is_pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
	ok = ok && EVP_DigestVerify(context, signature.data, signature.len, content, len) == 1;
	EVP_MD_CTX_free(context);
	return ok;
}

static enum tls13_verify_result verify(
	X509 *leaf, const struct scheme *scheme, struct bytes signature, struct bytes transcript, struct bytes name)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	if (!key_fits(key, scheme))
		return TLS13_VERIFY_BAD_CERTIFICATE;
	if (!signature_holds(key, scheme, signature, transcript))
		return TLS13_VERIFY_BAD_SIGNATURE;
	if (name.len > 0 && X509_check_host(leaf, (const char *)name.data, name.len, 0, NULL) != 1)
		return TLS13_VERIFY_WRONG_NAME;
	return TLS13_VERIFY_OK;
}

enum tls13_verify_result tls13_verify(
	struct bytes leaf, uint16_t scheme_id, struct bytes signature, struct bytes transcript, struct bytes name)
{
	const struct scheme *scheme = find_scheme(scheme_id);
	const uint8_t *at = leaf.data;
	X509 *certificate = d2i_X509(NULL, &at, (long)leaf.len);
	enum tls13_verify_result result = TLS13_VERIFY_BAD_CERTIFICATE;
	if (certificate && scheme && at == leaf.data + leaf.len)
		result = verify(certificate, scheme, signature, transcript, name);
	X509_free(certificate);
	return result;
}
