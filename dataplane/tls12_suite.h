/* SPDX-License-Identifier: BSD-3-Clause */
/** The cipher suites of TLS 1.2 that we speak: ECDHE and AEAD (RFC 5289, RFC 7905), each with its PRF's hash. */
#ifndef HANDFAST_TLS12_SUITE_H
#define HANDFAST_TLS12_SUITE_H

#include "tls_hash.h"
#include "tls_aead.h"

#define TLS12_SUITE_COUNT 6

struct tls12_suite {
	uint16_t id; /**< as on the wire */
	enum tls_hash_kind hash;
	enum tls_aead_kind aead;
	bool is_ecdsa;    /**< the server signs with ECDSA or EdDSA, else with RSA */
	const char *name; /**< OpenSSL's, which users know */
	const char *iana;
};

/** @return the suite with that number, or NULL. Owner: static. Threads: any. */
const struct tls12_suite *tls12_suite_find(uint16_t id);
/** @return the suite with that name, OpenSSL's or IANA's, or NULL. */
const struct tls12_suite *tls12_suite_by_name(const char *name);
/** @param index  below TLS12_SUITE_COUNT. */
const struct tls12_suite *tls12_suite_at(unsigned index);

#endif
