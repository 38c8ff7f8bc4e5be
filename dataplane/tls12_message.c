/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_message.h"
#include "tls_reader.h"
#include "tls_extensions.h"

#include <string.h>

#define NAMED_CURVE 3

static enum tls_alert ended(const struct tls_reader *reader)
{
	return tls_reader_ended_well(reader) ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR;
}

enum tls_alert tls12_message_empty(struct bytes body)
{
	return body.len == 0 ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR;
}

/* --- ServerHello --- */

/* RFC 8422 section 5.1.2: a list without "uncompressed" is refused. */
static enum tls_alert read_point_formats(struct bytes body)
{
	struct tls_reader reader = tls_reader_of(body);
	const struct bytes formats = tls_reader_vector(&reader, 1);
	if (!tls_reader_ended_well(&reader) || formats.len == 0)
		return TLS_ALERT_DECODE_ERROR;
	return memchr(formats.data, 0, formats.len) ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
}

/* RFC 5746 section 3.4: in a first handshake it is empty, or somebody has spliced two together. */
static enum tls_alert read_renegotiation(struct bytes body)
{
	struct tls_reader reader = tls_reader_of(body);
	const struct bytes verify_data = tls_reader_vector(&reader, 1);
	if (!tls_reader_ended_well(&reader))
		return TLS_ALERT_DECODE_ERROR;
	return verify_data.len == 0 ? TLS_ALERT_NONE : TLS_ALERT_HANDSHAKE_FAILURE;
}

static enum tls_alert read_hello_extension(void *out, uint16_t type, struct bytes body)
{
	struct tls12_message_server_hello *hello = out;
	switch (type) {
	case TLS12_MESSAGE_EXT_SERVER_NAME:
		hello->has_server_name = true;
		return tls12_message_empty(body);
	case TLS12_MESSAGE_EXT_SUPPORTED_GROUPS: /* not a server's to send, but some do; it says nothing */
		return TLS_ALERT_NONE;
	case TLS12_MESSAGE_EXT_POINT_FORMATS:
		return read_point_formats(body);
	case TLS12_MESSAGE_EXT_ALPN:
		return tls_extensions_protocol(body, &hello->protocol);
	case TLS12_MESSAGE_EXT_EXTENDED_MASTER:
		hello->has_extended_master = true;
		return tls12_message_empty(body);
	case TLS12_MESSAGE_EXT_SESSION_TICKET:
		hello->has_ticket = true;
		return tls12_message_empty(body);
	case TLS12_MESSAGE_EXT_RENEGOTIATION:
		hello->has_renegotiation = true;
		return read_renegotiation(body);
	default:
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	}
}

enum tls_alert tls12_message_server_hello(struct bytes body, struct tls12_message_server_hello *out)
{
	struct tls_reader reader = tls_reader_of(body);
	*out = (struct tls12_message_server_hello){0};
	const uint32_t version = tls_reader_number(&reader, 2);
	out->random = tls_reader_octets(&reader, 32);
	out->session_id = tls_reader_vector(&reader, 1);
	out->suite = (uint16_t)tls_reader_number(&reader, 2);
	const uint32_t compression = tls_reader_number(&reader, 1);
	if (reader.failed || out->session_id.len > 32)
		return TLS_ALERT_DECODE_ERROR;
	/* Section 7.4.1.3: the extensions may be left out. */
	const struct bytes block = reader.rest.len > 0 ? tls_reader_vector(&reader, 2) : (struct bytes){0};
	if (!tls_reader_ended_well(&reader))
		return TLS_ALERT_DECODE_ERROR;
	if (version != TLS12_MESSAGE_VERSION)
		return TLS_ALERT_PROTOCOL_VERSION;
	if (compression != 0)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return tls_extensions_read(block, read_hello_extension, out);
}

/* --- Certificate, ServerKeyExchange, CertificateRequest --- */

enum tls_alert tls12_message_certificate(struct bytes body, struct bytes *out_leaf)
{
	struct tls_reader reader = tls_reader_of(body);
	struct tls_reader list = tls_reader_of(tls_reader_vector(&reader, 3));
	*out_leaf = (struct bytes){0};
	while (tls_reader_has_more(&list)) {
		const struct bytes certificate = tls_reader_vector(&list, 3);
		if (certificate.len == 0)
			return TLS_ALERT_DECODE_ERROR;
		if (out_leaf->len == 0)
			*out_leaf = certificate;
	}
	/* Section 7.4.2: a server that authenticates sends one at least. */
	if (!tls_reader_ended_well(&reader) || !tls_reader_ended_well(&list) || out_leaf->len == 0)
		return TLS_ALERT_DECODE_ERROR;
	return TLS_ALERT_NONE;
}

enum tls_alert tls12_message_key_exchange(struct bytes body, struct tls12_message_key_exchange *out)
{
	struct tls_reader reader = tls_reader_of(body);
	*out = (struct tls12_message_key_exchange){0};
	const uint32_t curve_type = tls_reader_number(&reader, 1);
	out->group = (uint16_t)tls_reader_number(&reader, 2);
	out->public_value = tls_reader_vector(&reader, 1);
	/* Others than named curves have another form; a client offers none (section 5.4). */
	if (!reader.failed && curve_type != NAMED_CURVE)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	out->parameters = (struct bytes){body.data, body.len - reader.rest.len};
	out->scheme = (uint16_t)tls_reader_number(&reader, 2);
	out->signature = tls_reader_vector(&reader, 2);
	if (out->public_value.len == 0)
		return TLS_ALERT_DECODE_ERROR;
	return ended(&reader);
}

enum tls_alert tls12_message_certificate_request(struct bytes body)
{
	struct tls_reader reader = tls_reader_of(body);
	const struct bytes types = tls_reader_vector(&reader, 1);
	const struct bytes schemes = tls_reader_vector(&reader, 2);
	struct tls_reader authorities = tls_reader_of(tls_reader_vector(&reader, 2));
	while (tls_reader_has_more(&authorities))
		if (tls_reader_vector(&authorities, 2).len == 0)
			return TLS_ALERT_DECODE_ERROR;
	if (types.len == 0 || schemes.len == 0 || schemes.len % 2 != 0 || !tls_reader_ended_well(&authorities))
		return TLS_ALERT_DECODE_ERROR;
	return ended(&reader);
}

/* --- NewSessionTicket --- */

enum tls_alert tls12_message_ticket(struct bytes body, uint32_t *out_lifetime_s, struct bytes *out_ticket)
{
	struct tls_reader reader = tls_reader_of(body);
	*out_lifetime_s = tls_reader_number(&reader, 4);
	*out_ticket = tls_reader_vector(&reader, 2);
	return ended(&reader);
}
