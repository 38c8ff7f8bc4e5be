/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls12.h"
#include "load_words.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define PROTOCOLS_MAX_BYTES 256
#define LIST_MAX_BYTES      512   /**< of --groups and --signatures */
#define PLAINTEXT_MAX_BYTES 16384 /**< of one record */

struct load_tls_context {
	SSL_CTX *ssl;
	bool has_ca;
	uint8_t plaintext[PLAINTEXT_MAX_BYTES];
};

struct load_tls {
	struct load_tls_context *context;
	SSL *ssl; /**< NULL before the first start; its BIOs hold what came and what is to go */
	bool verify, is_established, is_over;
	struct load_tls_outcome outcome;
	size_t plaintext_len;
	char name[256]; /**< "": none */
};

/* --- settings --- */

/* Name always, chain if we know whom to trust; called by libssl for every full handshake. */
static int judge_certificate(X509_STORE_CTX *store, void *argument)
{
	const struct load_tls_context *context = argument;
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct load_tls *tls = SSL_get_app_data(ssl);
	X509 *leaf = X509_STORE_CTX_get0_cert(store);
	if (!tls->verify)
		return 1;
	if (tls->name[0] != '\0' && X509_check_host(leaf, tls->name, 0, 0, NULL) != 1) {
		tls->outcome.cause = LOAD_CAUSE_WRONG_NAME;
		X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
		return 0;
	}
	if (!context->has_ca || X509_verify_cert(store) == 1)
		return 1;
	tls->outcome.cause = LOAD_CAUSE_UNTRUSTED;
	return 0;
}

/* libssl separates these names by ":" alone; users write "," as for TLS 1.3. */
static bool set_list(SSL_CTX *ssl, int control, const char *option, const char *text, struct load_error *error)
{
	char list[LIST_MAX_BYTES];
	const size_t len = text ? strlen(text) : 0;
	if (!text)
		return true;
	if (len < sizeof(list)) {
		for (size_t i = 0; i <= len; i++)
			list[i] = (char)(text[i] == ',' ? ':' : text[i]);
		if (SSL_CTX_ctrl(ssl, control, 0, list) == 1)
			return true;
	}
	return load_error_set(
		error, "%s: expected names that OpenSSL knows separated by \",\", found \"%s\"", option, text);
}

static bool set_lists(SSL_CTX *ssl, const struct load_tls_settings *settings, struct load_error *error)
{
	if (settings->suites && SSL_CTX_set_cipher_list(ssl, settings->suites) != 1)
		return load_error_set(
			error, "--ciphers: expected OpenSSL's names for TLS 1.2, found \"%s\"", settings->suites);
	return set_list(ssl, SSL_CTRL_SET_GROUPS_LIST, "--groups", settings->groups, error) &&
	       set_list(ssl, SSL_CTRL_SET_SIGALGS_LIST, "--signatures", settings->signatures, error);
}

static bool set_all(
	struct load_tls_context *context, const struct load_tls_settings *settings, struct load_error *error)
{
	uint8_t protocols[PROTOCOLS_MAX_BYTES];
	size_t len;
	if (settings->reuse_key_share)
		return load_error_set(error, "--reuse-key-share: libssl makes a new key for each handshake of TLS 1.2");
	if (!load_words_protocols(settings->alpn, protocols, sizeof(protocols), &len, error) ||
		!set_lists(context->ssl, settings, error))
		return false;
	if (len > 0 && SSL_CTX_set_alpn_protos(context->ssl, protocols, (unsigned)len) != 0)
		return load_error_set(error, "out of memory");
	context->has_ca = settings->ca_file != NULL;
	if (settings->ca_file && SSL_CTX_load_verify_file(context->ssl, settings->ca_file) != 1)
		return load_error_set(
			error, "--ca-file: expected certificates in PEM in %s, found none", settings->ca_file);
	return true;
}

static void close_context(struct load_tls_context *context)
{
	SSL_CTX_free(context->ssl);
	free(context);
}

