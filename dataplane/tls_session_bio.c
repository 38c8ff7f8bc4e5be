/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenSSL's view of the network: reads come from the bytes that a call brought along, writes go to the session's
 * output. */
#include "tls_session_internal.h"

#include <string.h>

#include <openssl/bio.h>

#define LEAST_CAPACITY 4096

static bool reserve(struct tls_session_output_buffer *output, size_t more)
{
	size_t needed = output->len + more;
	if (needed > TLS_SESSION_FLIGHT_MAX_BYTES)
		return false;
	if (output->head + needed <= output->capacity)
		return true;
	size_t capacity = output->capacity > 0 ? output->capacity : LEAST_CAPACITY;
	while (capacity < needed)
		capacity *= 2;
	uint8_t *data = OPENSSL_malloc(capacity);
	if (data == NULL)
		return false;
	if (output->len > 0)
		memcpy(data, output->data + output->head, output->len);
	OPENSSL_free(output->data);
	output->data = data;
	output->capacity = capacity;
	output->head = 0;
	return true;
}

static int write_output(BIO *bio, const char *data, int len)
{
	struct tls_session *session = BIO_get_data(bio);
	struct tls_session_output_buffer *output = &session->output;
	BIO_clear_retry_flags(bio);
	if (len <= 0 || !reserve(output, (size_t)len))
		return -1; /* no retry flag: the session fails */
	memcpy(output->data + output->head + output->len, data, (size_t)len);
	output->len += (size_t)len;
	return len;
}

static int read_input(BIO *bio, char *data, int size)
{
	struct tls_session *session = BIO_get_data(bio);
	BIO_clear_retry_flags(bio);
	if (size <= 0)
		return 0;
	/* A client over its budget gets no further, even with more of the same in this very segment. */
	if (session->input.len == 0 || session->idle_messages < 0) {
		BIO_set_retry_read(bio);
		return -1;
	}
	size_t n = session->input.len < (size_t)size ? session->input.len : (size_t)size;
	memcpy(data, session->input.data, n);
	session->input.data += n;
	session->input.len -= n;
	return (int)n;
}

static long control(BIO *bio, int command, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *tls_session_bio_method_create(void)
{
	BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "tls_session");
	if (method == NULL)
		return NULL;
	if (BIO_meth_set_write(method, write_output) != 1 || BIO_meth_set_read(method, read_input) != 1 ||
		BIO_meth_set_ctrl(method, control) != 1) {
		BIO_meth_free(method);
		return NULL;
	}
	return method;
}

BIO *tls_session_bio_create(struct tls_session *session)
{
	BIO *bio = BIO_new(session->engine->bio_method);
	if (bio == NULL)
		return NULL;
	BIO_set_data(bio, session);
	BIO_set_init(bio, 1);
	return bio;
}

void tls_session_bio_consume(struct tls_session_output_buffer *output, size_t n)
{
	output->head += n;
	output->len -= n;
	if (output->len == 0)
		tls_session_bio_free_output(output);
}

void tls_session_bio_free_output(struct tls_session_output_buffer *output)
{
	OPENSSL_free(output->data);
	*output = (struct tls_session_output_buffer){NULL, 0, 0, 0};
}
