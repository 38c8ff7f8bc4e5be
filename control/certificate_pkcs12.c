/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_pkcs12.h"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <string.h>

/* Bags in bags: RFC 7292 section 4.2.6 sets no end. */
#define MAX_DEPTH 4

struct reader {
	struct certificate_material *material;
	const char *password; /* NULL: absent, which PKCS#12 tells from empty */
	int password_len;
	bool is_authentic; /* the MAC has proved the password */
};

/* Without a MAC, garbage after decryption means a wrong password as likely as a broken file. */
static enum certificate_fault decryption_fault(const struct reader *reader)
{
	return certificate_material_fault(
		reader->is_authentic ? CERTIFICATE_FAULT_MALFORMED : CERTIFICATE_FAULT_WRONG_PASSWORD);
}

static enum certificate_fault add_key_info(const struct reader *reader, const PKCS8_PRIV_KEY_INFO *info)
{
	EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;
	if (key == NULL)
		/* An algorithm that nobody here knows, or a key that is damaged: OpenSSL's errors tell. */
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	return certificate_material_add_key(reader->material, key);
}

static enum certificate_fault read_shrouded_key(const struct reader *reader, const PKCS12_SAFEBAG *bag)
{
	const X509_ALGOR *algorithm;
	const X509_SIG *shroud = PKCS12_SAFEBAG_get0_pkcs8(bag);
	if (shroud == NULL)
		return CERTIFICATE_FAULT_MALFORMED;
	X509_SIG_get0(shroud, &algorithm, NULL);
	enum certificate_fault fault = certificate_material_spend(reader->material, algorithm);
	if (fault != CERTIFICATE_FAULT_NONE)
		return fault;
	PKCS8_PRIV_KEY_INFO *info = PKCS12_decrypt_skey(bag, reader->password, reader->password_len);
	if (info == NULL)
		return decryption_fault(reader);
	fault = add_key_info(reader, info);
	PKCS8_PRIV_KEY_INFO_free(info);
	return fault;
}

