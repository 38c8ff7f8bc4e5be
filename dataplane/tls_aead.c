/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_aead.h"
#include "secret.h"

#include <string.h>

static const struct {
	const char *name; /**< OpenSSL's */
	uint8_t key_bytes;
} kinds[TLS_AEAD_COUNT] = {
	[TLS_AEAD_AES_128_GCM] = {"AES-128-GCM", 16},
	[TLS_AEAD_AES_256_GCM] = {"AES-256-GCM", 32},
	[TLS_AEAD_CHACHA20_POLY1305] = {"ChaCha20-Poly1305", 32},
};

bool tls_aead_ciphers_init(struct tls_aead_ciphers *ciphers)
{
	*ciphers = (struct tls_aead_ciphers){0};
	for (unsigned i = 0; i < TLS_AEAD_COUNT; i++) {
		ciphers->of_kind[i] = EVP_CIPHER_fetch(NULL, kinds[i].name, NULL);
		if (!ciphers->of_kind[i]) {
			tls_aead_ciphers_fini(ciphers);
			return false;
		}
	}
	return true;
}

void tls_aead_ciphers_fini(struct tls_aead_ciphers *ciphers)
{
	for (unsigned i = 0; i < TLS_AEAD_COUNT; i++)
		EVP_CIPHER_free(ciphers->of_kind[i]);
	*ciphers = (struct tls_aead_ciphers){0};
}

bool tls_aead_init(struct tls_aead *aead, bool seals)
{
	*aead = (struct tls_aead){.context = EVP_CIPHER_CTX_new(), .kind = TLS_AEAD_COUNT, .seals = seals};
	return aead->context != NULL;
}

void tls_aead_fini(struct tls_aead *aead)
{
	EVP_CIPHER_CTX_free(aead->context);
	secret_wipe(aead, sizeof(*aead));
}

size_t tls_aead_key_bytes(enum tls_aead_kind kind)
{
	return kinds[kind].key_bytes;
}

bool tls_aead_set_key(
	struct tls_aead *aead, const struct tls_aead_ciphers *ciphers, enum tls_aead_kind kind, const uint8_t *key)
{
	/* With the cipher left out OpenSSL keeps the context's memory and only sets the key. */
	const EVP_CIPHER *cipher = aead->kind == kind ? NULL : ciphers->of_kind[kind];
	const bool ok = EVP_CipherInit_ex2(aead->context, cipher, key, NULL, aead->seals, NULL) == 1;
	aead->kind = ok ? kind : TLS_AEAD_COUNT;
	return ok;
}

/* The key is set; give it the nonce and what the tag covers besides. */
static bool begin(struct tls_aead *aead, const uint8_t *nonce, struct bytes additional)
{
	int len;
	return EVP_CipherInit_ex2(aead->context, NULL, NULL, nonce, -1, NULL) == 1 &&
	       EVP_CipherUpdate(aead->context, NULL, &len, additional.data, (int)additional.len) == 1;
}

bool tls_aead_seal(struct tls_aead *aead, const uint8_t *nonce, struct bytes additional, uint8_t *data, size_t len)
{
	int n = 0, rest = 0;
	return begin(aead, nonce, additional) && EVP_CipherUpdate(aead->context, data, &n, data, (int)len) == 1 &&
	       EVP_CipherFinal_ex(aead->context, data + n, &rest) == 1 &&
	       EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_GET_TAG, TLS_AEAD_TAG_BYTES, data + len) == 1;
}

enum tls_aead_result tls_aead_open(
	struct tls_aead *aead, const uint8_t *nonce, struct bytes additional, struct bytes sealed, uint8_t *out)
{
	const size_t len = sealed.len - TLS_AEAD_TAG_BYTES;
	uint8_t tag[TLS_AEAD_TAG_BYTES];
	int n = 0, rest = 0;
	memcpy(tag, sealed.data + len, sizeof(tag));
	if (!begin(aead, nonce, additional) ||
		EVP_CIPHER_CTX_ctrl(aead->context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) != 1)
		return TLS_AEAD_NO_CRYPTO;
	if (EVP_CipherUpdate(aead->context, out, &n, sealed.data, (int)len) != 1 ||
		EVP_CipherFinal_ex(aead->context, out + n, &rest) != 1)
		return TLS_AEAD_BAD_TAG;
	return TLS_AEAD_OK;
}

void tls_aead_nonce(const uint8_t iv[TLS_AEAD_NONCE_BYTES], uint64_t sequence, uint8_t out[TLS_AEAD_NONCE_BYTES])
{
	memcpy(out, iv, TLS_AEAD_NONCE_BYTES);
	for (unsigned i = 0; i < 8; i++)
		out[TLS_AEAD_NONCE_BYTES - 1 - i] ^= (uint8_t)(sequence >> (8 * i));
}
