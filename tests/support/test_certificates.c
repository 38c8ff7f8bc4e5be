/* SPDX-License-Identifier: BSD-3-Clause */
#include "test_certificates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

static EVP_PKEY *make_key(enum certificate_key key_type, unsigned rsa_bits)
{
	switch (key_type) {
	case CERTIFICATE_KEY_RSA:
		return EVP_RSA_gen(rsa_bits);
	case CERTIFICATE_KEY_EC_P256:
		return EVP_EC_gen("P-256");
	case CERTIFICATE_KEY_EC_P384:
		return EVP_EC_gen("P-384");
	case CERTIFICATE_KEY_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

static bool add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX context;
	X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	bool added = extension != NULL && X509_add_ext(x509, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

static bool set_basics(X509 *x509, const char *common_name, EVP_PKEY *key, int not_after_days)
{
	unsigned char serial[8];
	BIGNUM *number = NULL;
	bool good = RAND_bytes(serial, sizeof(serial)) == 1 && X509_set_version(x509, X509_VERSION_3) == 1;
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	good = good && number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != NULL;
	BN_free(number);
	X509_NAME *name = X509_get_subject_name(x509);
	return good &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1, 0) ==
		       1 &&
	       X509_gmtime_adj(X509_getm_notBefore(x509), -86400) != NULL &&
	       X509_gmtime_adj(X509_getm_notAfter(x509), 86400L * not_after_days) != NULL &&
	       X509_set_pubkey(x509, key) == 1;
}

/* @param issuer NULL: self-signed. @param dns_name NULL: a CA. */
static X509 *issue(const char *common_name, EVP_PKEY *key, int not_after_days, X509 *issuer, EVP_PKEY *issuer_key,
	const char *dns_name)
{
	X509 *x509 = X509_new();
	if (x509 == NULL)
		return NULL;
	char san[300];
	snprintf(san, sizeof(san), "DNS:%s", dns_name != NULL ? dns_name : "");
	X509 *by = issuer != NULL ? issuer : x509;
	bool good =
		set_basics(x509, common_name, key, not_after_days) &&
		X509_set_issuer_name(x509, X509_get_subject_name(by)) == 1 &&
		add_extension(x509, by, NID_basic_constraints, dns_name != NULL ? "CA:FALSE" : "critical,CA:TRUE") &&
		add_extension(x509, by, NID_key_usage,
			dns_name != NULL ? "critical,digitalSignature" : "critical,keyCertSign") &&
		(dns_name == NULL || add_extension(x509, by, NID_subject_alt_name, san)) &&
		X509_sign(x509, issuer_key, EVP_sha256()) > 0;
	if (good)
		return x509;
	X509_free(x509);
	return NULL;
}

bool test_certificates_ca_init(struct test_certificates_ca *ca)
{
	memset(ca, 0, sizeof(*ca));
	ca->root_key = EVP_EC_gen("P-256");
	ca->intermediate_key = EVP_EC_gen("P-256");
	if (ca->root_key == NULL || ca->intermediate_key == NULL)
		return false;
	ca->root = issue("Handfast test root", ca->root_key, 3650, NULL, ca->root_key, NULL);
	if (ca->root == NULL)
		return false;
	ca->intermediate = issue("Handfast test issuer", ca->intermediate_key, 3650, ca->root, ca->root_key, NULL);
	return ca->intermediate != NULL;
}

void test_certificates_ca_fini(struct test_certificates_ca *ca)
{
	X509_free(ca->root);
	X509_free(ca->intermediate);
	EVP_PKEY_free(ca->root_key);
	EVP_PKEY_free(ca->intermediate_key);
}

bool test_certificates_issue(const struct test_certificates_ca *ca, enum certificate_key key_type, unsigned rsa_bits,
	const char *dns_name, int not_after_days, struct test_certificates_pair *out)
{
	out->leaf = NULL;
	out->key = make_key(key_type, rsa_bits);
	if (out->key == NULL)
		return false;
	out->leaf = issue(dns_name, out->key, not_after_days, ca->intermediate, ca->intermediate_key, dns_name);
	return out->leaf != NULL;
}

void test_certificates_pair_fini(struct test_certificates_pair *pair)
{
	X509_free(pair->leaf);
	EVP_PKEY_free(pair->key);
	*pair = (struct test_certificates_pair){NULL, NULL};
}

static struct bytes x509_der(const X509 *x509)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x509, &der);
	return len > 0 ? (struct bytes){der, (size_t)len} : (struct bytes){NULL, 0};
}

