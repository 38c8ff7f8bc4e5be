/* SPDX-License-Identifier: BSD-3-Clause */
/** Real certificates for tests, made in memory: a root, an intermediate, leaves of every key type, and the files a
 * share has. */
#ifndef HANDFAST_TEST_CERTIFICATES_H
#define HANDFAST_TEST_CERTIFICATES_H

#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/** Root → intermediate → leaves. */
struct test_certificates_ca {
	X509 *root, *intermediate;
	EVP_PKEY *root_key, *intermediate_key;
};

struct test_certificates_pair {
	X509 *leaf;
	EVP_PKEY *key;
};

/** @return false if OpenSSL failed. Owner: the caller, test_certificates_ca_fini(). */
bool test_certificates_ca_init(struct test_certificates_ca *ca);
void test_certificates_ca_fini(struct test_certificates_ca *ca);

/**
 * Issue a leaf for a DNS name, valid from yesterday for not_after_days from now (may be negative: expired).
 * @param rsa_bits  for RSA keys
 */
bool test_certificates_issue(const struct test_certificates_ca *ca, enum certificate_key key_type, unsigned rsa_bits,
	const char *dns_name, int not_after_days, struct test_certificates_pair *out);
void test_certificates_pair_fini(struct test_certificates_pair *pair);

/**
 * Make the table's form of one or two pairs, with the intermediate as their chain.
 * @return NULL on failure. Owner: the caller, certificate_destroy().
 */
struct certificate *test_certificates_pack(const struct test_certificates_ca *ca, struct certificate_chains *chains,
	const struct test_certificates_pair *pairs, unsigned n_pairs, const char *file);

/** Write leaf, key and intermediate as PKCS#12 with PBES2/AES. @param password may be NULL. */
bool test_certificates_write_pfx(const struct test_certificates_ca *ca, const struct test_certificates_pair *pair,
	const char *path, const char *password);
/** Write leaf, intermediate, then key as PEM. */
bool test_certificates_write_pem(
	const struct test_certificates_ca *ca, const struct test_certificates_pair *pair, const char *path);

#endif
