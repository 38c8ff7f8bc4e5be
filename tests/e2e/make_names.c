/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificate files by the thousand: make_names PKI FOLDER COUNT SERIAL
 * For each of COUNT names n000000.churn.test, n000001.churn.test, ... FOLDER/NAME.pem with a new P-256 leaf of this
 * serial number, the intermediate PKI/int.crt that signed it, and its key. PKI as made by share_init of make_share.sh.
 */
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define VALID_S (90L * 86400)

struct issuer {
	X509 *certificate;
	EVP_PKEY *key;
};

static bool read_issuer(const char *folder, struct issuer *out)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/int.crt", folder);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	out->certificate = PEM_read_X509(file, NULL, NULL, NULL);
	fclose(file);
	snprintf(path, sizeof(path), "%s/int.key", folder);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	out->key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	fclose(file);
	return out->certificate != NULL && out->key != NULL;
}

static bool set_names(X509 *leaf, const char *name)
{
	char names[80];
	snprintf(names, sizeof(names), "DNS:%s", name);
	X509_NAME *subject = X509_get_subject_name(leaf);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
	bool ok = extension != NULL && X509_add_ext(leaf, extension, -1) &&
		  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
	X509_EXTENSION_free(extension);
	return ok;
}

static X509 *issue(const struct issuer *issuer, EVP_PKEY *key, const char *name, long serial)
{
	X509 *leaf = X509_new();
	bool ok = leaf != NULL && X509_set_version(leaf, X509_VERSION_3) &&
		  ASN1_INTEGER_set(X509_get_serialNumber(leaf), serial) &&
		  X509_set_issuer_name(leaf, X509_get_subject_name(issuer->certificate)) &&
		  X509_gmtime_adj(X509_getm_notBefore(leaf), -3600) &&
		  X509_gmtime_adj(X509_getm_notAfter(leaf), VALID_S) && X509_set_pubkey(leaf, key) &&
		  set_names(leaf, name) && X509_sign(leaf, issuer->key, EVP_sha256()) > 0;
	if (ok)
		return leaf;
	X509_free(leaf);
	return NULL;
}

static bool write_pem(const struct issuer *issuer, const char *path, X509 *leaf, EVP_PKEY *key)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return false;
	bool ok = PEM_write_X509(file, leaf) && PEM_write_X509(file, issuer->certificate) &&
		  PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
	return fclose(file) == 0 && ok;
}

static bool make(const struct issuer *issuer, const char *folder, unsigned long number, long serial)
{
	char name[64], path[4096];
	snprintf(name, sizeof(name), "n%06lu.churn.test", number);
	snprintf(path, sizeof(path), "%s/%s.pem", folder, name);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *leaf = key != NULL ? issue(issuer, key, name, serial) : NULL;
	bool ok = leaf != NULL && write_pem(issuer, path, leaf, key);
	X509_free(leaf);
	EVP_PKEY_free(key);
	return ok;
}

int main(int argc, char **argv)
{
	struct issuer issuer = {0};
	if (argc != 5) {
		fprintf(stderr, "usage: make_names PKI FOLDER COUNT SERIAL\n");
		return 2;
	}
	bool ok = read_issuer(argv[1], &issuer);
	unsigned long n = strtoul(argv[3], NULL, 10);
	for (unsigned long i = 0; i < n && ok; i++)
		ok = make(&issuer, argv[2], i, strtol(argv[4], NULL, 10));
	X509_free(issuer.certificate);
	EVP_PKEY_free(issuer.key);
	if (!ok)
		fprintf(stderr, "make_names: cannot read %s or write to %s\n", argv[1], argv[2]);
	return ok ? 0 : 1;
}
