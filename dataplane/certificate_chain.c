/* SPDX-License-Identifier: BSD-3-Clause */
/* A hash table with buckets, keyed by SHA-256 of the content: equal digests are equal chains. */
#include "certificate_chain.h"

#include <assert.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 64

struct certificate_chain {
	struct certificate_chain *next; /* in its bucket */
	uint8_t digest[SHA256_DIGEST_LENGTH];
	size_t references;
	uint32_t n;
	uint32_t ends[CERTIFICATE_MAX_CHAIN]; /* offset in der behind the i-th certificate */
	uint8_t der[];
};

struct certificate_chains {
	struct secret_arena *secrets;
	uint64_t last_generation;
	struct certificate_chain **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_chains;
};

struct certificate_chains *certificate_chains_create(void)
{
	struct certificate_chains *chains = calloc(1, sizeof(*chains));
	if (chains == NULL)
		return NULL;
	chains->secrets = secret_arena_create();
	chains->buckets = calloc(FIRST_BUCKETS, sizeof(struct certificate_chain *));
	chains->n_buckets = FIRST_BUCKETS;
	if (chains->secrets == NULL || chains->buckets == NULL) {
		certificate_chains_destroy(chains);
		return NULL;
	}
	return chains;
}

void certificate_chains_destroy(struct certificate_chains *chains)
{
	if (chains == NULL)
		return;
	assert(chains->n_chains == 0);
	secret_arena_destroy(chains->secrets);
	free(chains->buckets);
	free(chains);
}

size_t certificate_chains_count(const struct certificate_chains *chains)
{
	return chains->n_chains;
}

bool certificate_chains_keys_locked(const struct certificate_chains *chains)
{
	return secret_arena_is_locked(chains->secrets);
}

uint64_t certificate_chain_next_generation(struct certificate_chains *chains)
{
	return ++chains->last_generation;
}

struct secret_arena *certificate_chain_secrets(struct certificate_chains *chains)
{
	return chains->secrets;
}

/* X.690 sections 8.1.3 and 10.1: definite length, in the fewest octets. Three length octets reach 16 MiB. */
size_t certificate_chain_der_length(struct bytes der)
{
	const uint8_t sequence = 0x30;
	if (der.len < 2 || der.data[0] != sequence)
		return 0;
	size_t header = 2, content = der.data[1];
	if (content >= 0x80) {
		size_t n_octets = content & 0x7f;
		if (n_octets == 0 || n_octets > 3 || der.len < header + n_octets)
			return 0;
		content = 0;
		for (size_t i = 0; i < n_octets; i++)
			content = content << 8 | der.data[header + i];
		if (content < 0x80 || der.data[header] == 0)
			return 0;
		header += n_octets;
	}
	return content <= der.len - header ? header + content : 0;
}

int certificate_chain_count(struct bytes der)
{
	int n = 0;
	while (der.len > 0) {
		size_t len = certificate_chain_der_length(der);
		if (len == 0 || n == CERTIFICATE_MAX_CHAIN)
			return -1;
		der.data += len;
		der.len -= len;
		n++;
	}
	return n;
}

static size_t bucket_of(const struct certificate_chains *chains, const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	uint64_t word;
	memcpy(&word, digest, sizeof(word));
	return (size_t)word & (chains->n_buckets - 1);
}

static struct certificate_chain *find(
	const struct certificate_chains *chains, const uint8_t digest[SHA256_DIGEST_LENGTH])
{
	struct certificate_chain *chain = chains->buckets[bucket_of(chains, digest)];
	while (chain != NULL && memcmp(chain->digest, digest, SHA256_DIGEST_LENGTH) != 0)
		chain = chain->next;
	return chain;
}

static void link_chain(struct certificate_chains *chains, struct certificate_chain *chain)
{
	struct certificate_chain **bucket = &chains->buckets[bucket_of(chains, chain->digest)];
	chain->next = *bucket;
	*bucket = chain;
}

/* No memory for more buckets: longer walks, nothing worse. */
static void grow(struct certificate_chains *chains)
{
	struct certificate_chain **old = chains->buckets;
	size_t n_old = chains->n_buckets;
	struct certificate_chain **buckets = calloc(n_old * 2, sizeof(struct certificate_chain *));
	if (buckets == NULL)
		return;
	chains->buckets = buckets;
	chains->n_buckets = n_old * 2;
	for (size_t i = 0; i < n_old; i++) {
		for (struct certificate_chain *chain = old[i], *next; chain != NULL; chain = next) {
			next = chain->next;
			link_chain(chains, chain);
		}
	}
	free(old);
}

static struct certificate_chain *make(struct bytes der)
{
	struct certificate_chain *chain = calloc(1, sizeof(*chain) + der.len);
	if (chain == NULL)
		return NULL;
	memcpy(chain->der, der.data, der.len);
	for (size_t end = 0; end < der.len; chain->n++) {
		end += certificate_chain_der_length((struct bytes){der.data + end, der.len - end});
		chain->ends[chain->n] = (uint32_t)end;
	}
	return chain;
}

int certificate_chain_intern(
	struct certificate_chains *chains, struct bytes der, const struct certificate_chain **out_chain)
{
	*out_chain = NULL;
	if (der.len == 0)
		return 0;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	if (SHA256(der.data, der.len, digest) == NULL)
		return -ENOMEM;
	struct certificate_chain *chain = find(chains, digest);
	if (chain == NULL) {
		chain = make(der);
		if (chain == NULL)
			return -ENOMEM;
		memcpy(chain->digest, digest, sizeof(digest));
		if (chains->n_chains >= chains->n_buckets)
			grow(chains);
		link_chain(chains, chain);
		chains->n_chains++;
	}
	chain->references++;
	*out_chain = chain;
	return 0;
}

void certificate_chain_release(struct certificate_chains *chains, const struct certificate_chain *chain)
{
	if (chain == NULL)
		return;
	struct certificate_chain **link = &chains->buckets[bucket_of(chains, chain->digest)];
	while (*link != chain)
		link = &(*link)->next;
	struct certificate_chain *owned = *link;
	if (--owned->references > 0)
		return;
	*link = owned->next;
	chains->n_chains--;
	free(owned);
}

size_t certificate_chain_length(const struct certificate_chain *chain)
{
	return chain != NULL ? chain->n : 0;
}

struct bytes certificate_chain_get(const struct certificate_chain *chain, size_t i)
{
	assert(i < chain->n);
	uint32_t begin = i > 0 ? chain->ends[i - 1] : 0;
	return (struct bytes){chain->der + begin, chain->ends[i] - begin};
}
