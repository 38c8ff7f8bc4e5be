/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * One TLS server session, behind an interface that hides which engine runs it (docs/architecture.md, "TLS"). Bytes in,
 * bytes out: no socket, no packet, no clock of its own.
 */
#ifndef HANDFAST_TLS_SESSION_H
#define HANDFAST_TLS_SESSION_H

#include "bytes.h"
#include "certificate.h"
#include "host_name.h"
#include "tls_tickets.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a worker's sessions share: one SSL_CTX, a small LRU of live OpenSSL objects made from certificates. */
struct tls_session_engine;
struct tls_session;

enum tls_session_result {
	TLS_SESSION_OK,
	TLS_SESSION_WANT_INPUT, /**< nothing more to do until the peer sends */
	TLS_SESSION_WANT_ASYNC, /**< paused for public-key work; call tls_session_resume() when it is done */
	TLS_SESSION_CLOSED,     /**< the peer sent close_notify */
	TLS_SESSION_FAILED,     /**< fatal: an alert may be waiting in drain; tls_session_error() says why */
};

/** Settings that all sessions of a worker share. */
struct tls_session_settings {
	unsigned live_certificates;        /**< bound of the LRU, at least 1 */
	unsigned lcore;                    /**< for messages */
	bool allow_vectors;                /**< AVX-512 where the processor has it (crypto_provider.h) */
	const struct tls_tickets *tickets; /**< keys of session tickets; must outlive the engine; NULL: no resumption */
};

/** What this one session may do. */
struct tls_session_params {
	bool allow_tls13;
	bool allow_http2;      /**< offer "h2" in ALPN beside "http/1.1" */
	struct host_name name; /**< the client's normalised server_name, acknowledged; len 0: none, or not used */
	/** What else, beside name and certificate, a session belongs to; read during tls_session_start() only. */
	struct bytes binding;
	uint32_t ticket_lifetime_s; /**< from a full handshake on it can be resumed for so long; 0: never, no tickets */
	unsigned tickets_tls13; /**< tickets sent after a full TLS 1.3 handshake, at least 1; after a resumed one 1 */
};

/** Why a ticket that the client offered was not taken; the handshake is a full one then. */
enum tls_session_ticket {
	TLS_SESSION_TICKET_NONE,        /**< none was offered, or one was taken, or it does not suit the offer */
	TLS_SESSION_TICKET_UNKNOWN_KEY, /**< of another server, of before a restart, or older than two rotations */
	TLS_SESSION_TICKET_BROKEN,      /**< not as we made it */
	TLS_SESSION_TICKET_EXPIRED,     /**< older than its lifetime */
	TLS_SESSION_TICKET_OTHER_NAME,  /**< made for another server name or another binding */
	TLS_SESSION_TICKET_OTHER_CERTIFICATE, /**< the certificate has been replaced since */
};

/** What was negotiated; strings are constants or live as long as the session, and empty before the handshake is
 * complete. */
struct tls_session_info {
	const char *version;   /**< "TLSv1.3" */
	const char *cipher;    /**< "TLS_AES_256_GCM_SHA384" */
	const char *group;     /**< "X25519", "P-256", "P-384" */
	const char *signature; /**< what the server signed with, "ecdsa_secp256r1_sha256" */
	char protocol[16];     /**< ALPN, "" if none */
	bool resumed;
	enum tls_session_ticket refused_ticket;
};

/**
 * @return the engine, or NULL with the reason in error.
 * Owner: the caller; tls_session_engine_destroy() after its last session.
 * Threads: the worker that will use it (or before it starts).
 */
struct tls_session_engine *tls_session_engine_create(
	const struct tls_session_settings *settings, char *error, size_t error_size);
/** NULL is allowed. */
void tls_session_engine_destroy(struct tls_session_engine *engine);

/**
 * Wipe key pairs made ahead, and free what OpenSSL keeps for this thread (fibres, random generators). The thread's last
 * call with the engine, after its last session; without it a thread of the C library's frees them when it ends, one of
 * the EAL's does not end before the process. Threads: the engine's worker.
 */
void tls_session_engine_leave(struct tls_session_engine *engine);

/**
 * Start a session with an accepted ClientHello's certificate. The ClientHello itself is fed next, with everything else.
 *
 * @param certificate  read during the call only; live objects are cached under its generation.
 * @param out_session  set on OK.
 * @return OK; FAILED if the certificate cannot be used or memory is out (nothing is then allocated).
 * Threads: the engine's worker. Cost: an SSL object.
 */
enum tls_session_result tls_session_start(struct tls_session_engine *engine, const struct certificate *certificate,
	const struct tls_session_params *params, struct tls_session **out_session);

/**
 * Give the session bytes from the peer and go on with the handshake.
 *
 * @param out_consumed  bytes taken; fewer than given only while paused (WANT_ASYNC) or when the session is over, or
 * when output or plaintext must be taken first.
 * @return WANT_INPUT, WANT_ASYNC, CLOSED, FAILED, or OK when plaintext may be there to read.
 */
enum tls_session_result tls_session_feed(struct tls_session *session, struct bytes ciphertext, size_t *out_consumed);

/** Go on after WANT_ASYNC, once the public-key work is done. Result as of tls_session_feed(). */
enum tls_session_result tls_session_resume(struct tls_session *session);

/** @return a view of the bytes to send to the peer, len 0 if none. Valid until the next call on the session. */
struct bytes tls_session_output(struct tls_session *session);
/** Drop the first n bytes of the output: they have been given to TCP. */
void tls_session_output_consume(struct tls_session *session, size_t n);

/** @return true once the handshake is complete. */
bool tls_session_established(const struct tls_session *session);
/** What was negotiated. @param out  always written. */
void tls_session_get_info(const struct tls_session *session, struct tls_session_info *out);

/**
 * Read plaintext.
 * @param out_len  bytes written to data, > 0 on OK
 * @return OK, WANT_INPUT, WANT_ASYNC, CLOSED, FAILED.
 */
enum tls_session_result tls_session_read(struct tls_session *session, uint8_t *data, size_t size, size_t *out_len);

/**
 * Write plaintext.
 * @param out_len  bytes taken: fewer than given when the output holds TLS_SESSION_OUTPUT_MAX_BYTES: send some first.
 */
enum tls_session_result tls_session_write(struct tls_session *session, struct bytes plaintext, size_t *out_len);

/** Output held at most before tls_session_write() takes no more: two full records. */
#define TLS_SESSION_OUTPUT_MAX_BYTES ((size_t)2 * (16384 + 256))

/** Send close_notify (into the output). */
void tls_session_close(struct tls_session *session);

/** @return why the session FAILED, one line for the log, "" if it did not; valid until the session is freed. */
const char *tls_session_error(const struct tls_session *session);

/** @return the fatal alert that it sent (RFC 8446 section 6), -1 if none. */
int tls_session_alert_sent(const struct tls_session *session);

/**
 * Free, in any state, also while paused: the public-key work under way is told to give up, and what cannot be freed
 * before it has ended is freed by a later tls_session_start() or the engine's end. NULL is allowed. Threads: the
 * engine's worker.
 */
void tls_session_destroy(struct tls_session *session);

/**
 * Forget key pairs that were made ahead and not used; to be called about once in a second, so that none waits for long.
 * Threads: the engine's worker.
 */
void tls_session_engine_age(struct tls_session_engine *engine);

/** @return how many certificates have live objects now (never above the bound). */
size_t tls_session_engine_live(const struct tls_session_engine *engine);

#endif
