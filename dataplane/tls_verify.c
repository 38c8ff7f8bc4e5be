/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_verify.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

enum padding { NO_PADDING, PSS, PKCS1 };

struct scheme {
	uint16_t id;
	int key_type;
	int bits; /**< of the curve in TLS 1.3, 0: any */
	const char *digest;
	enum padding padding;
};

/* RFC 8446 section 4.2.3, in our order of preference. For ECDSA the curve is part of the scheme, but not in TLS 1.2. */
static const struct scheme schemes[TLS_VERIFY_SCHEMES] = {
	{0x0403, EVP_PKEY_EC, 256, "SHA256", NO_PADDING},
	{0x0503, EVP_PKEY_EC, 384, "SHA384", NO_PADDING},
	{0x0603, EVP_PKEY_EC, 521, "SHA512", NO_PADDING},
	{0x0807, EVP_PKEY_ED25519, 0, NULL, NO_PADDING},
	{0x0804, EVP_PKEY_RSA, 0, "SHA256", PSS},
	{0x0805, EVP_PKEY_RSA, 0, "SHA384", PSS},
	{0x0806, EVP_PKEY_RSA, 0, "SHA512", PSS},
	{0x0809, EVP_PKEY_RSA_PSS, 0, "SHA256", PSS},
	{0x080a, EVP_PKEY_RSA_PSS, 0, "SHA384", PSS},
	{0x080b, EVP_PKEY_RSA_PSS, 0, "SHA512", PSS},
	{0x0401, EVP_PKEY_RSA, 0, "SHA256", PKCS1},
	{0x0501, EVP_PKEY_RSA, 0, "SHA384", PKCS1},
	{0x0601, EVP_PKEY_RSA, 0, "SHA512", PKCS1},
};

void tls_verify_schemes(uint16_t out[TLS_VERIFY_SCHEMES])
{
	for (size_t i = 0; i < TLS_VERIFY_SCHEMES; i++)
		out[i] = schemes[i].id;
}

static const struct scheme *find_scheme(uint16_t id)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i].id == id)
			return &schemes[i];
	return NULL;
}

bool tls_verify_is_ecdsa(uint16_t id)
{
	const struct scheme *scheme = find_scheme(id);
	return scheme && scheme->padding == NO_PADDING;
}

/* PKCS#1 v1.5 is for certificates alone in TLS 1.3. */
static bool key_fits(EVP_PKEY *key, const struct scheme *scheme, bool is_tls13)
{
	if (!key || EVP_PKEY_get_base_id(key) != scheme->key_type)
		return false;
	return !is_tls13 || (scheme->padding != PKCS1 && (scheme->bits == 0 || EVP_PKEY_get_bits(key) == scheme->bits));
}

static size_t write_signed_content(uint8_t *out, struct bytes transcript)
{
	static const char context[] = "TLS 1.3, server CertificateVerify"; /* and its zero */
	memset(out, ' ', 64);
	memcpy(out + 64, context, sizeof(context));
	memcpy(out + 64 + sizeof(context), transcript.data, transcript.len);
	return 64 + sizeof(context) + transcript.len;
}

static bool set_padding(EVP_PKEY_CTX *options, enum padding padding)
{
	switch (padding) {
	case PSS:
		return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
	case PKCS1:
		return EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PADDING) == 1;
	case NO_PADDING:
		break;
	}
	return true;
}

static bool signature_holds(EVP_PKEY *key, const struct scheme *scheme, struct bytes signature, struct bytes content)
{
	EVP_PKEY_CTX *options = NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const bool ok = context &&
			EVP_DigestVerifyInit_ex(context, &options, scheme->digest, NULL, NULL, key, NULL) == 1 &&
			set_padding(options, scheme->padding) &&
			EVP_DigestVerify(context, signature.data, signature.len, content.data, content.len) == 1;
	EVP_MD_CTX_free(context);
	return ok;
}

/* What is signed, by whom, and what for. */
struct claim {
	const struct scheme *scheme;
	struct bytes signature, content, name;
	bool is_tls13;
};

static enum tls_verify_result verify(X509 *leaf, const struct claim *claim)
{
	EVP_PKEY *key = X509_get0_pubkey(leaf);
	if (!key_fits(key, claim->scheme, claim->is_tls13))
		return TLS_VERIFY_BAD_CERTIFICATE;
	if (!signature_holds(key, claim->scheme, claim->signature, claim->content))
		return TLS_VERIFY_BAD_SIGNATURE;
	if (claim->name.len > 0 && X509_check_host(leaf, (const char *)claim->name.data, claim->name.len, 0, NULL) != 1)
		return TLS_VERIFY_WRONG_NAME;
	return TLS_VERIFY_OK;
}

static enum tls_verify_result verify_leaf(struct tls_leaf_cache *leaves, struct bytes leaf, const struct claim *claim)
{
	X509 *certificate = tls_leaf_find(leaves, leaf);
	return certificate && claim->scheme ? verify(certificate, claim) : TLS_VERIFY_BAD_CERTIFICATE;
}

enum tls_verify_result tls_verify_transcript(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes transcript, struct bytes name)
{
	uint8_t content[64 + 34 + 64];
	const struct claim claim = {.scheme = find_scheme(scheme),
		.signature = signature,
		.content = {content, write_signed_content(content, transcript)},
		.name = name,
		.is_tls13 = true};
	return verify_leaf(leaves, leaf, &claim);
}

enum tls_verify_result tls_verify_parameters(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes content, struct bytes name)
{
	const struct claim claim = {
		.scheme = find_scheme(scheme), .signature = signature, .content = content, .name = name};
	return verify_leaf(leaves, leaf, &claim);
}
