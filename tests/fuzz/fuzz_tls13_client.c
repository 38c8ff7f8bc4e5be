/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any octets as a server's answer to our ClientHello. With the first octet's low bit the octets are what a server
 * sends under the handshake keys: behind a ServerHello of ours, which makes the keys known here, they are sealed and
 * fed.
 */
#include "tls13_client.h"
#include "tls_key_share.h"
#include "tls13_record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tls13_client_context *context;
static struct tls13_client *client;
static struct tls_aead_ciphers aeads;
static struct tls_key_share server_share;
static struct tls_key_share_tools server_tools;
static struct tls13_record seals;

static void prepare(void)
{
	static const struct tls13_client_settings settings = {.suites = {0x1301, 0x1302, 0x1303},
		.n_suites = 3,
		.groups = {TLS_KEY_SHARE_X25519, TLS_KEY_SHARE_P256},
		.n_groups = 2,
		.n_shares = 1,
		.reuse_key_share = true,
		.protocols = {(const uint8_t *)"\2h2", 3}};
	context = tls13_client_context_create(&settings);
	client = context ? tls13_client_create(context) : NULL;
	if (!client || !tls_aead_ciphers_init(&aeads) || !tls13_record_init(&seals, true) ||
		!tls_key_share_generate(&server_share, &server_tools, TLS_KEY_SHARE_X25519))
		abort();
}

/* ServerHello: the session id of the ClientHello (44 octets from its record's start), X25519, no PSK. */
static size_t write_server_hello(uint8_t *out, const uint8_t *hello)
{
	static const uint8_t extensions[] = {0x13, 0x01, 0, 0, 46, 0, 43, 0, 2, 3, 4, 0, 51, 0, 36, 0, 29, 0, 32};
	size_t at = 0;
	out[at++] = 2, out[at++] = 0, out[at++] = 0, out[at++] = 118;
	out[at++] = 3, out[at++] = 3;
	memset(out + at, 0x5a, 32);
	at += 32;
	out[at++] = 32;
	memcpy(out + at, hello + 5 + 4 + 2 + 32 + 1, 32);
	at += 32;
	memcpy(out + at, extensions, sizeof(extensions));
	at += sizeof(extensions);
	memcpy(out + at, server_share.public_value, 32);
	return at + 32;
}

/* The X25519 share is the last thing in our ClientHello without a ticket. */
static void take_keys(struct bytes hello, const uint8_t *server_hello, size_t len)
{
	uint8_t shared[32], digest[TLS_HASH_MAX_BYTES];
	struct tls13_keys_secret secret;
	struct tls_hash hash;
	if (!tls_key_share_agree(&server_share, &server_tools, (struct bytes){hello.data + hello.len - 32, 32}, shared))
		abort();
	tls_hash_init(&hash, TLS_HASH_SHA256);
	tls_hash_update(&hash, (struct bytes){hello.data + 5, hello.len - 5});
	tls_hash_update(&hash, (struct bytes){server_hello, len});
	tls_hash_peek(&hash, digest);
	tls13_keys_early(TLS_HASH_SHA256, (struct bytes){0}, &secret);
	tls13_keys_advance(TLS_HASH_SHA256, &secret, (struct bytes){shared, 32}, &secret);
	tls13_keys_derive(TLS_HASH_SHA256, &secret, "s hs traffic", digest, &secret);
	if (!tls13_record_set_secret(&seals, &aeads, tls13_suite_find(0x1301), &secret))
		abort();
}

static enum tls_client_result feed(struct bytes input, size_t step)
{
	enum tls_client_result result = TLS_CLIENT_WANT_INPUT;
	while (input.len > 0 && result <= TLS_CLIENT_DATA) {
		size_t used, len = input.len < step ? input.len : step;
		result = tls13_client_feed(client, (struct bytes){input.data, len}, &used);
		if (used > len || (used == 0 && result == TLS_CLIENT_WANT_INPUT))
			abort();
		input.data += used;
		input.len -= used;
	}
	return result;
}

static void feed_sealed(struct bytes input, size_t step)
{
	static uint8_t message[256], record[TLS13_RECORD_PAYLOAD_MAX_BYTES + TLS13_RECORD_OVERHEAD_BYTES];
	size_t len = 0;
	const struct bytes hello = tls13_client_output(client);
	const size_t n = write_server_hello(message, hello.data);
	take_keys(hello, message, n);
	struct tls13_record clear = {0};
	tls13_record_seal(&clear, TLS13_RECORD_HANDSHAKE, (struct bytes){message, n}, 0, record, &len);
	if (feed((struct bytes){record, len}, step) != TLS_CLIENT_WANT_INPUT)
		abort();
	while (input.len > 1) {
		/* An octet says how long the record is, and of which type. */
		size_t part = 1U + (input.data[0] & 0x7f) * 4U;
		const enum tls13_record_type type = input.data[0] & 0x80 ? TLS13_RECORD_ALERT : TLS13_RECORD_HANDSHAKE;
		part = part < input.len - 1 ? part : input.len - 1;
		tls13_record_seal(&seals, type, (struct bytes){input.data + 1, part}, 0, record, &len);
		if (feed((struct bytes){record, len}, step) != TLS_CLIENT_WANT_INPUT)
			break;
		input.data += part + 1;
		input.len -= part + 1;
	}
	if (tls13_client_established(client)) /* that would take the right MAC in Finished */
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!client)
		prepare();
	if (size < 2)
		return 0;
	const struct tls13_client_params params = {
		.random = {1}, .server_name = {(const uint8_t *)"a.example", 9}, .verify = (data[0] & 2) != 0};
	if (!tls13_client_start(client, &params))
		abort();
	const size_t step = 1 + (data[0] >> 2);
	if (data[0] & 1)
		feed_sealed((struct bytes){data + 1, size - 1}, step == 64 ? 16384 : step);
	else
		feed((struct bytes){data + 1, size - 1}, step == 64 ? 16384 : step);
	return 0;
}
