/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Handfast's own OpenSSL provider, built into the program: what libssl does at every handshake and OpenSSL does dearly.
 *
 * - TLS13-KDF, the key derivation of TLS 1.3, by tls_hash (docs/decisions/tls-key-derivation.md);
 * - X25519 as a key exchange of TLS, by crypto_x25519, where the processor has AVX-512 IFMA (docs/decisions/x25519.md).
 *
 * All else stays with OpenSSL's default provider.
 */
#ifndef HANDFAST_CRYPTO_PROVIDER_H
#define HANDFAST_CRYPTO_PROVIDER_H

#include <stdbool.h>

#include <openssl/provider.h>
#include <openssl/types.h>

/** The property query that prefers this provider where it has an algorithm: SSL_CTX_new_ex(). */
#define CRYPTO_PROVIDER_PROPERTIES "?provider=handfast"

/**
 * Load the provider.
 *
 * @param library        a library context; its other providers stay as they are. Key pairs take their randomness from
 * its private generator.
 * @param allow_vectors  false: no X25519, as on a processor without AVX-512 IFMA.
 * @return the provider, or NULL: memory is out.
 * Owner:   the caller; OSSL_PROVIDER_unload(), before the library context is freed.
 * Threads: loaded while nobody else uses the library context; then one thread at a time for the whole provider, since
 * key pairs are made ahead for all who ask.
 */
OSSL_PROVIDER *crypto_provider_load(OSSL_LIB_CTX *library, bool allow_vectors);

/** Wipe key pairs that were made ahead and not asked for. Threads: the provider's. */
void crypto_provider_forget(OSSL_PROVIDER *provider);

#endif
