/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Tickets kept for resumption, by server name. Each is used once (RFC 8446 appendix C.4), the newest first. Every
 * resumed connection brings a new one, so a store that is full once stays so.
 */
#ifndef HANDFAST_LOAD_TICKETS_H
#define HANDFAST_LOAD_TICKETS_H

#include "load_tls.h"

struct load_tickets;

/** @param per_name  kept at most for each name. @return NULL: memory is out. Owner: the caller. Threads: one. */
struct load_tickets *load_tickets_create(const struct load_tls_ops *ops, uint32_t n_names, uint32_t per_name);
/** With all that are kept. NULL is allowed. */
void load_tickets_destroy(struct load_tickets *tickets);

/** @return true if there is room for another one of that name. */
bool load_tickets_wants(const struct load_tickets *tickets, uint32_t name);

/** Keep a ticket, or free it if there is no room. Owner: the store. */
void load_tickets_put(struct load_tickets *tickets, uint32_t name, struct load_ticket *ticket);

/** @return a ticket that has not expired, now the caller's; NULL: there is none. */
struct load_ticket *load_tickets_take(struct load_tickets *tickets, uint32_t name, uint64_t now_ms);

#endif
