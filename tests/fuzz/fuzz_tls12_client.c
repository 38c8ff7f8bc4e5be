/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any octets as a server's answer to our ClientHello. With the first octet's low bit the octets are what a server sends
 * under its keys: behind a flight of ours, which makes the keys known here, they are sealed and fed.
 */
#include "tls12_client.h"
#include "tls12_message.h"
#include "tls12_record.h"
#include "tls_key_share.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tls12_client_context *context;
static struct tls12_client *client;
static struct tls_aead_ciphers ciphers;
static struct tls_key_share server_share;
static struct tls_key_share_tools server_tools;
static struct tls12_record seals;
static const uint8_t server_random[32] = {0x5a};

static void prepare(void)
{
	static const struct tls12_client_settings settings = {.suites = {0xc02b, 0xc02f, 0xcca9},
		.n_suites = 3,
		.groups = {TLS_KEY_SHARE_X25519, TLS_KEY_SHARE_P256},
		.n_groups = 2,
		.reuse_key_share = true,
		.protocols = {(const uint8_t *)"\2h2", 3}};
	context = tls12_client_context_create(&settings);
	client = context ? tls12_client_create(context) : NULL;
	if (!client || !tls_aead_ciphers_init(&ciphers) || !tls12_record_init(&seals, true) ||
		!tls_key_share_generate(&server_share, &server_tools, TLS_KEY_SHARE_X25519))
		abort();
}

static enum tls_client_result feed(struct bytes input, size_t step)
{
	enum tls_client_result result = TLS_CLIENT_WANT_INPUT;
	while (input.len > 0 && result <= TLS_CLIENT_DATA) {
		size_t used, len = input.len < step ? input.len : step;
		result = tls12_client_feed(client, (struct bytes){input.data, len}, &used);
		if (used > len || (used == 0 && result == TLS_CLIENT_WANT_INPUT))
			abort();
		input.data += used;
		input.len -= used;
	}
	return result;
}

/* ServerHello without extensions, a certificate of one octet, an X25519 value with a signature of one, ServerHelloDone.
 */
static size_t write_flight(uint8_t *out)
{
	static const uint8_t hello[] = {22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3};
	static const uint8_t suite_and_certificate[] = {
		0, 0xc0, 0x2b, 0, 22, 3, 3, 0, 11, 11, 0, 0, 7, 0, 0, 4, 0, 0, 1, 'x'};
	static const uint8_t exchange[] = {22, 3, 3, 0, 45, 12, 0, 0, 41, 3, 0, 29, 32};
	static const uint8_t signature_and_done[] = {4, 3, 0, 1, 's', 22, 3, 3, 0, 4, 14, 0, 0, 0};
	const struct bytes parts[] = {{hello, sizeof(hello)}, {server_random, 32},
		{suite_and_certificate, sizeof(suite_and_certificate)}, {exchange, sizeof(exchange)},
		{server_share.public_value, 32}, {signature_and_done, sizeof(signature_and_done)}};
	size_t at = 0;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		memcpy(out + at, parts[i].data, parts[i].len);
		at += parts[i].len;
	}
	return at;
}

/* The client's value is in the first record of its second flight: headers of record and message, and its length. */
static void take_keys(const uint8_t *client_random)
{
	const struct bytes flight = tls12_client_output(client);
	const struct tls12_suite *suite = tls12_suite_find(0xc02b);
	struct tls12_keys_seed randoms = {{client_random, 32}, {server_random, 32}};
	struct tls12_keys_block keys;
	uint8_t shared[TLS_KEY_SHARE_SECRET_MAX_BYTES], master[TLS12_KEYS_MASTER_BYTES];
	if (flight.len < 5 + 4 + 1 + 32 ||
		!tls_key_share_agree(&server_share, &server_tools, (struct bytes){flight.data + 10, 32}, shared))
		abort();
	tls12_keys_master(suite->hash, (struct bytes){shared, 32}, &randoms, master);
	randoms = (struct tls12_keys_seed){randoms.second, randoms.first};
	tls12_keys_expand(suite, master, &randoms, &keys);
	if (!tls12_record_set_keys(&seals, &ciphers, suite, keys.server_key, keys.server_iv))
		abort();
}

static void feed_sealed(struct bytes input, size_t step, const uint8_t *client_random)
{
	static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
	static uint8_t flight[512], record[TLS13_RECORD_PAYLOAD_MAX_BYTES + TLS12_RECORD_OVERHEAD_BYTES];
	size_t len = 0;
	tls12_client_output_consume(client, tls12_client_output(client).len);
	if (feed((struct bytes){flight, write_flight(flight)}, step) != TLS_CLIENT_WANT_INPUT)
		abort();
	take_keys(client_random);
	if (feed((struct bytes){change, sizeof(change)}, step) != TLS_CLIENT_WANT_INPUT)
		abort();
	while (input.len > 1) {
		/* An octet says how long the record is, and of which type. */
		size_t part = 1U + (input.data[0] & 0x3f) * 4U;
		const enum tls13_record_type type = TLS13_RECORD_CHANGE_CIPHER_SPEC + (input.data[0] >> 6);
		part = part < input.len - 1 ? part : input.len - 1;
		tls12_record_seal(&seals, type, (struct bytes){input.data + 1, part}, record, &len);
		if (feed((struct bytes){record, len}, step) != TLS_CLIENT_WANT_INPUT)
			break;
		input.data += part + 1;
		input.len -= part + 1;
	}
	if (tls12_client_established(client)) /* that would take the right octets in Finished */
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!client)
		prepare();
	if (size < 2)
		return 0;
	const bool is_sealed = data[0] & 1;
	const struct tls12_client_params params = {.random = {1},
		.server_name = {(const uint8_t *)"a.example", 9},
		.verify = !is_sealed && (data[0] & 2) != 0,
		.wants_session = true};
	if (!tls12_client_start(client, &params))
		abort();
	const size_t step = 1 + (data[0] >> 2);
	const struct bytes rest = {data + 1, size - 1};
	if (is_sealed)
		feed_sealed(rest, step == 64 ? 16384 : step, params.random);
	else
		feed(rest, step == 64 ? 16384 : step);
	struct tls12_session session = {0};
	if (tls12_client_take_session(client, &session)) /* not before the end of a handshake */
		abort();
	return 0;
}
