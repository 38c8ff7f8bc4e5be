/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's handshake, message by message (RFC 5246 section 7.3, RFC 5077 section 3.1 with tickets). */
#include "secret.h"
#include "tls12_client_state.h"
#include "tls12_hello.h"
#include "tls12_message.h"
#include "tls13_message.h"
#include "tls_verify.h"

#include <string.h>

#include <openssl/crypto.h>

/* What a server may say that brings nothing forward, in one connection. */
#define MAX_IDLE 8

static void break_protocol(struct tls12_client *client, enum tls_alert alert)
{
	tls12_client_fail(client, TLS_CLIENT_PROTOCOL, alert);
}

static void run_out(struct tls12_client *client)
{
	tls12_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
}

static struct bytes body_of(struct bytes message)
{
	return (struct bytes){message.data + TLS13_MESSAGE_HEADER_BYTES, message.len - TLS13_MESSAGE_HEADER_BYTES};
}

bool tls12_client_flight_bears(struct tls12_client *client)
{
	if (++client->n_idle <= MAX_IDLE)
		return true;
	break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	return false;
}

static struct tls12_keys_seed randoms_of(const struct tls12_client *client)
{
	return (struct tls12_keys_seed){
		{client->params.random, TLS12_KEYS_RANDOM_BYTES}, {client->server_random, TLS12_KEYS_RANDOM_BYTES}};
}

/* --- key shares --- */

/* A key for the group at that place: the one made ahead, or the one that is reused, or a fresh one. NULL: OpenSSL
 * failed. */
static struct tls_key_share *ready_share(struct tls12_client *client, size_t place)
{
	struct tls12_client_context *context = client->context;
	const bool is_reused = context->settings.reuse_key_share;
	struct tls12_client_share *share = is_reused ? &context->reused[place] : &client->own[place];
	if (!share->is_ready)
		share->is_ready = tls_key_share_generate(&share->key, &context->tools, context->settings.groups[place]);
	return share->is_ready ? &share->key : NULL;
}

/* --- ClientHello --- */

/* RFC 5077 section 3.4: beside a ticket stands an id of our own making, by which we see whether it was taken. */
static struct bytes offered_id(const struct tls12_client *client)
{
	const struct tls12_session *session = client->params.session;
	if (!session)
		return (struct bytes){0};
	if (session->ticket)
		return (struct bytes){client->params.random + TLS12_KEYS_RANDOM_BYTES, TLS12_SESSION_ID_MAX_BYTES};
	return (struct bytes){session->id, session->id_len};
}

bool tls12_client_flight_hello(struct tls12_client *client)
{
	const struct tls12_client_settings *settings = &client->context->settings;
	const struct tls12_session *session = client->params.session;
	const struct tls12_hello hello = {.random = {client->params.random, TLS12_KEYS_RANDOM_BYTES},
		.session_id = offered_id(client),
		.suites = settings->suites,
		.n_suites = settings->n_suites,
		.groups = settings->groups,
		.n_groups = settings->n_groups,
		.schemes = settings->schemes,
		.n_schemes = settings->n_schemes,
		.server_name = client->params.server_name,
		.protocols = settings->protocols,
		.ticket = session && session->ticket ? (struct bytes){session->ticket, session->ticket_len}
						     : (struct bytes){0}};
	uint8_t *room = tls_buffer_reserve(&client->hello, tls12_hello_bound(&hello));
	if (!room)
		return false;
	tls_buffer_commit(&client->hello, tls12_hello_write(&hello, room));
	/* A full handshake needs a key: it is made while the ClientHello is on its way, for the group that is likely.
	 */
	if (!session && !ready_share(client, client->context->likely))
		return false;
	return tls12_client_send(client, TLS13_RECORD_HANDSHAKE, tls_buffer_view(&client->hello));
}

/* --- ServerHello --- */

static bool suite_was_offered(const struct tls12_client *client, uint16_t suite)
{
	for (size_t i = 0; i < client->context->settings.n_suites; i++)
		if (client->context->settings.suites[i] == suite)
			return true;
	return false;
}

static bool protocol_was_offered(const struct tls12_client *client, struct bytes protocol)
{
	const struct bytes offered = client->context->settings.protocols;
	for (size_t at = 0; at < offered.len; at += 1U + offered.data[at])
		if (offered.data[at] == protocol.len && memcmp(offered.data + at + 1, protocol.data, protocol.len) == 0)
			return true;
	return false;
}

