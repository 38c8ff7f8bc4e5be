/* SPDX-License-Identifier: BSD-3-Clause */
/** What tls_session*.c share, and what a test or a provider of public-key work needs to see of a session. */
#ifndef HANDFAST_TLS_SESSION_INTERNAL_H
#define HANDFAST_TLS_SESSION_INTERNAL_H

#include "tls_credentials.h"
#include "tls_session.h"

#include <time.h>

#include <openssl/provider.h>
#include <openssl/ssl.h>

/**
 * Messages and alerts after the handshake that carry no data (KeyUpdate, renegotiation attempts, warnings) a client may
 * send before it is cut off; every TLS_SESSION_IDLE_MESSAGE_BYTES of data give one back. Real clients send none or, on
 * transfers of gigabytes, one now and then. (Empty records and CCS: OpenSSL itself stops after 32 in a row.)
 */
#define TLS_SESSION_IDLE_MESSAGES      32
#define TLS_SESSION_IDLE_MESSAGE_BYTES 16384

/** Output of one session never exceeds this: the largest flight is a chain of CERTIFICATE_MAX_DER_BYTES, twice for a
 * retry. */
#define TLS_SESSION_FLIGHT_MAX_BYTES (CERTIFICATE_MAX_DER_BYTES * 2)

/** Bytes that wait for TCP: a view from head, grown as needed, freed when drained. */
struct tls_session_output_buffer {
	uint8_t *data;
	size_t capacity, head, len;
};

/** What a session belongs to: libssl's session ID context. It goes into the ticket and must be the same again. Two
 * halves, so that it can be told which of them was not. */
struct tls_session_scope {
	uint8_t name[16]; /**< server name and binding, hashed */
	uint8_t certificate[TLS_CREDENTIALS_FINGERPRINT_BYTES];
};
_Static_assert(sizeof(struct tls_session_scope) <= SSL_MAX_SID_CTX_LENGTH, "it has to fit");

enum tls_session_end { TLS_SESSION_END_NONE, TLS_SESSION_END_CLOSED, TLS_SESSION_END_FAILED };

struct tls_session {
	struct tls_session_engine *engine;
	SSL *ssl;
	struct bytes input; /**< of the call that is running; else len 0 */
	struct tls_session_output_buffer output;
	struct tls_session *next_dying;
	uint64_t plaintext_bytes; /**< read since a message was last given back */
	enum tls_session_end end;
	int idle_messages;              /**< left */
	int alert_received, alert_sent; /**< fatal ones; -1: none */
	bool allow_http2, has_name;
	bool is_established, is_paused;
	bool is_cancelled; /**< its owner has let go of it while it was paused */
	enum tls_session_ticket refused_ticket;
	uint32_t ticket_lifetime_s;
	struct tls_session_scope scope;
	time_t resumable_until; /**< of the session that is resumed: its end, by the wall clock */
	char error[120];
};

struct tls_session_engine {
	OSSL_LIB_CTX *library;
	OSSL_PROVIDER *provider, *own_provider;
	SSL_CTX *ctx;
	BIO_METHOD *bio_method;
	const struct tls_tickets *tickets; /**< NULL: none */
	EVP_CIPHER *ticket_cipher;
	struct tls_credentials *credentials;
	struct tls_session *dying; /**< destroyed while paused; freed once their fibre has ended */
};

/** @return a BIO method that reads from session->input and writes to session->output; BIO_meth_free() it. NULL: no
 * memory. */
BIO_METHOD *tls_session_bio_method_create(void);
/** @return a BIO over a session, to be given to SSL_set_bio(); NULL if memory is out. */
BIO *tls_session_bio_create(struct tls_session *session);
/** Drop n bytes from the front. */
void tls_session_bio_consume(struct tls_session_output_buffer *output, size_t n);
void tls_session_bio_free_output(struct tls_session_output_buffer *output);

/** Free what was destroyed while paused and whose public-key work has ended since. Threads: the engine's worker. */
void tls_session_sweep(struct tls_session_engine *engine);

#endif
