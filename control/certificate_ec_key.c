/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_ec_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <string.h>

#define MAX_SCALAR_BYTES 48
#define MAX_POINT_BYTES  (1 + 2 * MAX_SCALAR_BYTES)
/* X.690 section 8.14: context-specific, constructed. */
#define TAG_PARAMETERS 0
#define TAG_PUBLIC     1

struct curve {
	int nid;
	const char *name;
	size_t scalar_bytes;
	/* PKCS#8 up to the scalar, and between scalar and point: everything in it but these two is fixed by the curve.
	 */
	const unsigned char *before_scalar, *before_point;
	size_t before_scalar_len, before_point_len;
};

static const unsigned char p256_before_scalar[] = {0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x6d,
	0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};
static const unsigned char p256_before_point[] = {0xa1, 0x44, 0x03, 0x42, 0x00};
static const unsigned char p384_before_scalar[] = {0x30, 0x81, 0xb6, 0x02, 0x01, 0x00, 0x30, 0x10, 0x06, 0x07, 0x2a,
	0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x04, 0x81, 0x9e, 0x30, 0x81,
	0x9b, 0x02, 0x01, 0x01, 0x04, 0x30};
static const unsigned char p384_before_point[] = {0xa1, 0x64, 0x03, 0x62, 0x00};

static const struct curve curves[] = {
	{NID_X9_62_prime256v1, "prime256v1", 32, p256_before_scalar, p256_before_point, sizeof(p256_before_scalar),
		sizeof(p256_before_point)},
	{NID_secp384r1, "secp384r1", 48, p384_before_scalar, p384_before_point, sizeof(p384_before_scalar),
		sizeof(p384_before_point)},
};

#define N_CURVES (sizeof(curves) / sizeof(curves[0]))

static const struct curve *find_curve(int nid)
{
	for (size_t i = 0; i < N_CURVES; i++)
		if (curves[i].nid == nid)
			return &curves[i];
	return NULL;
}

static const struct curve *curve_of(const EVP_PKEY *key)
{
	char name[32];
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || !EVP_PKEY_get_group_name(key, name, sizeof(name), NULL))
		return NULL;
	for (size_t i = 0; i < N_CURVES; i++)
		if (strcmp(curves[i].name, name) == 0)
			return &curves[i];
	return NULL;
}

/* --- reading --- */

/* The two halves as numbers; point_len 0: the file has no public half. */
struct halves {
	const struct curve *curve;
	unsigned char scalar[MAX_SCALAR_BYTES], point[MAX_POINT_BYTES];
	size_t point_len;
};

/* Cut one element with a known tag from the front. @return false if it is not there or reaches past the end. */
static bool take(struct bytes *rest, int tag, int class, struct bytes *out)
{
	const unsigned char *at = rest->data;
	long len;
	int found_tag, found_class;
	/* 0x80: an error; 0x01: indefinite length (X.690 section 8.1.3.6), which DER has not. */
	int result = ASN1_get_object(&at, &len, &found_tag, &found_class, (long)rest->len);
	if ((result & 0x81) != 0 || found_tag != tag || found_class != class)
		return false;
	*out = (struct bytes){at, (size_t)len};
	rest->len -= (size_t)(at + len - rest->data);
	rest->data = at + len;
	return true;
}

/* The curve's name inside [0]. */
static const struct curve *read_parameters(struct bytes parameters)
{
	const unsigned char *at = parameters.data;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)parameters.len);
	const struct curve *curve = object != NULL ? find_curve(OBJ_obj2nid(object)) : NULL;
	ASN1_OBJECT_free(object);
	return at == parameters.data + parameters.len ? curve : NULL;
}