static struct load_tls_context *open_context(const struct load_tls_settings *settings, struct load_error *error)
{
	struct load_tls_context *context = calloc(1, sizeof(*context));
	if (context)
		context->ssl = SSL_CTX_new(TLS_client_method());
	if (!context || !context->ssl) {
		free(context);
		load_error_set(error, "out of memory");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
	SSL_CTX_set_max_proto_version(context->ssl, TLS1_2_VERSION);
	SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(context->ssl, judge_certificate, context);
	/* The fault of a server that ends without close_notify is counted as what it means for the request. */
	SSL_CTX_set_options(context->ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (set_all(context, settings, error))
		return context;
	close_context(context);
	return NULL;
}

/* --- connections --- */

static struct load_tls *create(struct load_tls_context *context)
{
	struct load_tls *tls = calloc(1, sizeof(*tls));
	if (tls)
		tls->context = context;
	return tls;
}

/* A session of a connection that is freed without a close would be taken for one that failed, and not be resumed. */
static void drop_ssl(struct load_tls *tls)
{
	if (tls->is_established)
		SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(tls->ssl);
	tls->ssl = NULL;
}

static void destroy(struct load_tls *tls)
{
	drop_ssl(tls);
	free(tls);
}

static SSL_SESSION *session_of(const struct load_ticket *ticket)
{
	return (SSL_SESSION *)(uintptr_t)ticket; /* a load_ticket is an SSL_SESSION; libssl counts its references */
}

static void handshake(struct load_tls *tls);

static bool start(struct load_tls *tls, const struct load_tls_start *start)
{
	drop_ssl(tls);
	tls->verify = start->verify;
	tls->is_established = tls->is_over = false;
	tls->outcome = (struct load_tls_outcome){.cause = LOAD_CAUSE_COUNT};
	tls->ssl = SSL_new(tls->context->ssl);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	if (!tls->ssl || !in || !out || start->server_name.len >= sizeof(tls->name)) {
		BIO_free(in);
		BIO_free(out);
		return false;
	}
	SSL_set_bio(tls->ssl, in, out);
	SSL_set_app_data(tls->ssl, tls);
	if (start->server_name.len > 0)
		memcpy(tls->name, start->server_name.data, start->server_name.len);
	tls->name[start->server_name.len] = '\0';
	if (tls->name[0] != '\0' && SSL_set_tlsext_host_name(tls->ssl, tls->name) != 1)
		return false;
	if (start->ticket && SSL_set_session(tls->ssl, session_of(start->ticket)) != 1)
		return false;
	SSL_set_connect_state(tls->ssl);
	handshake(tls);
	return !tls->is_over;
}

/* Errors that libssl queues for an alert of the peer's stand from SSL_AD_REASON_OFFSET on. */
static void fail(struct load_tls *tls)
{
	const int reason = ERR_GET_REASON(ERR_peek_error());
	tls->is_over = true;
	if (tls->outcome.cause != LOAD_CAUSE_COUNT)
		return; /* judge_certificate() has said it */
	tls->outcome.cause = LOAD_CAUSE_PROTOCOL;
	if (reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
		tls->outcome.cause = LOAD_CAUSE_ALERT;
		tls->outcome.alert = (uint8_t)(reason - SSL_AD_REASON_OFFSET);
	} else if (reason == SSL_R_BAD_SIGNATURE || reason == SSL_R_WRONG_SIGNATURE_TYPE) {
		tls->outcome.cause = LOAD_CAUSE_BAD_SIGNATURE;
	}
}

static void handshake(struct load_tls *tls)
{
	ERR_clear_error();
	const int status = SSL_do_handshake(tls->ssl);
	if (status == 1) {
		tls->is_established = true;
		tls->outcome.resumed = SSL_session_reused(tls->ssl) == 1;
	} else if (SSL_get_error(tls->ssl, status) != SSL_ERROR_WANT_READ) {
		fail(tls);
	}
}

static enum load_tls_result read_plaintext(struct load_tls *tls)
{
	ERR_clear_error();
	const int n = SSL_read(tls->ssl, tls->context->plaintext, sizeof(tls->context->plaintext));
	if (n > 0) {
		tls->plaintext_len = (size_t)n;
		return LOAD_TLS_DATA;
	}
	switch (SSL_get_error(tls->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return LOAD_TLS_WANT_INPUT;
	case SSL_ERROR_ZERO_RETURN:
		tls->is_over = true;
		return LOAD_TLS_CLOSED;
	default:
		fail(tls);
		return LOAD_TLS_FAILED;
	}
}

static enum load_tls_result feed(struct load_tls *tls, struct bytes input, size_t *out_consumed)
{
	*out_consumed = input.len;
	if (tls->is_over)
		return LOAD_TLS_FAILED;
	if (input.len > 0 && BIO_write(SSL_get_rbio(tls->ssl), input.data, (int)input.len) != (int)input.len) {
		tls->is_over = true;
		tls->outcome.cause = LOAD_CAUSE_NO_MEMORY;
		return LOAD_TLS_FAILED;
	}
	if (!tls->is_established) {
		handshake(tls);
		return tls->is_over ? LOAD_TLS_FAILED : LOAD_TLS_WANT_INPUT;
	}
	return read_plaintext(tls);
}

static struct bytes plaintext(const struct load_tls *tls)
{
	return (struct bytes){tls->context->plaintext, tls->plaintext_len};
}

static struct bytes output(const struct load_tls *tls)
{
	char *data = NULL;
	const long len = BIO_get_mem_data(SSL_get_wbio(tls->ssl), &data);
	return (struct bytes){(const uint8_t *)data, len > 0 ? (size_t)len : 0};
}

static void output_consume(struct load_tls *tls, size_t n)
{
	uint8_t gone[4096];
	while (n > 0) {
		const int taken = BIO_read(SSL_get_wbio(tls->ssl), gone, n < sizeof(gone) ? (int)n : (int)sizeof(gone));
		if (taken <= 0)
			return;
		n -= (size_t)taken;
	}
}

static bool is_established(const struct load_tls *tls)
{
	return tls->is_established && !tls->is_over;
}

static bool write_plaintext(struct load_tls *tls, struct bytes data)
{
	ERR_clear_error();
	return is_established(tls) && SSL_write(tls->ssl, data.data, (int)data.len) == (int)data.len;
}

static void shut(struct load_tls *tls)
{
	ERR_clear_error();
	if (is_established(tls))
		(void)SSL_shutdown(tls->ssl);
	tls->is_over = true;
}

static struct load_tls_outcome outcome(const struct load_tls *tls)
{
	return tls->outcome;
}

/* --- sessions --- */

static struct load_ticket *take_ticket(struct load_tls *tls)
{
	SSL_SESSION *session = tls->is_established ? SSL_get1_session(tls->ssl) : NULL;
	if (session && SSL_SESSION_is_resumable(session))
		return (struct load_ticket *)session;
	SSL_SESSION_free(session);
	return NULL;
}

/* libssl itself offers no session that is too old; the server's word counts in any case. */
static bool ticket_is_fresh(const struct load_ticket *ticket, uint64_t now_ms)
{
	(void)now_ms;
	return SSL_SESSION_is_resumable(session_of(ticket)) == 1;
}

static void ticket_free(struct load_ticket *ticket)
{
	SSL_SESSION_free(session_of(ticket));
}

const struct load_tls_ops load_tls12_ops = {
	.tickets_follow = false,
	.open = open_context,
	.close = close_context,
	.create = create,
	.destroy = destroy,
	.start = start,
	.feed = feed,
	.plaintext = plaintext,
	.output = output,
	.output_consume = output_consume,
	.is_established = is_established,
	.write = write_plaintext,
	.shut = shut,
	.outcome = outcome,
	.take_ticket = take_ticket,
	.ticket_is_fresh = ticket_is_fresh,
	.ticket_free = ticket_free,
};
