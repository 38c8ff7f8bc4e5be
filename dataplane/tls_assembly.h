/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A peer's octets, in pieces of any size, put together to records, and handshake records to messages. What is whole in
 * a piece is handed on where it lies; only what is cut is copied.
 */
#ifndef HANDFAST_TLS_ASSEMBLY_H
#define HANDFAST_TLS_ASSEMBLY_H

#include "tls_buffer.h"
#include "tls13_record.h"

/** Certificate chains of real servers are a few kB; what is longer than this is an attack on our memory. */
#define TLS_ASSEMBLY_MESSAGE_MAX_BYTES ((size_t)128 * 1024)

/** Zeroed: empty. Owner: the holder, tls_assembly_fini(). Threads: the holder's. */
struct tls_assembly {
	struct tls_buffer record;   /**< one that is not whole yet */
	struct tls_buffer messages; /**< a message that is not whole yet */
	bool record_is_spent;       /**< it was whole, and is handed on */
};

void tls_assembly_fini(struct tls_assembly *assembly);
/** For the next connection; memory is kept. */
void tls_assembly_clear(struct tls_assembly *assembly);

/**
 * The next record.
 * @param used        octets of the input taken so far; advanced.
 * @param out_record  on OK: header and payload, a view into the input or the assembly, valid until the next call.
 * @return as tls13_record_split(); NEED_MORE: all was taken. NO_CRYPTO: memory is out.
 */
enum tls13_record_result tls_assembly_record(
	struct tls_assembly *assembly, struct bytes input, size_t *used, struct bytes *out_record);

/** @return true if a message has begun and is not whole: nothing else may come (RFC 8446 section 5.1). */
bool tls_assembly_is_in_message(const struct tls_assembly *assembly);

/** Take a message, header included. @param ends_record  nothing follows in its record. @return false: take no more. */
typedef bool tls_assembly_handler(void *context, struct bytes message, bool ends_record);

enum tls_assembly_result { TLS_ASSEMBLY_OK, TLS_ASSEMBLY_TOO_LONG, TLS_ASSEMBLY_NO_MEMORY };

/** Hand every message that a record's content makes whole to the handler, and keep the rest. */
enum tls_assembly_result tls_assembly_messages(
	struct tls_assembly *assembly, struct bytes content, tls_assembly_handler *handle, void *context);

#endif
