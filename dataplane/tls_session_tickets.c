/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libssl does the rest of it: what a ticket holds, AES-CBC and then HMAC over it (RFC 5077 section 4), and in
 * TLS 1.3 the binder (RFC 8446 section 4.2.11.2). Resumption there is always with a new key exchange (psk_dhe_ke), and
 * there is no early data.
 */
#include "tls_session_tickets.h"
#include "tls_hash.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

static struct tls_session *session_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static bool set_ciphers(const struct tls_session_engine *engine, const struct tls_tickets_key *key, const uint8_t *iv,
	EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, bool is_sealing)
{
	static char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->mac, sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	return EVP_MAC_CTX_set_params(mac, params) == 1 &&
	       EVP_CipherInit_ex2(cipher, engine->ticket_cipher, key->cipher, iv, is_sealing, NULL) == 1;
}

/*
 * @return as SSL_CTX_set_tlsext_ticket_key_evp_cb(3) has it: 1 go on; 2 go on, and the client is to have a new ticket;
 * 0 unknown key; -1 fault. Contexts copy the key, so nothing of the set is kept when it returns.
 */
static int use_key(SSL *ssl, unsigned char name[TLS_TICKETS_NAME_BYTES], unsigned char *iv, EVP_CIPHER_CTX *cipher,
	EVP_MAC_CTX *mac, int is_sealing)
{
	const struct tls_session_engine *engine = session_of(ssl)->engine;
	const struct tls_tickets_set *set = tls_tickets_get(engine->tickets);
	const struct tls_tickets_key *key = &set->current;
	if (is_sealing != 0) {
		memcpy(name, key->name, TLS_TICKETS_NAME_BYTES);
		if (RAND_bytes_ex(engine->library, iv, (size_t)EVP_CIPHER_get_iv_length(engine->ticket_cipher), 0) != 1)
			return -1;
	} else {
		key = tls_tickets_find(set, name);
	}
	if (key == NULL)
		return 0;
	if (!set_ciphers(engine, key, iv, cipher, mac, is_sealing != 0))
		return -1;
	/* RFC 8446 appendix C.4: a client should use a ticket once, or its connections can be linked: give it another.
	 */
	bool renews = is_sealing == 0 && (key != &set->current || SSL_version(ssl) == TLS1_3_VERSION);
	return renews ? 2 : 1;
}

/* --- what is in a ticket ------------------------------------------------------------------------------------------ */

/*
 * A session that is resumed again and again would live for ever: each TLS 1.3 ticket is a new one to libssl. RFC 8446
 * section 4.6.1 wants a limit on the whole: the end that the first ticket had is that of all that come of it.
 */
static int seal(SSL *ssl, void *argument)
{
	(void)argument;
	const struct tls_session *session = session_of(ssl);
	SSL_SESSION *ticket = SSL_get_session(ssl);
	time_t made = SSL_SESSION_get_time(ticket), lifetime = session->ticket_lifetime_s;
	if (SSL_session_reused(ssl) == 1 && session->resumable_until - made < lifetime)
		lifetime = session->resumable_until > made ? session->resumable_until - made : 0;
	SSL_SESSION_set_timeout(ticket, lifetime);
	return 1;
}

static enum tls_session_ticket judge(const struct tls_session *session, const SSL_SESSION *ticket)
{
	const struct tls_session_scope *now = &session->scope;
	struct tls_session_scope then;
	unsigned int len;
	if (time(NULL) >= session->resumable_until)
		return TLS_SESSION_TICKET_EXPIRED;
	const unsigned char *context = SSL_SESSION_get0_id_context(ticket, &len);
	if (len != sizeof(then))
		return TLS_SESSION_TICKET_BROKEN;
	memcpy(&then, context, sizeof(then));
	if (memcmp(now->name, then.name, sizeof(then.name)) != 0)
		return TLS_SESSION_TICKET_OTHER_NAME;
	if (memcmp(now->certificate, then.certificate, sizeof(then.certificate)) != 0)
		return TLS_SESSION_TICKET_OTHER_CERTIFICATE;
	return TLS_SESSION_TICKET_NONE;
}

