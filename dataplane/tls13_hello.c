/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_hello.h"
#include "tls13_message.h"

#include <string.h>

/* Octets of everything that has a fixed length, rounded up. */
#define FIXED_BYTES 320

/* For CertificateVerify; behind them two that only certificates may be signed with (section 4.2.3). */
static const uint16_t all_schemes[TLS13_HELLO_MAX_SCHEMES] = {
	0x0403, 0x0503, 0x0807, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b};
static const uint16_t certificate_schemes[] = {0x0401, 0x0501};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct writer {
	uint8_t *out;
	size_t at;
};

static void put_number(struct writer *writer, uint32_t number, unsigned octets)
{
	while (octets-- > 0)
		writer->out[writer->at++] = (uint8_t)(number >> (8 * octets));
}

static void put_octets(struct writer *writer, const uint8_t *octets, size_t len)
{
	if (len > 0)
		memcpy(writer->out + writer->at, octets, len);
	writer->at += len;
}

static void put_numbers(struct writer *writer, const uint16_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_number(writer, numbers[i], 2);
}

/* A length whose value is known at the end of what it counts. */
static size_t open_length(struct writer *writer, unsigned octets)
{
	writer->at += octets;
	return writer->at;
}

static void close_length(struct writer *writer, size_t opened, unsigned octets)
{
	struct writer back = {writer->out, opened - octets};
	put_number(&back, (uint32_t)(writer->at - opened), octets);
}

static size_t open_extension(struct writer *writer, uint16_t type)
{
	put_number(writer, type, 2);
	return open_length(writer, 2);
}

static void put_server_name(struct writer *writer, struct bytes name)
{
	if (name.len == 0)
		return;
	const size_t extension = open_extension(writer, TLS13_MESSAGE_EXT_SERVER_NAME);
	put_number(writer, (uint32_t)name.len + 3, 2);
	put_number(writer, 0, 1); /* host_name, RFC 6066 */
	put_number(writer, (uint32_t)name.len, 2);
	put_octets(writer, name.data, name.len);
	close_length(writer, extension, 2);
}

static void put_short_vector(struct writer *writer, uint16_t type, struct bytes vector)
{
	if (vector.len == 0)
		return;
	put_number(writer, type, 2);
	put_number(writer, (uint32_t)vector.len + 2, 2);
	put_number(writer, (uint32_t)vector.len, 2);
	put_octets(writer, vector.data, vector.len);
}

static void put_groups(struct writer *writer, const struct tls13_hello *hello)
{
	const size_t extension = open_extension(writer, TLS13_MESSAGE_EXT_SUPPORTED_GROUPS);
	put_number(writer, (uint32_t)hello->n_groups * 2, 2);
	put_numbers(writer, hello->groups, hello->n_groups);
	close_length(writer, extension, 2);
}

static void put_schemes(struct writer *writer, const struct tls13_hello *hello)
{
	const uint16_t *schemes = hello->n_schemes ? hello->schemes : all_schemes;
	const size_t n = hello->n_schemes ? hello->n_schemes : COUNT(all_schemes);
	const size_t extension = open_extension(writer, TLS13_MESSAGE_EXT_SIGNATURE_ALGORITHMS);
	put_number(writer, (uint32_t)(n * sizeof(schemes[0]) + sizeof(certificate_schemes)), 2);
	put_numbers(writer, schemes, n);
	put_numbers(writer, certificate_schemes, COUNT(certificate_schemes));
	close_length(writer, extension, 2);
}

static void put_version_and_modes(struct writer *writer)
{
	static const uint8_t octets[] = {0, TLS13_MESSAGE_EXT_SUPPORTED_VERSIONS, 0, 3, 2, 3, 4, 0,
		TLS13_MESSAGE_EXT_PSK_MODES, 0, 2, 1, 1 /* psk_dhe_ke */};
	put_octets(writer, octets, sizeof(octets));
}

static void put_key_shares(struct writer *writer, const struct tls13_hello *hello)
{
	const size_t extension = open_extension(writer, TLS13_MESSAGE_EXT_KEY_SHARE);
	const size_t list = open_length(writer, 2);
	for (size_t i = 0; i < hello->n_shares; i++) {
		put_number(writer, hello->shares[i].group, 2);
		put_number(writer, (uint32_t)hello->shares[i].value.len, 2);
		put_octets(writer, hello->shares[i].value.data, hello->shares[i].value.len);
	}
	close_length(writer, list, 2);
	close_length(writer, extension, 2);
}

/* Section 4.2.11: always the last extension. */
static void put_ticket(struct writer *writer, const struct tls13_hello *hello)
{
	if (hello->ticket.len == 0)
		return;
	const size_t extension = open_extension(writer, TLS13_MESSAGE_EXT_PRE_SHARED_KEY);
	put_number(writer, (uint32_t)hello->ticket.len + 6, 2);
	put_number(writer, (uint32_t)hello->ticket.len, 2);
	put_octets(writer, hello->ticket.data, hello->ticket.len);
	put_number(writer, hello->ticket_age, 4);
	put_number(writer, (uint32_t)hello->binder_bytes + 1, 2);
	put_number(writer, (uint32_t)hello->binder_bytes, 1);
	memset(writer->out + writer->at, 0, hello->binder_bytes);
	writer->at += hello->binder_bytes;
	close_length(writer, extension, 2);
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
	struct writer writer = {out, 0};
	put_number(&writer, TLS13_MESSAGE_CLIENT_HELLO, 1);
	const size_t message = open_length(&writer, 3);
	put_number(&writer, 0x0303, 2); /* legacy_version */
	put_octets(&writer, hello->random, TLS13_HELLO_RANDOM_BYTES);
	put_number(&writer, TLS13_HELLO_RANDOM_BYTES, 1);
	put_octets(&writer, hello->session_id, TLS13_HELLO_RANDOM_BYTES);
	put_number(&writer, (uint32_t)hello->n_suites * 2, 2);
	put_numbers(&writer, hello->suites, hello->n_suites);
	put_number(&writer, 0x0100, 2); /* legacy_compression_methods: null */
	const size_t extensions = open_length(&writer, 2);
	put_server_name(&writer, hello->server_name);
	put_groups(&writer, hello);
	put_schemes(&writer, hello);
	put_short_vector(&writer, TLS13_MESSAGE_EXT_ALPN, hello->protocols);
	put_version_and_modes(&writer);
	put_short_vector(&writer, TLS13_MESSAGE_EXT_COOKIE, hello->cookie);
	put_key_shares(&writer, hello);
	put_ticket(&writer, hello);
	close_length(&writer, extensions, 2);
	close_length(&writer, message, 3);
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
