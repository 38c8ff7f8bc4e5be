/* SPDX-License-Identifier: BSD-3-Clause */
/** What a client keeps to resume a session of TLS 1.2 with: the server's id for it (RFC 5246) or a ticket (RFC 5077).
 */
#ifndef HANDFAST_TLS12_SESSION_H
#define HANDFAST_TLS12_SESSION_H

#include "tls12_keys.h"

#define TLS12_SESSION_ID_MAX_BYTES 32
/** Longest ticket that we keep: larger ones would not leave room for a ClientHello of usual size in a record. */
#define TLS12_SESSION_TICKET_MAX_BYTES 8192
/** RFC 5246 appendix F.1.4: an upper limit for what the server has set none for. */
#define TLS12_SESSION_LIFETIME_S 86400

struct tls12_session {
	const struct tls12_suite *suite; /**< NULL: no session */
	uint8_t master[TLS12_KEYS_MASTER_BYTES];
	bool is_extended; /**< its master secret is (RFC 7627): resumed handshakes must agree */
	uint8_t id[TLS12_SESSION_ID_MAX_BYTES];
	size_t id_len;
	uint8_t *ticket; /**< NULL: it is resumed by its id */
	size_t ticket_len;
	uint32_t lifetime_s;
	uint64_t received_ms;
};

/**
 * Give a session a ticket, copied; one that it has is freed.
 * @return false: too long, or memory is out; it has none then. Owner: the session, tls12_session_fini().
 */
bool tls12_session_set_ticket(struct tls12_session *session, struct bytes ticket);

/** Wipe and free. */
void tls12_session_fini(struct tls12_session *session);

/** @return true if there is one and its lifetime is not over. @param now_ms  the clock of received_ms. */
bool tls12_session_is_fresh(const struct tls12_session *session, uint64_t now_ms);

#endif
