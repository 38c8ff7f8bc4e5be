/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_message.h"
#include "certificate_chain.h"
#include "secret.h"

#include <stdlib.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "messages are little-endian: a big-endian target needs a swap in put() and take()"
#endif

#define MAGIC UINT32_C(0x31434648) /* "HFC1" */

/* --- writing: once to count, once to write
 * ----------------------------------------------------------------------------- */

struct writer {
	uint8_t *data; /* NULL: only count */
	size_t len;
};

static void put(struct writer *writer, const void *octets, size_t len)
{
	if (writer->data != NULL && len > 0)
		memcpy(writer->data + writer->len, octets, len);
	writer->len += len;
}

static void put_u32(struct writer *writer, uint32_t value)
{
	put(writer, &value, sizeof(value));
}

static void put_bytes(struct writer *writer, struct bytes bytes)
{
	put_u32(writer, (uint32_t)bytes.len);
	put(writer, bytes.data, bytes.len);
}

static void put_text(struct writer *writer, const char *text)
{
	put_bytes(writer,
		(struct bytes){(const uint8_t *)text, text != NULL ? strnlen(text, CERTIFICATE_MAX_TEXT_LEN) : 0});
}

static void put_all(struct writer *writer, const struct certificate *certificate, const struct bytes *chain_der)
{
	uint32_t n_names =
		certificate->n_names < CERTIFICATE_MAX_NAMES ? (uint32_t)certificate->n_names : CERTIFICATE_MAX_NAMES;
	put_u32(writer, MAGIC);
	put_u32(writer, certificate->n_leaves);
	put_u32(writer, certificate->warnings);
	put(writer, &certificate->not_before, sizeof(certificate->not_before));
	put(writer, &certificate->not_after, sizeof(certificate->not_after));
	put_text(writer, certificate->file);
	put_text(writer, certificate->subject);
	put_text(writer, certificate->issuer);
	put_u32(writer, n_names);
	for (uint32_t i = 0; i < n_names; i++)
		put_text(writer, certificate->names[i]);
	for (uint32_t i = 0; i < certificate->n_leaves; i++) {
		put_u32(writer, (uint32_t)certificate->leaves[i].key_type);
		put_bytes(writer, certificate->leaves[i].leaf_der);
		put_bytes(writer, certificate->leaves[i].key_der);
		put_bytes(writer, chain_der[i]);
	}
}

uint8_t *certificate_message_write(
	const struct certificate *certificate, const struct bytes *chain_der, size_t *out_len)
{
	struct writer writer = {NULL, 0};
	put_all(&writer, certificate, chain_der);
	if (writer.len > CERTIFICATE_MAX_MESSAGE_BYTES)
		return NULL;
	writer.data = malloc(writer.len);
	if (writer.data == NULL)
		return NULL;
	writer.len = 0;
	put_all(&writer, certificate, chain_der);
	*out_len = writer.len;
	return writer.data;
}

/* --- reading
 * ----------------------------------------------------------------------------------------------------------- */

/* The first fault sticks: what is read after it is zero or empty, and the caller looks once, at the end. */
struct reader {
	struct bytes left;
	bool failed;
};

static void fail_unless(struct reader *reader, bool condition)
{
	if (!condition)
		reader->failed = true;
}

static struct bytes take(struct reader *reader, size_t len)
{
	if (reader->failed || len > reader->left.len) {
		reader->failed = true;
		return (struct bytes){NULL, 0};
	}
	struct bytes taken = {reader->left.data, len};
	reader->left.data += len;
	reader->left.len -= len;
	return taken;
}

static uint32_t take_u32(struct reader *reader)
{
	uint32_t value = 0;
	struct bytes octets = take(reader, sizeof(value));
	if (octets.len == sizeof(value))
		memcpy(&value, octets.data, sizeof(value));
	return value;
}

static int64_t take_i64(struct reader *reader)
{
	int64_t value = 0;
	struct bytes octets = take(reader, sizeof(value));
	if (octets.len == sizeof(value))
		memcpy(&value, octets.data, sizeof(value));
	return value;
}

static uint32_t take_u32_bounded(struct reader *reader, uint32_t least, uint32_t most)
{
	uint32_t value = take_u32(reader);
	if (value < least || value > most) {
		reader->failed = true;
		return 0;
	}
	return value;
}

static struct bytes take_bytes(struct reader *reader, size_t most)
{
	return take(reader, take_u32_bounded(reader, 0, (uint32_t)most));
}

/* Becomes a C string: a zero inside would let two different names look the same. */
static struct bytes take_text(struct reader *reader)
{
	struct bytes text = take_bytes(reader, CERTIFICATE_MAX_TEXT_LEN);
	fail_unless(reader, text.len == 0 || memchr(text.data, '\0', text.len) == NULL);
	return text;
}

static void take_names(struct reader *reader, struct certificate_message *out)
{
	out->n_names = take_u32_bounded(reader, 0, CERTIFICATE_MAX_NAMES);
	out->names = reader->left;
	out->names_text_len = 0;
	for (uint32_t i = 0; i < out->n_names && !reader->failed; i++)
		out->names_text_len += take_text(reader).len;
}

static void take_leaf(struct reader *reader, struct certificate_message_leaf *out)
{
	out->key_type = (enum certificate_key)take_u32_bounded(reader, CERTIFICATE_KEY_RSA, CERTIFICATE_KEY_ED25519);
	out->leaf_der = take_bytes(reader, CERTIFICATE_MAX_DER_BYTES);
	out->key_der = take_bytes(reader, SECRET_MAX_BYTES);
	out->chain_der = take_bytes(reader, CERTIFICATE_MAX_DER_BYTES);
	if (reader->failed)
		return;
	fail_unless(reader, certificate_chain_count(out->leaf_der) == 1);
	fail_unless(reader, certificate_chain_count(out->key_der) == 1);
	fail_unless(reader, certificate_chain_count(out->chain_der) >= 0);
}

bool certificate_message_parse(struct bytes message, struct certificate_message *out)
{
	struct reader reader = {.left = message};
	fail_unless(&reader, message.len <= CERTIFICATE_MAX_MESSAGE_BYTES);
	fail_unless(&reader, take_u32(&reader) == MAGIC);
	out->n_leaves = take_u32_bounded(&reader, 1, CERTIFICATE_MAX_LEAVES);
	out->warnings = take_u32(&reader);
	fail_unless(&reader, (out->warnings & ~(uint32_t)CERTIFICATE_WARN_ALL) == 0);
	out->not_before = take_i64(&reader);
	out->not_after = take_i64(&reader);
	out->file = take_text(&reader);
	out->subject = take_text(&reader);
	out->issuer = take_text(&reader);
	take_names(&reader, out);
	for (uint32_t i = 0; i < out->n_leaves; i++)
		take_leaf(&reader, &out->leaves[i]);
	return !reader.failed && reader.left.len == 0;
}

struct bytes certificate_message_next_name(struct bytes *names)
{
	struct reader reader = {.left = *names};
	struct bytes name = take_text(&reader);
	*names = reader.left;
	return name;
}
