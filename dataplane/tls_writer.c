/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_writer.h"

#include <string.h>

#define EXT_SERVER_NAME 0

void tls_writer_number(struct tls_writer *writer, uint32_t number, unsigned octets)
{
	while (octets-- > 0)
		writer->out[writer->at++] = (uint8_t)(number >> (8 * octets));
}

void tls_writer_octets(struct tls_writer *writer, struct bytes octets)
{
	if (octets.len > 0)
		memcpy(writer->out + writer->at, octets.data, octets.len);
	writer->at += octets.len;
}

void tls_writer_numbers(struct tls_writer *writer, const uint16_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tls_writer_number(writer, numbers[i], 2);
}

size_t tls_writer_open(struct tls_writer *writer, unsigned octets)
{
	writer->at += octets;
	return writer->at;
}

void tls_writer_close(struct tls_writer *writer, size_t opened, unsigned octets)
{
	struct tls_writer back = {writer->out, opened - octets};
	tls_writer_number(&back, (uint32_t)(writer->at - opened), octets);
}

size_t tls_writer_open_extension(struct tls_writer *writer, uint16_t type)
{
	tls_writer_number(writer, type, 2);
	return tls_writer_open(writer, 2);
}

void tls_writer_server_name(struct tls_writer *writer, struct bytes name)
{
	if (name.len == 0)
		return;
	const size_t extension = tls_writer_open_extension(writer, EXT_SERVER_NAME);
	tls_writer_number(writer, (uint32_t)name.len + 3, 2);
	tls_writer_number(writer, 0, 1); /* host_name */
	tls_writer_number(writer, (uint32_t)name.len, 2);
	tls_writer_octets(writer, name);
	tls_writer_close(writer, extension, 2);
}

void tls_writer_vector_extension(struct tls_writer *writer, uint16_t type, struct bytes vector)
{
	if (vector.len == 0)
		return;
	const size_t extension = tls_writer_open_extension(writer, type);
	tls_writer_number(writer, (uint32_t)vector.len, 2);
	tls_writer_octets(writer, vector);
	tls_writer_close(writer, extension, 2);
}

void tls_writer_list_extension(struct tls_writer *writer, uint16_t type, const uint16_t *numbers, size_t count)
{
	const size_t extension = tls_writer_open_extension(writer, type);
	const size_t list = tls_writer_open(writer, 2);
	tls_writer_numbers(writer, numbers, count);
	tls_writer_close(writer, list, 2);
	tls_writer_close(writer, extension, 2);
}
