/* SPDX-License-Identifier: BSD-3-Clause */
/** The cipher suites of TLS 1.3 that we speak (RFC 8446 appendix B.4), each with its hash and its AEAD. */
#ifndef HANDFAST_TLS13_SUITE_H
#define HANDFAST_TLS13_SUITE_H

#include "tls_hash.h"
#include "tls_aead.h"

#define TLS13_SUITE_COUNT 3

struct tls13_suite {
	uint16_t id; /**< as on the wire */
	enum tls_hash_kind hash;
	enum tls_aead_kind aead;
	uint32_t max_records_log2; /**< with one key, RFC 8446 section 5.5; 64: no bound but the sequence number */
	const char *name;
};

/** @return the suite with that number, or NULL. Owner: static. Threads: any. */
const struct tls13_suite *tls13_suite_find(uint16_t id);
/** @return the suite with that name ("TLS_AES_128_GCM_SHA256"), or NULL. */
const struct tls13_suite *tls13_suite_by_name(const char *name);
/** @param index  below TLS13_SUITE_COUNT. */
const struct tls13_suite *tls13_suite_at(unsigned index);

#endif
