/* SPDX-License-Identifier: BSD-3-Clause */
#include "clienthello.h"

#include "bytes_take.h"
#include "clienthello_extensions.h"
#include "tls_alert.h"

#include <string.h>

/* RFC 8446 section 5.1 and 4. */
enum { RECORD_HANDSHAKE = 22, RECORD_MAJOR = 3, RECORD_HEADER_BYTES = 5, RECORD_MAX_BYTES = 16384 };
enum { HANDSHAKE_CLIENT_HELLO = 1, HANDSHAKE_HEADER_BYTES = 4 };

enum { VERSION_SSL30 = 0x0300, VERSION_TLS12 = 0x0303, VERSION_TLS13 = 0x0304 };

struct verdict {
	enum clienthello_fault fault;
	enum tls_alert alert;
};

static const struct verdict FINE = {CLIENTHELLO_FAULT_NONE, TLS_ALERT_NONE};

static struct verdict malformed(enum tls_alert alert)
{
	return (struct verdict){CLIENTHELLO_FAULT_MALFORMED, alert};
}

static struct verdict not_tls(void)
{
	return (struct verdict){CLIENTHELLO_FAULT_NOT_TLS, TLS_ALERT_NONE};
}

/* No RFC names an alert for a message that is legal but larger than the receiver takes; libssl sends this one. */
static struct verdict too_large(void)
{
	return (struct verdict){CLIENTHELLO_FAULT_TOO_LARGE, TLS_ALERT_ILLEGAL_PARAMETER};
}

/* --- records: every verdict depends on the bytes up to its own byte alone, so chunk borders cannot change it --- */

static bool message_complete(const struct clienthello_progress *progress)
{
	return progress->message_bytes != 0 && progress->handshake_bytes == progress->message_bytes;
}

static struct verdict walk_record_length(struct clienthello_progress *progress)
{
	uint32_t length = (uint32_t)progress->record_header[3] << 8 | progress->record_header[4];

	progress->record_header_bytes = 0;
	/* RFC 8446 section 5.1: zero-length fragments of handshake types MUST NOT be sent; 5.4 names the alert. */
	if (length == 0)
		return malformed(TLS_ALERT_UNEXPECTED_MESSAGE);
	if (length > RECORD_MAX_BYTES)
		return malformed(TLS_ALERT_RECORD_OVERFLOW);
	if (progress->stream_bytes + length > CLIENTHELLO_STREAM_MAX_BYTES)
		return too_large();
	progress->record_left_bytes = (uint16_t)length;
	return FINE;
}

static struct verdict walk_record_header(struct clienthello_progress *progress, uint8_t octet)
{
	bool first_record = progress->stream_bytes < RECORD_HEADER_BYTES;
	uint8_t position = progress->record_header_bytes++;

	progress->record_header[position] = octet;
	progress->stream_bytes++;
	switch (position) {
	case 0:
		/* RFC 8446 section 5.1: handshake messages MUST NOT be interleaved with other record types. */
		if (octet != RECORD_HANDSHAKE)
			return first_record ? not_tls() : malformed(TLS_ALERT_UNEXPECTED_MESSAGE);
		return FINE;
	case 1:
		/* RFC 5246 appendix E.1: any {03,XX}. */
		if (octet != RECORD_MAJOR)
			return first_record ? not_tls() : malformed(TLS_ALERT_PROTOCOL_VERSION);
		return FINE;
	case RECORD_HEADER_BYTES - 1:
		return walk_record_length(progress);
	default:
		return FINE;
	}
}

static void advance(struct clienthello_progress *progress, uint32_t n_bytes)
{
	progress->stream_bytes += n_bytes;
	progress->handshake_bytes += n_bytes;
	progress->record_left_bytes = (uint16_t)(progress->record_left_bytes - n_bytes);
}

static struct verdict walk_handshake_header(struct clienthello_progress *progress, uint8_t octet)
{
	uint8_t *header = progress->handshake_header;

	header[progress->handshake_bytes] = octet;
	advance(progress, 1);
	if (header[0] != HANDSHAKE_CLIENT_HELLO)
		return malformed(TLS_ALERT_UNEXPECTED_MESSAGE);
	if (progress->handshake_bytes < HANDSHAKE_HEADER_BYTES)
		return FINE;

	uint32_t body_bytes = (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];
	if (body_bytes > CLIENTHELLO_MAX_BYTES)
		return too_large();
	progress->message_bytes = HANDSHAKE_HEADER_BYTES + body_bytes;
	return FINE;
}

/* @return bytes of the chunk that were walked, at least one. */
static size_t walk_fragment(struct clienthello_progress *progress, struct bytes chunk, struct verdict *out)
{
	if (progress->message_bytes == 0) {
		*out = walk_handshake_header(progress, chunk.data[0]);
		return 1;
	}
	uint32_t n_bytes = progress->message_bytes - progress->handshake_bytes;
	if (n_bytes > progress->record_left_bytes)
		n_bytes = progress->record_left_bytes;
	if (n_bytes > chunk.len)
		n_bytes = (uint32_t)chunk.len;
	advance(progress, n_bytes);
	*out = FINE;
	return n_bytes;
}

static enum clienthello_result conclude(struct verdict verdict, enum clienthello_fault *out_fault, uint8_t *out_alert)
{
	*out_fault = verdict.fault;
	*out_alert = (uint8_t)verdict.alert;
	return verdict.fault == CLIENTHELLO_FAULT_NONE ? CLIENTHELLO_OK : CLIENTHELLO_BAD;
}

enum clienthello_result clienthello_feed(struct clienthello_progress *progress, struct bytes chunk,
	enum clienthello_fault *out_fault, uint8_t *out_alert)
{
	struct verdict verdict = FINE;
	size_t at = 0;

