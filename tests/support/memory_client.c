/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory_client.h"

#include <string.h>

#include <openssl/err.h>

bool memory_client_init(struct memory_client *client, X509 *trusted, const char *name, struct tls_session *session)
{
	memset(client, 0, sizeof(*client));
	client->session = session;
	client->piece = SIZE_MAX;
	client->result = TLS_SESSION_WANT_INPUT;
	client->ctx = SSL_CTX_new(TLS_client_method());
	if (client->ctx == NULL)
		return false;
	if (trusted != NULL) {
		X509_STORE_add_cert(SSL_CTX_get_cert_store(client->ctx), trusted);
		SSL_CTX_set_verify(client->ctx, SSL_VERIFY_PEER, NULL);
	}
	client->ssl = SSL_new(client->ctx);
	if (client->ssl == NULL)
		return false;
	SSL_set_bio(client->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(client->ssl);
	if (name != NULL)
		return SSL_set_tlsext_host_name(client->ssl, name) == 1 && SSL_set1_host(client->ssl, name) == 1;
	return true;
}

void memory_client_fini(struct memory_client *client)
{
	SSL_free(client->ssl);
	SSL_CTX_free(client->ctx);
}

static bool to_client(struct memory_client *client)
{
	struct bytes output = tls_session_output(client->session);
	if (output.len == 0)
		return false;
	int n = BIO_write(SSL_get_rbio(client->ssl), output.data, (int)output.len);
	tls_session_output_consume(client->session, (size_t)n);
	return true;
}

static void collect(struct memory_client *client)
{
	size_t room = sizeof(client->pending) - client->n_pending;
	int n = BIO_read(SSL_get_wbio(client->ssl), client->pending + client->n_pending, (int)room);
	if (n > 0)
		client->n_pending += (size_t)n;
}

static bool to_session(struct memory_client *client)
{
	collect(client);
	if (client->n_pending == 0)
		return false;
	size_t len = client->n_pending < client->piece ? client->n_pending : client->piece;
	size_t consumed;
	client->result = tls_session_feed(client->session, (struct bytes){client->pending, len}, &consumed);
	memmove(client->pending, client->pending + consumed, client->n_pending - consumed);
	client->n_pending -= consumed;
	return consumed > 0;
}

bool memory_client_turn(struct memory_client *client)
{
	bool moved = to_session(client);
	return to_client(client) || moved;
}

bool memory_client_handshake(struct memory_client *client)
{
	bool moved = true, done = false;
	while (moved) {
		ERR_clear_error();
		done = SSL_do_handshake(client->ssl) == 1;
		moved = memory_client_turn(client);
	}
	ERR_clear_error();
	return done && tls_session_established(client->session);
}

enum tls_session_result memory_client_inject(struct memory_client *client, const void *data, size_t len)
{
	size_t consumed;
	client->result = tls_session_feed(client->session, (struct bytes){data, len}, &consumed);
	return client->result;
}
