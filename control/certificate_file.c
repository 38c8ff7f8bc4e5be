/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_file.h"

#include "certificate_chain_order.h"
#include "certificate_ec_key.h"
#include "certificate_names.h"
#include "certificate_pem.h"
#include "certificate_pkcs12.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RSA_MIN_BITS 2048
/* A signature with a larger key costs a polling core more than 5 ms: a client could buy that with one packet. */
#define RSA_MAX_BITS 4096

/* A certificate being put together; everything in it is owned, but for what material holds. */
struct assembly {
	struct certificate certificate;
	X509 *leaves[CERTIFICATE_MAX_LEAVES];
	bool is_leaf[CERTIFICATE_MATERIAL_MAX_CERTIFICATES];
	struct bytes chain_der[CERTIFICATE_MAX_LEAVES];
	struct certificate_names names;
	char *subject, *issuer;
};

static bool find_key_type(const EVP_PKEY *key, enum certificate_key *out_type)
{
	char group[32] = "";
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		*out_type = CERTIFICATE_KEY_RSA;
		return EVP_PKEY_get_bits(key) >= RSA_MIN_BITS && EVP_PKEY_get_bits(key) <= RSA_MAX_BITS;
	case EVP_PKEY_ED25519:
		*out_type = CERTIFICATE_KEY_ED25519;
		return true;
	case EVP_PKEY_EC:
		EVP_PKEY_get_group_name(key, group, sizeof(group), NULL);
		*out_type = strcmp(group, "secp384r1") == 0 ? CERTIFICATE_KEY_EC_P384 : CERTIFICATE_KEY_EC_P256;
		return strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0;
	default:
		return false;
	}
}

/* Compute the public half anew, or sign and verify once: that public halves look alike does not prove that the private
 * half belongs to them. */
static bool proves_possession(EVP_PKEY *key, EVP_PKEY *public_key)
{
	static const unsigned char text[] = "handfast";
	unsigned char signature[RSA_MAX_BITS / 8];
	size_t len = sizeof(signature);
	enum certificate_ec_key_proof proof = certificate_ec_key_prove(key, public_key);
	if (proof != CERTIFICATE_EC_KEY_UNDECIDED)
		return proof == CERTIFICATE_EC_KEY_PROVED;
	const EVP_MD *digest = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool proved = context != NULL && EVP_DigestSignInit(context, NULL, digest, NULL, key) == 1 &&
		      EVP_DigestSign(context, signature, &len, text, sizeof(text)) == 1;
	EVP_MD_CTX_free(context);
	context = EVP_MD_CTX_new();
	proved = proved && context != NULL && EVP_DigestVerifyInit(context, NULL, digest, NULL, public_key) == 1 &&
		 EVP_DigestVerify(context, signature, len, text, sizeof(text)) == 1;
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return proved;
}

static bool encode_x509(X509 *certificate, struct bytes *out_der)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	*out_der = (struct bytes){der, len > 0 ? (size_t)len : 0};
	return len > 0;
}

static bool encode_key(EVP_PKEY *key, struct bytes *out_der)
{
	unsigned char *der = NULL;
	if (certificate_ec_key_write(key, out_der))
		return true;
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;
	PKCS8_PRIV_KEY_INFO_free(info);
	*out_der = (struct bytes){der, len > 0 ? (size_t)len : 0};
	return len > 0;
}

static enum certificate_fault add_leaf(struct assembly *assembly, X509 *x509, EVP_PKEY *key)
{
	struct certificate *certificate = &assembly->certificate;
	enum certificate_key type;
	if (!find_key_type(key, &type))
		return CERTIFICATE_FAULT_UNSUPPORTED_KEY;
	/* Two of one type leave no rule to choose by: the file was put together by mistake. */
	if (certificate->n_leaves == CERTIFICATE_MAX_LEAVES ||
		(certificate->n_leaves == 1 && certificate->leaves[0].key_type == type))
		return CERTIFICATE_FAULT_MALFORMED;
	if (!proves_possession(key, X509_get0_pubkey(x509)))
		return CERTIFICATE_FAULT_KEY_MISMATCH;
	struct certificate_leaf *leaf = &certificate->leaves[certificate->n_leaves];
	assembly->leaves[certificate->n_leaves++] = x509;
	leaf->key_type = type;
	return encode_x509(x509, &leaf->leaf_der) && encode_key(key, &leaf->key_der) ? CERTIFICATE_FAULT_NONE
										     : CERTIFICATE_FAULT_MALFORMED;
}

