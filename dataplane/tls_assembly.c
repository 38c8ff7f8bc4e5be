/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_assembly.h"
#include "tls13_message.h"

void tls_assembly_fini(struct tls_assembly *assembly)
{
	tls_buffer_fini(&assembly->record);
	tls_buffer_fini(&assembly->messages);
}

void tls_assembly_clear(struct tls_assembly *assembly)
{
	tls_buffer_clear(&assembly->record);
	tls_buffer_clear(&assembly->messages);
	assembly->record_is_spent = false;
}

/* --- records --- */

/* Take octets until the record that has begun is whole, or the input ends. */
static enum tls13_record_result complete_record(
	struct tls_assembly *assembly, struct bytes input, size_t *used, struct bytes *out_record)
{
	for (;;) {
		const struct bytes have = tls_buffer_view(&assembly->record);
		const enum tls13_record_result result = tls13_record_split(have, out_record);
		assembly->record_is_spent = result == TLS13_RECORD_OK;
		if (result != TLS13_RECORD_NEED_MORE || *used == input.len)
			return result;
		size_t want = TLS13_RECORD_HEADER_BYTES;
		if (have.len >= TLS13_RECORD_HEADER_BYTES)
			want += (size_t)have.data[3] << 8 | have.data[4];
		const size_t left = input.len - *used;
		const size_t take = want - have.len < left ? want - have.len : left;
		if (!tls_buffer_append(&assembly->record, (struct bytes){input.data + *used, take}))
			return TLS13_RECORD_NO_CRYPTO;
		*used += take;
	}
}

enum tls13_record_result tls_assembly_record(
	struct tls_assembly *assembly, struct bytes input, size_t *used, struct bytes *out_record)
{
	if (assembly->record_is_spent) {
		tls_buffer_clear(&assembly->record);
		assembly->record_is_spent = false;
	}
	if (tls_buffer_view(&assembly->record).len > 0)
		return complete_record(assembly, input, used, out_record);
	const enum tls13_record_result result =
		tls13_record_split((struct bytes){input.data + *used, input.len - *used}, out_record);
	if (result == TLS13_RECORD_OK)
		*used += out_record->len;
	if (result == TLS13_RECORD_NEED_MORE)
		return complete_record(assembly, input, used, out_record);
	return result;
}

/* --- messages --- */

bool tls_assembly_is_in_message(const struct tls_assembly *assembly)
{
	return tls_buffer_view(&assembly->messages).len > 0;
}

static size_t message_bytes(struct bytes stream)
{
	return TLS13_MESSAGE_HEADER_BYTES +
	       ((size_t)stream.data[1] << 16 | (size_t)stream.data[2] << 8 | stream.data[3]);
}

/* Hand on whole messages at the front of the stream. */
static enum tls_assembly_result take_messages(
	struct bytes stream, tls_assembly_handler *handle, void *context, size_t *out_used)
{
	*out_used = 0;
	while (stream.len - *out_used >= TLS13_MESSAGE_HEADER_BYTES) {
		const struct bytes rest = {stream.data + *out_used, stream.len - *out_used};
		const size_t len = message_bytes(rest);
		if (len > TLS_ASSEMBLY_MESSAGE_MAX_BYTES)
			return TLS_ASSEMBLY_TOO_LONG;
		if (len > rest.len)
			break;
		*out_used += len;
		if (!handle(context, (struct bytes){rest.data, len}, len == rest.len))
			break;
	}
	return TLS_ASSEMBLY_OK;
}

enum tls_assembly_result tls_assembly_messages(
	struct tls_assembly *assembly, struct bytes content, tls_assembly_handler *handle, void *context)
{
	size_t used;
	enum tls_assembly_result result = TLS_ASSEMBLY_OK;
	if (tls_assembly_is_in_message(assembly)) {
		if (!tls_buffer_append(&assembly->messages, content))
			return TLS_ASSEMBLY_NO_MEMORY;
		result = take_messages(tls_buffer_view(&assembly->messages), handle, context, &used);
		tls_buffer_consume(&assembly->messages, used);
		return result;
	}
	result = take_messages(content, handle, context, &used);
	const struct bytes rest = {content.data + used, content.len - used};
	if (result == TLS_ASSEMBLY_OK && !tls_buffer_append(&assembly->messages, rest))
		result = TLS_ASSEMBLY_NO_MEMORY;
	return result;
}
