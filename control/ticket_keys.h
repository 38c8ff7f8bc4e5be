/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * When the keys of session tickets are made and replaced: at start, and then as often as a ticket lives. A ticket that
 * is made just before its key is replaced can so be opened to its end, and a key is gone after twice a ticket's life.
 */
#ifndef HANDFAST_TICKET_KEYS_H
#define HANDFAST_TICKET_KEYS_H

#include "cert_table_writer.h"
#include "tls_tickets.h"

#include <stdint.h>

/** The timer; its owner fills it in. */
struct ticket_keys {
	struct tls_tickets *tickets;
	struct cert_table *table; /**< whose grace periods workers keep */
	uint64_t made_ms;         /**< when the current key was made, monotonic */
	uint64_t rotations;
};

/** @return keys with a first one, or NULL if memory or random numbers are out. Owner: tls_tickets_destroy(). */
struct tls_tickets *ticket_keys_create(void);

/**
 * Replace the current key if it is its time. Waits for workers to come to rest once then: less than a millisecond.
 * @param lifetime_s  of the configuration that counts now. Threads: control.
 */
void ticket_keys_step(struct ticket_keys *keys, unsigned lifetime_s, uint64_t now_ms);

#endif
