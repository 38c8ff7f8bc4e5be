/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The server's handshake messages of TLS 1.2 (RFC 5246 section 7.4, RFC 8422 section 5), read strictly. Every function
 * takes a message's body (without the header of type and length) and returns TLS_ALERT_NONE, or the alert that the
 * RFC asks for; the outputs mean something only without one, and are views into the body. Whether a message fits the
 * moment is the caller's question.
 */
#ifndef HANDFAST_TLS12_MESSAGE_H
#define HANDFAST_TLS12_MESSAGE_H

#include "bytes.h"
#include "tls_alert.h"

#include <stdbool.h>

#define TLS12_MESSAGE_VERSION 0x0303

enum tls12_message_type {
	TLS12_MESSAGE_HELLO_REQUEST = 0,
	TLS12_MESSAGE_CLIENT_HELLO = 1,
	TLS12_MESSAGE_SERVER_HELLO = 2,
	TLS12_MESSAGE_NEW_SESSION_TICKET = 4,
	TLS12_MESSAGE_CERTIFICATE = 11,
	TLS12_MESSAGE_SERVER_KEY_EXCHANGE = 12,
	TLS12_MESSAGE_CERTIFICATE_REQUEST = 13,
	TLS12_MESSAGE_SERVER_HELLO_DONE = 14,
	TLS12_MESSAGE_CLIENT_KEY_EXCHANGE = 16,
	TLS12_MESSAGE_FINISHED = 20,
};

enum tls12_message_extension {
	TLS12_MESSAGE_EXT_SERVER_NAME = 0,
	TLS12_MESSAGE_EXT_SUPPORTED_GROUPS = 10,
	TLS12_MESSAGE_EXT_POINT_FORMATS = 11,
	TLS12_MESSAGE_EXT_SIGNATURE_ALGORITHMS = 13,
	TLS12_MESSAGE_EXT_ALPN = 16,
	TLS12_MESSAGE_EXT_EXTENDED_MASTER = 23,
	TLS12_MESSAGE_EXT_SESSION_TICKET = 35,
	TLS12_MESSAGE_EXT_RENEGOTIATION = 0xff01,
};

struct tls12_message_server_hello {
	struct bytes random, session_id;
	uint16_t suite;
	bool has_server_name, has_ticket, has_extended_master, has_renegotiation;
	struct bytes protocol; /**< ALPN, empty if none */
};

/** @return also protocol_version: the server chose another one. */
enum tls_alert tls12_message_server_hello(struct bytes body, struct tls12_message_server_hello *out);

/** @param out_leaf  DER of the first certificate. */
enum tls_alert tls12_message_certificate(struct bytes body, struct bytes *out_leaf);

struct tls12_message_key_exchange {
	uint16_t group;
	struct bytes public_value;
	struct bytes parameters; /**< what the signature covers, behind both randoms */
	uint16_t scheme;
	struct bytes signature;
};

/** ServerKeyExchange of ECDHE (RFC 8422 section 5.4). */
enum tls_alert tls12_message_key_exchange(struct bytes body, struct tls12_message_key_exchange *out);

enum tls_alert tls12_message_certificate_request(struct bytes body);

/** HelloRequest and ServerHelloDone have no body. */
enum tls_alert tls12_message_empty(struct bytes body);

/** NewSessionTicket (RFC 5077 section 3.3). @param out_lifetime_s  0: not told. @param out_ticket  empty: none after
 * all. */
enum tls_alert tls12_message_ticket(struct bytes body, uint32_t *out_lifetime_s, struct bytes *out_ticket);

#endif
