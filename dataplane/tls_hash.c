/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA256_Init() and its family are marked deprecated since OpenSSL 3.0, in favour of EVP. A handshake hashes some
 * hundred short strings, and each costs under EVP a multiple of what the hash itself does (figures in
 * docs/decisions/tls13-primitives.md); OpenSSL promises them for all of 3.x.
 */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#include "tls_hash.h"
#include "secret.h"

#include <assert.h>
#include <string.h>

#define BLOCK_MAX_BYTES 128

size_t tls_hash_bytes(enum tls_hash_kind kind)
{
	return kind == TLS_HASH_SHA256 ? SHA256_DIGEST_LENGTH : SHA384_DIGEST_LENGTH;
}

static size_t block_bytes(enum tls_hash_kind kind)
{
	return kind == TLS_HASH_SHA256 ? SHA256_CBLOCK : SHA512_CBLOCK;
}

void tls_hash_init(struct tls_hash *hash, enum tls_hash_kind kind)
{
	hash->kind = kind;
	if (kind == TLS_HASH_SHA256)
		SHA256_Init(&hash->state.sha256);
	else
		SHA384_Init(&hash->state.sha384);
}

void tls_hash_update(struct tls_hash *hash, struct bytes data)
{
	if (hash->kind == TLS_HASH_SHA256)
		SHA256_Update(&hash->state.sha256, data.data, data.len);
	else
		SHA384_Update(&hash->state.sha384, data.data, data.len);
}

static void finish(struct tls_hash *hash, uint8_t *out)
{
	if (hash->kind == TLS_HASH_SHA256)
		SHA256_Final(out, &hash->state.sha256);
	else
		SHA384_Final(out, &hash->state.sha384);
}

void tls_hash_peek(const struct tls_hash *hash, uint8_t out[TLS_HASH_MAX_BYTES])
{
	struct tls_hash copy = *hash;
	finish(&copy, out);
}

static void start_padded(struct tls_hash *hash, enum tls_hash_kind kind, struct bytes key, uint8_t pad)
{
	uint8_t block[BLOCK_MAX_BYTES];
	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < key.len; i++)
		block[i] ^= key.data[i];
	tls_hash_init(hash, kind);
	tls_hash_update(hash, (struct bytes){block, block_bytes(kind)});
	secret_wipe(block, sizeof(block));
}

void tls_hash_mac_init(struct tls_hash_mac *mac, enum tls_hash_kind kind, struct bytes key)
{
	uint8_t digest[TLS_HASH_MAX_BYTES];
	if (key.len > block_bytes(kind)) {
		tls_hash_init(&mac->inner, kind);
		tls_hash_update(&mac->inner, key);
		finish(&mac->inner, digest);
		key = (struct bytes){digest, tls_hash_bytes(kind)};
	}
	start_padded(&mac->inner, kind, key, 0x36);
	start_padded(&mac->outer, kind, key, 0x5c);
	secret_wipe(digest, sizeof(digest));
}

void tls_hash_mac_update(struct tls_hash_mac *mac, struct bytes data)
{
	tls_hash_update(&mac->inner, data);
}

void tls_hash_mac_final(struct tls_hash_mac *mac, uint8_t *out)
{
	uint8_t digest[TLS_HASH_MAX_BYTES];
	finish(&mac->inner, digest);
	tls_hash_update(&mac->outer, (struct bytes){digest, tls_hash_bytes(mac->outer.kind)});
	finish(&mac->outer, out);
	secret_wipe(digest, sizeof(digest));
}

void tls_hash_hmac(enum tls_hash_kind kind, struct bytes key, struct bytes data, uint8_t out[TLS_HASH_MAX_BYTES])
{
	struct tls_hash_mac mac;
	tls_hash_mac_init(&mac, kind, key);
	tls_hash_mac_update(&mac, data);
	tls_hash_mac_final(&mac, out);
	secret_wipe(&mac, sizeof(mac));
}

void tls_hash_extract(enum tls_hash_kind kind, struct bytes salt, struct bytes input, uint8_t out[TLS_HASH_MAX_BYTES])
{
	tls_hash_hmac(kind, salt, input, out);
}

bool tls_hash_expand(enum tls_hash_kind kind, struct bytes key, struct bytes info, uint8_t *out, size_t len)
{
	const size_t step = tls_hash_bytes(kind);
	if (len > 255 * step)
		return false;
	struct tls_hash_mac start, hmac;
	uint8_t digest[TLS_HASH_MAX_BYTES];
	tls_hash_mac_init(&start, kind, key);
	uint8_t counter = 1;
	for (size_t at = 0; at < len; at += step, counter++) {
		hmac = start;
		if (at > 0)
			tls_hash_update(&hmac.inner, (struct bytes){digest, step});
		tls_hash_update(&hmac.inner, info);
		tls_hash_update(&hmac.inner, (struct bytes){&counter, 1});
		tls_hash_mac_final(&hmac, digest);
		memcpy(out + at, digest, len - at < step ? len - at : step);
	}
	secret_wipe(&start, sizeof(start));
	secret_wipe(&hmac, sizeof(hmac));
	secret_wipe(digest, sizeof(digest));
	return true;
}

void tls_hash_expand_label(enum tls_hash_kind kind, const uint8_t *secret, const char *label, struct bytes context,
	uint8_t *out, size_t len)
{
	static const char prefix[] = {'t', 'l', 's', '1', '3', ' '};
	uint8_t info[2 + 1 + sizeof(prefix) + TLS_HASH_LABEL_MAX_BYTES + 1 + 255];
	const size_t label_len = strlen(label);
	assert(label_len <= TLS_HASH_LABEL_MAX_BYTES && context.len <= 255 && len <= 65535);
	size_t at = 0;
	info[at++] = (uint8_t)(len >> 8);
	info[at++] = (uint8_t)len;
	info[at++] = (uint8_t)(sizeof(prefix) + label_len);
	memcpy(info + at, prefix, sizeof(prefix));
	at += sizeof(prefix);
	memcpy(info + at, label, label_len);
	at += label_len;
	info[at++] = (uint8_t)context.len;
	if (context.len > 0)
		memcpy(info + at, context.data, context.len);
	at += context.len;
	const struct bytes key = {secret, tls_hash_bytes(kind)};
	const bool fits = tls_hash_expand(kind, key, (struct bytes){info, at}, out, len);
	assert(fits);
	(void)fits;
}
