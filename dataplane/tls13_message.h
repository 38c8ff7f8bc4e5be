/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The server's handshake messages (RFC 8446 section 4), read strictly. Every function takes a message's body (without
 * the header of type and length) and returns TLS_ALERT_NONE, or the alert that the RFC asks for; the outputs mean
 * something only without one, and are views into the body. Whether a message fits the moment is the caller's question.
 */
#ifndef HANDFAST_TLS13_MESSAGE_H
#define HANDFAST_TLS13_MESSAGE_H

#include "bytes.h"
#include "tls_alert.h"

#include <stdbool.h>

#define TLS13_MESSAGE_HEADER_BYTES 4
#define TLS13_MESSAGE_VERSION      0x0304

enum tls13_message_type {
	TLS13_MESSAGE_CLIENT_HELLO = 1,
	TLS13_MESSAGE_SERVER_HELLO = 2,
	TLS13_MESSAGE_NEW_SESSION_TICKET = 4,
	TLS13_MESSAGE_ENCRYPTED_EXTENSIONS = 8,
	TLS13_MESSAGE_CERTIFICATE = 11,
	TLS13_MESSAGE_CERTIFICATE_REQUEST = 13,
	TLS13_MESSAGE_CERTIFICATE_VERIFY = 15,
	TLS13_MESSAGE_FINISHED = 20,
	TLS13_MESSAGE_KEY_UPDATE = 24,
	TLS13_MESSAGE_HASH = 254,
};

enum tls13_message_extension {
	TLS13_MESSAGE_EXT_SERVER_NAME = 0,
	TLS13_MESSAGE_EXT_SUPPORTED_GROUPS = 10,
	TLS13_MESSAGE_EXT_SIGNATURE_ALGORITHMS = 13,
	TLS13_MESSAGE_EXT_ALPN = 16,
	TLS13_MESSAGE_EXT_PRE_SHARED_KEY = 41,
	TLS13_MESSAGE_EXT_SUPPORTED_VERSIONS = 43,
	TLS13_MESSAGE_EXT_COOKIE = 44,
	TLS13_MESSAGE_EXT_PSK_MODES = 45,
	TLS13_MESSAGE_EXT_KEY_SHARE = 51,
};

/** ServerHello or HelloRetryRequest. */
struct tls13_message_server_hello {
	bool is_retry;
	uint16_t suite;
	struct bytes session_id; /**< legacy_session_id_echo */
	bool has_key_share;
	uint16_t group;
	struct bytes key_share; /**< empty in a HelloRetryRequest */
	bool has_psk;
	uint16_t psk; /**< selected_identity */
	struct bytes cookie;
};

/** @return also protocol_version: the server chose no TLS 1.3. */
enum tls_alert tls13_message_server_hello(struct bytes body, struct tls13_message_server_hello *out);

struct tls13_message_encrypted_extensions {
	bool has_server_name;
	struct bytes protocol; /**< ALPN, empty if none */
};

enum tls_alert tls13_message_encrypted_extensions(struct bytes body, struct tls13_message_encrypted_extensions *out);

/** @param out_leaf  DER of the first certificate. */
enum tls_alert tls13_message_certificate(struct bytes body, struct bytes *out_leaf);

enum tls_alert tls13_message_certificate_request(struct bytes body);

enum tls_alert tls13_message_certificate_verify(struct bytes body, uint16_t *out_scheme, struct bytes *out_signature);

struct tls13_message_ticket {
	uint32_t lifetime_s, age_add;
	struct bytes nonce, ticket;
};

enum tls_alert tls13_message_ticket(struct bytes body, struct tls13_message_ticket *out);

/** @param out_requested  the peer wants our keys updated too. */
enum tls_alert tls13_message_key_update(struct bytes body, bool *out_requested);

#endif
