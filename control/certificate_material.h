/* SPDX-License-Identifier: BSD-3-Clause */
/** What a certificate file holds before anything is decided: certificates and private keys, in the file's order. */
#ifndef HANDFAST_CERTIFICATE_MATERIAL_H
#define HANDFAST_CERTIFICATE_MATERIAL_H

#include "certificate.h"
#include "certificate_issuers.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/** A leaf and its longest sensible chain, twice, with room; more is not a server's certificate file. */
#define CERTIFICATE_MATERIAL_MAX_CERTIFICATES 32
/** Private keys that differ. */
#define CERTIFICATE_MATERIAL_MAX_KEYS 4

/** Key derivation steps that one file may cost, all of its parts together (docs/bindings.md section 4). */
#define CERTIFICATE_MATERIAL_MAX_ITERATIONS 10000000

struct certificate_material {
	X509 *certificates[CERTIFICATE_MATERIAL_MAX_CERTIFICATES];
	size_t n_certificates;
	EVP_PKEY *keys[CERTIFICATE_MATERIAL_MAX_KEYS];
	size_t n_keys;
	long iterations_left;                /**< of CERTIFICATE_MATERIAL_MAX_ITERATIONS */
	struct certificate_issuers *issuers; /**< what has been parsed before, or NULL */
};

/** Passwords to try on one file: the given one, the empty one, none at all (PKCS#12 tells these two apart). */
#define CERTIFICATE_MATERIAL_MAX_PASSWORDS 3

struct certificate_material_passwords {
	const char *tries[CERTIFICATE_MATERIAL_MAX_PASSWORDS];
	size_t n;
};

/** Nothing in it yet, and the whole budget of iterations. */
void certificate_material_init(struct certificate_material *material);
/** Free everything in it; it may be used again. */
void certificate_material_fini(struct certificate_material *material);

/** Add a certificate, unless it is there already. Owner: the material, also on failure. @return a fault or NONE. */
enum certificate_fault certificate_material_add_certificate(struct certificate_material *material, X509 *certificate);

/** Add a private key, unless it is there already. Owner: the material, also on failure. @return a fault or NONE. */
enum certificate_fault certificate_material_add_key(struct certificate_material *material, EVP_PKEY *key);

/** The passwords to try, in order. @param given NULL: none was configured. */
struct certificate_material_passwords certificate_material_passwords(const char *given);

/**
 * Take a key derivation's steps from what the file may still cost, before it is run.
 * @return NONE, TOO_MANY_ITERATIONS, or MALFORMED for parameters that cannot be read.
 */
enum certificate_fault certificate_material_spend(struct certificate_material *material, const X509_ALGOR *algorithm);

/** The same for a bare number, as in a PKCS#12 MAC. @param iterations NULL: the default, one. */
enum certificate_fault certificate_material_spend_count(
	struct certificate_material *material, const ASN1_INTEGER *iterations);

/**
 * What the errors that OpenSSL has queued say: UNSUPPORTED_ALGORITHM if one of them does, else the given one. Empties
 * the queue.
 */
enum certificate_fault certificate_material_fault(enum certificate_fault otherwise);

#endif
