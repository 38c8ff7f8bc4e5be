/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_hello.h"
#include "tls13_message.h"
#include "tls_writer.h"

#include <string.h>

/* Octets of everything that has a fixed length, rounded up. */
#define FIXED_BYTES 320

/* For CertificateVerify; behind them two that only certificates may be signed with (section 4.2.3). */
static const uint16_t all_schemes[TLS13_HELLO_MAX_SCHEMES] = {
	0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b};
static const uint16_t certificate_schemes[] = {0x0401, 0x0501};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void put_schemes(struct tls_writer *writer, const struct tls13_hello *hello)
{
	const uint16_t *schemes = hello->n_schemes ? hello->schemes : all_schemes;
	const size_t n = hello->n_schemes ? hello->n_schemes : COUNT(all_schemes);
	const size_t extension = tls_writer_open_extension(writer, TLS13_MESSAGE_EXT_SIGNATURE_ALGORITHMS);
	tls_writer_number(writer, (uint32_t)(n * sizeof(schemes[0]) + sizeof(certificate_schemes)), 2);
	tls_writer_numbers(writer, schemes, n);
	tls_writer_numbers(writer, certificate_schemes, COUNT(certificate_schemes));
	tls_writer_close(writer, extension, 2);
}

static void put_version_and_modes(struct tls_writer *writer)
{
	static const uint8_t octets[] = {0, TLS13_MESSAGE_EXT_SUPPORTED_VERSIONS, 0, 3, 2, 3, 4, 0,
		TLS13_MESSAGE_EXT_PSK_MODES, 0, 2, 1, 1 /* psk_dhe_ke */};
	tls_writer_octets(writer, (struct bytes){octets, sizeof(octets)});
}

static void put_key_shares(struct tls_writer *writer, const struct tls13_hello *hello)
{
	const size_t extension = tls_writer_open_extension(writer, TLS13_MESSAGE_EXT_KEY_SHARE);
	const size_t list = tls_writer_open(writer, 2);
	for (size_t i = 0; i < hello->n_shares; i++) {
		tls_writer_number(writer, hello->shares[i].group, 2);
		tls_writer_number(writer, (uint32_t)hello->shares[i].value.len, 2);
		tls_writer_octets(writer, hello->shares[i].value);
	}
	tls_writer_close(writer, list, 2);
	tls_writer_close(writer, extension, 2);
}

/* Section 4.2.11: always the last extension. */
static void put_ticket(struct tls_writer *writer, const struct tls13_hello *hello)
{
	if (hello->ticket.len == 0)
		return;
	const size_t extension = tls_writer_open_extension(writer, TLS13_MESSAGE_EXT_PRE_SHARED_KEY);
	tls_writer_number(writer, (uint32_t)hello->ticket.len + 6, 2);
	tls_writer_number(writer, (uint32_t)hello->ticket.len, 2);
	tls_writer_octets(writer, hello->ticket);
	tls_writer_number(writer, hello->ticket_age, 4);
	tls_writer_number(writer, (uint32_t)hello->binder_bytes + 1, 2);
	tls_writer_number(writer, (uint32_t)hello->binder_bytes, 1);
	memset(writer->out + writer->at, 0, hello->binder_bytes);
	writer->at += hello->binder_bytes;
	tls_writer_close(writer, extension, 2);
}

size_t tls13_hello_bound(const struct tls13_hello *hello)
{
	size_t bound = FIXED_BYTES + 2 * (hello->n_suites + hello->n_groups) + hello->server_name.len +
		       hello->protocols.len + hello->cookie.len + hello->ticket.len + hello->binder_bytes;
	for (size_t i = 0; i < hello->n_shares; i++)
		bound += hello->shares[i].value.len + 4;
	return bound;
}

size_t tls13_hello_write(const struct tls13_hello *hello, uint8_t *out)
{
	struct tls_writer writer = {out, 0};
	tls_writer_number(&writer, TLS13_MESSAGE_CLIENT_HELLO, 1);
	const size_t message = tls_writer_open(&writer, 3);
	tls_writer_number(&writer, 0x0303, 2); /* legacy_version */
	tls_writer_octets(&writer, (struct bytes){hello->random, TLS13_HELLO_RANDOM_BYTES});
	tls_writer_number(&writer, TLS13_HELLO_RANDOM_BYTES, 1);
	tls_writer_octets(&writer, (struct bytes){hello->session_id, TLS13_HELLO_RANDOM_BYTES});
	tls_writer_number(&writer, (uint32_t)hello->n_suites * 2, 2);
	tls_writer_numbers(&writer, hello->suites, hello->n_suites);
	tls_writer_number(&writer, 0x0100, 2); /* legacy_compression_methods: null */
	const size_t extensions = tls_writer_open(&writer, 2);
	tls_writer_server_name(&writer, hello->server_name);
	tls_writer_list_extension(&writer, TLS13_MESSAGE_EXT_SUPPORTED_GROUPS, hello->groups, hello->n_groups);
	put_schemes(&writer, hello);
	tls_writer_vector_extension(&writer, TLS13_MESSAGE_EXT_ALPN, hello->protocols);
	put_version_and_modes(&writer);
	tls_writer_vector_extension(&writer, TLS13_MESSAGE_EXT_COOKIE, hello->cookie);
	put_key_shares(&writer, hello);
	put_ticket(&writer, hello);
	tls_writer_close(&writer, extensions, 2);
	tls_writer_close(&writer, message, 3);
	return writer.at;
}

bool tls13_hello_offers_scheme(const uint16_t *schemes, size_t n_schemes, uint16_t scheme)
{
	const uint16_t *offered = n_schemes ? schemes : all_schemes;
	const size_t n = n_schemes ? n_schemes : COUNT(all_schemes);
	for (size_t i = 0; i < n; i++)
		if (offered[i] == scheme)
			return true;
	return false;
}
