/* SPDX-License-Identifier: BSD-3-Clause */
#include "hello_reasons.h"

#include "tls_alert.h"

#include <string.h>

static unsigned number16(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

static bool holds_pair(struct bytes list, uint8_t high, uint8_t low)
{
	for (size_t i = 0; i + 2 <= list.len; i += 2) {
		if (list.data[i] == high && list.data[i + 1] == low)
			return true;
	}
	return false;
}

/* supported_versions without its length octet. */
static struct bytes versions_of(const struct openssl_hello *theirs)
{
	struct bytes body = theirs->bodies[OPENSSL_HELLO_VERSIONS];
	return body.len == 0 ? body : (struct bytes){body.data + 1, body.len - 1};
}

static bool is_old(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	struct bytes versions = versions_of(theirs);

	(void)stream, (void)message;
	if (theirs->legacy_version <= 0x0300)
		return true;
	if (!theirs->present[OPENSSL_HELLO_VERSIONS])
		return theirs->legacy_version < 0x0303;
	return !holds_pair(versions, 3, 3) && !holds_pair(versions, 3, 4);
}

/* The joined octets end where the message does, so the walk over the records ends with it too. */
static bool has_record(struct bytes stream, bool (*wanted)(const uint8_t *header))
{
	uint32_t joined = 0, message = UINT32_MAX;
	uint8_t start[4];

	for (size_t at = 0; at + 5 <= stream.len && joined < message;) {
		const uint8_t *header = stream.data + at;
		if (wanted(header))
			return true;
		for (size_t i = 0; i < number16(header + 3) && at + 5 + i < stream.len && joined + i < 4; i++)
			start[joined + i] = header[5 + i];
		joined += number16(header + 3);
		if (joined >= 4)
			message = 4 + ((uint32_t)start[1] << 16 | number16(start + 2));
		at += 5 + number16(header + 3);
	}
	return false;
}

static bool is_empty(const uint8_t *header)
{
	return number16(header + 3) == 0;
}

static bool is_of_another_type(const uint8_t *header)
{
	return header[0] != 22;
}

static bool has_empty_record(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	(void)theirs, (void)message;
	return has_record(stream, is_empty);
}

static bool is_interleaved(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	(void)theirs, (void)message;
	return has_record(stream, is_of_another_type);
}

/* libssl has the whole message, and yet it does not end with a record. */
static bool is_not_aligned(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	(void)stream;
	return theirs->reached && message.len == 0;
}

/* The extension block of a message that libssl could take apart: all lengths before it are right. */
static struct bytes extension_block(struct bytes message)
{
	size_t at = 4 + 2 + 32;
	if (message.len == 0)
		return message;
	at += 1 + (size_t)message.data[at];
	at += 2 + number16(message.data + at);
	at += 1 + (size_t)message.data[at];
	if (at + 2 > message.len)
		return (struct bytes){message.data, 0};
	return (struct bytes){message.data + at + 2, message.len - at - 2};
}

static bool type_is_behind(struct bytes block, size_t at, unsigned type)
{
	for (; at + 4 <= block.len; at += 4 + number16(block.data + at + 2)) {
		if (number16(block.data + at) == type)
			return true;
	}
	return false;
}

static bool repeats_extension(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	struct bytes block = extension_block(message);

	(void)theirs, (void)stream;
	for (size_t at = 0; at + 4 <= block.len;) {
		size_t next = at + 4 + number16(block.data + at + 2);
		if (type_is_behind(block, next, number16(block.data + at)))
			return true;
		at = next;
	}
	return false;
}

static bool has_bad_compression(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	(void)stream, (void)message;
	if (memchr(theirs->compression.data, 0, theirs->compression.len) == NULL)
		return true;
	return theirs->compression.len != 1 && holds_pair(versions_of(theirs), 3, 4);
}

/* More than one host name, none, or one with a NUL: whatever is not "list, type 0, name without NUL" and well framed.
 */
static bool has_bad_name(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	struct bytes body = theirs->bodies[OPENSSL_HELLO_SERVER_NAME];

	(void)stream, (void)message;
	if (!theirs->present[OPENSSL_HELLO_SERVER_NAME] || body.len < 5)
		return false;
	size_t name_bytes = number16(body.data + 3);
	return body.data[2] != 0 || name_bytes + 5 != body.len || memchr(body.data + 5, 0, name_bytes) != NULL;
}

static bool repeats_key_share(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	struct bytes body = theirs->bodies[OPENSSL_HELLO_KEY_SHARE];

	(void)stream, (void)message;
	if (body.len < 2)
		return false;
	struct bytes list = {body.data + 2, body.len - 2};
	for (size_t at = 0; at + 4 <= list.len;) {
		size_t next = at + 4 + number16(list.data + at + 2);
		if (type_is_behind(list, next, number16(list.data + at)))
			return true;
		at = next;
	}
	return false;
}

static bool has_bad_fixed_part(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	(void)stream, (void)message;
	return theirs->cipher_suites.len == 0 || theirs->cipher_suites.len % 2 != 0 || theirs->compression.len == 0;
}

static bool is_bad_list16(struct bytes body)
{
	return body.len < 4 || body.len % 2 != 0 || number16(body.data) != body.len - 2;
}

/* A list of entries, each with a length of length_octets behind skip octets, does not fill its body exactly. */
static bool is_bad_vector(struct bytes body, size_t skip, size_t length_octets, bool may_be_empty)
{
	if (body.len < 2 || number16(body.data) != body.len - 2)
		return true;
	if (body.len == 2)
		return !may_be_empty;
	for (size_t at = 2; at < body.len;) {
		if (at + skip + length_octets > body.len)
			return true;
		const uint8_t *length = body.data + at + skip;
		size_t entry = length_octets == 1 ? length[0] : number16(length);
		at += skip + length_octets + entry;
		if (entry == 0 || at > body.len)
			return true;
	}
	return false;
}

static bool has_bad_extension(const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	const struct bytes *bodies = theirs->bodies;
	const bool *present = theirs->present;
	struct bytes versions = bodies[OPENSSL_HELLO_VERSIONS];

	(void)stream, (void)message;
	if (present[OPENSSL_HELLO_VERSIONS] &&
		(versions.len < 3 || versions.len % 2 == 0 || versions.data[0] != versions.len - 1))
		return true;
	return (present[OPENSSL_HELLO_GROUPS] && is_bad_list16(bodies[OPENSSL_HELLO_GROUPS])) ||
	       (present[OPENSSL_HELLO_SCHEMES] && is_bad_list16(bodies[OPENSSL_HELLO_SCHEMES])) ||
	       (present[OPENSSL_HELLO_EARLY_DATA] && bodies[OPENSSL_HELLO_EARLY_DATA].len != 0) ||
	       (present[OPENSSL_HELLO_SERVER_NAME] && is_bad_vector(bodies[OPENSSL_HELLO_SERVER_NAME], 1, 2, false)) ||
	       (present[OPENSSL_HELLO_ALPN] && is_bad_vector(bodies[OPENSSL_HELLO_ALPN], 0, 1, false)) ||
	       (present[OPENSSL_HELLO_KEY_SHARE] && is_bad_vector(bodies[OPENSSL_HELLO_KEY_SHARE], 2, 2, true));
}

#define MALFORMED(alert) CLIENTHELLO_FAULT_MALFORMED, TLS_ALERT_##alert

static const struct hello_reason reasons[] = {
	{"RFC 8996 sections 4 and 5: TLS 1.0 and 1.1 MUST NOT be negotiated; RFC 8446 D.5: SSL 3.0 MUST be refused",
		CLIENTHELLO_FAULT_VERSION, TLS_ALERT_PROTOCOL_VERSION, is_old},
	{"RFC 8446 5.1: zero-length fragments of handshake types MUST NOT be sent", MALFORMED(UNEXPECTED_MESSAGE),
		has_empty_record},
	{"RFC 8446 5.1: handshake messages MUST NOT be interleaved with other record types",
		MALFORMED(UNEXPECTED_MESSAGE), is_interleaved},
	{"RFC 8446 5.1: a ClientHello MUST end with its record", MALFORMED(UNEXPECTED_MESSAGE), is_not_aligned},
	{"RFC 8446 4.2: there MUST NOT be more than one extension of a type", MALFORMED(ILLEGAL_PARAMETER),
		repeats_extension},
	{"RFC 8446 4.1.2: exactly the null compression in TLS 1.3; RFC 5246 7.4.1.2: MUST contain null",
		MALFORMED(ILLEGAL_PARAMETER), has_bad_compression},
	{"RFC 6066 3: MUST NOT contain more than one name of a type; HostName is a DNS host name",
		MALFORMED(ILLEGAL_PARAMETER), has_bad_name},
	{"RFC 8446 4.2.8: clients MUST NOT offer two key shares for one group", MALFORMED(ILLEGAL_PARAMETER),
		repeats_key_share},
	{"RFC 8446 6: what cannot be parsed MUST be answered with decode_error (cipher suites, compression)",
		MALFORMED(DECODE_ERROR), has_bad_fixed_part},
	{"RFC 8446 6: what cannot be parsed MUST be answered with decode_error (an extension)", MALFORMED(DECODE_ERROR),
		has_bad_extension},
};

const struct hello_reason *hello_reasons_find(enum clienthello_fault fault, uint8_t alert,
	const struct openssl_hello *theirs, struct bytes stream, struct bytes message)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		const struct hello_reason *reason = &reasons[i];
		if (reason->fault == fault && reason->alert == alert && reason->holds(theirs, stream, message))
			return reason;
	}
	return NULL;
}
