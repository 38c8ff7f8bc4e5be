/* SPDX-License-Identifier: BSD-3-Clause */
/** What crypto_provider*.c share: the provider's state, and the functions behind each of its algorithms. */
#ifndef HANDFAST_CRYPTO_PROVIDER_INTERNAL_H
#define HANDFAST_CRYPTO_PROVIDER_INTERNAL_H

#include "crypto_key_pool.h"
#include "secret.h"

#include <openssl/core_dispatch.h>
#include <openssl/types.h>

/** Given by OpenSSL to every function that makes a context or a key. */
struct crypto_provider {
	OSSL_LIB_CTX *library;
	struct secret_arena *secrets; /**< holds the pool */
	struct crypto_key_pool *pool; /**< NULL: no X25519 here */
};

/**
 * TLS13-KDF. Source: RFC 8446 sections 4.4.4 and 7.1; EVP_KDF-TLS13_KDF(7), of which the modes EXTRACT_ONLY and
 * EXPAND_ONLY are there, with SHA-256 and SHA-384, the prefix "tls13 " and labels of up to
 * TLS_HASH_LABEL_MAX_BYTES: what libssl asks for, exporters excepted. Everything else fails. All parameters come with
 * EVP_KDF_derive(): a context keeps none.
 */
extern const OSSL_DISPATCH crypto_provider_kdf_functions[];

/**
 * X25519 as libssl uses it: a key is generated, or is the peer's 32 bytes; two are agreed. Keys cannot be exported or
 * imported, so no private key leaves the provider. Source: RFC 7748, RFC 8446 section 7.4.2; provider-keymgmt(7),
 * provider-keyexch(7).
 */
extern const OSSL_DISPATCH crypto_provider_x25519_key_functions[];
extern const OSSL_DISPATCH crypto_provider_x25519_exchange_functions[];

/** The group x25519 of TLS, for OSSL_PROVIDER_get_capabilities(): provider-base(7), "TLS-GROUP". */
extern const OSSL_PARAM crypto_provider_x25519_group[];

#endif
