/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Leaf certificates that servers have shown, parsed: one that comes again costs a comparison. Parsing it and taking its
 * key out costs as much as checking a signature with it (docs/decisions/tls12-client.md).
 */
#ifndef HANDFAST_TLS_LEAF_H
#define HANDFAST_TLS_LEAF_H

#include "bytes.h"

#include <openssl/x509.h>

/** Kept at once, each at a place that its octets say: names beyond that take turns. */
#define TLS_LEAF_KEPT 64

/** Zeroed: empty. Owner: the holder, tls_leaf_cache_fini(). Threads: the holder's. */
struct tls_leaf_cache {
	struct tls_leaf {
		uint8_t *der;
		size_t len;
		X509 *certificate;
	} kept[TLS_LEAF_KEPT];
};

void tls_leaf_cache_fini(struct tls_leaf_cache *cache);

/**
 * @param der  of a certificate, to its last octet.
 * @return the certificate, valid until the next call; NULL: it cannot be read, or memory is out.
 */
X509 *tls_leaf_find(struct tls_leaf_cache *cache, struct bytes der);

#endif