/* Section 7.4.1.4: no extension that was not asked for. */
static enum tls_alert check_extensions(
	const struct tls12_client *client, const struct tls12_message_server_hello *hello)
{
	if (hello->has_server_name && client->params.server_name.len == 0)
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	if (hello->protocol.len == 0)
		return TLS_ALERT_NONE;
	if (client->context->settings.protocols.len == 0)
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	return protocol_was_offered(client, hello->protocol) ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
}

static bool resumes(const struct tls12_client *client, const struct tls12_message_server_hello *hello)
{
	const struct bytes offered = offered_id(client);
	return offered.len > 0 && hello->session_id.len == offered.len &&
	       memcmp(hello->session_id.data, offered.data, offered.len) == 0;
}

/* Section 7.4.1.3: the same suite; RFC 7627 section 5.3: both or none with the extended master secret. */
static enum tls_alert check_resumption(
	const struct tls12_client *client, const struct tls12_message_server_hello *hello)
{
	const struct tls12_session *session = client->params.session;
	if (hello->suite != session->suite->id)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	return hello->has_extended_master == session->is_extended ? TLS_ALERT_NONE : TLS_ALERT_HANDSHAKE_FAILURE;
}

static enum tls_alert check_server_hello(
	const struct tls12_client *client, const struct tls12_message_server_hello *hello)
{
	if (!suite_was_offered(client, hello->suite))
		return TLS_ALERT_ILLEGAL_PARAMETER;
	const enum tls_alert alert = check_extensions(client, hello);
	if (alert != TLS_ALERT_NONE || !resumes(client, hello))
		return alert;
	return check_resumption(client, hello);
}

static void derive_keys(struct tls12_client *client)
{
	const struct tls12_keys_seed randoms = randoms_of(client);
	const struct tls12_keys_seed reversed = {randoms.second, randoms.first};
	tls12_keys_expand(client->suite, client->master, &reversed, &client->keys);
}

static void take_server_hello(
	struct tls12_client *client, struct bytes message, const struct tls12_message_server_hello *hello)
{
	client->suite = tls12_suite_find(hello->suite);
	memcpy(client->server_random, hello->random.data, TLS12_KEYS_RANDOM_BYTES);
	client->session_id_len = hello->session_id.len;
	if (hello->session_id.len > 0)
		memcpy(client->session_id, hello->session_id.data, hello->session_id.len);
	if (hello->protocol.len > 0)
		memcpy(client->protocol, hello->protocol.data, hello->protocol.len);
	client->info.protocol = (struct bytes){(const uint8_t *)client->protocol, hello->protocol.len};
	client->info.is_extended = hello->has_extended_master;
	client->info.is_renegotiation_secure = hello->has_renegotiation;
	client->expects_ticket = hello->has_ticket;
	tls_hash_init(&client->transcript, client->suite->hash);
	tls_hash_update(&client->transcript, tls_buffer_view(&client->hello));
	tls_hash_update(&client->transcript, message);
}

static enum tls12_client_state before_finished(const struct tls12_client *client)
{
	return client->expects_ticket ? TLS12_CLIENT_WAIT_TICKET : TLS12_CLIENT_WAIT_CHANGE_CIPHER_SPEC;
}

static void handle_server_hello(struct tls12_client *client, struct bytes message)
{
	struct tls12_message_server_hello hello;
	enum tls_alert alert = tls12_message_server_hello(body_of(message), &hello);
	if (alert == TLS_ALERT_NONE)
		alert = check_server_hello(client, &hello);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	take_server_hello(client, message, &hello);
	client->state = TLS12_CLIENT_WAIT_CERTIFICATE;
	if (!resumes(client, &hello))
		return;
	client->info.resumed = true;
	memcpy(client->master, client->params.session->master, sizeof(client->master));
	derive_keys(client);
	client->state = before_finished(client);
}

/* --- Certificate, ServerKeyExchange, CertificateRequest --- */

