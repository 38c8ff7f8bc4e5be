/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_credentials.h"
#include "tls_hash.h"

#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#define NONE UINT32_MAX

struct live_leaf {
	X509 *leaf;
	EVP_PKEY *key;
	STACK_OF(X509) * chain;
};

/* One live certificate. Linked by index: in its bucket, and in the list from most to least recently used. */
struct entry {
	uint64_t generation; /* 0: free */
	uint32_t next_in_bucket;
	uint32_t newer, older;
	uint32_t n_leaves;
	struct live_leaf leaves[CERTIFICATE_MAX_LEAVES];
	uint8_t fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES];
};

struct tls_credentials {
	OSSL_LIB_CTX *library;
	uint32_t bound, n_live;
	uint32_t newest, oldest;
	uint32_t bucket_mask;
	uint32_t *buckets;
	struct entry *entries; /* the first n_live are in use */
};

struct tls_credentials *tls_credentials_create(OSSL_LIB_CTX *library, unsigned bound)
{
	struct tls_credentials *credentials = OPENSSL_zalloc(sizeof(*credentials));
	if (credentials == NULL)
		return NULL;
	uint32_t n_buckets = 1;
	while (n_buckets < bound && n_buckets < UINT32_MAX / 2)
		n_buckets *= 2;
	credentials->library = library;
	credentials->bound = bound;
	credentials->newest = credentials->oldest = NONE;
	credentials->bucket_mask = n_buckets - 1;
	credentials->buckets = OPENSSL_malloc(n_buckets * sizeof(uint32_t));
	credentials->entries = OPENSSL_zalloc(bound * sizeof(struct entry));
	if (credentials->buckets == NULL || credentials->entries == NULL) {
		tls_credentials_destroy(credentials);
		return NULL;
	}
	for (uint32_t i = 0; i < n_buckets; i++)
		credentials->buckets[i] = NONE;
	return credentials;
}

static void free_leaves(struct entry *entry)
{
	for (uint32_t i = 0; i < entry->n_leaves; i++) {
		X509_free(entry->leaves[i].leaf);
		EVP_PKEY_free(entry->leaves[i].key);
		sk_X509_pop_free(entry->leaves[i].chain, X509_free);
	}
	entry->n_leaves = 0;
}

void tls_credentials_destroy(struct tls_credentials *credentials)
{
	if (credentials == NULL)
		return;
	for (uint32_t i = 0; i < credentials->n_live; i++)
		free_leaves(&credentials->entries[i]);
	OPENSSL_free(credentials->entries);
	OPENSSL_free(credentials->buckets);
	OPENSSL_free(credentials);
}

size_t tls_credentials_live(const struct tls_credentials *credentials)
{
	return credentials->n_live;
}

/* --- parsing
 * ------------------------------------------------------------------------------------------------------------ */

static X509 *parse_x509(OSSL_LIB_CTX *library, struct bytes der)
{
	X509 *x509 = X509_new_ex(library, NULL);
	const unsigned char *at = der.data;
	if (x509 == NULL || d2i_X509(&x509, &at, (long)der.len) == NULL) {
		X509_free(x509);
		return NULL;
	}
	return x509;
}

static STACK_OF(X509) * parse_chain(OSSL_LIB_CTX *library, const struct certificate_chain *chain)
{
	STACK_OF(X509) *stack = sk_X509_new_null();
	for (size_t i = 0; stack != NULL && i < certificate_chain_length(chain); i++) {
		X509 *x509 = parse_x509(library, certificate_chain_get(chain, i));
		if (x509 == NULL || sk_X509_push(stack, x509) == 0) {
			X509_free(x509);
			sk_X509_pop_free(stack, X509_free);
			return NULL;
		}
	}
	return stack;
}

/* Told what kind of key to expect OpenSSL tries one decoder; left to guess, all it has: 77 or 320 us of a worker's
 * time. */
static int evp_type(enum certificate_key key)
{
	static const int types[] = {
		[CERTIFICATE_KEY_RSA] = EVP_PKEY_RSA,
		[CERTIFICATE_KEY_EC_P256] = EVP_PKEY_EC,
		[CERTIFICATE_KEY_EC_P384] = EVP_PKEY_EC,
		[CERTIFICATE_KEY_ED25519] = EVP_PKEY_ED25519,
	};
	return types[key];
}

/* The key's DER is read where it lies, in locked memory. What OpenSSL makes of it is on OpenSSL's heap
 * (docs/decisions/key-material.md). */
static bool parse_leaf(OSSL_LIB_CTX *library, const struct certificate_leaf *from, struct live_leaf *out)
{
	const unsigned char *at = from->key_der.data;
	out->leaf = parse_x509(library, from->leaf_der);
	out->key = d2i_PrivateKey_ex(evp_type(from->key_type), NULL, &at, (long)from->key_der.len, library, NULL);
	out->chain = parse_chain(library, from->chain);
	return out->leaf != NULL && out->key != NULL && out->chain != NULL;
}

