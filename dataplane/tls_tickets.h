/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The keys that session tickets are sealed with (RFC 5077 section 4, RFC 8446 section 4.6.1): one set for all workers
 * of a process, so that a ticket from one is taken by any. Made by control from random numbers that it draws, replaced
 * on its timer: a new key seals, the one before still opens, the one before that is wiped. In locked memory (secret.h).
 * See docs/decisions/session-tickets.md.
 */
#ifndef HANDFAST_TLS_TICKETS_H
#define HANDFAST_TLS_TICKETS_H

#include <stdint.h>

#define TLS_TICKETS_NAME_BYTES   16
#define TLS_TICKETS_CIPHER_BYTES 32 /**< AES-256 */
#define TLS_TICKETS_MAC_BYTES    32 /**< HMAC-SHA-256 */

/** One key; RFC 5077 section 4 has its parts. The name is sent in the clear, and tells nothing of the rest. */
struct tls_tickets_key {
	uint8_t name[TLS_TICKETS_NAME_BYTES];
	uint8_t cipher[TLS_TICKETS_CIPHER_BYTES];
	uint8_t mac[TLS_TICKETS_MAC_BYTES];
};

#define TLS_TICKETS_KEY_BYTES sizeof(struct tls_tickets_key)

/** What is in force: never changed once published. */
struct tls_tickets_set {
	struct tls_tickets_key current;  /**< seals and opens */
	struct tls_tickets_key previous; /**< opens only; before the first rotation the same as current */
};

struct tls_tickets;

/**
 * @param random  TLS_TICKETS_KEY_BYTES random octets, for the first key; the caller wipes its copy.
 * @return NULL if memory is out. Owner: the caller.
 */
struct tls_tickets *tls_tickets_create(const uint8_t random[TLS_TICKETS_KEY_BYTES]);

/** Wipe and free; after the last reader. NULL is allowed. */
void tls_tickets_destroy(struct tls_tickets *tickets);

/**
 * @return the set in force.
 * Owner:   the keys. Valid until the calling worker's next quiescent state: not kept from one poll to the next.
 * Threads: any worker, wait-free, concurrent with the one writer.
 */
const struct tls_tickets_set *tls_tickets_get(const struct tls_tickets *tickets);

/** @return the key of that name, NULL if it is neither the current one nor the one before. Threads: any. */
const struct tls_tickets_key *tls_tickets_find(
	const struct tls_tickets_set *set, const uint8_t name[TLS_TICKETS_NAME_BYTES]);

/**
 * Publish a set with a new current key. Then wait until every worker has come to rest once
 * (cert_table_writer_synchronize()), then tls_tickets_wipe_writer().
 *
 * @param random  as of tls_tickets_create().
 * Threads: control.
 */
void tls_tickets_rotate_writer(struct tls_tickets *tickets, const uint8_t random[TLS_TICKETS_KEY_BYTES]);

/** Wipe the set that was in force before the last rotation: nobody reads it any more. Threads: control. */
void tls_tickets_wipe_writer(struct tls_tickets *tickets);

#endif