static void handle_certificate(struct tls12_client *client, struct bytes message)
{
	const struct tls12_client_settings *settings = &client->context->settings;
	struct bytes leaf;
	const enum tls_alert alert = tls12_message_certificate(body_of(message), &leaf);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	if (client->params.verify && settings->judge_chain &&
		!settings->judge_chain(settings->judge, body_of(message))) {
		tls12_client_fail(client, TLS_CLIENT_UNTRUSTED, TLS_ALERT_UNKNOWN_CA);
		return;
	}
	if (client->params.verify && !tls_buffer_append(&client->certificate, leaf)) {
		run_out(client);
		return;
	}
	tls_hash_update(&client->transcript, message);
	client->state = TLS12_CLIENT_WAIT_KEY_EXCHANGE;
}

/* ServerKeyExchange's signature is of both randoms and the parameters (RFC 8422 section 5.4). */
static bool verify_signature(struct tls12_client *client, const struct tls12_message_key_exchange *exchange)
{
	uint8_t content[2 * TLS12_KEYS_RANDOM_BYTES + 4 + 255];
	memcpy(content, client->params.random, TLS12_KEYS_RANDOM_BYTES);
	memcpy(content + TLS12_KEYS_RANDOM_BYTES, client->server_random, TLS12_KEYS_RANDOM_BYTES);
	memcpy(content + 2 * TLS12_KEYS_RANDOM_BYTES, exchange->parameters.data, exchange->parameters.len);
	const struct bytes signed_content = {content, 2 * TLS12_KEYS_RANDOM_BYTES + exchange->parameters.len};
	switch (tls_verify_parameters(&client->context->leaves, tls_buffer_view(&client->certificate), exchange->scheme,
		exchange->signature, signed_content, client->params.server_name)) {
	case TLS_VERIFY_OK:
		return true;
	case TLS_VERIFY_BAD_CERTIFICATE:
		tls12_client_fail(client, TLS_CLIENT_BAD_CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE);
		break;
	case TLS_VERIFY_BAD_SIGNATURE:
		tls12_client_fail(client, TLS_CLIENT_BAD_SIGNATURE, TLS_ALERT_DECRYPT_ERROR);
		break;
	case TLS_VERIFY_WRONG_NAME:
		tls12_client_fail(client, TLS_CLIENT_WRONG_NAME, TLS_ALERT_BAD_CERTIFICATE);
		break;
	}
	return false;
}

static bool scheme_was_offered(const struct tls12_client *client, uint16_t scheme)
{
	for (size_t i = 0; i < client->context->settings.n_schemes; i++)
		if (client->context->settings.schemes[i] == scheme)
			return true;
	return false;
}

/* Returns n_groups for one that was not offered. */
static size_t place_of_group(const struct tls12_client *client, uint16_t group)
{
	const struct tls12_client_settings *settings = &client->context->settings;
	size_t place = 0;
	while (place < settings->n_groups && settings->groups[place] != group)
		place++;
	return place;
}

static enum tls_alert check_key_exchange(
	const struct tls12_client *client, const struct tls12_message_key_exchange *exchange)
{
	const bool fits = scheme_was_offered(client, exchange->scheme) &&
			  tls_verify_is_ecdsa(exchange->scheme) == client->suite->is_ecdsa &&
			  place_of_group(client, exchange->group) < client->context->settings.n_groups &&
			  exchange->public_value.len <= sizeof(client->peer_value);
	return fits ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
}

static void handle_key_exchange(struct tls12_client *client, struct bytes message)
{
	struct tls12_message_key_exchange exchange;
	enum tls_alert alert = tls12_message_key_exchange(body_of(message), &exchange);
	if (alert == TLS_ALERT_NONE)
		alert = check_key_exchange(client, &exchange);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	if (client->params.verify && !verify_signature(client, &exchange))
		return;
	client->info.group = exchange.group;
	client->info.scheme = exchange.scheme;
	client->group_place = client->context->likely = place_of_group(client, exchange.group);
	memcpy(client->peer_value, exchange.public_value.data, exchange.public_value.len);
	client->peer_len = exchange.public_value.len;
	tls_hash_update(&client->transcript, message);
	client->state = TLS12_CLIENT_WAIT_REQUEST_OR_DONE;
}