static bool read_point(struct bytes element, struct halves *out)
{
	struct bytes bits;
	size_t len = 1 + 2 * out->curve->scalar_bytes;
	if (!take(&element, V_ASN1_BIT_STRING, V_ASN1_UNIVERSAL, &bits) || element.len != 0)
		return false;
	/* No unused bits, uncompressed (SEC 1 section 2.3.3): anything else is left to OpenSSL. */
	if (bits.len != len + 1 || bits.data[0] != 0 || bits.data[1] != POINT_CONVERSION_UNCOMPRESSED)
		return false;
	memcpy(out->point, bits.data + 1, len);
	out->point_len = len;
	return true;
}

/* RFC 5915: SEQUENCE { 1, privateKey, [0] parameters OPTIONAL, [1] publicKey OPTIONAL }. */
static bool read_sec1(struct bytes der, const struct curve *curve, struct halves *out)
{
	struct bytes sequence, version, scalar, element;
	if (!take(&der, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL, &sequence) || der.len != 0 ||
		!take(&sequence, V_ASN1_INTEGER, V_ASN1_UNIVERSAL, &version) || version.len != 1 ||
		version.data[0] != 1 || !take(&sequence, V_ASN1_OCTET_STRING, V_ASN1_UNIVERSAL, &scalar))
		return false;
	if (take(&sequence, TAG_PARAMETERS, V_ASN1_CONTEXT_SPECIFIC, &element)) {
		const struct curve *named = read_parameters(element);
		if (named == NULL || (curve != NULL && curve != named))
			return false;
		curve = named;
	}
	if (curve == NULL || scalar.len != curve->scalar_bytes)
		return false;
	out->curve = curve;
	memcpy(out->scalar, scalar.data, scalar.len);
	if (take(&sequence, TAG_PUBLIC, V_ASN1_CONTEXT_SPECIFIC, &element) && !read_point(element, out))
		return false;
	return sequence.len == 0;
}

static bool read_pkcs8(struct bytes der, struct halves *out)
{
	const unsigned char *at = der.data, *inner;
	int inner_len, parameter_type;
	const X509_ALGOR *algorithm;
	const ASN1_OBJECT *oid;
	const void *parameter;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
	if (info == NULL)
		return false;
	bool good = at == der.data + der.len && PKCS8_pkey_get0(&oid, &inner, &inner_len, &algorithm, info) == 1;
	if (good) {
		X509_ALGOR_get0(NULL, &parameter_type, &parameter, algorithm);
		const struct curve *curve = parameter_type == V_ASN1_OBJECT ? find_curve(OBJ_obj2nid(parameter)) : NULL;
		good = OBJ_obj2nid(oid) == NID_X9_62_id_ecPublicKey && curve != NULL &&
		       read_sec1((struct bytes){inner, (size_t)inner_len}, curve, out);
	}
	PKCS8_PRIV_KEY_INFO_free(info);
	return good;
}

/* Multiply the generator by the scalar, in constant time. @return false if the scalar is not 1 to order - 1. */
static bool derive_point(const struct curve *curve, const unsigned char *scalar, unsigned char point[MAX_POINT_BYTES])
{
	size_t len = 1 + 2 * curve->scalar_bytes;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(curve->nid);
	BIGNUM *number = BN_secure_new();
	EC_POINT *product = group != NULL ? EC_POINT_new(group) : NULL;
	bool good = product != NULL && number != NULL && BN_bin2bn(scalar, (int)curve->scalar_bytes, number) != NULL &&
		    !BN_is_zero(number) && BN_cmp(number, EC_GROUP_get0_order(group)) < 0;
	if (good) {
		BN_set_flags(number, BN_FLG_CONSTTIME);
		good = EC_POINT_mul(group, product, number, NULL, NULL, NULL) == 1 &&
		       EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, len, NULL) == len;
	}
	EC_POINT_free(product);
	BN_clear_free(number);
	EC_GROUP_free(group);
	return good;
}

