/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_keys.h"
#include "secret.h"

#include <string.h>

void tls12_keys_prf(enum tls_hash_kind kind, struct bytes secret, const char *label, const struct tls12_keys_seed *seed,
	uint8_t *out, size_t len)
{
	const struct bytes parts[] = {{(const uint8_t *)label, strlen(label)}, seed->first, seed->second};
	const size_t step = tls_hash_bytes(kind);
	struct tls_hash_mac start, mac;
	uint8_t chain[TLS_HASH_MAX_BYTES], digest[TLS_HASH_MAX_BYTES];
	tls_hash_mac_init(&start, kind, secret);
	for (size_t at = 0; at < len; at += step) {
		/* A(1) is of the label and the seed, A(i) of A(i - 1). */
		mac = start;
		if (at > 0)
			tls_hash_mac_update(&mac, (struct bytes){chain, step});
		for (size_t i = 0; at == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
			tls_hash_mac_update(&mac, parts[i]);
		tls_hash_mac_final(&mac, chain);
		mac = start;
		tls_hash_mac_update(&mac, (struct bytes){chain, step});
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
			tls_hash_mac_update(&mac, parts[i]);
		tls_hash_mac_final(&mac, digest);
		memcpy(out + at, digest, len - at < step ? len - at : step);
	}
	secret_wipe(&start, sizeof(start));
	secret_wipe(&mac, sizeof(mac));
	secret_wipe(chain, sizeof(chain));
	secret_wipe(digest, sizeof(digest));
}

void tls12_keys_master(enum tls_hash_kind kind, struct bytes premaster, const struct tls12_keys_seed *randoms,
	uint8_t out[TLS12_KEYS_MASTER_BYTES])
{
	tls12_keys_prf(kind, premaster, "master secret", randoms, out, TLS12_KEYS_MASTER_BYTES);
}

void tls12_keys_extended_master(enum tls_hash_kind kind, struct bytes premaster, const uint8_t *transcript,
	uint8_t out[TLS12_KEYS_MASTER_BYTES])
{
	const struct tls12_keys_seed seed = {.first = {transcript, tls_hash_bytes(kind)}};
	tls12_keys_prf(kind, premaster, "extended master secret", &seed, out, TLS12_KEYS_MASTER_BYTES);
}

size_t tls12_keys_iv_bytes(const struct tls12_suite *suite)
{
	return suite->aead == TLS_AEAD_CHACHA20_POLY1305 ? TLS_AEAD_NONCE_BYTES : 4;
}

void tls12_keys_expand(const struct tls12_suite *suite, const uint8_t master[TLS12_KEYS_MASTER_BYTES],
	const struct tls12_keys_seed *randoms, struct tls12_keys_block *out)
{
	const size_t key = tls_aead_key_bytes(suite->aead), iv = tls12_keys_iv_bytes(suite);
	uint8_t block[sizeof(*out)];
	tls12_keys_prf(suite->hash, (struct bytes){master, TLS12_KEYS_MASTER_BYTES}, "key expansion", randoms, block,
		2 * key + 2 * iv);
	*out = (struct tls12_keys_block){0};
	memcpy(out->client_key, block, key);
	memcpy(out->server_key, block + key, key);
	memcpy(out->client_iv, block + 2 * key, iv);
	memcpy(out->server_iv, block + 2 * key + iv, iv);
	secret_wipe(block, sizeof(block));
}

void tls12_keys_finished(enum tls_hash_kind kind, const uint8_t master[TLS12_KEYS_MASTER_BYTES], bool is_client,
	const uint8_t *transcript, uint8_t out[TLS12_KEYS_FINISHED_BYTES])
{
	const struct tls12_keys_seed seed = {.first = {transcript, tls_hash_bytes(kind)}};
	tls12_keys_prf(kind, (struct bytes){master, TLS12_KEYS_MASTER_BYTES},
		is_client ? "client finished" : "server finished", &seed, out, TLS12_KEYS_FINISHED_BYTES);
}