/* A ticket that is not taken makes a full handshake, with a new ticket at its end; never an alert. */
static SSL_TICKET_RETURN refuse(struct tls_session *session, enum tls_session_ticket why)
{
	session->refused_ticket = why;
	return SSL_TICKET_RETURN_IGNORE_RENEW;
}

/* Called for each ticket that libssl has tried to open. name: its first octets, len 0 if it is shorter. */
static SSL_TICKET_RETURN open_ticket(
	SSL *ssl, SSL_SESSION *ticket, const unsigned char *name, size_t len, SSL_TICKET_STATUS status, void *argument)
{
	(void)argument;
	struct tls_session *session = session_of(ssl);
	if (status == SSL_TICKET_EMPTY)
		return SSL_TICKET_RETURN_IGNORE_RENEW; /* the client can have tickets and has none (RFC 5077
							  section 3.1) */
	if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
		bool is_ours = len == TLS_TICKETS_NAME_BYTES &&
			       tls_tickets_find(tls_tickets_get(session->engine->tickets), name) != NULL;
		return refuse(session, is_ours ? TLS_SESSION_TICKET_BROKEN : TLS_SESSION_TICKET_UNKNOWN_KEY);
	}
	session->resumable_until = SSL_SESSION_get_time(ticket) + SSL_SESSION_get_timeout(ticket);
	enum tls_session_ticket fault = judge(session, ticket);
	if (fault != TLS_SESSION_TICKET_NONE)
		return refuse(session, fault);
	return status == SSL_TICKET_SUCCESS_RENEW ? SSL_TICKET_RETURN_USE_RENEW : SSL_TICKET_RETURN_USE;
}

/* --- set-up ------------------------------------------------------------------------------------------------------- */

bool tls_session_tickets_configure(struct tls_session_engine *engine)
{
	if (engine->tickets == NULL)
		return true;
	/* Fetched once: by name for each ticket would be dearer than to encrypt it. */
	engine->ticket_cipher = EVP_CIPHER_fetch(engine->library, "AES-256-CBC", NULL);
	return engine->ticket_cipher != NULL && SSL_CTX_set_tlsext_ticket_key_evp_cb(engine->ctx, use_key) == 1 &&
	       SSL_CTX_set_session_ticket_cb(engine->ctx, seal, open_ticket, NULL) == 1;
}

static void add(struct tls_hash *hash, struct bytes octets)
{
	uint8_t len[4] = {(uint8_t)(octets.len >> 24), (uint8_t)(octets.len >> 16), (uint8_t)(octets.len >> 8),
		(uint8_t)octets.len};
	tls_hash_update(hash, (struct bytes){len, sizeof(len)});
	tls_hash_update(hash, octets);
}

static struct tls_session_scope scope_of(
	const struct tls_session_params *params, const uint8_t fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES])
{
	uint8_t digest[TLS_HASH_MAX_BYTES];
	struct tls_session_scope scope;
	struct tls_hash hash;
	tls_hash_init(&hash, TLS_HASH_SHA256);
	add(&hash, (struct bytes){(const uint8_t *)params->name.text, params->name.len});
	add(&hash, params->binding);
	tls_hash_peek(&hash, digest);
	memcpy(scope.name, digest, sizeof(scope.name));
	memcpy(scope.certificate, fingerprint, sizeof(scope.certificate));
	return scope;
}

bool tls_session_tickets_prepare(struct tls_session *session, const struct tls_session_params *params,
	const uint8_t fingerprint[TLS_CREDENTIALS_FINGERPRINT_BYTES])
{
	if (session->engine->tickets == NULL || params->ticket_lifetime_s == 0)
		return true; /* the engine's SSL_CTX has none */
	session->scope = scope_of(params, fingerprint);
	session->ticket_lifetime_s = params->ticket_lifetime_s;
	SSL_clear_options(session->ssl, SSL_OP_NO_TICKET);
	return SSL_set_num_tickets(session->ssl, params->tickets_tls13) == 1 &&
	       SSL_set_session_id_context(
		       session->ssl, (const unsigned char *)&session->scope, sizeof(session->scope)) == 1;
}
