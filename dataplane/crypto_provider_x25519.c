/* SPDX-License-Identifier: BSD-3-Clause */
/* Contract: crypto_provider_internal.h. Every function here is a slot of OpenSSL's tables at the end of the file. */
#include "crypto_provider_internal.h"

#include <stdbool.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/prov_ssl.h>
#include <openssl/proverr.h>
#include <openssl/rand.h>

#define GROUP         "x25519"
#define BITS          253 /* of a clamped private key that may vary, as OpenSSL says */
#define SECURITY_BITS 128

struct key {
	struct crypto_key_pair pair;
	bool has_public, has_private;
};

/* --- keys --- */

static void *new_key(void *provider)
{
	(void)provider;
	return OPENSSL_zalloc(sizeof(struct key));
}

static void free_key(void *key)
{
	OPENSSL_clear_free(key, sizeof(struct key));
}

/* Copies what is selected. libssl selects the parameters alone, of which there are none: a key to hold the peer's
 * value. */
static void *copy_key(const void *data, int selection)
{
	const struct key *key = data;
	struct key *copy = new_key(NULL);
	if (copy == NULL)
		return NULL;
	if ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0) {
		memcpy(copy->pair.public_key, key->pair.public_key, CRYPTO_X25519_BYTES);
		copy->has_public = key->has_public;
	}
	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) {
		memcpy(copy->pair.private_key, key->pair.private_key, CRYPTO_X25519_BYTES);
		copy->has_private = key->has_private;
	}
	return copy;
}

static int has(const void *data, int selection)
{
	const struct key *key = data;
	return key != NULL && ((selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) == 0 || key->has_public) &&
	       ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 || key->has_private);
}

/* Any 32 bytes are a public key (RFC 7748 section 5); that the result is not zero is checked where it is made. */
static int validate(const void *data, int selection, int check_type)
{
	(void)check_type;
	return has(data, selection);
}

static int get_params(void *data, OSSL_PARAM params[])
{
	const struct key *key = data;
	for (; params != NULL && params->key != NULL; params++) {
		int ok = 1;
		if (strcmp(params->key, OSSL_PKEY_PARAM_BITS) == 0)
			ok = OSSL_PARAM_set_int(params, BITS);
		else if (strcmp(params->key, OSSL_PKEY_PARAM_SECURITY_BITS) == 0)
			ok = OSSL_PARAM_set_int(params, SECURITY_BITS);
		else if (strcmp(params->key, OSSL_PKEY_PARAM_MAX_SIZE) == 0)
			ok = OSSL_PARAM_set_int(params, CRYPTO_X25519_BYTES);
		else if (strcmp(params->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY) == 0)
			ok = key->has_public &&
			     OSSL_PARAM_set_octet_string(params, key->pair.public_key, CRYPTO_X25519_BYTES);
		if (!ok)
			return 0;
	}
	return 1;
}

static const OSSL_PARAM *gettable(void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)provider;
	return known;
}

/* The peer's value. A private key that was there does not belong to it. */
static int set_params(void *data, const OSSL_PARAM params[])
{
	struct key *key = data;
	const OSSL_PARAM *value = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY);
	if (value == NULL)
		return 1;
	if (value->data_type != OSSL_PARAM_OCTET_STRING || value->data_size != CRYPTO_X25519_BYTES) {
		ERR_raise(ERR_LIB_PROV, PROV_R_INVALID_KEY_LENGTH);
		return 0;
	}
	secret_wipe(&key->pair, sizeof(key->pair));
	memcpy(key->pair.public_key, value->data, CRYPTO_X25519_BYTES);
	key->has_public = true;
	key->has_private = false;
	return 1;
}

static const OSSL_PARAM *settable(void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)provider;
	return known;
}

/* --- making keys: a context keeps nothing, so the provider is all of them --- */

static int set_group(void *context, const OSSL_PARAM params[])
{
	const OSSL_PARAM *group = OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_GROUP_NAME);
	(void)context;
	if (group == NULL ||
		(group->data_type == OSSL_PARAM_UTF8_STRING && OPENSSL_strcasecmp(group->data, GROUP) == 0))
		return 1;
	ERR_raise(ERR_LIB_PROV, ERR_R_PASSED_INVALID_ARGUMENT);
	return 0;
}

static const OSSL_PARAM *group_settable(void *context, void *provider)
{
	static const OSSL_PARAM known[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_END,
	};
	(void)context;
	(void)provider;
	return known;
}

static void *begin_making(void *provider, int selection, const OSSL_PARAM params[])
{
	(void)selection;
	return params == NULL || set_group(provider, params) ? provider : NULL;
}

static bool random_of(void *library, uint8_t *out, size_t len)
{
	return RAND_priv_bytes_ex(library, out, len, SECURITY_BITS) == 1;
}

static void *make_key(void *context, OSSL_CALLBACK *callback, void *argument)
{
	struct crypto_provider *provider = context;
	struct key *key = new_key(provider);
	(void)callback;
	(void)argument;
	if (key == NULL)
		return NULL;
	if (!crypto_key_pool_take(provider->pool, random_of, provider->library, &key->pair)) {
		free_key(key);
		return NULL;
	}
	key->has_public = key->has_private = true;
	return key;
}

static void end_making(void *context)
{
	(void)context;
}

/*
 * --- exchange ---
 *
 * Keeps copies: OpenSSL promises no provider that a key outlives the exchange it was set in (a context that was
 * duplicated does not hold the peer's), nor that it stays as it was.
 */