/* A leaf's DER begins with its own length, so that no two lists of leaves are the same octets. */
static void take_fingerprint(const struct certificate *certificate, uint8_t out[TLS_CREDENTIALS_FINGERPRINT_BYTES])
{
	uint8_t digest[TLS_HASH_MAX_BYTES];
	struct tls_hash hash;
	tls_hash_init(&hash, TLS_HASH_SHA256);
	for (uint32_t i = 0; i < certificate->n_leaves; i++)
		tls_hash_update(&hash, certificate->leaves[i].leaf_der);
	tls_hash_peek(&hash, digest);
	memcpy(out, digest, TLS_CREDENTIALS_FINGERPRINT_BYTES);
}

static bool parse(OSSL_LIB_CTX *library, const struct certificate *certificate, struct entry *out)
{
	for (uint32_t i = 0; i < certificate->n_leaves; i++) {
		out->n_leaves++;
		if (parse_leaf(library, &certificate->leaves[i], &out->leaves[i]))
			continue;
		free_leaves(out);
		return false;
	}
	take_fingerprint(certificate, out->fingerprint);
	return true;
}

/* --- the cache
 * ---------------------------------------------------------------------------------------------------------- */

/* Generations count up: their low bits spread evenly, and no peer chooses them. */
static uint32_t *bucket_of(struct tls_credentials *credentials, uint64_t generation)
{
	return &credentials->buckets[(uint32_t)generation & credentials->bucket_mask];
}

static void unlink_use(struct tls_credentials *credentials, const struct entry *entry)
{
	uint32_t *from_newer = entry->newer != NONE ? &credentials->entries[entry->newer].older : &credentials->newest;
	uint32_t *from_older = entry->older != NONE ? &credentials->entries[entry->older].newer : &credentials->oldest;
	*from_newer = entry->older;
	*from_older = entry->newer;
}

static void link_newest(struct tls_credentials *credentials, uint32_t index)
{
	struct entry *entry = &credentials->entries[index];
	entry->newer = NONE;
	entry->older = credentials->newest;
	if (credentials->newest != NONE)
		credentials->entries[credentials->newest].newer = index;
	else
		credentials->oldest = index;
	credentials->newest = index;
}

static struct entry *find(struct tls_credentials *credentials, uint64_t generation)
{
	uint32_t index = *bucket_of(credentials, generation);
	while (index != NONE && credentials->entries[index].generation != generation)
		index = credentials->entries[index].next_in_bucket;
	if (index == NONE)
		return NULL;
	struct entry *entry = &credentials->entries[index];
	if (index != credentials->newest) {
		unlink_use(credentials, entry);
		link_newest(credentials, index);
	}
	return entry;
}

static void give_up(struct tls_credentials *credentials, uint32_t index)
{
	struct entry *entry = &credentials->entries[index];
	uint32_t *link = bucket_of(credentials, entry->generation);
	while (*link != index)
		link = &credentials->entries[*link].next_in_bucket;
	*link = entry->next_in_bucket;
	unlink_use(credentials, entry);
	free_leaves(entry);
}

static struct entry *add(struct tls_credentials *credentials, uint64_t generation, const struct entry *parsed)
{
	uint32_t index = credentials->n_live;
	if (index < credentials->bound) {
		credentials->n_live++;
	} else {
		index = credentials->oldest;
		give_up(credentials, index);
	}
	struct entry *entry = &credentials->entries[index];
	*entry = *parsed;
	uint32_t *bucket = bucket_of(credentials, generation);
	entry->generation = generation;
	entry->next_in_bucket = *bucket;
	*bucket = index;
	link_newest(credentials, index);
	return entry;
}

/* OpenSSL has one place per key family: a second leaf of the family would silently replace the first. */
static bool use_leaf(SSL *ssl, const struct entry *entry, uint32_t i)
{
	const struct live_leaf *leaf = &entry->leaves[i];
	bool is_second_of_family =
		i > 0 && EVP_PKEY_get_base_id(leaf->key) == EVP_PKEY_get_base_id(entry->leaves[0].key);
	return is_second_of_family || SSL_use_cert_and_key(ssl, leaf->leaf, leaf->key, leaf->chain, 1) == 1;
}

bool tls_credentials_apply(struct tls_credentials *credentials, const struct certificate *certificate, SSL *ssl,
	uint8_t out_fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES])
{
	struct entry *entry = find(credentials, certificate->generation);
	if (entry == NULL) {
		struct entry parsed = {.n_leaves = 0};
		if (!parse(credentials->library, certificate, &parsed))
			return false;
		entry = add(credentials, certificate->generation, &parsed);
	}
	for (uint32_t i = 0; i < entry->n_leaves; i++) {
		if (!use_leaf(ssl, entry, i))
			return false;
	}
	if (out_fingerprint != NULL)
		memcpy(out_fingerprint, entry->fingerprint, TLS_CREDENTIALS_FINGERPRINT_BYTES);
	return entry->n_leaves > 0;
}
