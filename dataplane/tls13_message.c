/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_message.h"
#include "tls_reader.h"
#include "tls_extensions.h"

#include <string.h>

/* Section 4.1.3: the random of a HelloRetryRequest, SHA-256 of "HelloRetryRequest". */
static const uint8_t retry_random[32] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e,
	0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33,
	0x9c};

/* Seven days: section 4.6.1. */
#define TICKET_LIFETIME_MAX_S 604800

/* --- ServerHello, HelloRetryRequest --- */

struct hello_extensions {
	struct tls13_message_server_hello *hello;
	uint16_t version;
};

static enum tls_alert ended(const struct tls_reader *reader)
{
	return tls_reader_ended_well(reader) ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR;
}

static enum tls_alert read_hello_extension(void *out, uint16_t type, struct bytes body)
{
	struct hello_extensions *extensions = out;
	struct tls13_message_server_hello *hello = extensions->hello;
	struct tls_reader reader = tls_reader_of(body);
	switch (type) {
	case TLS13_MESSAGE_EXT_SUPPORTED_VERSIONS:
		extensions->version = (uint16_t)tls_reader_number(&reader, 2);
		return ended(&reader);
	case TLS13_MESSAGE_EXT_KEY_SHARE:
		hello->has_key_share = true;
		hello->group = (uint16_t)tls_reader_number(&reader, 2);
		if (!hello->is_retry)
			hello->key_share = tls_reader_vector(&reader, 2);
		return ended(&reader);
	case TLS13_MESSAGE_EXT_PRE_SHARED_KEY:
		if (hello->is_retry)
			return TLS_ALERT_ILLEGAL_PARAMETER;
		hello->has_psk = true;
		hello->psk = (uint16_t)tls_reader_number(&reader, 2);
		return ended(&reader);
	case TLS13_MESSAGE_EXT_COOKIE:
		if (!hello->is_retry)
			return TLS_ALERT_ILLEGAL_PARAMETER;
		hello->cookie = tls_reader_vector(&reader, 2);
		return hello->cookie.len == 0 ? TLS_ALERT_DECODE_ERROR : ended(&reader);
	default:
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	}
}

enum tls_alert tls13_message_server_hello(struct bytes body, struct tls13_message_server_hello *out)
{
	struct tls_reader reader = tls_reader_of(body);
	*out = (struct tls13_message_server_hello){0};
	const uint32_t legacy_version = tls_reader_number(&reader, 2);
	const struct bytes random = tls_reader_octets(&reader, sizeof(retry_random));
	out->session_id = tls_reader_vector(&reader, 1);
	out->suite = (uint16_t)tls_reader_number(&reader, 2);
	const uint32_t compression = tls_reader_number(&reader, 1);
	if (reader.failed || out->session_id.len > 32)
		return TLS_ALERT_DECODE_ERROR;
	if (reader.rest.len == 0) /* TLS 1.2 may leave the extensions out */
		return TLS_ALERT_PROTOCOL_VERSION;
	const struct bytes block = tls_reader_vector(&reader, 2);
	if (!tls_reader_ended_well(&reader))
		return TLS_ALERT_DECODE_ERROR;
	out->is_retry = memcmp(random.data, retry_random, sizeof(retry_random)) == 0;
	struct hello_extensions extensions = {.hello = out};
	const enum tls_alert alert = tls_extensions_read(block, read_hello_extension, &extensions);
	/* A server of TLS 1.2 has extensions of its own: its version is what is wrong. */
	if (extensions.version == 0 && alert != TLS_ALERT_DECODE_ERROR)
		return TLS_ALERT_PROTOCOL_VERSION;
	if (alert != TLS_ALERT_NONE)
		return alert;
	if (extensions.version != TLS13_MESSAGE_VERSION || legacy_version != 0x0303 || compression != 0)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return TLS_ALERT_NONE;
}

/* --- EncryptedExtensions --- */

static enum tls_alert read_encrypted_extension(void *out, uint16_t type, struct bytes body)
{
	struct tls13_message_encrypted_extensions *extensions = out;
	switch (type) {
	case TLS13_MESSAGE_EXT_SERVER_NAME:
		extensions->has_server_name = true;
		return body.len == 0 ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR;
	case TLS13_MESSAGE_EXT_SUPPORTED_GROUPS: /* the server's taste, for next time (section 4.2.7) */
		return TLS_ALERT_NONE;
	case TLS13_MESSAGE_EXT_ALPN:
		return tls_extensions_protocol(body, &extensions->protocol);
	case TLS13_MESSAGE_EXT_SIGNATURE_ALGORITHMS:
	case TLS13_MESSAGE_EXT_PRE_SHARED_KEY:
	case TLS13_MESSAGE_EXT_SUPPORTED_VERSIONS:
	case TLS13_MESSAGE_EXT_COOKIE:
	case TLS13_MESSAGE_EXT_PSK_MODES:
	case TLS13_MESSAGE_EXT_KEY_SHARE: /* the table of section 4.2: not here */
		return TLS_ALERT_ILLEGAL_PARAMETER;
	default:
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	}
}