static EVP_PKEY *make_key(struct halves *halves)
{
	const struct curve *curve = halves->curve;
	unsigned char native[MAX_SCALAR_BYTES];
	for (size_t i = 0; i < curve->scalar_bytes; i++) /* OSSL_PARAM(3): numbers are in the machine's order */
		native[i] = halves->scalar[curve->scalar_bytes - 1 - i];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve->name, 0),
		OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, curve->scalar_bytes),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, halves->point, halves->point_len),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(context);
	OPENSSL_cleanse(native, sizeof(native));
	return key;
}

EVP_PKEY *certificate_ec_key_read(struct bytes der)
{
	struct halves halves = {.point_len = 0};
	EVP_PKEY *key = NULL;
	if (read_pkcs8(der, &halves) || read_sec1(der, NULL, &halves)) {
		bool has_point = halves.point_len > 0;
		halves.point_len = 1 + 2 * halves.curve->scalar_bytes;
		if (has_point || derive_point(halves.curve, halves.scalar, halves.point))
			key = make_key(&halves);
	}
	OPENSSL_cleanse(&halves, sizeof(halves));
	ERR_clear_error();
	return key;
}

/* --- writing and proving --- */

static bool get_scalar(const EVP_PKEY *key, const struct curve *curve, unsigned char scalar[MAX_SCALAR_BYTES])
{
	BIGNUM *number = NULL;
	bool good = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
		    BN_bn2binpad(number, scalar, (int)curve->scalar_bytes) == (int)curve->scalar_bytes;
	BN_clear_free(number);
	return good;
}

static bool get_point(const EVP_PKEY *key, const struct curve *curve, unsigned char point[MAX_POINT_BYTES])
{
	size_t len = 0;
	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, MAX_POINT_BYTES, &len) == 1 &&
	       len == 1 + 2 * curve->scalar_bytes && point[0] == POINT_CONVERSION_UNCOMPRESSED;
}

bool certificate_ec_key_write(const EVP_PKEY *key, struct bytes *out_der)
{
	const struct curve *curve = curve_of(key);
	*out_der = (struct bytes){NULL, 0};
	if (curve == NULL)
		return false;
	size_t point_len = 1 + 2 * curve->scalar_bytes;
	size_t len = curve->before_scalar_len + curve->scalar_bytes + curve->before_point_len + point_len;
	unsigned char *der = OPENSSL_malloc(len), point[MAX_POINT_BYTES];
	if (der == NULL)
		return false;
	unsigned char *at = der;
	memcpy(at, curve->before_scalar, curve->before_scalar_len);
	at += curve->before_scalar_len;
	bool good = get_scalar(key, curve, at) && get_point(key, curve, point);
	at += curve->scalar_bytes;
	memcpy(at, curve->before_point, curve->before_point_len);
	memcpy(at + curve->before_point_len, point, point_len);
	if (!good) {
		OPENSSL_clear_free(der, len);
		ERR_clear_error();
		return false;
	}
	*out_der = (struct bytes){der, len};
	return true;
}

enum certificate_ec_key_proof certificate_ec_key_prove(const EVP_PKEY *key, const EVP_PKEY *public_key)
{
	const struct curve *curve = curve_of(key);
	unsigned char scalar[MAX_SCALAR_BYTES], derived[MAX_POINT_BYTES], expected[MAX_POINT_BYTES];
	if (curve == NULL)
		return CERTIFICATE_EC_KEY_UNDECIDED;
	if (curve_of(public_key) != curve)
		return CERTIFICATE_EC_KEY_REFUTED;
	bool proved = get_scalar(key, curve, scalar) && derive_point(curve, scalar, derived) &&
		      get_point(public_key, curve, expected) &&
		      memcmp(derived, expected, 1 + 2 * curve->scalar_bytes) == 0;
	OPENSSL_cleanse(scalar, sizeof(scalar));
	ERR_clear_error();
	return proved ? CERTIFICATE_EC_KEY_PROVED : CERTIFICATE_EC_KEY_REFUTED;
}
