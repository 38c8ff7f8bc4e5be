/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_keys.h"
#include "secret.h"

static const uint8_t zeroes[TLS_HASH_MAX_BYTES];

/* Where the schedule has "0" it means as many zeroes as the hash has octets. */
static struct bytes or_zeroes(enum tls_hash_kind kind, struct bytes input)
{
	return input.len > 0 ? input : (struct bytes){zeroes, tls_hash_bytes(kind)};
}

void tls13_keys_early(enum tls_hash_kind kind, struct bytes psk, struct tls13_keys_secret *out)
{
	tls_hash_extract(kind, or_zeroes(kind, (struct bytes){0}), or_zeroes(kind, psk), out->octets);
}

void tls13_keys_advance(enum tls_hash_kind kind, const struct tls13_keys_secret *current, struct bytes input,
	struct tls13_keys_secret *out)
{
	struct tls13_keys_secret salt;
	tls13_keys_derive(kind, current, "derived", NULL, &salt);
	tls_hash_extract(kind, (struct bytes){salt.octets, tls_hash_bytes(kind)}, or_zeroes(kind, input), out->octets);
	secret_wipe(&salt, sizeof(salt));
}

void tls13_keys_derive(enum tls_hash_kind kind, const struct tls13_keys_secret *secret, const char *label,
	const uint8_t *transcript, struct tls13_keys_secret *out)
{
	uint8_t of_nothing[TLS_HASH_MAX_BYTES];
	const size_t len = tls_hash_bytes(kind);
	if (!transcript) {
		struct tls_hash hash;
		tls_hash_init(&hash, kind);
		tls_hash_peek(&hash, of_nothing);
		transcript = of_nothing;
	}
	tls_hash_expand_label(kind, secret->octets, label, (struct bytes){transcript, len}, out->octets, len);
}

void tls13_keys_traffic(
	const struct tls13_suite *suite, const struct tls13_keys_secret *secret, struct tls13_keys_traffic *out)
{
	const struct bytes none = {0};
	tls_hash_expand_label(suite->hash, secret->octets, "key", none, out->key, tls_aead_key_bytes(suite->aead));
	tls_hash_expand_label(suite->hash, secret->octets, "iv", none, out->iv, sizeof(out->iv));
}

void tls13_keys_update(enum tls_hash_kind kind, struct tls13_keys_secret *secret)
{
	struct tls13_keys_secret next;
	const size_t len = tls_hash_bytes(kind);
	tls_hash_expand_label(kind, secret->octets, "traffic upd", (struct bytes){0}, next.octets, len);
	*secret = next;
	secret_wipe(&next, sizeof(next));
}

void tls13_keys_finished(enum tls_hash_kind kind, const struct tls13_keys_secret *base, const uint8_t *transcript,
	uint8_t out[TLS_HASH_MAX_BYTES])
{
	uint8_t key[TLS_HASH_MAX_BYTES];
	const size_t len = tls_hash_bytes(kind);
	tls_hash_expand_label(kind, base->octets, "finished", (struct bytes){0}, key, len);
	tls_hash_hmac(kind, (struct bytes){key, len}, (struct bytes){transcript, len}, out);
	secret_wipe(key, sizeof(key));
}

void tls13_keys_ticket(enum tls_hash_kind kind, const struct tls13_keys_secret *resumption_master, struct bytes nonce,
	struct tls13_keys_secret *out)
{
	const size_t len = tls_hash_bytes(kind);
	tls_hash_expand_label(kind, resumption_master->octets, "resumption", nonce, out->octets, len);
}
