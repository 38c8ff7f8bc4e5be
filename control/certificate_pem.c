/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_pem.h"

#include "certificate_ec_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>
#include <openssl/pkcs12.h>
#include <string.h>

static const char boundary[] = "-----BEGIN ";

/* One block between boundaries; freed by free_block(). */
struct block {
	char *label, *header;
	unsigned char *data;
	long len;
};

bool certificate_pem_is(struct bytes content)
{
	return content.len > 0 && memmem(content.data, content.len, boundary, sizeof(boundary) - 1) != NULL;
}

static void free_block(struct block *block)
{
	OPENSSL_free(block->label);
	OPENSSL_free(block->header);
	OPENSSL_clear_free(block->data, (size_t)block->len);
}

static int give_password(char *out, int size, int writing, void *password)
{
	(void)writing;
	const struct bytes *text = password;
	if (text->len > (size_t)size)
		return -1;
	memcpy(out, text->data, text->len); /* not terminated: its length is returned */
	return (int)text->len;
}

static enum certificate_fault read_certificate(const struct block *block, struct certificate_material *material)
{
	X509 *certificate =
		certificate_issuers_parse(material->issuers, (struct bytes){block->data, (size_t)block->len});
	if (certificate == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	return certificate_material_add_certificate(material, certificate);
}

static enum certificate_fault read_plain_key(const struct block *block, struct certificate_material *material)
{
	const unsigned char *at = block->data;
	EVP_PKEY *key = certificate_ec_key_read((struct bytes){block->data, (size_t)block->len});
	if (key == NULL)
		key = d2i_AutoPrivateKey(NULL, &at, block->len);
	if (key == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	return certificate_material_add_key(material, key);
}

/* Every private key is one SEQUENCE from end to end. */
static bool is_sequence(const struct block *block)
{
	const int is_malformed = 0x80;
	const unsigned char *at = block->data;
	long len;
	int tag, class;
	const int flags = ASN1_get_object(&at, &len, &tag, &class, block->len);
	return (flags & is_malformed) == 0 && tag == V_ASN1_SEQUENCE && at + len == block->data + block->len;
}

/* "Proc-Type: 4,ENCRYPTED": one MD5 per key, nothing to bound. */
static enum certificate_fault read_traditional_key(
	struct block *block, const char *password, struct certificate_material *material)
{
	EVP_CIPHER_INFO cipher;
	if (!PEM_get_EVP_CIPHER_INFO(block->header, &cipher))
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	if (cipher.cipher == NULL)
		return read_plain_key(block, material);
	/* No password opens it by being empty: OpenSSL refuses to write such keys. */
	struct bytes text = {(const uint8_t *)password, password != NULL ? strlen(password) : 0};
	if (password == NULL || !PEM_do_header(&cipher, block->data, &block->len, give_password, &text))
		return certificate_material_fault(CERTIFICATE_FAULT_WRONG_PASSWORD);
	/* Of 256 wrong passwords one makes padding that is right, and octets that are anything. */
	if (!is_sequence(block))
		return certificate_material_fault(CERTIFICATE_FAULT_WRONG_PASSWORD);
	return read_plain_key(block, material);
}

static enum certificate_fault decrypt_pkcs8(
	const X509_SIG *shroud, const char *password, struct certificate_material *material)
{
	struct certificate_material_passwords passwords = certificate_material_passwords(password);
	PKCS8_PRIV_KEY_INFO *info = NULL;
	for (size_t i = 0; i < passwords.n && info == NULL; i++)
		info = PKCS8_decrypt(
			shroud, passwords.tries[i], passwords.tries[i] != NULL ? (int)strlen(passwords.tries[i]) : 0);
	if (info == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_WRONG_PASSWORD);
	ERR_clear_error();
	EVP_PKEY *key = EVP_PKCS82PKEY(info);
	PKCS8_PRIV_KEY_INFO_free(info);
	if (key == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	return certificate_material_add_key(material, key);
}

static enum certificate_fault read_encrypted_key(
	const struct block *block, const char *password, struct certificate_material *material)
{
	const unsigned char *at = block->data;
	const X509_ALGOR *algorithm;
	X509_SIG *shroud = d2i_X509_SIG(NULL, &at, block->len);
	if (shroud == NULL)
		return certificate_material_fault(CERTIFICATE_FAULT_MALFORMED);
	X509_SIG_get0(shroud, &algorithm, NULL);
	enum certificate_fault fault = certificate_material_spend(material, algorithm);
	if (fault == CERTIFICATE_FAULT_NONE)
		fault = decrypt_pkcs8(shroud, password, material);
	X509_SIG_free(shroud);
	return fault;
}

static enum certificate_fault read_block(
	struct block *block, const char *password, struct certificate_material *material)
{
	if (strcmp(block->label, PEM_STRING_X509) == 0 || strcmp(block->label, PEM_STRING_X509_OLD) == 0)
		return read_certificate(block, material);
	if (strcmp(block->label, PEM_STRING_PKCS8) == 0)
		return read_encrypted_key(block, password, material);
	if (strcmp(block->label, PEM_STRING_PKCS8INF) == 0)
		return read_plain_key(block, material);
	size_t len = strlen(block->label);
	const char ending[] = " PRIVATE KEY";
	if (len >= sizeof(ending) && strcmp(block->label + len - (sizeof(ending) - 1), ending) == 0)
		return read_traditional_key(block, password, material);
	return CERTIFICATE_FAULT_NONE; /* curve parameters, CRLs, requests */
}

enum certificate_fault certificate_pem_read(
	struct bytes content, const char *password, struct certificate_material *material)
{
	BIO *bio = BIO_new_mem_buf(content.data, (int)content.len);
	if (bio == NULL)
		return CERTIFICATE_FAULT_MALFORMED;
	enum certificate_fault fault = CERTIFICATE_FAULT_NONE;
	while (fault == CERTIFICATE_FAULT_NONE) {
		struct block block = {0};
		if (!PEM_read_bio(bio, &block.label, &block.header, &block.data, &block.len)) {
			bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
			fault = at_end ? CERTIFICATE_FAULT_NONE : CERTIFICATE_FAULT_MALFORMED;
			break;
		}
		fault = read_block(&block, password, material);
		free_block(&block);
	}
	BIO_free(bio);
	ERR_clear_error();
	return fault;
}