static struct bytes key_der(EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	PKCS8_PRIV_KEY_INFO_free(info);
	return len > 0 ? (struct bytes){der, (size_t)len} : (struct bytes){NULL, 0};
}

static enum certificate_key key_type_of(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return CERTIFICATE_KEY_RSA;
	if (EVP_PKEY_is_a(key, "ED25519"))
		return CERTIFICATE_KEY_ED25519;
	return EVP_PKEY_get_bits(key) == 384 ? CERTIFICATE_KEY_EC_P384 : CERTIFICATE_KEY_EC_P256;
}

struct certificate *test_certificates_pack(const struct test_certificates_ca *ca, struct certificate_chains *chains,
	const struct test_certificates_pair *pairs, unsigned n_pairs, const char *file)
{
	struct bytes chain = x509_der(ca->intermediate);
	struct bytes chain_der[CERTIFICATE_MAX_LEAVES] = {chain, chain};
	char subject[256] = "";
	X509_NAME_get_text_by_NID(X509_get_subject_name(pairs[0].leaf), NID_commonName, subject, sizeof(subject));
	const char *names[] = {subject};
	struct certificate certificate = {
		.n_leaves = n_pairs,
		.not_after = 4102444800, /* 2100 */
		.file = file,
		.subject = subject,
		.issuer = "Handfast test issuer",
		.names = names,
		.n_names = 1,
	};
	for (unsigned i = 0; i < n_pairs; i++) {
		certificate.leaves[i].key_type = key_type_of(pairs[i].key);
		certificate.leaves[i].leaf_der = x509_der(pairs[i].leaf);
		certificate.leaves[i].key_der = key_der(pairs[i].key);
	}
	size_t len = 0;
	uint8_t *message = certificate_encode(&certificate, chain_der, &len);
	struct certificate *packed = NULL;
	if (message != NULL && certificate_decode((struct bytes){message, len}, chains, &packed) != 0)
		packed = NULL;
	free(message);
	for (unsigned i = 0; i < n_pairs; i++) {
		OPENSSL_free((void *)(uintptr_t)certificate.leaves[i].leaf_der.data);
		OPENSSL_free((void *)(uintptr_t)certificate.leaves[i].key_der.data);
	}
	OPENSSL_free((void *)(uintptr_t)chain.data);
	return packed;
}

bool test_certificates_write_pfx(const struct test_certificates_ca *ca, const struct test_certificates_pair *pair,
	const char *path, const char *password)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	if (chain == NULL || sk_X509_push(chain, ca->intermediate) == 0)
		return false;
	PKCS12 *pkcs12 = PKCS12_create(password, NULL, pair->key, pair->leaf, chain, 0, 0, 0, 0, 0);
	sk_X509_free(chain);
	FILE *file = fopen(path, "wb");
	bool written = pkcs12 != NULL && file != NULL && i2d_PKCS12_fp(file, pkcs12) == 1;
	if (file != NULL)
		written = fclose(file) == 0 && written;
	PKCS12_free(pkcs12);
	return written;
}

bool test_certificates_write_pem(
	const struct test_certificates_ca *ca, const struct test_certificates_pair *pair, const char *path)
{
	FILE *file = fopen(path, "wb");
	if (file == NULL)
		return false;
	bool written = PEM_write_X509(file, pair->leaf) == 1 && PEM_write_X509(file, ca->intermediate) == 1 &&
		       PEM_write_PrivateKey(file, pair->key, NULL, NULL, 0, NULL, NULL) == 1;
	return fclose(file) == 0 && written;
}
