/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_keys.h"
#include "secret.h"

static const uint8_t zeroes[TLS13_HASH_MAX_BYTES];

/* Where the schedule has "0" it means as many zeroes as the hash has octets. */
static struct bytes or_zeroes(enum tls13_hash_kind kind, struct bytes input)
{
	return input.len > 0 ? input : (struct bytes){zeroes, tls13_hash_bytes(kind)};
}

void tls13_keys_early(enum tls13_hash_kind kind, struct bytes psk, struct tls13_keys_secret *out)
{
	tls13_hash_extract(kind, or_zeroes(kind, (struct bytes){0}), or_zeroes(kind, psk), out->octets);
}

void tls13_keys_advance(enum tls13_hash_kind kind, const struct tls13_keys_secret *current, struct bytes input,
	struct tls13_keys_secret *out)
{
	struct tls13_keys_secret salt;
	tls13_keys_derive(kind, current, "derived", NULL, &salt);
	tls13_hash_extract(
		kind, (struct bytes){salt.octets, tls13_hash_bytes(kind)}, or_zeroes(kind, input), out->octets);
	secret_wipe(&salt, sizeof(salt));
}

void tls13_keys_derive(enum tls13_hash_kind kind, const struct tls13_keys_secret *secret, const char *label,
	const uint8_t *transcript, struct tls13_keys_secret *out)
{
	uint8_t of_nothing[TLS13_HASH_MAX_BYTES];
	const size_t len = tls13_hash_bytes(kind);
	if (!transcript) {
		struct tls13_hash hash;
		tls13_hash_init(&hash, kind);
		tls13_hash_peek(&hash, of_nothing);
		transcript = of_nothing;
	}
	tls13_hash_expand_label(kind, secret->octets, label, (struct bytes){transcript, len}, out->octets, len);
}

void tls13_keys_traffic(
	const struct tls13_suite *suite, const struct tls13_keys_secret *secret, struct tls13_keys_traffic *out)
{
	const struct bytes none = {0};
	tls13_hash_expand_label(suite->hash, secret->octets, "key", none, out->key, tls_aead_key_bytes(suite->aead));
	tls13_hash_expand_label(suite->hash, secret->octets, "iv", none, out->iv, sizeof(out->iv));
}

void tls13_keys_update(enum tls13_hash_kind kind, struct tls13_keys_secret *secret)
{
	struct tls13_keys_secret next;
	const size_t len = tls13_hash_bytes(kind);
	tls13_hash_expand_label(kind, secret->octets, "traffic upd", (struct bytes){0}, next.octets, len);
	*secret = next;
	secret_wipe(&next, sizeof(next));
}

void tls13_keys_finished(enum tls13_hash_kind kind, const struct tls13_keys_secret *base, const uint8_t *transcript,
	uint8_t out[TLS13_HASH_MAX_BYTES])
{
	uint8_t key[TLS13_HASH_MAX_BYTES];
	const size_t len = tls13_hash_bytes(kind);
	tls13_hash_expand_label(kind, base->octets, "finished", (struct bytes){0}, key, len);
	tls13_hash_hmac(kind, (struct bytes){key, len}, (struct bytes){transcript, len}, out);
	secret_wipe(key, sizeof(key));
}

void tls13_keys_ticket(enum tls13_hash_kind kind, const struct tls13_keys_secret *resumption_master, struct bytes nonce,
	struct tls13_keys_secret *out)
{
	const size_t len = tls13_hash_bytes(kind);
	tls13_hash_expand_label(kind, resumption_master->octets, "resumption", nonce, out->octets, len);
}
