/* SPDX-License-Identifier: BSD-3-Clause */
#include "crypto_provider.h"
#include "crypto_provider_internal.h"
#include "crypto_x25519.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>

#define NAME       "handfast"
#define PROPERTIES "provider=" NAME

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM derivations[] = {
		{"TLS13-KDF", PROPERTIES, crypto_provider_kdf_functions, "TLS 1.3 key derivation"},
		{NULL, NULL, NULL, NULL},
	};
	static const OSSL_ALGORITHM keys[] = {
		{"X25519", PROPERTIES, crypto_provider_x25519_key_functions, "X25519 keys"},
		{NULL, NULL, NULL, NULL},
	};
	static const OSSL_ALGORITHM exchanges[] = {
		{"X25519", PROPERTIES, crypto_provider_x25519_exchange_functions, "X25519"},
		{NULL, NULL, NULL, NULL},
	};
	const struct crypto_provider *provider = context;
	*no_cache = 0;
	if (operation == OSSL_OP_KDF)
		return derivations;
	if (provider->pool == NULL)
		return NULL;
	return operation == OSSL_OP_KEYMGMT ? keys : operation == OSSL_OP_KEYEXCH ? exchanges : NULL;
}

/* libssl takes a group from the provider that it would fetch the group's keys from: whoever has X25519 keys must say
 * so. */
static int get_capabilities(void *context, const char *capability, OSSL_CALLBACK *callback, void *argument)
{
	const struct crypto_provider *provider = context;
	if (provider->pool == NULL || OPENSSL_strcasecmp(capability, "TLS-GROUP") != 0)
		return 1;
	return callback(crypto_provider_x25519_group, argument);
}

static void end(void *context)
{
	struct crypto_provider *provider = context;
	secret_arena_destroy(provider->secrets);
	OPENSSL_free(provider);
}

static bool make_pool(struct crypto_provider *provider)
{
	provider->secrets = secret_arena_create();
	if (provider->secrets != NULL)
		provider->pool = (void *)secret_alloc(provider->secrets, sizeof(*provider->pool));
	return provider->pool != NULL;
}

static OSSL_FUNC_core_get_libctx_fn *find_get_libctx(const OSSL_DISPATCH *functions)
{
	for (; functions->function_id != 0; functions++)
		if (functions->function_id == OSSL_FUNC_CORE_GET_LIBCTX)
			return OSSL_FUNC_core_get_libctx(functions);
	return NULL;
}

static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context,
	bool with_x25519)
{
	static const OSSL_DISPATCH functions[] = {
		{OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
		{OSSL_FUNC_PROVIDER_GET_CAPABILITIES, (void (*)(void))get_capabilities},
		{OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))end},
		{0, NULL},
	};
	OSSL_FUNC_core_get_libctx_fn *get_libctx = find_get_libctx(in);
	struct crypto_provider *provider = get_libctx != NULL ? OPENSSL_zalloc(sizeof(*provider)) : NULL;
	if (provider == NULL)
		return 0;
	/* The same object under another name where program and provider are linked with one libcrypto:
	 * provider-base(7). */
	provider->library = (OSSL_LIB_CTX *)get_libctx(handle);
	if (with_x25519 && !make_pool(provider)) {
		end(provider);
		return 0;
	}
	*out = functions;
	*context = provider;
	return 1;
}

static int start_all(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context)
{
	return start(handle, in, out, context, true);
}

static int start_scalar(
	const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **context)
{
	return start(handle, in, out, context, false);
}

OSSL_PROVIDER *crypto_provider_load(OSSL_LIB_CTX *library, bool allow_vectors)
{
	const bool with_x25519 = allow_vectors && crypto_x25519_is_supported();
	if (OSSL_PROVIDER_add_builtin(library, NAME, with_x25519 ? start_all : start_scalar) != 1)
		return NULL;
	return OSSL_PROVIDER_load(library, NAME);
}

void crypto_provider_forget(OSSL_PROVIDER *provider)
{
	const struct crypto_provider *context = OSSL_PROVIDER_get0_provider_ctx(provider);
	if (context->pool != NULL)
		crypto_key_pool_clear(context->pool);
}
