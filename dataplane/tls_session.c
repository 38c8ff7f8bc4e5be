/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_session.h"
#include "tls_session_internal.h"
#include "tls_session_text.h"
#include "tls_session_tickets.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

/* --- start and end
 * ------------------------------------------------------------------------------------------------------ */

static void free_session(struct tls_session *session)
{
	SSL_free(session->ssl);
	tls_session_bio_free_output(&session->output);
	OPENSSL_free(session);
}

static bool prepare(
	struct tls_session *session, const struct certificate *certificate, const struct tls_session_params *params)
{
	uint8_t fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES];
	session->ssl = SSL_new(session->engine->ctx);
	if (session->ssl == NULL)
		return false;
	SSL_set_app_data(session->ssl, session);
	BIO *bio = tls_session_bio_create(session);
	if (bio == NULL)
		return false;
	SSL_set_bio(session->ssl, bio, bio);
	SSL_set_accept_state(session->ssl);
	if (!params->allow_tls13 && SSL_set_max_proto_version(session->ssl, TLS1_2_VERSION) != 1)
		return false;
	return tls_credentials_apply(session->engine->credentials, certificate, session->ssl, fingerprint) &&
	       tls_session_tickets_prepare(session, params, fingerprint);
}

enum tls_session_result tls_session_start(struct tls_session_engine *engine, const struct certificate *certificate,
	const struct tls_session_params *params, struct tls_session **out_session)
{
	*out_session = NULL;
	if (engine->dying != NULL)
		tls_session_sweep(engine);
	struct tls_session *session = OPENSSL_zalloc(sizeof(*session));
	if (session == NULL)
		return TLS_SESSION_FAILED;
	session->engine = engine;
	session->idle_messages = TLS_SESSION_IDLE_MESSAGES;
	session->alert_received = session->alert_sent = -1;
	session->allow_http2 = params->allow_http2;
	session->has_name = params->name.len > 0;
	ERR_clear_error();
	if (!prepare(session, certificate, params)) {
		ERR_clear_error();
		free_session(session);
		return TLS_SESSION_FAILED;
	}
	*out_session = session;
	return TLS_SESSION_OK;
}

/* --- one step of OpenSSL, and what it means
 * ----------------------------------------------------------------------------- */

static enum tls_session_result fail(struct tls_session *session)
{
	session->end = TLS_SESSION_END_FAILED;
	tls_session_text_failure(session->alert_received, session->alert_sent, session->error, sizeof(session->error));
	return TLS_SESSION_FAILED;
}

/* No alert fits what is allowed one by one; the client hears close_notify. */
static enum tls_session_result fail_over_budget(struct tls_session *session)
{
	(void)SSL_shutdown(session->ssl);
	ERR_clear_error();
	session->end = TLS_SESSION_END_FAILED;
	snprintf(session->error, sizeof(session->error), "client sent too many messages without data");
	return TLS_SESSION_FAILED;
}

