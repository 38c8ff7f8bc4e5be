/* SPDX-License-Identifier: BSD-3-Clause */
/** A bulk transfer: a source of seeded octets, a sink, and SHA-256 over both. Shared by both ends of a wire. */
#ifndef HANDFAST_WIRE_BULK_H
#define HANDFAST_WIRE_BULK_H

#include "bytes.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>

#define BULK_CHUNK_BYTES 65536

struct bulk {
	uint64_t to_send, random;
	uint64_t sent, received;
	uint64_t begin_us, end_us; /**< connected; the peer's end of data seen */
	EVP_MD_CTX *sent_digest, *received_digest;
	uint8_t chunk[BULK_CHUNK_BYTES];
	size_t chunk_at, chunk_len;
};

/** @return false if memory is out; bulk_fini() is right in either case. Threads: one. */
bool bulk_init(struct bulk *bulk, uint64_t to_send, uint64_t seed);
void bulk_fini(struct bulk *bulk);

/** @return what is to be sent next, the same until bulk_sent(); len 0 when all is sent. */
struct bytes bulk_next(struct bulk *bulk);
/** The first n octets of that are on their way. */
void bulk_sent(struct bulk *bulk, size_t n);

void bulk_received(struct bulk *bulk, struct bytes data);

/** Print one line: "NAME OUTCOME received BYTES SHA256 sent BYTES SHA256 seconds S". Ends both digests: once only. */
void bulk_report(struct bulk *bulk, const char *name, const char *outcome);

#endif
