/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_key_share.h"
#include "secret.h"

#include <string.h>

#include <openssl/ec.h>
#include <openssl/rand.h>

#define X25519_BYTES 32
#define UNCOMPRESSED 4

void tls_key_share_tools_fini(struct tls_key_share_tools *tools)
{
	EVP_PKEY_CTX_free(tools->maker);
	EVP_PKEY_free(tools->peer);
	crypto_key_pool_clear(&tools->pool);
	*tools = (struct tls_key_share_tools){0};
}

void tls_key_share_fini(struct tls_key_share *share)
{
	EVP_PKEY_CTX_free(share->agreement);
	EVP_PKEY_free(share->key);
	if (share->has_pair)
		secret_wipe(&share->pair, sizeof(share->pair));
	*share = (struct tls_key_share){0};
}

static bool take_x25519(struct tls_key_share *share, EVP_PKEY *key)
{
	*share = (struct tls_key_share){
		.group = TLS_KEY_SHARE_X25519, .key = key, .public_len = X25519_BYTES, .secret_len = X25519_BYTES};
	if (key && EVP_PKEY_get_raw_public_key(key, share->public_value, &share->public_len) == 1)
		return true;
	tls_key_share_fini(share);
	return false;
}

bool tls_key_share_from_private(struct tls_key_share *share, const uint8_t private_key[32])
{
	tls_key_share_fini(share);
	return take_x25519(share, EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, X25519_BYTES));
}

/* A coordinate's octets are the secret's; a point is two of them behind its form (section 4.2.8.2). */
static const struct curve {
	uint16_t group;
	const char *name;
	size_t coordinate_len;
} curves[] = {{TLS_KEY_SHARE_P256, "P-256", 32}, {TLS_KEY_SHARE_P384, "P-384", 48}};

static const struct curve *find_curve(uint16_t group)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (curves[i].group == group)
			return &curves[i];
	return NULL;
}

static bool generate_point(struct tls_key_share *share, const struct curve *curve)
{
	uint8_t *encoded = NULL;
	share->key = EVP_EC_gen(curve->name);
	share->group = curve->group;
	share->public_len = 1 + 2 * curve->coordinate_len;
	share->secret_len = curve->coordinate_len;
	const size_t len = share->key ? EVP_PKEY_get1_encoded_public_key(share->key, &encoded) : 0;
	const bool ok = encoded && len == share->public_len && encoded[0] == UNCOMPRESSED;
	if (ok)
		memcpy(share->public_value, encoded, len);
	OPENSSL_free(encoded);
	if (!ok)
		tls_key_share_fini(share);
	return ok;
}

static EVP_PKEY *make_x25519(struct tls_key_share_tools *tools)
{
	EVP_PKEY *key = NULL;
	if (!tools->maker) {
		tools->maker = EVP_PKEY_CTX_new_from_name(NULL, "X25519", NULL);
		if (!tools->maker || EVP_PKEY_keygen_init(tools->maker) != 1)
			return NULL;
	}
	return EVP_PKEY_generate(tools->maker, &key) == 1 ? key : NULL;
}

static bool draw(void *argument, uint8_t *out, size_t len)
{
	(void)argument;
	return RAND_priv_bytes(out, (int)len) == 1;
}

static bool take_pair(struct tls_key_share *share, struct tls_key_share_tools *tools)
{
	if (!crypto_key_pool_take(&tools->pool, draw, NULL, &share->pair))
		return false;
	memcpy(share->public_value, share->pair.public_key, X25519_BYTES);
	share->group = TLS_KEY_SHARE_X25519;
	share->public_len = share->secret_len = X25519_BYTES;
	share->has_pair = true;
	return true;
}

bool tls_key_share_generate(struct tls_key_share *share, struct tls_key_share_tools *tools, uint16_t group)
{
	tls_key_share_fini(share);
	if (group == TLS_KEY_SHARE_X25519 && !tools->is_scalar && crypto_x25519_is_supported())
		return take_pair(share, tools);
	if (group == TLS_KEY_SHARE_X25519)
		return take_x25519(share, make_x25519(tools));
	const struct curve *curve = find_curve(group);
	return curve && generate_point(share, curve);
}

/* --- agreement --- */

/* The peer's value as a key that the caller frees. The first is made, the next overwrite its value. */
static EVP_PKEY *peer_x25519(struct tls_key_share_tools *tools, struct bytes peer)
{
	if (peer.len != X25519_BYTES)
		return NULL;
	if (!tools->peer)
		tools->peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer.data, peer.len);
	else if (EVP_PKEY_set1_encoded_public_key(tools->peer, peer.data, peer.len) != 1)
		return NULL;
	if (tools->peer)
		EVP_PKEY_up_ref(tools->peer);
	return tools->peer;
}

/* OpenSSL checks that a point is on the curve; the form is ours to check (section 4.2.8.2). */
static EVP_PKEY *peer_point(const struct tls_key_share *share, struct bytes peer)
{
	if (peer.len != share->public_len || peer.data[0] != UNCOMPRESSED)
		return NULL;
	EVP_PKEY *key = EVP_PKEY_new();
	if (key && EVP_PKEY_copy_parameters(key, share->key) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, peer.data, peer.len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool prepare_agreement(struct tls_key_share *share)
{
	if (share->agreement)
		return true;
	share->agreement = EVP_PKEY_CTX_new(share->key, NULL);
	if (share->agreement && EVP_PKEY_derive_init(share->agreement) == 1)
		return true;
	EVP_PKEY_CTX_free(share->agreement);
	share->agreement = NULL;
	return false;
}

static bool agree_pair(const struct tls_key_share *share, struct bytes peer, uint8_t out[X25519_BYTES])
{
	if (peer.len == X25519_BYTES)
		return crypto_x25519_agree(out, share->pair.private_key, peer.data);
	secret_wipe(out, X25519_BYTES);
	return false;
}

/* Without set_peer's own check of the point: reading it has checked that, and a cofactor of 1 leaves no more. */
static bool derive(struct tls_key_share *share, EVP_PKEY *peer, uint8_t *out)
{
	size_t len = share->secret_len;
	return peer && prepare_agreement(share) && EVP_PKEY_derive_set_peer_ex(share->agreement, peer, 0) == 1 &&
	       EVP_PKEY_derive(share->agreement, out, &len) == 1 && len == share->secret_len;
}

bool tls_key_share_agree(
	struct tls_key_share *share, struct tls_key_share_tools *tools, struct bytes peer, uint8_t *out)
{
	if (share->has_pair)
		return agree_pair(share, peer, out);
	EVP_PKEY *key = share->group == TLS_KEY_SHARE_X25519 ? peer_x25519(tools, peer) : peer_point(share, peer);
	bool ok = derive(share, key, out);
	uint8_t any = 0;
	for (size_t i = 0; ok && i < share->secret_len; i++)
		any |= out[i];
	EVP_PKEY_free(key);
	ok = ok && (any != 0 || share->group != TLS_KEY_SHARE_X25519);
	if (!ok)
		secret_wipe(out, share->secret_len);
	return ok;
}
