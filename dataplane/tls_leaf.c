/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_leaf.h"

#include <stdlib.h>
#include <string.h>

static void forget(struct tls_leaf *leaf)
{
	free(leaf->der);
	X509_free(leaf->certificate);
	*leaf = (struct tls_leaf){0};
}

void tls_leaf_cache_fini(struct tls_leaf_cache *cache)
{
	for (size_t i = 0; i < TLS_LEAF_KEPT; i++)
		forget(&cache->kept[i]);
}

/* A certificate ends with its signature: its last octets are as good as a hash. */
static struct tls_leaf *place_of(struct tls_leaf_cache *cache, struct bytes der)
{
	const unsigned last = der.len >= 2 ? (unsigned)der.data[der.len - 2] << 8 | der.data[der.len - 1] : 0;
	return &cache->kept[last % TLS_LEAF_KEPT];
}

static X509 *parse(struct bytes der)
{
	const uint8_t *at = der.data;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
	if (certificate && at == der.data + der.len)
		return certificate;
	X509_free(certificate);
	return NULL;
}

X509 *tls_leaf_find(struct tls_leaf_cache *cache, struct bytes der)
{
	struct tls_leaf *leaf = place_of(cache, der);
	if (leaf->certificate && leaf->len == der.len && memcmp(leaf->der, der.data, der.len) == 0)
		return leaf->certificate;
	forget(leaf);
	leaf->certificate = parse(der);
	leaf->der = leaf->certificate ? malloc(der.len) : NULL;
	if (!leaf->der) {
		forget(leaf);
		return NULL;
	}
	memcpy(leaf->der, der.data, der.len);
	leaf->len = der.len;
	return leaf->certificate;
}
