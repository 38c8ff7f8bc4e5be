/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_key_share.h"
#include "secret.h"

#include <string.h>

#include <openssl/ec.h>

#define X25519_BYTES 32
#define P256_BYTES   65
#define UNCOMPRESSED 4

void tls13_key_share_fini(struct tls13_key_share *share)
{
	EVP_PKEY_free(share->key);
	*share = (struct tls13_key_share){0};
}

static bool take_x25519(struct tls13_key_share *share, EVP_PKEY *key)
{
	*share = (struct tls13_key_share){.group = TLS13_HELLO_X25519, .key = key, .public_len = X25519_BYTES};
	if (key && EVP_PKEY_get_raw_public_key(key, share->public_value, &share->public_len) == 1)
		return true;
	tls13_key_share_fini(share);
	return false;
}

bool tls13_key_share_from_private(struct tls13_key_share *share, const uint8_t private_key[32])
{
	tls13_key_share_fini(share);
	return take_x25519(share, EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, X25519_BYTES));
}

static bool generate_p256(struct tls13_key_share *share)
{
	uint8_t *encoded = NULL;
	share->key = EVP_EC_gen("P-256");
	const size_t len = share->key ? EVP_PKEY_get1_encoded_public_key(share->key, &encoded) : 0;
	const bool ok = len == P256_BYTES && encoded[0] == UNCOMPRESSED;
	if (ok)
		memcpy(share->public_value, encoded, P256_BYTES);
	OPENSSL_free(encoded);
	if (!ok)
		tls13_key_share_fini(share);
	share->group = TLS13_HELLO_P256;
	share->public_len = len;
	return ok;
}

bool tls13_key_share_generate(struct tls13_key_share *share, uint16_t group)
{
	tls13_key_share_fini(share);
	if (group == TLS13_HELLO_X25519)
		return take_x25519(share, EVP_PKEY_Q_keygen(NULL, NULL, "X25519"));
	return group == TLS13_HELLO_P256 && generate_p256(share);
}

/* The peer's value as a key. OpenSSL checks that a point is on the curve; the form is ours to check (section 4.2.8.2).
 */
static EVP_PKEY *peer_key(const struct tls13_key_share *share, struct bytes peer)
{
	if (share->group == TLS13_HELLO_X25519)
		return peer.len != X25519_BYTES
			       ? NULL
			       : EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer.data, peer.len);
	if (peer.len != P256_BYTES || peer.data[0] != UNCOMPRESSED)
		return NULL;
	EVP_PKEY *key = EVP_PKEY_new();
	if (key && EVP_PKEY_copy_parameters(key, share->key) == 1 &&
		EVP_PKEY_set1_encoded_public_key(key, peer.data, peer.len) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

bool tls13_key_share_agree(
	const struct tls13_key_share *share, struct bytes peer, uint8_t out[TLS13_KEY_SHARE_SECRET_BYTES])
{
	size_t len = TLS13_KEY_SHARE_SECRET_BYTES;
	EVP_PKEY *key = peer_key(share, peer);
	EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(share->key, NULL) : NULL;
	/* Without set_peer's own check of the point: reading it has checked that, and a cofactor of 1 leaves no more.
	 */
	bool ok = context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer_ex(context, key, 0) == 1 &&
		  EVP_PKEY_derive(context, out, &len) == 1 && len == TLS13_KEY_SHARE_SECRET_BYTES;
	uint8_t any = 0;
	for (size_t i = 0; ok && i < len; i++)
		any |= out[i];
	EVP_PKEY_CTX_free(context);
	EVP_PKEY_free(key);
	if (!ok || (any == 0 && share->group == TLS13_HELLO_X25519))
		secret_wipe(out, TLS13_KEY_SHARE_SECRET_BYTES);
	return ok && (any != 0 || share->group != TLS13_HELLO_X25519);
}
