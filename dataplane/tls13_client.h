/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A lean TLS 1.3 client for load: bytes in, bytes out, no sockets, no clock; one object serves many connections, one
 * after the other, and keeps its memory. It does not authenticate the server beyond what tls_verify.h says: do not
 * send it secrets.
 */
#ifndef HANDFAST_TLS13_CLIENT_H
#define HANDFAST_TLS13_CLIENT_H

#include "tls_alert.h"
#include "tls13_hello.h"
#include "tls13_ticket.h"
#include "tls_client.h"

/** What a thread's clients share: prepared contexts, working memory. */
struct tls13_client_context;
struct tls13_client;

#define TLS13_CLIENT_MAX_GROUPS 3

/** Settings of all clients of a context. */
struct tls13_client_settings {
	uint16_t suites[TLS13_SUITE_COUNT], groups[TLS13_CLIENT_MAX_GROUPS]; /**< in order of preference */
	size_t n_suites, n_groups;
	uint16_t schemes[TLS13_HELLO_MAX_SCHEMES]; /**< for CertificateVerify */
	size_t n_schemes;                          /**< 0: all that tls_verify.h knows */
	size_t n_shares;        /**< for how many of the groups a key share is sent at once, 1 to n_groups */
	bool reuse_key_share;   /**< one key for all connections: cheaper, and no forward secrecy */
	struct bytes protocols; /**< ALPN as on the wire, len 0: none; borrowed as long as the context lives */
	/**
	 * Judges a server's chain where a connection verifies; NULL: nobody does.
	 * @param body  of the Certificate message (section 4.4.2), whose form has been checked.
	 * @return false: it is not trusted, the connection fails.
	 */
	bool (*judge_chain)(void *judge, struct bytes body);
	void *judge;
};

/** One connection. The views are borrowed until the next start. */
struct tls13_client_params {
	uint8_t random[64];                /**< for the ClientHello's random and session id */
	struct bytes server_name;          /**< len 0: none */
	bool verify;                       /**< check CertificateVerify and the name, else only their form */
	const struct tls13_ticket *ticket; /**< fresh, or NULL */
	bool wants_ticket;                 /**< keep the server's last ticket for tls13_client_take_ticket() */
	uint64_t now_ms;                   /**< the clock of the ticket */
};

struct tls13_client_info {
	const struct tls13_suite *suite; /**< NULL before the handshake is complete */
	uint16_t group, scheme;          /**< scheme 0: resumed, nothing was signed */
	bool resumed, retried;           /**< retried: by a HelloRetryRequest */
	struct bytes protocol;           /**< ALPN chosen, len 0: none */
};

/** @return NULL: memory is out, or OpenSSL lacks an algorithm. Owner: the caller. Threads: its user's only. */
struct tls13_client_context *tls13_client_context_create(const struct tls13_client_settings *settings);
/** After its last client. NULL is allowed. */
void tls13_client_context_destroy(struct tls13_client_context *context);

/** @return NULL: memory is out. Owner: the caller. Threads: the context's. */
struct tls13_client *tls13_client_create(struct tls13_client_context *context);
void tls13_client_destroy(struct tls13_client *client);

/** Begin a connection, in any state; a ClientHello is then in the output. @return false: memory is out. */
bool tls13_client_start(struct tls13_client *client, const struct tls13_client_params *params);

/**
 * Give the client bytes from the server.
 * @param out_consumed  octets taken: fewer than given on DATA, and when the connection is over.
 */
enum tls_client_result tls13_client_feed(struct tls13_client *client, struct bytes input, size_t *out_consumed);

/** @return plaintext after DATA; valid until the context's next feed, of any client. */
struct bytes tls13_client_plaintext(const struct tls13_client *client);

/** @return what is to be sent, len 0: nothing. Valid until the next call on the client. */
struct bytes tls13_client_output(const struct tls13_client *client);
void tls13_client_output_consume(struct tls13_client *client, size_t n);

bool tls13_client_established(const struct tls13_client *client);

/** Write plaintext into the output, cut into records. @return false: not established, closed, or memory is out. */
bool tls13_client_write(struct tls13_client *client, struct bytes plaintext);

/** New keys for what we send (section 4.6.3). @param request  ask the server for the same. @return as write. */
bool tls13_client_update_keys(struct tls13_client *client, bool request);

/** Put close_notify into the output. */
void tls13_client_close(struct tls13_client *client);

struct tls_client_fault tls13_client_fault(const struct tls13_client *client);
void tls13_client_get_info(const struct tls13_client *client, struct tls13_client_info *out);

/** @return true: the last ticket moved to out (what was there is freed); false: there is none. Owner: the caller. */
bool tls13_client_take_ticket(struct tls13_client *client, struct tls13_ticket *out);

#endif
