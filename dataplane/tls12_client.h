/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A lean TLS 1.2 client for load, the older sister of tls13_client.h: ECDHE and AEAD, extended master secret,
 * resumption by ticket or session id, no renegotiation. Bytes in, bytes out, no sockets, no clock; one object serves
 * many connections, one after the other, and keeps its memory. It does not authenticate the server beyond what
 * tls_verify.h says: do not send it secrets.
 */
#ifndef HANDFAST_TLS12_CLIENT_H
#define HANDFAST_TLS12_CLIENT_H

#include "tls12_session.h"
#include "tls_alert.h"
#include "tls_key_share.h"
#include "tls_verify.h"
#include "tls_client.h"

/** What a thread's clients share: prepared contexts, working memory. */
struct tls12_client_context;
struct tls12_client;

#define TLS12_CLIENT_MAX_GROUPS 3

/** Settings of all clients of a context. */
struct tls12_client_settings {
	uint16_t suites[TLS12_SUITE_COUNT], groups[TLS12_CLIENT_MAX_GROUPS]; /**< in order of preference */
	size_t n_suites, n_groups;
	uint16_t schemes[TLS_VERIFY_SCHEMES]; /**< for ServerKeyExchange and certificates */
	size_t n_schemes;                     /**< 0: all that tls_verify.h knows */
	bool reuse_key_share;                 /**< one key for all connections: cheaper, and no forward secrecy */
	struct bytes protocols; /**< ALPN as on the wire, len 0: none; borrowed as long as the context lives */
	/**
	 * Judges a server's chain where a connection verifies; NULL: nobody does.
	 * @param body  of the Certificate message (RFC 5246 section 7.4.2), whose form has been checked.
	 * @return false: it is not trusted, the connection fails.
	 */
	bool (*judge_chain)(void *judge, struct bytes body);
	void *judge;
};

/** One connection. The views are borrowed until the next start. */
struct tls12_client_params {
	uint8_t random[64];       /**< for the ClientHello's random, and the session id beside a ticket */
	struct bytes server_name; /**< len 0: none */
	bool verify;              /**< check ServerKeyExchange's signature and the name, else only their form */
	const struct tls12_session *session; /**< fresh, or NULL */
	bool wants_session;                  /**< keep the server's ticket for tls12_client_take_session() */
	uint64_t now_ms;                     /**< the clock of the session */
};

struct tls12_client_info {
	const struct tls12_suite *suite; /**< NULL before the handshake is complete */
	uint16_t group, scheme;          /**< 0: resumed */
	bool resumed;
	bool is_extended, is_renegotiation_secure; /**< the server has agreed to RFC 7627, RFC 5746 */
	struct bytes protocol;                     /**< ALPN chosen, len 0: none */
};

/** @return NULL: memory is out, or OpenSSL lacks an algorithm. Owner: the caller. Threads: its user's only. */
struct tls12_client_context *tls12_client_context_create(const struct tls12_client_settings *settings);
/** After its last client. NULL is allowed. */
void tls12_client_context_destroy(struct tls12_client_context *context);

/** @return NULL: memory is out. Owner: the caller. Threads: the context's. */
struct tls12_client *tls12_client_create(struct tls12_client_context *context);
void tls12_client_destroy(struct tls12_client *client);

/** Begin a connection, in any state; a ClientHello is then in the output. @return false: memory is out. */
bool tls12_client_start(struct tls12_client *client, const struct tls12_client_params *params);

/**
 * Give the client bytes from the server.
 * @param out_consumed  octets taken: fewer than given on DATA, and when the connection is over.
 */
enum tls_client_result tls12_client_feed(struct tls12_client *client, struct bytes input, size_t *out_consumed);

/** @return plaintext after DATA; valid until the context's next feed, of any client. */
struct bytes tls12_client_plaintext(const struct tls12_client *client);

/** @return what is to be sent, len 0: nothing. Valid until the next call on the client. */
struct bytes tls12_client_output(const struct tls12_client *client);
void tls12_client_output_consume(struct tls12_client *client, size_t n);

bool tls12_client_established(const struct tls12_client *client);

/** Write plaintext into the output, cut into records. @return false: not established, closed, or memory is out. */
bool tls12_client_write(struct tls12_client *client, struct bytes plaintext);

/** Put close_notify into the output. */
void tls12_client_close(struct tls12_client *client);

struct tls_client_fault tls12_client_fault(const struct tls12_client *client);
void tls12_client_get_info(const struct tls12_client *client, struct tls12_client_info *out);

/**
 * What the connection can be resumed with: the server's ticket, else its session id; after a resumed handshake without
 * a new ticket the old one again.
 * @param out  what was there is freed. @return false: not established, nothing of the kind, or memory is out; out is
 * then empty. Owner: the caller, tls12_session_fini().
 */
bool tls12_client_take_session(struct tls12_client *client, struct tls12_session *out);

#endif
