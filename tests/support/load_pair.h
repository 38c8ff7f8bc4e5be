/* SPDX-License-Identifier: BSD-3-Clause */
/** A client of the load generator, of any kind, against a server of libssl, in memory. */
#ifndef HANDFAST_TEST_LOAD_PAIR_H
#define HANDFAST_TEST_LOAD_PAIR_H

#include "load_tls.h"
#include "test_certificates.h"

#include <openssl/ssl.h>

struct load_pair {
	const struct load_tls_ops *ops;
	struct test_certificates_ca ca;
	struct test_certificates_pair certificate;
	SSL_CTX *server_context;
	SSL *server;
	struct load_tls_context *context;
	struct load_tls *client;
	struct load_random random;
	enum load_tls_result result; /**< of the last feed */
	char plain[256];             /**< what the client has read, as text */
	size_t plain_len;
	bool breaks_signatures; /**< an octet of the server's signature changes on its way */
	size_t piece;           /**< octets at most in one feed */
	size_t flip;            /**< octet of the server's stream to change, SIZE_MAX: none */
	size_t received;        /**< octets of the server's stream so far, in this connection */
};

/** A server with a certificate for "a.example" of that type and its chain. */
bool load_pair_init_key(struct load_pair *pair, const struct load_tls_ops *ops, enum certificate_key type);
/** The same with ECDSA P-256. */
bool load_pair_init(struct load_pair *pair, const struct load_tls_ops *ops);
void load_pair_fini(struct load_pair *pair);

/** Make the client, with settings. @return false, and the error says why. */
bool load_pair_open(struct load_pair *pair, const struct load_tls_settings *settings, struct load_error *error);

/** One handshake, and what follows by itself. @return true if both sides are done with it. */
bool load_pair_run(struct load_pair *pair, const char *name, bool verify, const struct load_ticket *ticket);

/** Move octets both ways until nothing moves. */
void load_pair_move(struct load_pair *pair);

#endif
