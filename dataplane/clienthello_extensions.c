/* SPDX-License-Identifier: BSD-3-Clause */
#include "clienthello_extensions.h"

#include "bytes_take.h"

#include <string.h>

enum extension {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_SUPPORTED_GROUPS = 10,
	EXTENSION_SIGNATURE_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_SESSION_TICKET = 35,
	EXTENSION_PRE_SHARED_KEY = 41,
	EXTENSION_EARLY_DATA = 42,
	EXTENSION_SUPPORTED_VERSIONS = 43,
	EXTENSION_KEY_SHARE = 51,
};

/* One bit per 16-bit number: finds a repeated one among thousands at the same cost per entry, for 8 KiB of stack. */
struct number_set {
	uint64_t words[65536 / 64];
};

/* @return false if the number was there already. */
static bool number_set_add(struct number_set *set, uint16_t number)
{
	uint64_t bit = UINT64_C(1) << (number % 64);
	uint64_t *word = &set->words[number / 64];
	bool is_new = (*word & bit) == 0;
	*word |= bit;
	return is_new;
}

/* A non-empty list of 2-octet numbers. */
static bool is_list16(struct bytes list)
{
	return list.len != 0 && list.len % 2 == 0;
}

/* An extension that is one list with a 16-bit length and nothing behind it. */
static enum tls_alert read_list16(struct bytes body, struct bytes *out)
{
	if (!bytes_take_vector16(&body, out) || body.len != 0 || !is_list16(*out))
		return TLS_ALERT_DECODE_ERROR;
	return TLS_ALERT_NONE;
}

/* RFC 8446 section 4.2.1: ProtocolVersion versions<2..254>. */
static enum tls_alert read_supported_versions(struct bytes body, struct bytes *out)
{
	if (!bytes_take_vector8(&body, out) || body.len != 0 || !is_list16(*out))
		return TLS_ALERT_DECODE_ERROR;
	return TLS_ALERT_NONE;
}

/*
 * RFC 6066 section 3: not more than one name of a type; names of types yet unknown also begin with a 16-bit length and
 * are passed over. A NUL is in no host name, and is where C code would see another name than we do.
 */
static enum tls_alert read_server_name(struct bytes body, struct clienthello *out)
{
	bool seen[256] = {false};
	struct bytes list, name;
	uint8_t type;

	if (!bytes_take_vector16(&body, &list) || body.len != 0 || list.len == 0)
		return TLS_ALERT_DECODE_ERROR;
	while (list.len != 0) {
		if (!bytes_take_number8(&list, &type) || !bytes_take_vector16(&list, &name) || name.len == 0)
			return TLS_ALERT_DECODE_ERROR;
		if (seen[type])
			return TLS_ALERT_ILLEGAL_PARAMETER;
		seen[type] = true;
		if (type == 0)
			out->server_name = name;
	}
	out->has_server_name = seen[0];
	if (!seen[0] || memchr(out->server_name.data, 0, out->server_name.len) != NULL)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return TLS_ALERT_NONE;
}

/* RFC 7301 section 3.1: ProtocolName protocol_name_list<2..2^16-1>; empty names MUST NOT be included. */
static enum tls_alert read_alpn(struct bytes body, struct bytes *out)
{
	struct bytes list, name;

	if (!bytes_take_vector16(&body, &list) || body.len != 0 || list.len == 0)
		return TLS_ALERT_DECODE_ERROR;
	*out = list;
	while (list.len != 0) {
		if (!bytes_take_vector8(&list, &name) || name.len == 0)
			return TLS_ALERT_DECODE_ERROR;
	}
	return TLS_ALERT_NONE;
}

/* RFC 8446 section 4.2.8: no two shares for one group. Groups unknown to us (and GREASE, RFC 8701) like others. */
static enum tls_alert read_key_share(struct bytes body, struct clienthello *out)
{
	struct number_set groups = {{0}};
	struct bytes list, key_exchange;
	uint16_t group;

	if (!bytes_take_vector16(&body, &list) || body.len != 0)
		return TLS_ALERT_DECODE_ERROR;
	out->has_key_share = true;
	out->key_shares = list;
	while (list.len != 0) {
		if (!bytes_take_number16(&list, &group) || !bytes_take_vector16(&list, &key_exchange) ||
			key_exchange.len == 0)
			return TLS_ALERT_DECODE_ERROR;
		if (!number_set_add(&groups, group))
			return TLS_ALERT_ILLEGAL_PARAMETER;
	}
	return TLS_ALERT_NONE;
}

/* @param is_last  no extension follows. */
static enum tls_alert read_extension(uint16_t type, struct bytes body, bool is_last, struct clienthello *out)
{
	switch (type) {
	case EXTENSION_SERVER_NAME:
		return read_server_name(body, out);
	case EXTENSION_SUPPORTED_GROUPS:
		return read_list16(body, &out->supported_groups);
	case EXTENSION_SIGNATURE_ALGORITHMS:
		return read_list16(body, &out->signature_algorithms);
	case EXTENSION_ALPN:
		return read_alpn(body, &out->alpn);
	case EXTENSION_SESSION_TICKET:
		out->has_session_ticket = true;
		return TLS_ALERT_NONE;
	case EXTENSION_PRE_SHARED_KEY:
		/* RFC 8446 section 4.2.11: servers MUST check that it is the last. */
		out->has_pre_shared_key = true;
		return is_last ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
	case EXTENSION_EARLY_DATA:
		out->has_early_data = true;
		return body.len == 0 ? TLS_ALERT_NONE : TLS_ALERT_DECODE_ERROR;
	case EXTENSION_SUPPORTED_VERSIONS:
		return read_supported_versions(body, &out->supported_versions);
	case EXTENSION_KEY_SHARE:
		return read_key_share(body, out);
	default:
		return TLS_ALERT_NONE;
	}
}

enum tls_alert clienthello_extensions_read(struct bytes block, struct clienthello *out)
{
	struct number_set types = {{0}};
	struct bytes body;
	uint16_t type;

	while (block.len != 0) {
		if (!bytes_take_number16(&block, &type) || !bytes_take_vector16(&block, &body))
			return TLS_ALERT_DECODE_ERROR;
		/* RFC 8446 section 4.2: there MUST NOT be more than one extension of the same type. */
		if (!number_set_add(&types, type))
			return TLS_ALERT_ILLEGAL_PARAMETER;
		enum tls_alert alert = read_extension(type, body, block.len == 0, out);
		if (alert != TLS_ALERT_NONE)
			return alert;
	}
	return TLS_ALERT_NONE;
}
