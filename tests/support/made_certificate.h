/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Certificates for tests of what only moves them about: right shape, made-up DER, no cryptography. For real ones see
 * test_certificates.h.
 */
#ifndef HANDFAST_TEST_MADE_CERTIFICATE_H
#define HANDFAST_TEST_MADE_CERTIFICATE_H

#include "certificate.h"

#include <stdlib.h>
#include <string.h>

/** Make a DER SEQUENCE with content_len octets in it. @return its length; der must have room for 4 more. */
static inline size_t made_der(uint8_t *der, size_t content_len, uint8_t content)
{
	size_t at = 0;
	der[at++] = 0x30;
	if (content_len >= 256) {
		der[at++] = 0x82;
		der[at++] = (uint8_t)(content_len >> 8);
	} else if (content_len >= 128) {
		der[at++] = 0x81;
	}
	der[at++] = (uint8_t)content_len;
	memset(der + at, content, content_len);
	return at + content_len;
}

/** @return a loader's message for a certificate called file, with one leaf; free() it. */
static inline uint8_t *made_message(const char *file, size_t *out_len)
{
	uint8_t leaf[320], key[160], chain[700];
	size_t leaf_len = made_der(leaf, 300, 1), key_len = made_der(key, 134, 2);
	size_t chain_len = made_der(chain, 300, 3);
	chain_len += made_der(chain + chain_len, 100, 4);
	const char *const names[] = {"a.example", "*.b.example"};
	struct certificate certificate = {
		.leaves = {{.key_type = CERTIFICATE_KEY_EC_P256,
			.leaf_der = {leaf, leaf_len},
			.key_der = {key, key_len}}},
		.n_leaves = 1,
		.warnings = CERTIFICATE_WARN_CHAIN_INCOMPLETE,
		.not_before = 1000,
		.not_after = 2000,
		.file = file,
		.subject = "a.example",
		.issuer = "Example CA",
		.names = names,
		.n_names = 2,
	};
	struct bytes chains[CERTIFICATE_MAX_LEAVES] = {{chain, chain_len}};
	return certificate_encode(&certificate, chains, out_len);
}

/** @return such a certificate, or NULL. */
static inline struct certificate *made_certificate(struct certificate_chains *chains, const char *file)
{
	size_t len;
	uint8_t *message = made_message(file, &len);
	struct certificate *certificate = NULL;
	if (message != NULL && certificate_decode((struct bytes){message, len}, chains, &certificate) != 0)
		certificate = NULL;
	free(message);
	return certificate;
}

#endif
