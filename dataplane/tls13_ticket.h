/* SPDX-License-Identifier: BSD-3-Clause */
/** What a client keeps of a NewSessionTicket to resume with (RFC 8446 section 4.6.1). */
#ifndef HANDFAST_TLS13_TICKET_H
#define HANDFAST_TLS13_TICKET_H

#include "tls13_keys.h"
#include "tls13_message.h"

/** Longest ticket that we keep: larger ones would not leave room for a ClientHello of usual size in a record. */
#define TLS13_TICKET_MAX_BYTES 8192

struct tls13_ticket {
	const struct tls13_suite *suite; /**< NULL: no ticket */
	struct tls13_keys_secret psk;
	uint8_t *ticket;
	size_t len;
	uint32_t lifetime_s, age_add;
	uint64_t received_ms;
};

/**
 * Take a ticket from its message; one that is there is freed.
 * @param now_ms  of any monotonic clock.
 * @return false: too long, or memory is out; there is then none.
 * Owner: the holder, tls13_ticket_fini(). Threads: the holder's.
 */
bool tls13_ticket_take(struct tls13_ticket *ticket, const struct tls13_suite *suite,
	const struct tls13_keys_secret *resumption_master, const struct tls13_message_ticket *message, uint64_t now_ms);

/** Wipe and free. */
void tls13_ticket_fini(struct tls13_ticket *ticket);

/** @return true if there is one and its lifetime is not over. */
bool tls13_ticket_is_fresh(const struct tls13_ticket *ticket, uint64_t now_ms);

/** @return obfuscated_ticket_age (section 4.2.11.1). */
uint32_t tls13_ticket_obfuscated_age(const struct tls13_ticket *ticket, uint64_t now_ms);

#endif