/* The certificate of a key. Of several (a renewal that kept its key, old one left in the file) the one that ends last.
 */
static X509 *find_leaf(const struct certificate_material *material, const EVP_PKEY *key, bool *is_leaf)
{
	X509 *best = NULL;
	for (size_t i = 0; i < material->n_certificates; i++) {
		X509 *candidate = material->certificates[i];
		const EVP_PKEY *public_key = X509_get0_pubkey(candidate);
		if (public_key == NULL || EVP_PKEY_eq(public_key, key) != 1)
			continue;
		is_leaf[i] = true;
		if (best == NULL || ASN1_TIME_compare(X509_get0_notAfter(candidate), X509_get0_notAfter(best)) > 0)
			best = candidate;
	}
	ERR_clear_error();
	return best;
}

static enum certificate_fault pair_leaves(struct assembly *assembly, const struct certificate_material *material)
{
	if (material->n_certificates == 0)
		return CERTIFICATE_FAULT_NO_CERTIFICATE;
	if (material->n_keys == 0)
		return CERTIFICATE_FAULT_NO_KEY;
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	for (size_t i = 0; i < material->n_keys && fault == CERTIFICATE_FAULT_NONE; i++) {
		X509 *leaf = find_leaf(material, material->keys[i], assembly->is_leaf);
		/* Also if another key has its certificate: half of a file was renewed. */
		fault = leaf == NULL ? CERTIFICATE_FAULT_KEY_MISMATCH : add_leaf(assembly, leaf, material->keys[i]);
	}
	return fault;
}

static bool encode_chain(const struct certificate_chain_order *chain, struct bytes *out_der)
{
	size_t len = 0;
	for (size_t i = 0; i < chain->n; i++)
		len += (size_t)i2d_X509(chain->certificates[i], NULL);
	uint8_t *der = OPENSSL_malloc(len + 1);
	if (der == NULL)
		return false;
	uint8_t *at = der;
	for (size_t i = 0; i < chain->n; i++)
		i2d_X509(chain->certificates[i], &at);
	*out_der = (struct bytes){der, len};
	return true;
}

static enum certificate_fault add_chains(struct assembly *assembly, const struct certificate_material *material)
{
	for (size_t i = 0; i < assembly->certificate.n_leaves; i++) {
		struct certificate_chain_order chain;
		certificate_chain_order(material, assembly->leaves[i], assembly->is_leaf, &chain);
		if (!chain.complete)
			assembly->certificate.warnings |= CERTIFICATE_WARN_CHAIN_INCOMPLETE;
		if (!encode_chain(&chain, &assembly->chain_der[i]))
			return CERTIFICATE_FAULT_MALFORMED;
	}
	return CERTIFICATE_FAULT_NONE;
}

static bool unix_time(const ASN1_TIME *time, int64_t *out_s)
{
	struct tm tm;
	if (!ASN1_TIME_to_tm(time, &tm))
		return false;
	*out_s = timegm(&tm);
	return true;
}

static enum certificate_fault add_dates(struct assembly *assembly, const struct certificate_file_request *request)
{
	struct certificate *certificate = &assembly->certificate;
	certificate->not_before = INT64_MIN;
	certificate->not_after = INT64_MAX;
	for (size_t i = 0; i < certificate->n_leaves; i++) {
		int64_t from, to;
		if (!unix_time(X509_get0_notBefore(assembly->leaves[i]), &from) ||
			!unix_time(X509_get0_notAfter(assembly->leaves[i]), &to))
			return CERTIFICATE_FAULT_MALFORMED;
		certificate->not_before = from > certificate->not_before ? from : certificate->not_before;
		certificate->not_after = to < certificate->not_after ? to : certificate->not_after;
	}
	if (request->now_s < certificate->not_before)
		certificate->warnings |= CERTIFICATE_WARN_NOT_YET_VALID;
	if (request->now_s <= certificate->not_after)
		return CERTIFICATE_FAULT_NONE;
	certificate->warnings |= CERTIFICATE_WARN_EXPIRED;
	return request->refuse_expired ? CERTIFICATE_FAULT_EXPIRED : CERTIFICATE_FAULT_NONE;
}

