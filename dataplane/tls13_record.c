/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_record.h"
#include "secret.h"

#include <string.h>

bool tls13_record_init(struct tls13_record *record, bool seals)
{
	*record = (struct tls13_record){0};
	return tls_aead_init(&record->aead, seals);
}

void tls13_record_fini(struct tls13_record *record)
{
	tls_aead_fini(&record->aead);
	secret_wipe(record, sizeof(*record));
}

void tls13_record_reset(struct tls13_record *record)
{
	record->suite = NULL;
	record->sequence = 0;
}

bool tls13_record_set_secret(struct tls13_record *record, const struct tls_aead_ciphers *ciphers,
	const struct tls13_suite *suite, const struct tls13_keys_secret *secret)
{
	struct tls13_keys_traffic keys;
	tls13_keys_traffic(suite, secret, &keys);
	const bool ok = tls_aead_set_key(&record->aead, ciphers, suite->aead, keys.key);
	memcpy(record->iv, keys.iv, sizeof(record->iv));
	secret_wipe(&keys, sizeof(keys));
	record->suite = ok ? suite : NULL;
	record->sequence = 0;
	return ok;
}

static bool type_is_known(uint8_t type)
{
	return type >= TLS13_RECORD_CHANGE_CIPHER_SPEC && type <= TLS13_RECORD_DATA;
}

enum tls13_record_result tls13_record_split(struct bytes stream, struct bytes *out_record)
{
	const uint8_t *data = stream.data;
	if (stream.len < TLS13_RECORD_HEADER_BYTES)
		return TLS13_RECORD_NEED_MORE;
	/* legacy_record_version is to be ignored (section 5.1), but what has no 3 here is no TLS at all. */
	if (!type_is_known(data[0]) || data[1] != 3)
		return TLS13_RECORD_NOT_TLS;
	const size_t len = (size_t)data[3] << 8 | data[4];
	const size_t bound =
		data[0] == TLS13_RECORD_DATA ? TLS13_RECORD_PAYLOAD_MAX_BYTES : TLS13_RECORD_FRAGMENT_MAX_BYTES;
	if (len > bound)
		return TLS13_RECORD_TOO_LONG;
	if (stream.len < TLS13_RECORD_HEADER_BYTES + len)
		return TLS13_RECORD_NEED_MORE;
	*out_record = (struct bytes){data, TLS13_RECORD_HEADER_BYTES + len};
	return TLS13_RECORD_OK;
}

static uint64_t records_allowed(const struct tls13_suite *suite)
{
	return suite->max_records_log2 >= 64 ? UINT64_MAX : UINT64_C(1) << suite->max_records_log2;
}

bool tls13_record_wants_update(const struct tls13_record *record)
{
	return record->suite && record->sequence >= records_allowed(record->suite) / 2;
}

/* Section 5.4: zeroes from the end, then the type. */
static enum tls13_record_result strip_padding(const uint8_t *inner, size_t len, uint8_t *out_type, size_t *out_len)
{
	while (len > 0 && inner[len - 1] == 0)
		len--;
	if (len == 0)
		return TLS13_RECORD_NO_TYPE;
	*out_type = inner[len - 1];
	*out_len = len - 1;
	return TLS13_RECORD_OK;
}

enum tls13_record_result tls13_record_open(
	struct tls13_record *record, struct bytes whole, uint8_t *out, uint8_t *out_type, size_t *out_len)
{
	if (whole.len < TLS13_RECORD_HEADER_BYTES + TLS13_RECORD_TAG_BYTES)
		return TLS13_RECORD_BAD_MAC;
	if (record->sequence >= records_allowed(record->suite))
		return TLS13_RECORD_WORN_OUT;
	const size_t len = whole.len - TLS13_RECORD_HEADER_BYTES - TLS13_RECORD_TAG_BYTES;
	const struct bytes header = {whole.data, TLS13_RECORD_HEADER_BYTES};
	const struct bytes sealed = {whole.data + header.len, whole.len - header.len};
	uint8_t nonce[TLS_AEAD_NONCE_BYTES];
	tls_aead_nonce(record->iv, record->sequence, nonce);
	switch (tls_aead_open(&record->aead, nonce, header, sealed, out)) {
	case TLS_AEAD_OK:
		break;
	case TLS_AEAD_BAD_TAG:
		return TLS13_RECORD_BAD_MAC;
	case TLS_AEAD_NO_CRYPTO:
		return TLS13_RECORD_NO_CRYPTO;
	}
	record->sequence++;
	if (len > TLS13_RECORD_INNER_MAX_BYTES)
		return TLS13_RECORD_TOO_LONG;
	return strip_padding(out, len, out_type, out_len);
}

static void write_header(uint8_t *out, enum tls13_record_type type, size_t len)
{
	out[0] = (uint8_t)type;
	out[1] = 3;
	out[2] = 3; /* RFC 8446 section 5.1; servers that want 3.1 for the first flight are gone */
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

static enum tls13_record_result seal_clear(
	enum tls13_record_type type, struct bytes fragment, uint8_t *out, size_t *out_len)
{
	write_header(out, type, fragment.len);
	if (fragment.len > 0)
		memcpy(out + TLS13_RECORD_HEADER_BYTES, fragment.data, fragment.len);
	*out_len = TLS13_RECORD_HEADER_BYTES + fragment.len;
	return TLS13_RECORD_OK;
}

enum tls13_record_result tls13_record_seal(struct tls13_record *record, enum tls13_record_type type,
	struct bytes fragment, size_t padding, uint8_t *out, size_t *out_len)
{
	if (fragment.len > TLS13_RECORD_FRAGMENT_MAX_BYTES || padding > TLS13_RECORD_FRAGMENT_MAX_BYTES - fragment.len)
		return TLS13_RECORD_TOO_LONG;
	if (!record->suite)
		return seal_clear(type, fragment, out, out_len);
	if (record->sequence >= records_allowed(record->suite))
		return TLS13_RECORD_WORN_OUT;
	const size_t inner = fragment.len + 1 + padding;
	uint8_t *at = out + TLS13_RECORD_HEADER_BYTES;
	write_header(out, TLS13_RECORD_DATA, inner + TLS13_RECORD_TAG_BYTES);
	/* The type and the padding behind the fragment, then all of it in place: one call of the AEAD. */
	if (fragment.len > 0)
		memcpy(at, fragment.data, fragment.len);
	at[fragment.len] = (uint8_t)type;
	memset(at + fragment.len + 1, 0, padding);
	uint8_t nonce[TLS_AEAD_NONCE_BYTES];
	tls_aead_nonce(record->iv, record->sequence, nonce);
	if (!tls_aead_seal(&record->aead, nonce, (struct bytes){out, TLS13_RECORD_HEADER_BYTES}, at, inner))
		return TLS13_RECORD_NO_CRYPTO;
	record->sequence++;
	*out_len = TLS13_RECORD_HEADER_BYTES + inner + TLS13_RECORD_TAG_BYTES;
	return TLS13_RECORD_OK;
}