enum tls_alert tls13_message_encrypted_extensions(struct bytes body, struct tls13_message_encrypted_extensions *out)
{
	struct tls_reader reader = tls_reader_of(body);
	*out = (struct tls13_message_encrypted_extensions){0};
	const struct bytes block = tls_reader_vector(&reader, 2);
	if (!tls_reader_ended_well(&reader))
		return TLS_ALERT_DECODE_ERROR;
	return tls_extensions_read(block, read_encrypted_extension, out);
}

/* --- Certificate, CertificateRequest, CertificateVerify --- */

enum tls_alert tls13_message_certificate(struct bytes body, struct bytes *out_leaf)
{
	struct tls_reader reader = tls_reader_of(body);
	const struct bytes context = tls_reader_vector(&reader, 1);
	struct tls_reader list = tls_reader_of(tls_reader_vector(&reader, 3));
	*out_leaf = (struct bytes){0};
	while (tls_reader_has_more(&list)) {
		const struct bytes certificate = tls_reader_vector(&list, 3);
		const struct bytes extensions = tls_reader_vector(&list, 2);
		if (certificate.len == 0)
			return TLS_ALERT_DECODE_ERROR;
		if (extensions.len > 0) /* we asked for none (section 4.4.2) */
			return TLS_ALERT_UNSUPPORTED_EXTENSION;
		if (out_leaf->len == 0)
			*out_leaf = certificate;
	}
	if (!tls_reader_ended_well(&reader) || !tls_reader_ended_well(&list))
		return TLS_ALERT_DECODE_ERROR;
	if (context.len > 0)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return out_leaf->len > 0 ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR; /* section 4.4.2.4 */
}

static enum tls_alert read_request_extension(void *out, uint16_t type, struct bytes body)
{
	(void)body;
	bool *has_algorithms = out;
	if (type == TLS13_MESSAGE_EXT_SIGNATURE_ALGORITHMS)
		*has_algorithms = true;
	return TLS_ALERT_NONE; /* section 4.3.2: unknown ones are ignored */
}

enum tls_alert tls13_message_certificate_request(struct bytes body)
{
	struct tls_reader reader = tls_reader_of(body);
	const struct bytes context = tls_reader_vector(&reader, 1);
	const struct bytes block = tls_reader_vector(&reader, 2);
	bool has_algorithms = false;
	if (!tls_reader_ended_well(&reader))
		return TLS_ALERT_DECODE_ERROR;
	if (context.len > 0) /* only after the handshake may there be one */
		return TLS_ALERT_ILLEGAL_PARAMETER;
	const enum tls_alert alert = tls_extensions_read(block, read_request_extension, &has_algorithms);
	if (alert != TLS_ALERT_NONE)
		return alert;
	return has_algorithms ? TLS_ALERT_NONE : TLS_ALERT_MISSING_EXTENSION;
}

enum tls_alert tls13_message_certificate_verify(struct bytes body, uint16_t *out_scheme, struct bytes *out_signature)
{
	struct tls_reader reader = tls_reader_of(body);
	*out_scheme = (uint16_t)tls_reader_number(&reader, 2);
	*out_signature = tls_reader_vector(&reader, 2);
	return ended(&reader);
}

/* --- after the handshake --- */

static enum tls_alert read_ticket_extension(void *out, uint16_t type, struct bytes body)
{
	(void)out;
	(void)type;
	(void)body;
	return TLS_ALERT_NONE; /* early data is not for us; section 4.6.1: unknown ones are ignored */
}

enum tls_alert tls13_message_ticket(struct bytes body, struct tls13_message_ticket *out)
{
	struct tls_reader reader = tls_reader_of(body);
	out->lifetime_s = tls_reader_number(&reader, 4);
	out->age_add = tls_reader_number(&reader, 4);
	out->nonce = tls_reader_vector(&reader, 1);
	out->ticket = tls_reader_vector(&reader, 2);
	const struct bytes block = tls_reader_vector(&reader, 2);
	if (!tls_reader_ended_well(&reader) || out->ticket.len == 0)
		return TLS_ALERT_DECODE_ERROR;
	if (out->lifetime_s > TICKET_LIFETIME_MAX_S)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return tls_extensions_read(block, read_ticket_extension, NULL);
}

enum tls_alert tls13_message_key_update(struct bytes body, bool *out_requested)
{
	if (body.len != 1)
		return TLS_ALERT_DECODE_ERROR;
	*out_requested = body.data[0] == 1;
	return body.data[0] <= 1 ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
}
