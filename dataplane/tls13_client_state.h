/* SPDX-License-Identifier: BSD-3-Clause */
/** What tls13_client.c (records, reading and writing) and tls13_client_flight.c (handshake messages) share. */
#ifndef HANDFAST_TLS13_CLIENT_STATE_H
#define HANDFAST_TLS13_CLIENT_STATE_H

#include "tls13_client.h"
#include "tls_key_share.h"
#include "tls_assembly.h"
#include "tls_leaf.h"

/** RFC 8446 appendix A.1. */
enum tls13_client_state {
	TLS13_CLIENT_IDLE,
	TLS13_CLIENT_WAIT_SERVER_HELLO,
	TLS13_CLIENT_WAIT_ENCRYPTED_EXTENSIONS,
	TLS13_CLIENT_WAIT_CERTIFICATE_OR_REQUEST,
	TLS13_CLIENT_WAIT_CERTIFICATE,
	TLS13_CLIENT_WAIT_CERTIFICATE_VERIFY,
	TLS13_CLIENT_WAIT_FINISHED,
	TLS13_CLIENT_CONNECTED,
	TLS13_CLIENT_OVER,
};

struct tls13_client_context {
	struct tls13_client_settings settings;
	struct tls_leaf_cache leaves;
	struct tls_aead_ciphers aeads;
	struct tls_key_share_tools tools;
	struct tls_key_share reused[TLS13_CLIENT_MAX_GROUPS];
	uint8_t scratch[TLS13_RECORD_PAYLOAD_MAX_BYTES];
};

struct tls13_client {
	struct tls13_client_context *context;
	struct tls13_client_params params;
	enum tls13_client_state state;
	struct tls_client_fault fault;
	struct tls13_record reads, writes;
	struct tls_assembly input;
	struct tls_buffer output, hello, certificate, cookie;
	struct tls_key_share own[TLS13_CLIENT_MAX_GROUPS];
	uint16_t shared_groups[TLS13_CLIENT_MAX_GROUPS]; /**< those that a key share went out for */
	size_t n_shared;
	bool keys_changed, was_asked_for_certificate, sent_ccs;
	struct bytes plaintext;
	const struct tls13_suite *suite;
	struct tls_hash transcript;
	struct tls13_keys_secret secret; /**< of the schedule's present stage */
	struct tls13_keys_secret client_traffic, server_traffic, resumption;
	struct tls13_client_info info;
	char protocol[256];
	struct tls13_ticket ticket;
};

/** End the connection by a fault of the server's that has the given alert; the alert goes to the output. */
void tls13_client_fail(struct tls13_client *client, enum tls_client_cause cause, enum tls_alert alert);

/** Seal into the output. @return false: the connection has failed by it. */
bool tls13_client_send(struct tls13_client *client, enum tls13_record_type type, struct bytes fragment);

/** Write the ClientHello, first or second, into hello and output. @return false: memory is out. */
bool tls13_client_flight_hello(struct tls13_client *client);

/** Handle one handshake message, header included. The connection may have failed after it. */
void tls13_client_flight_message(struct tls13_client *client, struct bytes message);

#endif