/* What a call that did not succeed means. */
static enum tls_session_result heed(struct tls_session *session, int result)
{
	switch (SSL_get_error(session->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return session->idle_messages < 0 ? fail_over_budget(session) : TLS_SESSION_WANT_INPUT;
	case SSL_ERROR_WANT_ASYNC:
		session->is_paused = true;
		return TLS_SESSION_WANT_ASYNC;
	case SSL_ERROR_ZERO_RETURN:
		session->end = TLS_SESSION_END_CLOSED;
		return TLS_SESSION_CLOSED;
	default:
		return fail(session);
	}
}

/* What to answer without asking OpenSSL; WANT_INPUT: ask it. */
static enum tls_session_result settled(const struct tls_session *session)
{
	if (session->end == TLS_SESSION_END_FAILED)
		return TLS_SESSION_FAILED;
	if (session->is_paused)
		return TLS_SESSION_WANT_ASYNC;
	return session->end == TLS_SESSION_END_CLOSED ? TLS_SESSION_CLOSED : TLS_SESSION_WANT_INPUT;
}

static enum tls_session_result handshake(struct tls_session *session)
{
	session->is_paused = false;
	ERR_clear_error();
	int result = SSL_do_handshake(session->ssl);
	if (result != 1)
		return heed(session, result);
	session->is_established = true;
	/* No public-key work after this: no renegotiation, no post-handshake authentication. Data need no fibre, then;
	 * and a paused SSL_write() would hold on to its caller's buffer. */
	SSL_clear_mode(session->ssl, SSL_MODE_ASYNC);
	/* An open connection must not keep a certificate's live objects, after the cache has given them up. */
	SSL_certs_clear(session->ssl);
	return TLS_SESSION_OK;
}

/* Decrypt at most the next record, which stays in OpenSSL's buffer until tls_session_read() takes it. */
static enum tls_session_result receive(struct tls_session *session)
{
	uint8_t first;
	size_t n;
	ERR_clear_error();
	int result = SSL_peek_ex(session->ssl, &first, 1, &n);
	return result == 1 ? TLS_SESSION_OK : heed(session, result);
}

static enum tls_session_result go_on(struct tls_session *session)
{
	if (!session->is_established) {
		enum tls_session_result result = handshake(session);
		if (result != TLS_SESSION_OK)
			return result;
	}
	return receive(session);
}

/* --- bytes in and out
 * --------------------------------------------------------------------------------------------------- */

enum tls_session_result tls_session_feed(struct tls_session *session, struct bytes ciphertext, size_t *out_consumed)
{
	*out_consumed = 0;
	enum tls_session_result result = settled(session);
	if (result != TLS_SESSION_WANT_INPUT)
		return result;
	session->input = ciphertext;
	result = go_on(session);
	*out_consumed = ciphertext.len - session->input.len;
	session->input = (struct bytes){NULL, 0};
	return result;
}

enum tls_session_result tls_session_resume(struct tls_session *session)
{
	if (!session->is_paused)
		return settled(session);
	return go_on(session);
}

struct bytes tls_session_output(struct tls_session *session)
{
	return (struct bytes){session->output.data + session->output.head, session->output.len};
}

void tls_session_output_consume(struct tls_session *session, size_t n)
{
	assert(n <= session->output.len);
	tls_session_bio_consume(&session->output, n);
}

/* Data earn back messages: a long transfer may well update its keys now and then. */
static void credit_data(struct tls_session *session, size_t n)
{
	session->plaintext_bytes += n;
	if (session->plaintext_bytes < TLS_SESSION_IDLE_MESSAGE_BYTES)
		return;
	session->plaintext_bytes = 0;
	if (session->idle_messages < TLS_SESSION_IDLE_MESSAGES)
		session->idle_messages++;
}

enum tls_session_result tls_session_read(struct tls_session *session, uint8_t *data, size_t size, size_t *out_len)
{
	*out_len = 0;
	enum tls_session_result result = settled(session);
	if (result != TLS_SESSION_WANT_INPUT || !session->is_established)
		return result;
	ERR_clear_error();
	int read = SSL_read_ex(session->ssl, data, size, out_len);
	if (read != 1)
		return heed(session, read);
	credit_data(session, *out_len);
	return TLS_SESSION_OK;
}

enum tls_session_result tls_session_write(struct tls_session *session, struct bytes plaintext, size_t *out_len)
{
	*out_len = 0;
	enum tls_session_result result = settled(session);
	if (result == TLS_SESSION_FAILED || result == TLS_SESSION_WANT_ASYNC || !session->is_established)
		return result;
	/* The client's close_notify ends only its own direction (RFC 8446 section 6.1). */
	while (*out_len < plaintext.len && session->output.len < TLS_SESSION_OUTPUT_MAX_BYTES) {
		size_t n = plaintext.len - *out_len < SSL3_RT_MAX_PLAIN_LENGTH ? plaintext.len - *out_len
									       : SSL3_RT_MAX_PLAIN_LENGTH;
		size_t written = 0;
		ERR_clear_error();
		int wrote = SSL_write_ex(session->ssl, plaintext.data + *out_len, n, &written);
		if (wrote != 1)
			return heed(session, wrote);
		*out_len += written;
	}
	return TLS_SESSION_OK;
}

void tls_session_close(struct tls_session *session)
{
	/* OpenSSL has no close_notify to send before the handshake is done, nor after a fatal alert. */
	if (!session->is_established || session->end == TLS_SESSION_END_FAILED)
		return;
	ERR_clear_error();
	(void)SSL_shutdown(session->ssl);
	ERR_clear_error();
}

/* --- what is known of it
 * ------------------------------------------------------------------------------------------------- */

bool tls_session_established(const struct tls_session *session)
{
	return session->is_established;
}

void tls_session_get_info(const struct tls_session *session, struct tls_session_info *out)
{
	*out = (struct tls_session_info){.version = "", .cipher = "", .group = "", .signature = ""};
	if (!session->is_established)
		return;
	SSL *ssl = session->ssl;
	out->version = SSL_get_version(ssl);
	const char *cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
	out->cipher = cipher != NULL ? cipher : "";
	out->group = tls_session_text_group((int)SSL_get_negotiated_group(ssl));
	int key_nid = NID_undef, digest_nid = NID_undef;
	SSL_get_signature_type_nid(ssl, &key_nid);
	SSL_get_signature_nid(ssl, &digest_nid);
	out->signature = tls_session_text_signature(key_nid, digest_nid);
	const unsigned char *protocol;
	unsigned int protocol_len;
	SSL_get0_alpn_selected(ssl, &protocol, &protocol_len);
	snprintf(out->protocol, sizeof(out->protocol), "%.*s", (int)protocol_len, (const char *)protocol);
	out->resumed = SSL_session_reused(ssl) == 1;
	out->refused_ticket = out->resumed ? TLS_SESSION_TICKET_NONE : session->refused_ticket;
}

const char *tls_session_error(const struct tls_session *session)
{
	return session->error;
}

int tls_session_alert_sent(const struct tls_session *session)
{
	return session->alert_sent;
}

/* --- destruction
 * --------------------------------------------------------------------------------------------------------- */

/* A fibre that is paused in the middle of SSL_do_handshake() has the SSL on its stack: it must run to its end before
 * SSL_free(). Whoever paused it sees is_cancelled and gives up at once; one that cannot yet leaves the session among
 * the dying. */
static bool end_fibre(struct tls_session *session)
{
	session->input = (struct bytes){NULL, 0};
	return !session->is_paused || handshake(session) != TLS_SESSION_WANT_ASYNC;
}

void tls_session_destroy(struct tls_session *session)
{
	if (session == NULL)
		return;
	session->is_cancelled = true;
	if (end_fibre(session)) {
		free_session(session);
		return;
	}
	session->next_dying = session->engine->dying;
	session->engine->dying = session;
}

void tls_session_sweep(struct tls_session_engine *engine)
{
	struct tls_session **link = &engine->dying;
	while (*link != NULL) {
		struct tls_session *session = *link;
		if (!end_fibre(session)) {
			link = &session->next_dying;
			continue;
		}
		*link = session->next_dying;
		free_session(session);
	}
}
