/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_hello.h"
#include "tls12_message.h"
#include "tls_writer.h"

/* Octets of everything that has a fixed length, rounded up. */
#define FIXED_BYTES 160

/* RFC 8422 section 5.1.2: points are uncompressed. RFC 7627 section 5.1. RFC 5746 section 3.4: nothing to bind to yet.
 */
static void put_constants(struct tls_writer *writer)
{
	static const uint8_t octets[] = {0, TLS12_MESSAGE_EXT_POINT_FORMATS, 0, 2, 1, 0, 0,
		TLS12_MESSAGE_EXT_EXTENDED_MASTER, 0, 0, TLS12_MESSAGE_EXT_RENEGOTIATION >> 8,
		TLS12_MESSAGE_EXT_RENEGOTIATION & 0xff, 0, 1, 0};
	tls_writer_octets(writer, (struct bytes){octets, sizeof(octets)});
}

size_t tls12_hello_bound(const struct tls12_hello *hello)
{
	return FIXED_BYTES + 2 * (hello->n_suites + hello->n_groups + hello->n_schemes) + hello->server_name.len +
	       hello->protocols.len + hello->ticket.len;
}

size_t tls12_hello_write(const struct tls12_hello *hello, uint8_t *out)
{
	struct tls_writer writer = {out, 0};
	tls_writer_number(&writer, TLS12_MESSAGE_CLIENT_HELLO, 1);
	const size_t message = tls_writer_open(&writer, 3);
	tls_writer_number(&writer, TLS12_MESSAGE_VERSION, 2);
	tls_writer_octets(&writer, hello->random);
	tls_writer_number(&writer, (uint32_t)hello->session_id.len, 1);
	tls_writer_octets(&writer, hello->session_id);
	tls_writer_number(&writer, (uint32_t)hello->n_suites * 2, 2);
	tls_writer_numbers(&writer, hello->suites, hello->n_suites);
	tls_writer_number(&writer, 0x0100, 2); /* compression_methods: null */
	const size_t extensions = tls_writer_open(&writer, 2);
	tls_writer_server_name(&writer, hello->server_name);
	tls_writer_list_extension(&writer, TLS12_MESSAGE_EXT_SUPPORTED_GROUPS, hello->groups, hello->n_groups);
	tls_writer_list_extension(&writer, TLS12_MESSAGE_EXT_SIGNATURE_ALGORITHMS, hello->schemes, hello->n_schemes);
	tls_writer_vector_extension(&writer, TLS12_MESSAGE_EXT_ALPN, hello->protocols);
	put_constants(&writer);
	const size_t ticket = tls_writer_open_extension(&writer, TLS12_MESSAGE_EXT_SESSION_TICKET);
	tls_writer_octets(&writer, hello->ticket);
	tls_writer_close(&writer, ticket, 2);
	tls_writer_close(&writer, extensions, 2);
	tls_writer_close(&writer, message, 3);
	return writer.at;
}