static bool covers(const X509 *leaf, const char *name)
{
	struct certificate_names names;
	if (certificate_names_read(leaf, &names) != 0)
		return false;
	bool covered = false;
	for (size_t i = 0; i < names.n; i++)
		covered = covered || certificate_names_match(names.items[i], name);
	certificate_names_fini(&names);
	return covered;
}

static enum certificate_fault add_names(struct assembly *assembly, const struct certificate_file_request *request)
{
	struct certificate *certificate = &assembly->certificate;
	X509 *first = assembly->leaves[0];
	if (certificate_names_read(first, &assembly->names) != 0)
		return CERTIFICATE_FAULT_MALFORMED;
	certificate->names = (const char *const *)assembly->names.items;
	certificate->n_names = assembly->names.n;
	assembly->subject = certificate_names_of_entity(X509_get_subject_name(first));
	assembly->issuer = certificate_names_of_entity(X509_get_issuer_name(first));
	bool has_subject = assembly->subject != NULL && assembly->subject[0] != '\0';
	certificate->subject = has_subject ? assembly->subject : assembly->names.n > 0 ? assembly->names.items[0] : "";
	certificate->issuer = assembly->issuer != NULL ? assembly->issuer : "";
	certificate->file = request->file;
	for (size_t i = 0; i < certificate->n_leaves && request->name.len > 0; i++)
		if (!covers(assembly->leaves[i], request->name.text))
			certificate->warnings |= CERTIFICATE_WARN_NAME_MISMATCH;
	bool mismatch = (certificate->warnings & CERTIFICATE_WARN_NAME_MISMATCH) != 0;
	return mismatch && request->require_name_match ? CERTIFICATE_FAULT_NAME_MISMATCH : CERTIFICATE_FAULT_NONE;
}

static void fini_assembly(struct assembly *assembly)
{
	for (size_t i = 0; i < CERTIFICATE_MAX_LEAVES; i++) {
		struct certificate_leaf *leaf = &assembly->certificate.leaves[i];
		OPENSSL_free((void *)leaf->leaf_der.data);
		OPENSSL_clear_free((void *)leaf->key_der.data, leaf->key_der.len);
		OPENSSL_free((void *)assembly->chain_der[i].data);
	}
	certificate_names_fini(&assembly->names);
	free(assembly->subject);
	free(assembly->issuer);
}

/* From what was read to a message. */
static enum certificate_fault assemble(const struct certificate_file_request *request,
	const struct certificate_material *material, uint8_t **out_message, size_t *out_len)
{
	struct assembly assembly = {0};
	*out_message = NULL;
	enum certificate_fault fault = pair_leaves(&assembly, material);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = add_chains(&assembly, material);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = add_dates(&assembly, request);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = add_names(&assembly, request);
	if (fault == CERTIFICATE_FAULT_NONE) {
		*out_message = certificate_encode(&assembly.certificate, assembly.chain_der, out_len);
		fault = *out_message == NULL ? CERTIFICATE_FAULT_MALFORMED : CERTIFICATE_FAULT_NONE;
	}
	fini_assembly(&assembly);
	return fault;
}

enum certificate_fault certificate_file_parse(
	const struct certificate_file_request *request, uint8_t **out_message, size_t *out_len)
{
	struct certificate_material material;
	certificate_material_init(&material);
	material.issuers = request->issuers;
	*out_message = NULL;
	enum certificate_fault fault =
		certificate_pem_is(request->content)
			? certificate_pem_read(request->content, request->password, &material)
			: certificate_pkcs12_read(request->content, request->password, &material);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = assemble(request, &material, out_message, out_len);
	certificate_material_fini(&material);
	return fault;
}