static void handle_certificate_request(struct tls12_client *client, struct bytes message)
{
	const enum tls_alert alert = tls12_message_certificate_request(body_of(message));
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	tls_hash_update(&client->transcript, message);
	client->was_asked_for_certificate = true;
	client->state = TLS12_CLIENT_WAIT_DONE;
}

/* --- our flight --- */

static bool send_message(struct tls12_client *client, struct bytes message)
{
	tls_hash_update(&client->transcript, message);
	return tls12_client_send(client, TLS13_RECORD_HANDSHAKE, message);
}

/* Section 7.4.6: a server that asked for a certificate gets an empty list. */
static bool send_no_certificate(struct tls12_client *client)
{
	static const uint8_t octets[] = {TLS12_MESSAGE_CERTIFICATE, 0, 0, 3, 0, 0, 0};
	return !client->was_asked_for_certificate || send_message(client, (struct bytes){octets, sizeof(octets)});
}

static bool send_key_exchange(struct tls12_client *client, const struct tls_key_share *share)
{
	uint8_t octets[TLS13_MESSAGE_HEADER_BYTES + 1 + TLS_KEY_SHARE_PUBLIC_MAX_BYTES] = {
		TLS12_MESSAGE_CLIENT_KEY_EXCHANGE, 0, 0, (uint8_t)(share->public_len + 1), (uint8_t)share->public_len};
	memcpy(octets + TLS13_MESSAGE_HEADER_BYTES + 1, share->public_value, share->public_len);
	return send_message(client, (struct bytes){octets, TLS13_MESSAGE_HEADER_BYTES + 1 + share->public_len});
}

/* ChangeCipherSpec, and Finished as the first record under the keys. */
static bool send_finished(struct tls12_client *client)
{
	static const uint8_t change = 1;
	uint8_t octets[TLS13_MESSAGE_HEADER_BYTES + TLS12_KEYS_FINISHED_BYTES] = {
		TLS12_MESSAGE_FINISHED, 0, 0, TLS12_KEYS_FINISHED_BYTES};
	uint8_t hash[TLS_HASH_MAX_BYTES];
	tls_hash_peek(&client->transcript, hash);
	tls12_keys_finished(client->suite->hash, client->master, true, hash, octets + TLS13_MESSAGE_HEADER_BYTES);
	return tls12_client_send(client, TLS13_RECORD_CHANGE_CIPHER_SPEC, (struct bytes){&change, 1}) &&
	       tls12_record_set_keys(&client->writes, &client->context->ciphers, client->suite, client->keys.client_key,
		       client->keys.client_iv) &&
	       send_message(client, (struct bytes){octets, sizeof(octets)});
}

static void derive_master(struct tls12_client *client, struct bytes premaster)
{
	const struct tls12_keys_seed randoms = randoms_of(client);
	uint8_t hash[TLS_HASH_MAX_BYTES];
	if (client->info.is_extended) {
		tls_hash_peek(&client->transcript, hash);
		tls12_keys_extended_master(client->suite->hash, premaster, hash, client->master);
	} else {
		tls12_keys_master(client->suite->hash, premaster, &randoms, client->master);
	}
	derive_keys(client);
}

static void handle_done(struct tls12_client *client, struct bytes message)
{
	uint8_t premaster[TLS_KEY_SHARE_SECRET_MAX_BYTES];
	const enum tls_alert alert = tls12_message_empty(body_of(message));
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	tls_hash_update(&client->transcript, message);
	struct tls_key_share *share = ready_share(client, client->group_place);
	if (!share) {
		run_out(client);
		return;
	}
	client->own[client->group_place].is_ready = false;
	if (!tls_key_share_agree(
		    share, &client->context->tools, (struct bytes){client->peer_value, client->peer_len}, premaster)) {
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		return;
	}
	bool ok = send_no_certificate(client) && send_key_exchange(client, share);
	derive_master(client, (struct bytes){premaster, share->secret_len});
	secret_wipe(premaster, sizeof(premaster));
	ok = ok && send_finished(client);
	client->state = before_finished(client);
	if (!ok)
		run_out(client);
}

/* --- the end of the handshake --- */

