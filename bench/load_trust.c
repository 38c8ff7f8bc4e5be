/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_trust.h"
#include "tls_reader.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>
#include <openssl/x509v3.h>

#define KEPT_CHAINS 4096 /**< judgements, found by the first octets of the hash */

struct judgement {
	uint8_t hash[SHA256_DIGEST_LENGTH];
	bool is_there, is_trusted;
};

struct load_trust {
	X509_STORE *store;
	struct judgement kept[KEPT_CHAINS];
};

struct load_trust *load_trust_create(const char *path, struct load_error *error)
{
	struct load_trust *trust = calloc(1, sizeof(*trust));
	if (trust)
		trust->store = X509_STORE_new();
	if (!trust || !trust->store)
		load_error_set(error, "out of memory");
	else if (X509_STORE_load_file(trust->store, path) == 1)
		return trust;
	else
		load_error_set(error, "--ca-file: expected certificates in PEM in %s, found none", path);
	load_trust_destroy(trust);
	return NULL;
}

void load_trust_destroy(struct load_trust *trust)
{
	if (!trust)
		return;
	X509_STORE_free(trust->store);
	free(trust);
}

/* The leaf is the first; the others may help to build the chain, in any order. */
static STACK_OF(X509) * read_chain(struct bytes body, bool is_tls13)
{
	struct tls_reader reader = tls_reader_of(body);
	STACK_OF(X509) *chain = sk_X509_new_null();
	if (is_tls13)
		(void)tls_reader_vector(&reader, 1); /* certificate_request_context */
	struct tls_reader list = tls_reader_of(tls_reader_vector(&reader, 3));
	while (chain && tls_reader_has_more(&list)) {
		const struct bytes der = tls_reader_vector(&list, 3);
		const uint8_t *at = der.data;
		X509 *certificate = d2i_X509(NULL, &at, (long)der.len);
		if (is_tls13)
			(void)tls_reader_vector(&list, 2); /* extensions */
		if (certificate && sk_X509_push(chain, certificate) > 0)
			continue;
		X509_free(certificate);
		sk_X509_pop_free(chain, X509_free);
		return NULL;
	}
	return chain;
}

static bool verify(const struct load_trust *trust, struct bytes body, bool is_tls13)
{
	STACK_OF(X509) *chain = read_chain(body, is_tls13);
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	bool ok = chain && sk_X509_num(chain) > 0 && context &&
		  X509_STORE_CTX_init(context, trust->store, sk_X509_value(chain, 0), chain) == 1 &&
		  X509_STORE_CTX_set_default(context, "ssl_server") == 1 && X509_verify_cert(context) == 1;
	X509_STORE_CTX_free(context);
	sk_X509_pop_free(chain, X509_free);
	return ok;
}

bool load_trust_judge(struct load_trust *trust, struct bytes body, bool is_tls13)
{
	uint8_t hash[SHA256_DIGEST_LENGTH];
	SHA256(body.data, body.len, hash);
	struct judgement *judgement = &trust->kept[((unsigned)hash[0] << 8 | hash[1]) % KEPT_CHAINS];
	if (judgement->is_there && memcmp(judgement->hash, hash, sizeof(hash)) == 0)
		return judgement->is_trusted;
	judgement->is_there = true;
	memcpy(judgement->hash, hash, sizeof(hash));
	judgement->is_trusted = verify(trust, body, is_tls13);
	return judgement->is_trusted;
}
