/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Checking a server's signature against its leaf certificate, and the leaf's names: of CertificateVerify (RFC 8446
 * section 4.4.3) or of ServerKeyExchange in TLS 1.2 (RFC 8422 section 5.4). No chain is built and no date is read: that
 * is not a load generator's question.
 */
#ifndef HANDFAST_TLS13_VERIFY_H
#define HANDFAST_TLS13_VERIFY_H

#include "tls_leaf.h"

#include <stdbool.h>

/** How many signature schemes are known. */
#define TLS13_VERIFY_SCHEMES 13

enum tls13_verify_result {
	TLS13_VERIFY_OK,
	TLS13_VERIFY_BAD_CERTIFICATE, /**< not to be read, or its key does not fit the scheme */
	TLS13_VERIFY_BAD_SIGNATURE,
	TLS13_VERIFY_WRONG_NAME,
};

/**
 * @param leaves      seen before by this thread
 * @param leaf        DER
 * @param transcript  hash up to and with Certificate.
 * @param name        host name that the leaf must be for, len 0: any.
 * Threads: that of the leaves.
 */
enum tls13_verify_result tls13_verify(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes transcript, struct bytes name);

/** As tls13_verify(), ServerKeyExchange of TLS 1.2: PKCS#1 v1.5 too, and ECDSA on any curve. @param content  signed. */
enum tls13_verify_result tls13_verify_parameters(struct tls_leaf_cache *leaves, struct bytes leaf, uint16_t scheme,
	struct bytes signature, struct bytes content, struct bytes name);

/** All schemes that are known to tls13_verify_parameters(), best first. */
void tls13_verify_schemes(uint16_t out[TLS13_VERIFY_SCHEMES]);

/** @return true for a scheme of ECDSA or EdDSA, false for one of RSA, or unknown. */
bool tls13_verify_is_ecdsa(uint16_t scheme);

#endif
