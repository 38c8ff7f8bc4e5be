/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_reader.h"

struct bytes tls_reader_octets(struct tls_reader *reader, size_t len)
{
	if (reader->failed || reader->rest.len < len) {
		reader->failed = true;
		return (struct bytes){0};
	}
	const struct bytes octets = {reader->rest.data, len};
	reader->rest.data += len;
	reader->rest.len -= len;
	return octets;
}

uint32_t tls_reader_number(struct tls_reader *reader, unsigned octets)
{
	const struct bytes digits = tls_reader_octets(reader, octets);
	uint32_t number = 0;
	for (size_t i = 0; i < digits.len; i++)
		number = number << 8 | digits.data[i];
	return number;
}

struct bytes tls_reader_vector(struct tls_reader *reader, unsigned length_octets)
{
	const uint32_t len = tls_reader_number(reader, length_octets);
	return tls_reader_octets(reader, len);
}
