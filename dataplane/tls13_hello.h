/* SPDX-License-Identifier: BSD-3-Clause */
/** Writing a ClientHello of TLS 1.3 (RFC 8446 section 4.1.2). */
#ifndef HANDFAST_TLS13_HELLO_H
#define HANDFAST_TLS13_HELLO_H

#include "bytes.h"

#include <stdbool.h>

#define TLS13_HELLO_RANDOM_BYTES 32
#define TLS13_HELLO_MAX_SHARES   3
#define TLS13_HELLO_MAX_SCHEMES  9

struct tls13_hello_share {
	uint16_t group;
	struct bytes value;
};

/** What a ClientHello says. Views only: nothing is kept. */
struct tls13_hello {
	const uint8_t *random;     /**< TLS13_HELLO_RANDOM_BYTES */
	const uint8_t *session_id; /**< as many: never empty, for the middleboxes (appendix D.4) */
	const uint16_t *suites, *groups, *schemes;
	size_t n_suites, n_groups;
	size_t n_schemes; /**< for CertificateVerify; 0: all that tls_verify_transcript() knows */
	struct tls13_hello_share shares[TLS13_HELLO_MAX_SHARES];
	size_t n_shares;
	struct bytes server_name; /**< len 0: no extension */
	struct bytes protocols;   /**< ALPN as on the wire, each name behind its length; len 0: no extension */
	struct bytes cookie;      /**< of a HelloRetryRequest; len 0: none */
	struct bytes ticket;      /**< len 0: no resumption */
	uint32_t ticket_age;      /**< obfuscated */
	size_t binder_bytes;      /**< of its hash */
};

/** @return room that is enough for this ClientHello. */
size_t tls13_hello_bound(const struct tls13_hello *hello);

/**
 * Write the message, header included. The binder of a ticket is left zero; it is the last binder_bytes octets, and
 * covers what comes before the binders' list, all but the last binder_bytes + 3 octets (section 4.2.11.2).
 *
 * @param out  tls13_hello_bound() octets
 * @return octets written.
 * Threads: any.
 */
size_t tls13_hello_write(const struct tls13_hello *hello, uint8_t *out);

/** @return true if a ClientHello with these schemes offers that one for CertificateVerify. @param n_schemes  0: all. */
bool tls13_hello_offers_scheme(const uint16_t *schemes, size_t n_schemes, uint16_t scheme);

#endif
