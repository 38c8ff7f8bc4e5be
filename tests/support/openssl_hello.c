/* SPDX-License-Identifier: BSD-3-Clause */
#include "openssl_hello.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stdlib.h>
#include <string.h>

static const unsigned extension_types[OPENSSL_HELLO_EXTENSIONS] = {0, 10, 13, 16, 35, 41, 42, 43, 51};

/* Copies of what the callback may look at while it runs. */
static uint8_t memory[1 << 20];
static size_t memory_used;

static struct bytes keep(const unsigned char *data, size_t len)
{
	if (len == 0)
		return (struct bytes){memory, 0};
	if (len > sizeof(memory) - memory_used)
		abort();
	uint8_t *copy = memory + memory_used;
	memcpy(copy, data, len);
	memory_used += len;
	return (struct bytes){copy, len};
}

static int on_client_hello(SSL *ssl, int *alert, void *context)
{
	struct openssl_hello *out = context;
	const unsigned char *data;

	(void)alert;
	out->reached = true;
	out->legacy_version = SSL_client_hello_get0_legacy_version(ssl);
	size_t len = SSL_client_hello_get0_random(ssl, &data);
	out->random = keep(data, len);
	len = SSL_client_hello_get0_session_id(ssl, &data);
	out->session_id = keep(data, len);
	len = SSL_client_hello_get0_ciphers(ssl, &data);
	out->cipher_suites = keep(data, len);
	len = SSL_client_hello_get0_compression_methods(ssl, &data);
	out->compression = keep(data, len);
	for (size_t i = 0; i < OPENSSL_HELLO_EXTENSIONS; i++) {
		out->present[i] = SSL_client_hello_get0_ext(ssl, extension_types[i], &data, &len) == 1;
		out->bodies[i] = out->present[i] ? keep(data, len) : (struct bytes){memory, 0};
	}
	return SSL_CLIENT_HELLO_ERROR;
}

/* One for the program's life: a context costs more than all else here. */
static SSL_CTX *shared_context(void)
{
	static SSL_CTX *context;
	if (context == NULL)
		context = SSL_CTX_new(TLS_server_method());
	if (context == NULL)
		abort();
	return context;
}

void openssl_hello_read(struct bytes stream, struct openssl_hello *out)
{
	SSL_CTX_set_client_hello_cb(shared_context(), on_client_hello, out);
	SSL *ssl = SSL_new(shared_context());
	BIO *from_client = BIO_new_mem_buf(stream.data, (int)stream.len), *to_client = BIO_new(BIO_s_mem());

	if (ssl == NULL || from_client == NULL || to_client == NULL)
		abort();
	memory_used = 0;
	*out = (struct openssl_hello){.reached = false};
	BIO_set_mem_eof_return(from_client, -1);
	SSL_set_bio(ssl, from_client, to_client);
	(void)SSL_accept(ssl); /* fails by our callback, or before it: which of the two is the answer */
	ERR_clear_error();
	SSL_free(ssl);
}
