/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_record.h"
#include "secret.h"

#include <string.h>

#define EXPLICIT_BYTES   8
#define ADDITIONAL_BYTES 13

bool tls12_record_init(struct tls12_record *record, bool seals)
{
	*record = (struct tls12_record){0};
	return tls_aead_init(&record->aead, seals);
}

void tls12_record_fini(struct tls12_record *record)
{
	tls_aead_fini(&record->aead);
	secret_wipe(record, sizeof(*record));
}

void tls12_record_reset(struct tls12_record *record)
{
	record->suite = NULL;
	record->sequence = 0;
}

bool tls12_record_set_keys(struct tls12_record *record, const struct tls_aead_ciphers *ciphers,
	const struct tls12_suite *suite, const uint8_t *key, const uint8_t *iv)
{
	const bool ok = tls_aead_set_key(&record->aead, ciphers, suite->aead, key);
	memcpy(record->iv, iv, tls12_keys_iv_bytes(suite));
	record->suite = ok ? suite : NULL;
	record->sequence = 0;
	return ok;
}

/* RFC 5288 section 3: with GCM each record carries 8 octets of its nonce. */
static size_t explicit_bytes(const struct tls12_suite *suite)
{
	return suite->aead == TLS_AEAD_CHACHA20_POLY1305 ? 0 : EXPLICIT_BYTES;
}

static void write_number(uint8_t *out, uint64_t number, unsigned octets)
{
	for (unsigned i = 0; i < octets; i++)
		out[i] = (uint8_t)(number >> (8 * (octets - 1 - i)));
}

static void write_header(uint8_t *out, uint8_t type, size_t len)
{
	out[0] = type;
	out[1] = out[2] = 3;
	write_number(out + 3, len, 2);
}

/* RFC 5246 section 6.2.3.3: the sequence number, then the header as it was before protection. */
static void make_additional(const struct tls12_record *record, uint8_t type, size_t len, uint8_t *out)
{
	write_number(out, record->sequence, 8);
	write_header(out + 8, type, len);
}

/* @param explicit  the record's own part of the nonce, with GCM. */
static void make_nonce(const struct tls12_record *record, const uint8_t *explicit, uint8_t *out)
{
	if (explicit_bytes(record->suite) == 0) {
		tls_aead_nonce(record->iv, record->sequence, out);
		return;
	}
	memcpy(out, record->iv, TLS_AEAD_NONCE_BYTES - EXPLICIT_BYTES);
	memcpy(out + TLS_AEAD_NONCE_BYTES - EXPLICIT_BYTES, explicit, EXPLICIT_BYTES);
}

enum tls13_record_result tls12_record_open(
	struct tls12_record *record, struct bytes whole, uint8_t *out, size_t *out_len)
{
	const size_t before = TLS13_RECORD_HEADER_BYTES + explicit_bytes(record->suite);
	if (whole.len < before + TLS_AEAD_TAG_BYTES)
		return TLS13_RECORD_BAD_MAC;
	const struct bytes sealed = {whole.data + before, whole.len - before};
	const size_t len = sealed.len - TLS_AEAD_TAG_BYTES;
	uint8_t nonce[TLS_AEAD_NONCE_BYTES], additional[ADDITIONAL_BYTES];
	make_nonce(record, whole.data + TLS13_RECORD_HEADER_BYTES, nonce);
	make_additional(record, whole.data[0], len, additional);
	switch (tls_aead_open(&record->aead, nonce, (struct bytes){additional, sizeof(additional)}, sealed, out)) {
	case TLS_AEAD_OK:
		break;
	case TLS_AEAD_BAD_TAG:
		return TLS13_RECORD_BAD_MAC;
	case TLS_AEAD_NO_CRYPTO:
		return TLS13_RECORD_NO_CRYPTO;
	}
	record->sequence++;
	*out_len = len;
	return len > TLS13_RECORD_FRAGMENT_MAX_BYTES ? TLS13_RECORD_TOO_LONG : TLS13_RECORD_OK;
}

enum tls13_record_result tls12_record_seal(
	struct tls12_record *record, enum tls13_record_type type, struct bytes fragment, uint8_t *out, size_t *out_len)
{
	if (fragment.len > TLS13_RECORD_FRAGMENT_MAX_BYTES)
		return TLS13_RECORD_TOO_LONG;
	const size_t own = record->suite ? explicit_bytes(record->suite) : 0;
	uint8_t *at = out + TLS13_RECORD_HEADER_BYTES + own;
	if (fragment.len > 0)
		memcpy(at, fragment.data, fragment.len);
	*out_len = TLS13_RECORD_HEADER_BYTES + own + fragment.len;
	if (record->suite) {
		uint8_t nonce[TLS_AEAD_NONCE_BYTES], additional[ADDITIONAL_BYTES];
		/* The sequence number never comes twice: the simplest nonce there is (RFC 5288 section 3). */
		write_number(out + TLS13_RECORD_HEADER_BYTES, record->sequence, (unsigned)own);
		make_nonce(record, out + TLS13_RECORD_HEADER_BYTES, nonce);
		make_additional(record, (uint8_t)type, fragment.len, additional);
		if (!tls_aead_seal(
			    &record->aead, nonce, (struct bytes){additional, sizeof(additional)}, at, fragment.len))
			return TLS13_RECORD_NO_CRYPTO;
		record->sequence++;
		*out_len += TLS_AEAD_TAG_BYTES;
	}
	write_header(out, (uint8_t)type, *out_len - TLS13_RECORD_HEADER_BYTES);
	return TLS13_RECORD_OK;
}
