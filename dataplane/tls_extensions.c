/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_extensions.h"
#include "tls_reader.h"

/* No extension twice in one block. Blocks are short: a look back costs less than a table. */
static bool came_before(struct bytes block, const uint8_t *until, uint16_t type)
{
	struct tls_reader reader = tls_reader_of((struct bytes){block.data, (size_t)(until - block.data)});
	while (tls_reader_has_more(&reader)) {
		if (tls_reader_number(&reader, 2) == type)
			return true;
		tls_reader_vector(&reader, 2);
	}
	return false;
}

enum tls_alert tls_extensions_read(struct bytes block, tls_extensions_reader *read, void *out)
{
	struct tls_reader reader = tls_reader_of(block);
	for (unsigned n = 0; tls_reader_has_more(&reader); n++) {
		const uint8_t *start = reader.rest.data;
		const uint16_t type = (uint16_t)tls_reader_number(&reader, 2);
		const struct bytes body = tls_reader_vector(&reader, 2);
		if (reader.failed || n == TLS_EXTENSIONS_MAX)
			return TLS_ALERT_DECODE_ERROR;
		if (came_before(block, start, type))
			return TLS_ALERT_ILLEGAL_PARAMETER;
		const enum tls_alert alert = read(out, type, body);
		if (alert != TLS_ALERT_NONE)
			return alert;
	}
	return reader.failed ? TLS_ALERT_DECODE_ERROR : TLS_ALERT_NONE;
}

enum tls_alert tls_extensions_protocol(struct bytes body, struct bytes *out)
{
	struct tls_reader reader = tls_reader_of(body);
	struct tls_reader list = tls_reader_of(tls_reader_vector(&reader, 2));
	*out = tls_reader_vector(&list, 1);
	if (!tls_reader_ended_well(&reader) || !tls_reader_ended_well(&list) || out->len == 0)
		return TLS_ALERT_DECODE_ERROR;
	return TLS_ALERT_NONE;
}
