/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Private keys on P-256 and P-384 by the short way. OpenSSL 3.0 looks through every decoder it has for each key: 320 µs
 * that a hundred thousand files pay one by one, where reading the key itself takes 25.
 */
#ifndef HANDFAST_CERTIFICATE_EC_KEY_H
#define HANDFAST_CERTIFICATE_EC_KEY_H

#include "bytes.h"

#include <openssl/evp.h>
#include <stdbool.h>

/**
 * Read PKCS#8 (RFC 5958) or ECPrivateKey (RFC 5915) on a named curve.
 *
 * @return the key, or NULL for everything else, valid or not: OpenSSL's general way decides about that.
 * Owner:   the caller; EVP_PKEY_free().
 * Threads: any, as all functions here.
 */
EVP_PKEY *certificate_ec_key_read(struct bytes der);

/**
 * Write it as PKCS#8, public half included: what EVP_PKEY2PKCS8() would write.
 * @return false if it is no key on P-256 or P-384, or memory is out.
 * Owner:   the caller; OPENSSL_clear_free().
 */
bool certificate_ec_key_write(const EVP_PKEY *key, struct bytes *out_der);

enum certificate_ec_key_proof {
	CERTIFICATE_EC_KEY_PROVED,
	CERTIFICATE_EC_KEY_REFUTED,
	CERTIFICATE_EC_KEY_UNDECIDED, /**< not on P-256 or P-384 */
};

/**
 * Does the private half belong to that public key? Computed anew from the private half: what a file says of its public
 * half proves nothing.
 */
enum certificate_ec_key_proof certificate_ec_key_prove(const EVP_PKEY *key, const EVP_PKEY *public_key);

#endif
