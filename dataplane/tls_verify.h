/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Checking a server's signature against its leaf certificate, and the leaf's names: of CertificateVerify (RFC 8446
 * section 4.4.3) or of ServerKeyExchange in TLS 1.2 (RFC 8422 section 5.4). No chain is built and no date is read: that
 * is not a load generator's question.
 */
#ifndef HANDFAST_TLS_VERIFY_H
#define HANDFAST_TLS_VERIFY_H

#include "tls_leaf.h"

#include <stdbool.h>

/** How many signature schemes are known. */
#define TLS_VERIFY_SCHEMES 13

enum tls_verify_result {
	TLS_VERIFY_OK,
	TLS_VERIFY_BAD_CERTIFICATE, /**< not to be read, or its key does not fit the scheme */
	TLS_VERIFY_BAD_SIGNATURE,
	TLS_VERIFY_WRONG_NAME,
};

/**
 * @param leaves      seen before by this thread
 * @param leaf        DER
 * @param transcript  hash up to and with Certificate.
 * @param name        host name that the leaf must be for, len 0: any.
 * Threads: that of the leaves.
 */
enum tls_verify_result tls_verify_transcript(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes transcript, struct bytes name);

/** As tls_verify_transcript(), ServerKeyExchange of TLS 1.2: PKCS#1 v1.5 too, and ECDSA on any curve. @param content
 * signed. */
enum tls_verify_result tls_verify_parameters(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes content, struct bytes name);

/** All schemes that are known to tls_verify_parameters(), best first. */
void tls_verify_schemes(uint16_t out[TLS_VERIFY_SCHEMES]);

/** @return true for a scheme of ECDSA or EdDSA, false for one of RSA, or unknown. */
bool tls_verify_is_ecdsa(uint16_t scheme);

#endif