static void handle_ticket(struct tls12_client *client, struct bytes message)
{
	struct bytes ticket;
	const enum tls_alert alert = tls12_message_ticket(body_of(message), &client->ticket_lifetime_s, &ticket);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	/* One that is too long to keep is as good as none. */
	if (client->params.wants_session && ticket.len <= TLS12_SESSION_TICKET_MAX_BYTES &&
		!tls_buffer_append(&client->ticket, ticket)) {
		run_out(client);
		return;
	}
	tls_hash_update(&client->transcript, message);
	client->state = TLS12_CLIENT_WAIT_CHANGE_CIPHER_SPEC;
}

void tls12_client_flight_change_cipher_spec(struct tls12_client *client)
{
	if (client->state != TLS12_CLIENT_WAIT_CHANGE_CIPHER_SPEC) {
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
		return;
	}
	client->state = TLS12_CLIENT_WAIT_FINISHED;
	if (!tls12_record_set_keys(&client->reads, &client->context->ciphers, client->suite, client->keys.server_key,
		    client->keys.server_iv))
		run_out(client);
}

static void handle_finished(struct tls12_client *client, struct bytes message)
{
	const struct bytes body = body_of(message);
	uint8_t hash[TLS_HASH_MAX_BYTES], expected[TLS12_KEYS_FINISHED_BYTES];
	if (body.len != sizeof(expected)) {
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
		return;
	}
	tls_hash_peek(&client->transcript, hash);
	tls12_keys_finished(client->suite->hash, client->master, false, hash, expected);
	if (CRYPTO_memcmp(expected, body.data, sizeof(expected)) != 0) {
		break_protocol(client, TLS_ALERT_DECRYPT_ERROR);
		return;
	}
	tls_hash_update(&client->transcript, message);
	if (client->info.resumed && !send_finished(client)) {
		run_out(client);
		return;
	}
	secret_wipe(&client->keys, sizeof(client->keys));
	client->info.suite = client->suite;
	client->state = TLS12_CLIENT_CONNECTED;
}

/* Section 7.4.1.1: during a handshake it means nothing; after it, we do not renegotiate, and say so. */
static void handle_hello_request(struct tls12_client *client, struct bytes message)
{
	static const uint8_t refusal[] = {1, 100}; /* warning, no_renegotiation */
	if (tls12_message_empty(body_of(message)) != TLS_ALERT_NONE)
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
	else if (tls12_client_flight_bears(client) && client->state == TLS12_CLIENT_CONNECTED)
		(void)tls12_client_send(client, TLS13_RECORD_ALERT, (struct bytes){refusal, sizeof(refusal)});
}

void tls12_client_flight_message(struct tls12_client *client, struct bytes message)
{
	static const struct {
		enum tls12_message_type type;
		void (*handle)(struct tls12_client *client, struct bytes message);
	} expected[] = {
		[TLS12_CLIENT_WAIT_SERVER_HELLO] = {TLS12_MESSAGE_SERVER_HELLO, handle_server_hello},
		[TLS12_CLIENT_WAIT_CERTIFICATE] = {TLS12_MESSAGE_CERTIFICATE, handle_certificate},
		[TLS12_CLIENT_WAIT_KEY_EXCHANGE] = {TLS12_MESSAGE_SERVER_KEY_EXCHANGE, handle_key_exchange},
		[TLS12_CLIENT_WAIT_REQUEST_OR_DONE] = {TLS12_MESSAGE_SERVER_HELLO_DONE, handle_done},
		[TLS12_CLIENT_WAIT_DONE] = {TLS12_MESSAGE_SERVER_HELLO_DONE, handle_done},
		[TLS12_CLIENT_WAIT_TICKET] = {TLS12_MESSAGE_NEW_SESSION_TICKET, handle_ticket},
		[TLS12_CLIENT_WAIT_FINISHED] = {TLS12_MESSAGE_FINISHED, handle_finished},
	};
	const uint8_t type = message.data[0];
	const size_t state = client->state;
	const bool is_expected = state < sizeof(expected) / sizeof(expected[0]) && expected[state].handle &&
				 type == expected[state].type;
	if (type == TLS12_MESSAGE_HELLO_REQUEST)
		handle_hello_request(client, message);
	else if (client->state == TLS12_CLIENT_WAIT_REQUEST_OR_DONE && type == TLS12_MESSAGE_CERTIFICATE_REQUEST)
		handle_certificate_request(client, message);
	else if (is_expected)
		expected[state].handle(client, message);
	else
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
}
