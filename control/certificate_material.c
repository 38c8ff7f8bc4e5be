/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_material.h"

#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/evperr.h>
#include <openssl/objects.h>
#include <openssl/pkcs12err.h>
#include <string.h>

void certificate_material_init(struct certificate_material *material)
{
	*material = (struct certificate_material){.iterations_left = CERTIFICATE_MATERIAL_MAX_ITERATIONS};
}

void certificate_material_fini(struct certificate_material *material)
{
	for (size_t i = 0; i < material->n_certificates; i++)
		X509_free(material->certificates[i]);
	for (size_t i = 0; i < material->n_keys; i++)
		EVP_PKEY_free(material->keys[i]);
	certificate_material_init(material);
}

enum certificate_fault certificate_material_add_certificate(struct certificate_material *material, X509 *certificate)
{
	bool known = false;
	for (size_t i = 0; i < material->n_certificates; i++)
		known = known || X509_cmp(material->certificates[i], certificate) == 0;
	if (known || material->n_certificates == CERTIFICATE_MATERIAL_MAX_CERTIFICATES) {
		X509_free(certificate);
		return known ? CERTIFICATE_FAULT_NONE : CERTIFICATE_FAULT_MALFORMED;
	}
	material->certificates[material->n_certificates++] = certificate;
	return CERTIFICATE_FAULT_NONE;
}

enum certificate_fault certificate_material_add_key(struct certificate_material *material, EVP_PKEY *key)
{
	bool known = false;
	for (size_t i = 0; i < material->n_keys; i++)
		known = known || EVP_PKEY_eq(material->keys[i], key) == 1;
	if (known || material->n_keys == CERTIFICATE_MATERIAL_MAX_KEYS) {
		EVP_PKEY_free(key);
		return known ? CERTIFICATE_FAULT_NONE : CERTIFICATE_FAULT_MALFORMED;
	}
	material->keys[material->n_keys++] = key;
	return CERTIFICATE_FAULT_NONE;
}

struct certificate_material_passwords certificate_material_passwords(const char *given)
{
	struct certificate_material_passwords passwords = {.n = 0};
	if (given != NULL && given[0] != '\0')
		passwords.tries[passwords.n++] = given;
	passwords.tries[passwords.n++] = "";
	passwords.tries[passwords.n++] = NULL;
	return passwords;
}

enum certificate_fault certificate_material_spend_count(
	struct certificate_material *material, const ASN1_INTEGER *iterations)
{
	int64_t count = 1;
	if (iterations != NULL && (!ASN1_INTEGER_get_int64(&count, iterations) || count < 1)) {
		ERR_clear_error();
		/* A number that does not fit is too many as well; less than one is none (RFC 8018 section 5.2). */
		bool negative = ASN1_STRING_type(iterations) == V_ASN1_NEG_INTEGER;
		return count < 1 || negative ? CERTIFICATE_FAULT_MALFORMED : CERTIFICATE_FAULT_TOO_MANY_ITERATIONS;
	}
	if (count > material->iterations_left)
		return CERTIFICATE_FAULT_TOO_MANY_ITERATIONS;
	material->iterations_left -= count;
	return CERTIFICATE_FAULT_NONE;
}

/* PBES1 and PKCS#12's own schemes: salt and iterations (RFC 8018 appendix A.3, RFC 7292 appendix C). */
static enum certificate_fault spend_pbe1(struct certificate_material *material, const ASN1_TYPE *parameter)
{
	PBEPARAM *pbe = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBEPARAM), parameter);
	if (pbe == NULL)
		return CERTIFICATE_FAULT_MALFORMED;
	enum certificate_fault fault = certificate_material_spend_count(material, pbe->iter);
	PBEPARAM_free(pbe);
	return fault;
}

/* PBES2 with PBKDF2 (RFC 8018 appendix A.2). Other derivations, like scrypt, are bounded by OpenSSL and the CPU limit.
 */
static enum certificate_fault spend_pbes2(struct certificate_material *material, const ASN1_TYPE *parameter)
{
	PBE2PARAM *pbes2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), parameter);
	if (pbes2 == NULL)
		return CERTIFICATE_FAULT_MALFORMED;
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	if (OBJ_obj2nid(pbes2->keyfunc->algorithm) == NID_id_pbkdf2) {
		PBKDF2PARAM *pbkdf2 = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), pbes2->keyfunc->parameter);
		fault = pbkdf2 == NULL ? CERTIFICATE_FAULT_MALFORMED
				       : certificate_material_spend_count(material, pbkdf2->iter);
		PBKDF2PARAM_free(pbkdf2);
	}
	PBE2PARAM_free(pbes2);
	return fault;
}

enum certificate_fault certificate_material_spend(struct certificate_material *material, const X509_ALGOR *algorithm)
{
	int pbe_type;
	int nid = OBJ_obj2nid(algorithm->algorithm);
	if (nid == NID_pbes2)
		return spend_pbes2(material, algorithm->parameter);
	if (!EVP_PBE_find(EVP_PBE_TYPE_OUTER, nid, &pbe_type, NULL, NULL)) {
		ERR_clear_error();
		return CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM;
	}
	return spend_pbe1(material, algorithm->parameter);
}

static bool says_unsupported(unsigned long error)
{
	int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);
	if (reason == ERR_R_UNSUPPORTED)
		return true;
	if (library == ERR_LIB_EVP)
		return reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_PBE_ALGORITHM ||
		       reason == EVP_R_UNSUPPORTED_CIPHER || reason == EVP_R_UNKNOWN_CIPHER ||
		       reason == EVP_R_UNSUPPORTED_PRF || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION ||
		       reason == EVP_R_UNSUPPORTED_PRIVATE_KEY_ALGORITHM || reason == EVP_R_UNSUPPORTED_KEYLENGTH;
	return library == ERR_LIB_PKCS12 && reason == PKCS12_R_UNKNOWN_DIGEST_ALGORITHM;
}

enum certificate_fault certificate_material_fault(enum certificate_fault otherwise)
{
	enum certificate_fault fault = otherwise;
	for (unsigned long error; (error = ERR_get_error()) != 0;)
		if (says_unsupported(error))
			fault = CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM;
	return fault;
}