	while (verdict.fault == CLIENTHELLO_FAULT_NONE && !message_complete(progress)) {
		if (at == chunk.len) {
			conclude(FINE, out_fault, out_alert);
			return CLIENTHELLO_NEED_MORE;
		}
		if (progress->record_left_bytes == 0)
			verdict = walk_record_header(progress, chunk.data[at++]);
		else
			at += walk_fragment(progress, (struct bytes){chunk.data + at, chunk.len - at}, &verdict);
	}
	/*
	 * RFC 8446 section 5.1: a message that may precede a key change MUST end with its record, and what does not
	 * MUST be answered with unexpected_message. In TLS 1.2 nothing may follow a ClientHello before the server has
	 * spoken.
	 */
	if (verdict.fault == CLIENTHELLO_FAULT_NONE && progress->record_left_bytes != 0)
		verdict = malformed(TLS_ALERT_UNEXPECTED_MESSAGE);
	return conclude(verdict, out_fault, out_alert);
}

/* --- the message's bytes in one piece --- */

static size_t record_length(const uint8_t *header)
{
	return (size_t)header[3] << 8 | header[4];
}

/* The records have been walked: their headers are right and their lengths add up to the message. */
static struct bytes message_of_stream(
	const uint8_t *stream, const struct clienthello_progress *progress, uint8_t *scratch)
{
	if (record_length(stream) == progress->message_bytes)
		return (struct bytes){stream + RECORD_HEADER_BYTES, progress->message_bytes};

	size_t copied = 0;
	while (copied < progress->message_bytes) {
		size_t length = record_length(stream);
		memcpy(scratch + copied, stream + RECORD_HEADER_BYTES, length);
		copied += length;
		stream += RECORD_HEADER_BYTES + length;
	}
	return (struct bytes){scratch, progress->message_bytes};
}

/* --- the message --- */

/* Up to and without the extensions. */
static bool read_fixed_part(struct bytes *body, struct clienthello *out)
{
	return bytes_take_number16(body, &out->legacy_version) && bytes_take(body, 32, &out->random) &&
	       bytes_take_vector8(body, &out->legacy_session_id) && out->legacy_session_id.len <= 32 &&
	       bytes_take_vector16(body, &out->cipher_suites) && out->cipher_suites.len != 0 &&
	       out->cipher_suites.len % 2 == 0 && bytes_take_vector8(body, &out->compression_methods) &&
	       out->compression_methods.len != 0;
}

/* RFC 8446 section 4.2.1: where the extension is there it alone counts, even if legacy_version says otherwise. */
static void choose_versions(struct clienthello *out)
{
	if (out->supported_versions.len == 0) {
		out->offers_tls12 = out->legacy_version >= VERSION_TLS12;
		return;
	}
	out->offers_tls12 = clienthello_list_has(out->supported_versions, VERSION_TLS12);
	out->offers_tls13 = clienthello_list_has(out->supported_versions, VERSION_TLS13);
}

/* RFC 8446 section 4.1.2: exactly the null method in TLS 1.3. RFC 5246 section 7.4.1.2: null among them before. */
static bool compression_is_legal(const struct clienthello *hello)
{
	struct bytes methods = hello->compression_methods;
	if (hello->offers_tls13 && methods.len != 1)
		return false;
	return memchr(methods.data, 0, methods.len) != NULL;
}

static struct verdict read_message(struct bytes message, struct clienthello *out)
{
	struct bytes body = {message.data + HANDSHAKE_HEADER_BYTES, message.len - HANDSHAKE_HEADER_BYTES};

	*out = (struct clienthello){.message = message};
	if (!read_fixed_part(&body, out))
		return malformed(TLS_ALERT_DECODE_ERROR);
	/* RFC 5246 section 7.4.1.2: no extensions at all, or a block that ends with the message. */
	if (body.len != 0 && (!bytes_take_vector16(&body, &out->extensions) || body.len != 0))
		return malformed(TLS_ALERT_DECODE_ERROR);
	enum tls_alert alert = clienthello_extensions_read(out->extensions, out);
	if (alert != TLS_ALERT_NONE)
		return malformed(alert);

	choose_versions(out);
	if (!compression_is_legal(out))
		return malformed(TLS_ALERT_ILLEGAL_PARAMETER);
	/* RFC 8446 appendix D.5: legacy_version 0x0300 MUST be answered with protocol_version, always. */
	if (out->legacy_version <= VERSION_SSL30 || (!out->offers_tls12 && !out->offers_tls13))
		return (struct verdict){CLIENTHELLO_FAULT_VERSION, TLS_ALERT_PROTOCOL_VERSION};
	return FINE;
}

enum clienthello_result clienthello_parse(struct bytes stream, uint8_t *scratch, struct clienthello *out,
	enum clienthello_fault *out_fault, uint8_t *out_alert)
{
	struct clienthello_progress progress = {0};
	enum clienthello_result result = clienthello_feed(&progress, stream, out_fault, out_alert);
	if (result != CLIENTHELLO_OK)
		return result;
	return conclude(read_message(message_of_stream(stream.data, &progress, scratch), out), out_fault, out_alert);
}

bool clienthello_list_has(struct bytes list, uint16_t value)
{
	for (size_t i = 0; i + 1 < list.len; i += 2) {
		if ((list.data[i] << 8 | list.data[i + 1]) == value)
			return true;
	}
	return false;
}

bool clienthello_offers_protocol(const struct clienthello *hello, const char *protocol)
{
	struct bytes list = hello->alpn, name;
	size_t len = strlen(protocol);

	while (bytes_take_vector8(&list, &name)) {
		if (name.len == len && memcmp(name.data, protocol, len) == 0)
			return true;
	}
	return false;
}
