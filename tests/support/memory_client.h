/* SPDX-License-Identifier: BSD-3-Clause */
/** An OpenSSL client in memory, wired to a tls_session: what one writes the other is fed, in pieces of a chosen size.
 */
#ifndef HANDFAST_TEST_MEMORY_CLIENT_H
#define HANDFAST_TEST_MEMORY_CLIENT_H

#include "tls_session.h"

#include <openssl/ssl.h>

struct memory_client {
	SSL_CTX *ctx;
	SSL *ssl;
	struct tls_session *session; /**< borrowed */
	size_t piece;                /**< octets at most in one tls_session_feed() */
	uint8_t pending[1 << 17];    /**< from the client, not fed yet */
	size_t n_pending;
	enum tls_session_result result; /**< of the last feed */
};

/** @param trusted  the only root the client trusts; it verifies chain and host name. name NULL: no SNI. */
bool memory_client_init(struct memory_client *client, X509 *trusted, const char *name, struct tls_session *session);
void memory_client_fini(struct memory_client *client);

/** Move what is there, once both ways. @return true if something moved. */
bool memory_client_turn(struct memory_client *client);

/** Take the handshake as far as it goes. @return true if both sides are done. */
bool memory_client_handshake(struct memory_client *client);

/** Feed octets that no client wrote. */
enum tls_session_result memory_client_inject(struct memory_client *client, const void *data, size_t len);

#endif
