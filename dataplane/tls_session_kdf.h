/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * TLS 1.3's key derivation for libssl, by tls13_hash: a provider built into the program, with one algorithm, TLS13-KDF.
 * libssl derives some twenty secrets in a handshake; OpenSSL's own KDF looks up a digest, a MAC and their contexts by
 * name for each (docs/decisions/tls-key-derivation.md).
 */
#ifndef HANDFAST_TLS_SESSION_KDF_H
#define HANDFAST_TLS_SESSION_KDF_H

#include <openssl/provider.h>
#include <openssl/types.h>

/** The property query that prefers this provider where it has an algorithm: SSL_CTX_new_ex(). */
#define TLS_SESSION_KDF_PROPERTIES "?provider=handfast"

/**
 * Load the provider.
 *
 * @param library  a library context; its other providers stay as they are.
 * @return the provider, or NULL: memory is out.
 * Owner:   the caller; OSSL_PROVIDER_unload(), before the library context is freed.
 * Threads: while nobody else uses the library context. What is fetched then is as free of threads as OpenSSL's own.
 *
 * Source: RFC 8446 sections 4.4.4 and 7.1; EVP_KDF-TLS13_KDF(7), of which the modes EXTRACT_ONLY and EXPAND_ONLY are
 * there, with SHA-256 and SHA-384, the prefix "tls13 " and labels of up to TLS13_HASH_LABEL_MAX_BYTES: what libssl asks
 * for, exporters excepted. Everything else fails. All parameters come with EVP_KDF_derive(): a context keeps none.
 */
OSSL_PROVIDER *tls_session_kdf_load(OSSL_LIB_CTX *library);

#endif
