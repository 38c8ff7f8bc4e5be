/* SPDX-License-Identifier: BSD-3-Clause */
/* Contract: crypto_provider_internal.h. */
#include "crypto_provider_internal.h"
#include "secret.h"
#include "tls_hash.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

/** What libssl gives with one derivation; views of its memory. */
struct request {
	int mode;
	const char *digest;
	struct bytes key, salt, prefix, label, data;
};

static void read_octets(struct request *request, const OSSL_PARAM *param)
{
	const struct {
		const char *key;
		struct bytes *value;
	} known[] = {
		{OSSL_KDF_PARAM_KEY, &request->key},
		{OSSL_KDF_PARAM_SALT, &request->salt},
		{OSSL_KDF_PARAM_PREFIX, &request->prefix},
		{OSSL_KDF_PARAM_LABEL, &request->label},
		{OSSL_KDF_PARAM_DATA, &request->data},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(param->key, known[i].key) == 0)
			*known[i].value = (struct bytes){param->data, param->data_size};
}

static bool read_request(struct request *request, const OSSL_PARAM *param)
{
	*request = (struct request){.mode = -1};
	for (; param != NULL && param->key != NULL; param++) {
		if (param->data_type == OSSL_PARAM_OCTET_STRING)
			read_octets(request, param);
		else if (strcmp(param->key, OSSL_KDF_PARAM_DIGEST) == 0)
			request->digest = param->data_type == OSSL_PARAM_UTF8_STRING ? param->data : NULL;
		else if (strcmp(param->key, OSSL_KDF_PARAM_MODE) == 0 && !OSSL_PARAM_get_int(param, &request->mode))
			return false;
	}
	return request->digest != NULL;
}

/* OpenSSL says SHA2-256, its users also SHA256. */
static bool find_hash(const char *digest, enum tls_hash_kind *out)
{
	if (OPENSSL_strcasecmp(digest, "SHA2-256") == 0 || OPENSSL_strcasecmp(digest, "SHA256") == 0)
		*out = TLS_HASH_SHA256;
	else if (OPENSSL_strcasecmp(digest, "SHA2-384") == 0 || OPENSSL_strcasecmp(digest, "SHA384") == 0)
		*out = TLS_HASH_SHA384;
	else
		return false;
	return true;
}

static bool expand(const struct request *request, enum tls_hash_kind kind, struct bytes out)
{
	char label[TLS_HASH_LABEL_MAX_BYTES + 1] = "";
	const size_t digest_bytes = tls_hash_bytes(kind);
	if (request->key.len != digest_bytes || request->label.len > TLS_HASH_LABEL_MAX_BYTES ||
		request->data.len > UINT8_MAX || out.len > UINT8_MAX * digest_bytes)
		return false;
	memcpy(label, request->label.data, request->label.len);
	tls_hash_expand_label(kind, request->key.data, label, request->data, (uint8_t *)out.data, out.len);
	return true;
}

/*
 * One step down RFC 8446's figure in section 7.1: the secret before (salt) through Derive-Secret(., "derived", ""),
 * then HKDF-Extract with what comes in from the right (key); a string of zeroes where there is none.
 */
static bool extract(const struct request *request, enum tls_hash_kind kind, struct bytes out)
{
	static const uint8_t zeroes[TLS_HASH_MAX_BYTES];
	const size_t digest_bytes = tls_hash_bytes(kind);
	uint8_t derived[TLS_HASH_MAX_BYTES], empty[TLS_HASH_MAX_BYTES];
	struct bytes salt = {derived, 0};
	struct bytes input = request->key.len > 0 ? request->key : (struct bytes){zeroes, digest_bytes};
	struct tls_hash nothing;
	if (out.len != digest_bytes || (request->salt.len != 0 && request->salt.len != digest_bytes))
		return false;
	if (request->salt.len > 0) {
		tls_hash_init(&nothing, kind);
		tls_hash_peek(&nothing, empty);
		tls_hash_expand_label(kind, request->salt.data, "derived", (struct bytes){empty, digest_bytes}, derived,
			digest_bytes);
		salt.len = digest_bytes;
	}
	tls_hash_extract(kind, salt, input, (uint8_t *)out.data);
	secret_wipe(derived, sizeof(derived));
	return true;
}

static int derive(void *context, unsigned char *key, size_t len, const OSSL_PARAM params[])
{
	static const char prefix[] = {'t', 'l', 's', '1', '3', ' '};
	struct request request;
	enum tls_hash_kind kind;
	(void)context;
	if (!read_request(&request, params) || !find_hash(request.digest, &kind) ||
		request.prefix.len != sizeof(prefix) || memcmp(request.prefix.data, prefix, sizeof(prefix)) != 0)
		return 0;
	const struct bytes out = {key, len};
	if (request.mode == EVP_KDF_HKDF_MODE_EXTRACT_ONLY)
		return extract(&request, kind, out);
	return request.mode == EVP_KDF_HKDF_MODE_EXPAND_ONLY && expand(&request, kind, out);
}

/* Contexts keep nothing, so all are one: the provider's. */
static void *get_context(void *provider)
{
	return provider;
}

static void leave_context(void *context)
{
	(void)context;
}

const OSSL_DISPATCH crypto_provider_kdf_functions[] = {
	{OSSL_FUNC_KDF_NEWCTX, (void (*)(void))get_context},
	{OSSL_FUNC_KDF_FREECTX, (void (*)(void))leave_context},
	{OSSL_FUNC_KDF_DERIVE, (void (*)(void))derive},
	{0, NULL},
};