struct exchange {
	struct key own;
	uint8_t peer[CRYPTO_X25519_BYTES];
	bool has_peer;
};

static void *new_exchange(void *provider)
{
	(void)provider;
	return OPENSSL_zalloc(sizeof(struct exchange));
}

static void free_exchange(void *exchange)
{
	OPENSSL_clear_free(exchange, sizeof(struct exchange));
}

static void *copy_exchange(void *exchange)
{
	return OPENSSL_memdup(exchange, sizeof(struct exchange));
}

static int set_own(void *context, void *key, const OSSL_PARAM params[])
{
	struct exchange *exchange = context;
	(void)params;
	if (!has(key, OSSL_KEYMGMT_SELECT_PRIVATE_KEY))
		return 0;
	exchange->own = *(const struct key *)key;
	return 1;
}

static int set_peer(void *context, void *key)
{
	struct exchange *exchange = context;
	if (!has(key, OSSL_KEYMGMT_SELECT_PUBLIC_KEY))
		return 0;
	memcpy(exchange->peer, ((const struct key *)key)->pair.public_key, CRYPTO_X25519_BYTES);
	exchange->has_peer = true;
	return 1;
}

static int agree(void *context, unsigned char *secret, size_t *out_len, size_t size)
{
	const struct exchange *exchange = context;
	*out_len = CRYPTO_X25519_BYTES;
	if (secret == NULL)
		return 1;
	if (!exchange->own.has_private || !exchange->has_peer)
		ERR_raise(ERR_LIB_PROV, PROV_R_MISSING_KEY);
	else if (size < CRYPTO_X25519_BYTES)
		ERR_raise(ERR_LIB_PROV, PROV_R_OUTPUT_BUFFER_TOO_SMALL);
	else if (!crypto_x25519_agree(secret, exchange->own.pair.private_key, exchange->peer))
		ERR_raise(ERR_LIB_PROV, PROV_R_FAILED_DURING_DERIVATION);
	else
		return 1;
	return 0;
}

/* --- the tables --- */

static const char *operation_name(int operation)
{
	return operation == OSSL_OP_KEYEXCH ? "X25519" : NULL;
}

const OSSL_DISPATCH crypto_provider_x25519_key_functions[] = {
	{OSSL_FUNC_KEYMGMT_NEW, (void (*)(void))new_key},
	{OSSL_FUNC_KEYMGMT_FREE, (void (*)(void))free_key},
	{OSSL_FUNC_KEYMGMT_DUP, (void (*)(void))copy_key},
	{OSSL_FUNC_KEYMGMT_HAS, (void (*)(void))has},
	{OSSL_FUNC_KEYMGMT_VALIDATE, (void (*)(void))validate},
	{OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void))get_params},
	{OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void))gettable},
	{OSSL_FUNC_KEYMGMT_SET_PARAMS, (void (*)(void))set_params},
	{OSSL_FUNC_KEYMGMT_SETTABLE_PARAMS, (void (*)(void))settable},
	{OSSL_FUNC_KEYMGMT_GEN_INIT, (void (*)(void))begin_making},
	{OSSL_FUNC_KEYMGMT_GEN_SET_PARAMS, (void (*)(void))set_group},
	{OSSL_FUNC_KEYMGMT_GEN_SETTABLE_PARAMS, (void (*)(void))group_settable},
	{OSSL_FUNC_KEYMGMT_GEN, (void (*)(void))make_key},
	{OSSL_FUNC_KEYMGMT_GEN_CLEANUP, (void (*)(void))end_making},
	{OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void))operation_name},
	{0, NULL},
};

const OSSL_DISPATCH crypto_provider_x25519_exchange_functions[] = {
	{OSSL_FUNC_KEYEXCH_NEWCTX, (void (*)(void))new_exchange},
	{OSSL_FUNC_KEYEXCH_FREECTX, (void (*)(void))free_exchange},
	{OSSL_FUNC_KEYEXCH_DUPCTX, (void (*)(void))copy_exchange},
	{OSSL_FUNC_KEYEXCH_INIT, (void (*)(void))set_own},
	{OSSL_FUNC_KEYEXCH_SET_PEER, (void (*)(void))set_peer},
	{OSSL_FUNC_KEYEXCH_DERIVE, (void (*)(void))agree},
	{0, NULL},
};

static const struct {
	unsigned id, security_bits;
	int min_tls, max_tls, min_dtls, max_dtls;
} group = {0x001d, SECURITY_BITS, TLS1_VERSION, 0, DTLS1_VERSION, 0};

const OSSL_PARAM crypto_provider_x25519_group[] = {
	OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_NAME, GROUP, sizeof(GROUP)),
	OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_NAME_INTERNAL, "X25519", sizeof("X25519")),
	OSSL_PARAM_utf8_string(OSSL_CAPABILITY_TLS_GROUP_ALG, "X25519", sizeof("X25519")),
	OSSL_PARAM_uint(OSSL_CAPABILITY_TLS_GROUP_ID, (unsigned *)&group.id),
	OSSL_PARAM_uint(OSSL_CAPABILITY_TLS_GROUP_SECURITY_BITS, (unsigned *)&group.security_bits),
	OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MIN_TLS, (int *)&group.min_tls),
	OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MAX_TLS, (int *)&group.max_tls),
	OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MIN_DTLS, (int *)&group.min_dtls),
	OSSL_PARAM_int(OSSL_CAPABILITY_TLS_GROUP_MAX_DTLS, (int *)&group.max_dtls),
	OSSL_PARAM_END,
};
