/* SPDX-License-Identifier: BSD-3-Clause */
/** Writing a ClientHello of TLS 1.2 (RFC 5246 section 7.4.1.2). */
#ifndef HANDFAST_TLS12_HELLO_H
#define HANDFAST_TLS12_HELLO_H

#include "bytes.h"

#include <stdint.h>

/** What a ClientHello says. Views only: nothing is kept. */
struct tls12_hello {
	struct bytes random;     /**< 32 octets */
	struct bytes session_id; /**< at most 32 */
	const uint16_t *suites, *groups, *schemes;
	size_t n_suites, n_groups, n_schemes;
	struct bytes server_name; /**< len 0: no extension */
	struct bytes protocols;   /**< ALPN as on the wire, each name behind its length; len 0: no extension */
	struct bytes ticket;      /**< len 0: one is asked for (RFC 5077 section 3.2) */
};

/** @return room that is enough for this ClientHello. */
size_t tls12_hello_bound(const struct tls12_hello *hello);

/**
 * Write the message, header included. It offers the extended master secret (RFC 7627) and secure renegotiation (RFC
 * 5746).
 * @param out  tls12_hello_bound() octets
 * @return octets written.
 * Threads: any.
 */
size_t tls12_hello_write(const struct tls12_hello *hello, uint8_t *out);

#endif