static enum certificate_fault read_certificate(const struct reader *reader, const PKCS12_SAFEBAG *bag)
{
	if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
		return CERTIFICATE_FAULT_NONE;
	X509 *certificate = PKCS12_SAFEBAG_get1_cert(bag);
	if (certificate == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	return certificate_material_add_certificate(reader->material, certificate);
}

static enum certificate_fault read_bags(const struct reader *reader, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth);

static enum certificate_fault read_bag(const struct reader *reader, const PKCS12_SAFEBAG *bag, int depth)
{
	switch (PKCS12_SAFEBAG_get_nid(bag)) {
	case NID_keyBag:
		return add_key_info(reader, PKCS12_SAFEBAG_get0_p8inf(bag));
	case NID_pkcs8ShroudedKeyBag:
		return read_shrouded_key(reader, bag);
	case NID_certBag:
		return read_certificate(reader, bag);
	case NID_safeContentsBag:
		return read_bags(reader, PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
	default:
		return CERTIFICATE_FAULT_NONE; /* CRLs and secrets are of no use here */
	}
}

static enum certificate_fault read_bags(const struct reader *reader, const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
{
	if (depth > MAX_DEPTH || bags == NULL)
		return CERTIFICATE_FAULT_MALFORMED;
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags) && fault == CERTIFICATE_FAULT_NONE; i++)
		fault = read_bag(reader, sk_PKCS12_SAFEBAG_value(bags, i), depth);
	return fault;
}

static enum certificate_fault unpack_encrypted(
	const struct reader *reader, PKCS7 *safe, STACK_OF(PKCS12_SAFEBAG) * *out_bags)
{
	const PKCS7_ENC_CONTENT *content = safe->d.encrypted->enc_data;
	enum certificate_fault fault = certificate_material_spend(reader->material, content->algorithm);
	if (fault != CERTIFICATE_FAULT_NONE)
		return fault;
	*out_bags = PKCS12_unpack_p7encdata(safe, reader->password, reader->password_len);
	return *out_bags == NULL ? decryption_fault(reader) : CERTIFICATE_FAULT_NONE;
}

static enum certificate_fault read_safe(const struct reader *reader, PKCS7 *safe)
{
	STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	if (safe->d.ptr == NULL)
		return CERTIFICATE_FAULT_MALFORMED; /* CVE-2024-0727: content may be absent */
	if (PKCS7_type_is_data(safe))
		bags = PKCS12_unpack_p7data(safe);
	else if (PKCS7_type_is_encrypted(safe))
		fault = unpack_encrypted(reader, safe, &bags);
	else
		return CERTIFICATE_FAULT_UNSUPPORTED_ALGORITHM; /* public-key privacy mode, RFC 7292 section 3.1 */
	if (fault == CERTIFICATE_FAULT_NONE && bags == NULL)
		fault = certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = read_bags(reader, bags, 0);
	sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
	return fault;
}

static enum certificate_fault read_safes(const struct reader *reader, const PKCS12 *file)
{
	STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(file);
	if (safes == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	for (int i = 0; i < sk_PKCS7_num(safes) && fault == CERTIFICATE_FAULT_NONE; i++)
		fault = read_safe(reader, sk_PKCS7_value(safes, i));
	sk_PKCS7_pop_free(safes, PKCS7_free);
	return fault;
}

static void set_password(struct reader *reader, const char *password)
{
	reader->password = password;
	reader->password_len = password != NULL ? (int)strlen(password) : 0;
}

/* The MAC tells which password is right before anything is decrypted. */
static enum certificate_fault read_authentic(
	struct reader *reader, PKCS12 *file, const struct certificate_material_passwords *passwords)
{
	const ASN1_INTEGER *iterations;
	PKCS12_get0_mac(NULL, NULL, NULL, &iterations, file);
	enum certificate_fault fault = certificate_material_spend_count(reader->material, iterations);
	if (fault != CERTIFICATE_FAULT_NONE)
		return fault;
	for (size_t i = 0; i < passwords->n; i++) {
		set_password(reader, passwords->tries[i]);
		if (!PKCS12_verify_mac(file, reader->password, reader->password_len))
			continue;
		ERR_clear_error();
		reader->is_authentic = true;
		return read_safes(reader, file);
	}
	return certificate_material_fault(CERTIFICATE_FAULT_WRONG_PASSWORD);
}

static enum certificate_fault read_without_mac(
	struct reader *reader, const PKCS12 *file, const struct certificate_material_passwords *passwords)
{
	enum certificate_fault fault = CERTIFICATE_FAULT_WRONG_PASSWORD;
	for (size_t i = 0; i < passwords->n && fault == CERTIFICATE_FAULT_WRONG_PASSWORD; i++) {
		certificate_material_fini(reader->material);
		set_password(reader, passwords->tries[i]);
		fault = read_safes(reader, file);
	}
	return fault;
}

enum certificate_fault certificate_pkcs12_read(
	struct bytes content, const char *password, struct certificate_material *material)
{
	const unsigned char *at = content.data;
	PKCS12 *file = d2i_PKCS12(NULL, &at, (long)content.len);
	/* Bytes that follow are a file that was written over in place, or not a PKCS#12 file at all. */
	if (file == NULL || at != content.data + content.len) {
		PKCS12_free(file);
		ERR_clear_error();
		return CERTIFICATE_FAULT_MALFORMED;
	}
	struct reader reader = {.material = material};
	struct certificate_material_passwords passwords = certificate_material_passwords(password);
	enum certificate_fault fault = PKCS12_mac_present(file) ? read_authentic(&reader, file, &passwords)
								: read_without_mac(&reader, file, &passwords);
	PKCS12_free(file);
	ERR_clear_error();
	return fault;
}
