/* SPDX-License-Identifier: BSD-3-Clause */
/** Our TLS 1.3 client against a server of libssl, in memory. */
#ifndef HANDFAST_TEST_TLS13_PAIR_H
#define HANDFAST_TEST_TLS13_PAIR_H

#include "certificate.h"
#include "test_certificates.h"
#include "tls13_client.h"

#include <openssl/ssl.h>

struct tls13_pair {
	SSL_CTX *server_context;
	SSL *server;
	struct tls13_client_context *context;
	struct tls13_client *client;
	struct test_certificates_pair certificate;
	enum tls_client_result result; /**< of the last feed */
	size_t piece;                  /**< octets at most in one feed */
	uint8_t plain[64];             /**< the start of what the client read last */
	size_t plain_len;
	size_t flip;     /**< octet of the server's stream to change, SIZE_MAX: none */
	size_t received; /**< octets of the server's stream so far */
};

/** A server with a certificate for "a.example" of the key type, and a client with the settings. */
bool tls13_pair_init(
	struct tls13_pair *pair, enum certificate_key key_type, const struct tls13_client_settings *settings);
void tls13_pair_fini(struct tls13_pair *pair);

/** Begin a connection. @param ticket  NULL: none. */
bool tls13_pair_start(struct tls13_pair *pair, const char *name, bool verify, const struct tls13_ticket *ticket);

/** Move octets both ways until nothing moves. */
void tls13_pair_run(struct tls13_pair *pair);

/** @return true if both sides are done with the handshake and the client has not failed. */
bool tls13_pair_is_established(const struct tls13_pair *pair);

/** Both suites and groups, one share, no ALPN. */
struct tls13_client_settings tls13_pair_settings(void);

#endif
