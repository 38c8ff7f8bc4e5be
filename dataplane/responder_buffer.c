/* SPDX-License-Identifier: BSD-3-Clause */
#include "responder_buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES ((size_t)2048)
/* The longest text that is formatted at once: a line of headers. */
#define TEXT_BYTES 512

static bool reserve(struct responder_buffer *output, size_t more)
{
	size_t used = output->end - output->begin;
	if (output->size - output->end >= more)
		return true;
	size_t size = output->size == 0 ? FIRST_BYTES : output->size;
	while (size - used < more)
		size *= 2;
	uint8_t *data = malloc(size);
	if (data == NULL) {
		output->out_of_memory = true;
		return false;
	}
	if (used > 0)
		memcpy(data, output->data + output->begin, used);
	free(output->data);
	*output = (struct responder_buffer){.data = data, .end = used, .size = size};
	return true;
}

void responder_buffer_append(struct responder_buffer *output, struct bytes data)
{
	if (data.len == 0 || output->out_of_memory || !reserve(output, data.len))
		return;
	memcpy(output->data + output->end, data.data, data.len);
	output->end += data.len;
}

void responder_buffer_text(struct responder_buffer *output, const char *format, ...)
{
	char text[TEXT_BYTES];
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len >= sizeof(text)) {
		output->out_of_memory = true;
		return;
	}
	responder_buffer_append(output, (struct bytes){(const uint8_t *)text, (size_t)len});
}

struct bytes responder_buffer_view(const struct responder_buffer *output)
{
	return (struct bytes){output->data == NULL ? NULL : output->data + output->begin, output->end - output->begin};
}

void responder_buffer_drop(struct responder_buffer *output, size_t n)
{
	output->begin += n;
	if (output->begin == output->end)
		responder_buffer_release(output);
}

bool responder_buffer_is_full(const struct responder_buffer *output)
{
	return output->end - output->begin > RESPONDER_BUFFER_MAX_BYTES;
}

void responder_buffer_release(struct responder_buffer *output)
{
	free(output->data);
	*output = (struct responder_buffer){.out_of_memory = output->out_of_memory};
}
