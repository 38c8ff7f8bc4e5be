/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Live OpenSSL objects made from certificates: parsed on first use, the least recently used given up beyond a bound. A
 * session holds references of its own (OpenSSL counts them), so giving one up never pulls it from under a handshake.
 */
#ifndef HANDFAST_TLS_CREDENTIALS_H
#define HANDFAST_TLS_CREDENTIALS_H

#include "certificate.h"

#include <stdint.h>

#include <openssl/ssl.h>

/** Octets that tell certificates apart by their content: of SHA-256 over the leaves. */
#define TLS_CREDENTIALS_FINGERPRINT_BYTES 16

/** The cache of one worker. */
struct tls_credentials;

/**
 * @param library  OpenSSL's library context to make objects in; must outlive the cache.
 * @param bound    certificates kept at most, at least 1.
 * @return NULL if memory is out. Owner: the caller. Threads: one at a time.
 */
struct tls_credentials *tls_credentials_create(OSSL_LIB_CTX *library, unsigned bound);
/** NULL is allowed. */
void tls_credentials_destroy(struct tls_credentials *credentials);

/**
 * Give a TLS session the leaves, keys and chains of a certificate. Where two leaves have keys of one family (two RSA,
 * or P-256 and P-384), the first is used: OpenSSL has one place for each.
 *
 * @param certificate     read during the call only; known again by its generation.
 * @param out_fingerprint on success, what a file with another leaf has another of; NULL: not wanted.
 * @return false if a leaf, a key or a chain does not parse, they do not fit, or OpenSSL's security level refuses them
 * (a 1,024-bit RSA key, a SHA-1 signature): reasons are in OpenSSL's error queue. Cost:    O(1) and no parsing when the
 * certificate is live.
 */
bool tls_credentials_apply(struct tls_credentials *credentials, const struct certificate *certificate, SSL *ssl,
	uint8_t out_fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES]);

/** @return certificates live now, never above the bound. */
size_t tls_credentials_live(const struct tls_credentials *credentials);

#endif
