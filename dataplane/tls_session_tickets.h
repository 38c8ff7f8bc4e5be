/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Session tickets, as libssl asks for them: sealed and opened with the keys that all workers share (tls_tickets.h), and
 * taken only where the connection has chosen the same name, binding and certificate as the one that they were made on.
 */
#ifndef HANDFAST_TLS_SESSION_TICKETS_H
#define HANDFAST_TLS_SESSION_TICKETS_H

#include "tls_session_internal.h"

/** Set the engine's SSL_CTX up for it; sessions have no tickets until they are prepared. @return false: no memory. */
bool tls_session_tickets_configure(struct tls_session_engine *engine);

/**
 * Say what a session belongs to, and let it have tickets if params and engine do.
 * @param fingerprint  of the certificate that was chosen.
 * @return false if memory is out.
 */
bool tls_session_tickets_prepare(struct tls_session *session, const struct tls_session_params *params,
	const uint8_t fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES]);

#endif
