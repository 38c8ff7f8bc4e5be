/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sessions of a worker share. A library context of its own for each worker: OpenSSL 3.0 takes a lock or bumps
 * a shared reference count at nearly every step within one context, which is what makes it slow with many threads.
 */
#include "tls_session_internal.h"
#include "crypto_provider.h"
#include "tls_session_text.h"
#include "tls_session_tickets.h"

#include <stdio.h>
#include <string.h>

#include <openssl/async.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

/* ECDHE and AEAD only. ECDSA first: cheaper by a factor of four. AES-128 first: SHA-256 is what CPUs accelerate. */
#define CIPHERS_TLS12                                                                                                  \
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"                   \
	"ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384"
#define CIPHERS_TLS13 "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
#define GROUPS        "X25519:P-256:P-384"
#define SIGNATURES                                                                                                     \
	"ed25519:ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"                 \
	"RSA+SHA256:RSA+SHA384:RSA+SHA512"

static struct tls_session *session_of(const SSL *ssl)
{
	return SSL_get_app_data(ssl);
}

/* RFC 7301 section 3.2: the server's preference among what is offered; offered but nothing in common is fatal. A client
 * without ALPN never gets here. */
static int select_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
	unsigned int in_len, void *argument)
{
	(void)argument;
	static const unsigned char both[] = "\x02h2\x08http/1.1";
	const unsigned char *ours = both;
	unsigned int ours_len = sizeof(both) - 1;
	if (!session_of(ssl)->allow_http2) {
		ours += 3;
		ours_len -= 3;
	}
	unsigned char *selected;
	if (SSL_select_next_proto(&selected, out_len, ours, ours_len, in, in_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = selected;
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 6066 section 3: an empty server_name answers a name that was used to select the certificate. */
static int acknowledge_name(SSL *ssl, int *alert, void *argument)
{
	(void)alert;
	(void)argument;
	return session_of(ssl)->has_name ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static void see_alert(struct tls_session *session, bool is_sent, const uint8_t alert[2])
{
	const uint8_t fatal = 2, close_notify = 0;
	if (alert[0] == fatal)
		*(is_sent ? &session->alert_sent : &session->alert_received) = alert[1];
	else if (alert[1] != close_notify && session->is_established)
		session->idle_messages--; /* a refused renegotiation shows as a warning that we send */
}

/* Every message and alert, both ways: remembers alerts for the error line and counts what carries no data. */
static void see_message(
	int is_sent, int version, int content_type, const void *data, size_t len, SSL *ssl, void *argument)
{
	(void)version;
	(void)argument;
	struct tls_session *session = session_of(ssl);
	if (content_type == SSL3_RT_ALERT && len == 2)
		see_alert(session, is_sent != 0, data);
	else if (content_type == SSL3_RT_HANDSHAKE && is_sent == 0 && session->is_established)
		session->idle_messages--;
}

static bool configure(SSL_CTX *ctx)
{
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
	SSL_CTX_set_mode(ctx, SSL_MODE_ASYNC | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_security_level(ctx, 2); /* 112 bits: RSA from 2,048 bits, no SHA-1 */
	SSL_CTX_set_alpn_select_cb(ctx, select_alpn, NULL);
	SSL_CTX_set_tlsext_servername_callback(ctx, acknowledge_name);
	SSL_CTX_set_msg_callback(ctx, see_message);
	return SSL_CTX_set_num_tickets(ctx, 0) == 1 && SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, CIPHERS_TLS12) == 1 && SSL_CTX_set_ciphersuites(ctx, CIPHERS_TLS13) == 1 &&
	       SSL_CTX_set1_groups_list(ctx, GROUPS) == 1 && SSL_CTX_set1_sigalgs_list(ctx, SIGNATURES) == 1;
}

static bool build(struct tls_session_engine *engine, const struct tls_session_settings *settings)
{
	engine->library = OSSL_LIB_CTX_new();
	if (engine->library == NULL)
		return false;
	engine->provider = OSSL_PROVIDER_load(engine->library, "default");
	engine->own_provider = crypto_provider_load(engine->library, settings->allow_vectors);
	engine->ctx = SSL_CTX_new_ex(engine->library, CRYPTO_PROVIDER_PROPERTIES, TLS_server_method());
	engine->bio_method = tls_session_bio_method_create();
	engine->credentials = tls_credentials_create(engine->library, settings->live_certificates);
	engine->tickets = settings->tickets;
	return engine->provider != NULL && engine->own_provider != NULL && engine->ctx != NULL &&
	       engine->bio_method != NULL && engine->credentials != NULL && configure(engine->ctx) &&
	       tls_session_tickets_configure(engine);
}

struct tls_session_engine *tls_session_engine_create(
	const struct tls_session_settings *settings, char *error, size_t error_size)
{
	/* The system's openssl.cnf must not change what Handfast negotiates. */
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ERR_clear_error();
	struct tls_session_engine *engine = OPENSSL_zalloc(sizeof(*engine));
	if (engine != NULL && build(engine, settings))
		return engine;
	const char *reason = ERR_reason_error_string(ERR_peek_error());
	snprintf(error, error_size, "worker on lcore %u: TLS: %s", settings->lcore,
		reason != NULL ? reason : "out of memory");
	ERR_clear_error();
	tls_session_engine_destroy(engine);
	return NULL;
}

void tls_session_engine_destroy(struct tls_session_engine *engine)
{
	if (engine == NULL)
		return;
	tls_session_sweep(engine);
	tls_credentials_destroy(engine->credentials);
	SSL_CTX_free(engine->ctx);
	EVP_CIPHER_free(engine->ticket_cipher);
	BIO_meth_free(engine->bio_method);
	if (engine->own_provider != NULL)
		OSSL_PROVIDER_unload(engine->own_provider);
	if (engine->provider != NULL)
		OSSL_PROVIDER_unload(engine->provider);
	OSSL_LIB_CTX_free(engine->library);
	OPENSSL_free(engine);
}

void tls_session_engine_leave(struct tls_session_engine *engine)
{
	tls_session_sweep(engine);
	tls_session_engine_age(engine); /* nobody does any more, and the engine may last */
	ASYNC_cleanup_thread();
	OPENSSL_thread_stop_ex(engine->library);
}

void tls_session_engine_age(struct tls_session_engine *engine)
{
	crypto_provider_forget(engine->own_provider);
}

size_t tls_session_engine_live(const struct tls_session_engine *engine)
{
	return tls_credentials_live(engine->credentials);
}
