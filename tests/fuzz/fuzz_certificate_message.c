/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as a loader's message: refused, or a certificate whose every part can be read, that encodes to the same
 * bytes again, and that leaves nothing behind.
 */
#include "certificate.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
	if (!holds)
		abort();
}

static unsigned sum_of(struct bytes bytes)
{
	unsigned sum = 0;
	for (size_t i = 0; i < bytes.len; i++)
		sum += bytes.data[i];
	return sum;
}

/* Read everything a certificate shows, so that a sanitizer sees what lies outside. */
static void touch(const struct certificate *certificate)
{
	size_t sum = strlen(certificate->file) + strlen(certificate->subject) + strlen(certificate->issuer);
	for (size_t i = 0; i < certificate->n_names; i++)
		sum += strlen(certificate->names[i]);
	for (uint32_t i = 0; i < certificate->n_leaves; i++) {
		const struct certificate_leaf *leaf = &certificate->leaves[i];
		sum += sum_of(leaf->leaf_der) + sum_of(leaf->key_der);
		for (size_t k = 0; k < certificate_chain_length(leaf->chain); k++)
			sum += sum_of(certificate_chain_get(leaf->chain, k));
	}
	require(sum != SIZE_MAX);
}

/* A chain's certificates lie one behind the other, as they came. */
static struct bytes whole_chain(const struct certificate_chain *chain)
{
	size_t n = certificate_chain_length(chain);
	if (n == 0)
		return (struct bytes){NULL, 0};
	struct bytes first = certificate_chain_get(chain, 0), last = certificate_chain_get(chain, n - 1);
	return (struct bytes){first.data, (size_t)(last.data - first.data) + last.len};
}

static void check_encodes_to(const struct certificate *certificate, struct bytes message)
{
	struct bytes chains[CERTIFICATE_MAX_LEAVES] = {{NULL, 0}};
	for (uint32_t i = 0; i < certificate->n_leaves; i++)
		chains[i] = whole_chain(certificate->leaves[i].chain);
	size_t len;
	uint8_t *encoded = certificate_encode(certificate, chains, &len);
	require(encoded != NULL && len == message.len && memcmp(encoded, message.data, len) == 0);
	free(encoded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct certificate_chains *chains;
	if (chains == NULL)
		chains = certificate_chains_create();
	struct bytes message = {data, size};
	struct certificate *certificate;
	if (certificate_decode(message, chains, &certificate) != 0) {
		require(certificate == NULL && certificate_chains_count(chains) == 0);
		return 0;
	}
	touch(certificate);
	check_encodes_to(certificate, message);
	certificate_destroy(certificate);
	require(certificate_chains_count(chains) == 0);
	return 0;
}
