/* SPDX-License-Identifier: BSD-3-Clause */
/** What tls12_client.c (records, reading and writing) and tls12_client_flight.c (handshake messages) share. */
#ifndef HANDFAST_TLS12_CLIENT_STATE_H
#define HANDFAST_TLS12_CLIENT_STATE_H

#include "tls12_client.h"
#include "tls12_record.h"
#include "tls_key_share.h"
#include "tls_assembly.h"
#include "tls_leaf.h"

/** What the client waits for (RFC 5246 section 7.3). */
enum tls12_client_state {
	TLS12_CLIENT_IDLE,
	TLS12_CLIENT_WAIT_SERVER_HELLO,
	TLS12_CLIENT_WAIT_CERTIFICATE,
	TLS12_CLIENT_WAIT_KEY_EXCHANGE,
	TLS12_CLIENT_WAIT_REQUEST_OR_DONE,
	TLS12_CLIENT_WAIT_DONE,
	TLS12_CLIENT_WAIT_TICKET,
	TLS12_CLIENT_WAIT_CHANGE_CIPHER_SPEC,
	TLS12_CLIENT_WAIT_FINISHED,
	TLS12_CLIENT_CONNECTED,
	TLS12_CLIENT_OVER,
};

/** A key of our own, made ahead: one that has not been sent serves the next connection. */
struct tls12_client_share {
	struct tls_key_share key;
	bool is_ready;
};

struct tls12_client_context {
	struct tls12_client_settings settings;
	struct tls_leaf_cache leaves;
	struct tls_aead_ciphers ciphers;
	struct tls_key_share_tools tools;
	struct tls12_client_share reused[TLS12_CLIENT_MAX_GROUPS]; /**< by their place in settings.groups, as own */
	size_t likely; /**< the group that a server has chosen last, by its place */
	uint8_t scratch[TLS13_RECORD_PAYLOAD_MAX_BYTES];
};

struct tls12_client {
	struct tls12_client_context *context;
	struct tls12_client_params params;
	enum tls12_client_state state;
	struct tls_client_fault fault;
	struct tls12_record reads, writes;
	struct tls12_client_share own[TLS12_CLIENT_MAX_GROUPS];
	struct tls_assembly input;
	struct tls_buffer output, hello, certificate, ticket;
	bool expects_ticket, was_asked_for_certificate;
	unsigned n_idle; /**< warnings and HelloRequests, which bring nothing forward */
	struct bytes plaintext;
	const struct tls12_suite *suite;
	struct tls_hash transcript; /**< once the suite, so the hash, is known */
	uint8_t server_random[TLS12_KEYS_RANDOM_BYTES], session_id[TLS12_SESSION_ID_MAX_BYTES];
	size_t session_id_len;
	uint8_t peer_value[TLS_KEY_SHARE_PUBLIC_MAX_BYTES];
	size_t peer_len, group_place; /**< of the group in settings.groups */
	uint8_t master[TLS12_KEYS_MASTER_BYTES];
	struct tls12_keys_block keys;
	uint32_t ticket_lifetime_s;
	struct tls12_client_info info;
	char protocol[256];
};

/** End the connection by a fault; the alert goes to the output, TLS_ALERT_NONE: none does. */
void tls12_client_fail(struct tls12_client *client, enum tls_client_cause cause, enum tls_alert alert);

/** Seal into the output. @return false: the connection has failed by it. */
bool tls12_client_send(struct tls12_client *client, enum tls13_record_type type, struct bytes fragment);

/** Write the ClientHello into hello and output. @return false: memory is out. */
bool tls12_client_flight_hello(struct tls12_client *client);

/** Handle one handshake message, header included. The connection may have failed after it. */
void tls12_client_flight_message(struct tls12_client *client, struct bytes message);

/** The server's ChangeCipherSpec: what follows is protected. */
void tls12_client_flight_change_cipher_spec(struct tls12_client *client);

/** Something came that brings nothing forward. @return false: too much of it, the connection has failed. */
bool tls12_client_flight_bears(struct tls12_client *client);

#endif
