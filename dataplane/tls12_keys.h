/* SPDX-License-Identifier: BSD-3-Clause */
/** The PRF of TLS 1.2 (RFC 5246 section 5) and what is derived with it, for either side. */
#ifndef HANDFAST_TLS12_KEYS_H
#define HANDFAST_TLS12_KEYS_H

#include "tls12_suite.h"

#define TLS12_KEYS_RANDOM_BYTES   32
#define TLS12_KEYS_MASTER_BYTES   48
#define TLS12_KEYS_FINISHED_BYTES 12

/** What seeds the PRF behind its label: two strings that count as one. */
struct tls12_keys_seed {
	struct bytes first, second;
};

/** PRF(secret, label, seed). @param label  at most 24 characters. Threads: any, as for every function here. */
void tls12_keys_prf(enum tls_hash_kind kind, struct bytes secret, const char *label, const struct tls12_keys_seed *seed,
	uint8_t *out, size_t len);

/** master_secret (section 8.1). @param randoms  ClientHello's, then ServerHello's. */
void tls12_keys_master(enum tls_hash_kind kind, struct bytes premaster, const struct tls12_keys_seed *randoms,
	uint8_t out[TLS12_KEYS_MASTER_BYTES]);

/** Extended master secret (RFC 7627 section 4). @param transcript  hash up to and with ClientKeyExchange. */
void tls12_keys_extended_master(enum tls_hash_kind kind, struct bytes premaster, const uint8_t *transcript,
	uint8_t out[TLS12_KEYS_MASTER_BYTES]);

/** What protects the records of both directions; of the iv GCM has 4 octets (RFC 5288), ChaCha20 all (RFC 7905). Its
 * holder wipes it. */
struct tls12_keys_block {
	uint8_t client_key[TLS_AEAD_KEY_MAX_BYTES], server_key[TLS_AEAD_KEY_MAX_BYTES];
	uint8_t client_iv[TLS_AEAD_NONCE_BYTES], server_iv[TLS_AEAD_NONCE_BYTES];
};

/** @return octets of the iv that come from the key block. */
size_t tls12_keys_iv_bytes(const struct tls12_suite *suite);

/** The key block (section 6.3). @param randoms  ServerHello's, then ClientHello's: the other way round. */
void tls12_keys_expand(const struct tls12_suite *suite, const uint8_t master[TLS12_KEYS_MASTER_BYTES],
	const struct tls12_keys_seed *randoms, struct tls12_keys_block *out);

/**
 * verify_data of a Finished (section 7.4.9).
 * @param is_client   whose Finished it is.
 * @param transcript  tls_hash_bytes() octets.
 */
void tls12_keys_finished(enum tls_hash_kind kind, const uint8_t master[TLS12_KEYS_MASTER_BYTES], bool is_client,
	const uint8_t *transcript, uint8_t out[TLS12_KEYS_FINISHED_BYTES]);

#endif
