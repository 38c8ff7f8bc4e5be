/* SPDX-License-Identifier: BSD-3-Clause */
/* The client's handshake, message by message (RFC 8446 section 2, appendix A.1). */
#include "secret.h"
#include "tls13_client_state.h"
#include "tls_verify.h"

#include <string.h>

#include <openssl/crypto.h>

static void break_protocol(struct tls13_client *client, enum tls_alert alert)
{
	tls13_client_fail(client, TLS_CLIENT_PROTOCOL, alert);
}

static void run_out(struct tls13_client *client)
{
	tls13_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
}

static struct bytes body_of(struct bytes message)
{
	return (struct bytes){message.data + TLS13_MESSAGE_HEADER_BYTES, message.len - TLS13_MESSAGE_HEADER_BYTES};
}

/* --- ClientHello --- */

static struct tls_key_share *find_share(struct tls13_client *client, uint16_t group)
{
	const struct tls13_client_settings *settings = &client->context->settings;
	for (size_t i = 0; i < settings->n_groups; i++)
		if (settings->groups[i] == group)
			return settings->reuse_key_share ? &client->context->reused[i] : &client->own[i];
	return NULL;
}

static bool fill_shares(struct tls13_client *client, struct tls13_hello *hello)
{
	for (size_t i = 0; i < client->n_shared; i++) {
		struct tls_key_share *share = find_share(client, client->shared_groups[i]);
		const bool is_kept = client->context->settings.reuse_key_share;
		if (!share ||
			(!is_kept && !tls_key_share_generate(share, &client->context->tools, client->shared_groups[i])))
			return false;
		hello->shares[i] = (struct tls13_hello_share){share->group, {share->public_value, share->public_len}};
	}
	hello->n_shares = client->n_shared;
	return true;
}

/* Section 4.2.11.2. The hash of all before the binders continues the transcript of a HelloRetryRequest, if any. */
static void write_binder(struct tls13_client *client, uint8_t *message, size_t len)
{
	const enum tls_hash_kind kind = client->params.ticket->suite->hash;
	const size_t binder = tls_hash_bytes(kind);
	struct tls13_keys_secret early, key;
	struct tls_hash hash = client->transcript;
	uint8_t digest[TLS_HASH_MAX_BYTES], mac[TLS_HASH_MAX_BYTES];
	if (!client->info.retried)
		tls_hash_init(&hash, kind);
	tls_hash_update(&hash, (struct bytes){message, len - binder - 3});
	tls_hash_peek(&hash, digest);
	tls13_keys_early(kind, (struct bytes){client->params.ticket->psk.octets, binder}, &early);
	tls13_keys_derive(kind, &early, "res binder", NULL, &key);
	tls13_keys_finished(kind, &key, digest, mac);
	memcpy(message + len - binder, mac, binder);
	secret_wipe(&early, sizeof(early));
	secret_wipe(&key, sizeof(key));
}

bool tls13_client_flight_hello(struct tls13_client *client)
{
	const struct tls13_client_settings *settings = &client->context->settings;
	const struct tls13_ticket *ticket = client->params.ticket;
	struct tls13_hello hello = {.random = client->params.random,
		.session_id = client->params.random + TLS13_HELLO_RANDOM_BYTES,
		.suites = settings->suites,
		.n_suites = settings->n_suites,
		.groups = settings->groups,
		.n_groups = settings->n_groups,
		.schemes = settings->schemes,
		.n_schemes = settings->n_schemes,
		.server_name = client->params.server_name,
		.protocols = settings->protocols,
		.cookie = tls_buffer_view(&client->cookie)};
	if (ticket) {
		hello.ticket = (struct bytes){ticket->ticket, ticket->len};
		hello.ticket_age = tls13_ticket_obfuscated_age(ticket, client->params.now_ms);
		hello.binder_bytes = tls_hash_bytes(ticket->suite->hash);
	}
	if (!fill_shares(client, &hello))
		return false;
	tls_buffer_clear(&client->hello);
	uint8_t *room = tls_buffer_reserve(&client->hello, tls13_hello_bound(&hello));
	if (!room)
		return false;
	const size_t len = tls13_hello_write(&hello, room);
	if (ticket)
		write_binder(client, room, len);
	tls_buffer_commit(&client->hello, len);
	return tls13_client_send(client, TLS13_RECORD_HANDSHAKE, tls_buffer_view(&client->hello));
}

/* Appendix D.4: once, before our second flight. */
static bool send_change_cipher_spec(struct tls13_client *client)
{
	static const uint8_t record[] = {TLS13_RECORD_CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1};
	if (client->sent_ccs)
		return true;
	client->sent_ccs = true;
	return tls_buffer_append(&client->output, (struct bytes){record, sizeof(record)});
}

/* --- ServerHello, HelloRetryRequest --- */

static bool suite_was_offered(const struct tls13_client *client, uint16_t suite)
{
	for (size_t i = 0; i < client->context->settings.n_suites; i++)
		if (client->context->settings.suites[i] == suite)
			return true;
	return false;
}

static bool share_was_sent(const struct tls13_client *client, uint16_t group)
{
	for (size_t i = 0; i < client->n_shared; i++)
		if (client->shared_groups[i] == group)
			return true;
	return false;
}

/* Section 4.4.1: the first ClientHello stands in the transcript as its hash. */
static void replace_transcript(struct tls13_client *client, struct bytes retry)
{
	uint8_t message[TLS13_MESSAGE_HEADER_BYTES + TLS_HASH_MAX_BYTES] = {TLS13_MESSAGE_HASH};
	message[3] = (uint8_t)tls_hash_bytes(client->suite->hash);
	tls_hash_init(&client->transcript, client->suite->hash);
	tls_hash_update(&client->transcript, tls_buffer_view(&client->hello));
	tls_hash_peek(&client->transcript, message + TLS13_MESSAGE_HEADER_BYTES);
	tls_hash_init(&client->transcript, client->suite->hash);
	tls_hash_update(&client->transcript, (struct bytes){message, TLS13_MESSAGE_HEADER_BYTES + message[3]});
	tls_hash_update(&client->transcript, retry);
}

/* Section 4.1.4: it must change something, and only to what we offered. */
static bool retry_makes_sense(struct tls13_client *client, const struct tls13_message_server_hello *hello)
{
	if (!hello->has_key_share)
		return hello->cookie.len > 0;
	return find_share(client, hello->group) && !share_was_sent(client, hello->group);
}

static void handle_retry(
	struct tls13_client *client, struct bytes message, const struct tls13_message_server_hello *hello)
{
	if (client->info.retried) {
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
		return;
	}
	if (!retry_makes_sense(client, hello)) {
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		return;
	}
	client->suite = tls13_suite_find(hello->suite);
	client->info.retried = true;
	replace_transcript(client, message);
	if (hello->has_key_share) {
		client->shared_groups[0] = hello->group;
		client->n_shared = 1;
	}
	/* A ticket of another hash cannot be offered any more. */
	if (client->params.ticket && client->params.ticket->suite->hash != client->suite->hash)
		client->params.ticket = NULL;
	if (!tls_buffer_append(&client->cookie, hello->cookie) || !send_change_cipher_spec(client) ||
		!tls13_client_flight_hello(client))
		run_out(client);
	client->keys_changed = true; /* nothing may follow: the next word is ours */
}

static enum tls_alert check_server_hello(
	const struct tls13_client *client, const struct tls13_message_server_hello *hello)
{
	if (hello->session_id.len != TLS13_HELLO_RANDOM_BYTES ||
		memcmp(hello->session_id.data, client->params.random + TLS13_HELLO_RANDOM_BYTES,
			TLS13_HELLO_RANDOM_BYTES) != 0)
		return TLS_ALERT_ILLEGAL_PARAMETER;
	if (!suite_was_offered(client, hello->suite) || (client->suite && client->suite->id != hello->suite))
		return TLS_ALERT_ILLEGAL_PARAMETER;
	if (hello->is_retry)
		return TLS_ALERT_NONE;
	if (!hello->has_key_share) /* we offer psk_dhe_ke alone */
		return TLS_ALERT_MISSING_EXTENSION;
	if (!share_was_sent(client, hello->group))
		return TLS_ALERT_ILLEGAL_PARAMETER;
	if (!hello->has_psk)
		return TLS_ALERT_NONE;
	if (!client->params.ticket)
		return TLS_ALERT_UNSUPPORTED_EXTENSION;
	const bool fits = hello->psk == 0 && client->params.ticket->suite->hash == tls13_suite_find(hello->suite)->hash;
	return fits ? TLS_ALERT_NONE : TLS_ALERT_ILLEGAL_PARAMETER;
}

static bool set_reading(struct tls13_client *client, const struct tls13_keys_secret *secret)
{
	client->keys_changed = true;
	return tls13_record_set_secret(&client->reads, &client->context->aeads, client->suite, secret);
}

static bool set_writing(struct tls13_client *client, const struct tls13_keys_secret *secret)
{
	return tls13_record_set_secret(&client->writes, &client->context->aeads, client->suite, secret);
}

/* Early Secret → Handshake Secret → traffic secrets. The caller has updated the transcript. */
static bool enter_handshake(struct tls13_client *client, struct bytes shared, bool resumed)
{
	const enum tls_hash_kind kind = client->suite->hash;
	uint8_t hash[TLS_HASH_MAX_BYTES];
	const struct bytes psk = {resumed ? client->params.ticket->psk.octets : NULL,
		resumed ? tls_hash_bytes(client->params.ticket->suite->hash) : 0};
	tls13_keys_early(kind, psk, &client->secret);
	tls13_keys_advance(kind, &client->secret, shared, &client->secret);
	tls_hash_peek(&client->transcript, hash);
	tls13_keys_derive(kind, &client->secret, "c hs traffic", hash, &client->client_traffic);
	tls13_keys_derive(kind, &client->secret, "s hs traffic", hash, &client->server_traffic);
	return set_reading(client, &client->server_traffic);
}

static void accept_server_hello(
	struct tls13_client *client, struct bytes message, const struct tls13_message_server_hello *hello)
{
	uint8_t shared[TLS_KEY_SHARE_SECRET_MAX_BYTES];
	struct tls_key_share *share = find_share(client, hello->group);
	if (!share || !tls_key_share_agree(share, &client->context->tools, hello->key_share, shared)) {
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		return;
	}
	client->suite = tls13_suite_find(hello->suite);
	client->info.group = hello->group;
	client->info.resumed = hello->has_psk;
	if (!client->info.retried)
		tls_hash_init(&client->transcript, client->suite->hash);
	tls_hash_update(&client->transcript, tls_buffer_view(&client->hello));
	tls_hash_update(&client->transcript, message);
	if (!enter_handshake(client, (struct bytes){shared, share->secret_len}, hello->has_psk))
		run_out(client);
	else
		client->state = TLS13_CLIENT_WAIT_ENCRYPTED_EXTENSIONS;
	secret_wipe(shared, sizeof(shared));
}

static void handle_server_hello(struct tls13_client *client, struct bytes message)
{
	struct tls13_message_server_hello hello;
	enum tls_alert alert = tls13_message_server_hello(body_of(message), &hello);
	if (alert == TLS_ALERT_NONE)
		alert = check_server_hello(client, &hello);
	if (alert != TLS_ALERT_NONE)
		break_protocol(client, alert);
	else if (hello.is_retry)
		handle_retry(client, message, &hello);
	else
		accept_server_hello(client, message, &hello);
}

/* --- EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify --- */

static bool protocol_was_offered(const struct tls13_client *client, struct bytes protocol)
{
	const struct bytes offered = client->context->settings.protocols;
	for (size_t at = 0; at < offered.len; at += 1U + offered.data[at])
		if (offered.data[at] == protocol.len && memcmp(offered.data + at + 1, protocol.data, protocol.len) == 0)
			return true;
	return false;
}

static void handle_encrypted_extensions(struct tls13_client *client, struct bytes message)
{
	struct tls13_message_encrypted_extensions extensions;
	enum tls_alert alert = tls13_message_encrypted_extensions(body_of(message), &extensions);
	if (alert == TLS_ALERT_NONE && extensions.has_server_name && client->params.server_name.len == 0)
		alert = TLS_ALERT_UNSUPPORTED_EXTENSION;
	if (alert == TLS_ALERT_NONE && extensions.protocol.len > 0 &&
		!protocol_was_offered(client, extensions.protocol))
		alert = client->context->settings.protocols.len == 0 ? TLS_ALERT_UNSUPPORTED_EXTENSION
								     : TLS_ALERT_ILLEGAL_PARAMETER;
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	if (extensions.protocol.len > 0)
		memcpy(client->protocol, extensions.protocol.data, extensions.protocol.len);
	client->info.protocol = (struct bytes){(const uint8_t *)client->protocol, extensions.protocol.len};
	tls_hash_update(&client->transcript, message);
	client->state = client->info.resumed ? TLS13_CLIENT_WAIT_FINISHED : TLS13_CLIENT_WAIT_CERTIFICATE_OR_REQUEST;
}

static void handle_certificate_request(struct tls13_client *client, struct bytes message)
{
	const enum tls_alert alert = tls13_message_certificate_request(body_of(message));
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	tls_hash_update(&client->transcript, message);
	client->was_asked_for_certificate = true;
	client->state = TLS13_CLIENT_WAIT_CERTIFICATE;
}

static void handle_certificate(struct tls13_client *client, struct bytes message)
{
	struct bytes leaf;
	const enum tls_alert alert = tls13_message_certificate(body_of(message), &leaf);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	const struct tls13_client_settings *settings = &client->context->settings;
	if (client->params.verify && settings->judge_chain &&
		!settings->judge_chain(settings->judge, body_of(message))) {
		tls13_client_fail(client, TLS_CLIENT_UNTRUSTED, TLS_ALERT_UNKNOWN_CA);
		return;
	}
	if (client->params.verify && !tls_buffer_append(&client->certificate, leaf)) {
		run_out(client);
		return;
	}
	tls_hash_update(&client->transcript, message);
	client->state = TLS13_CLIENT_WAIT_CERTIFICATE_VERIFY;
}

static bool verify_signature(struct tls13_client *client, uint16_t scheme, struct bytes signature)
{
	uint8_t hash[TLS_HASH_MAX_BYTES];
	tls_hash_peek(&client->transcript, hash);
	switch (tls_verify_transcript(&client->context->leaves, tls_buffer_view(&client->certificate), scheme,
		signature, (struct bytes){hash, tls_hash_bytes(client->suite->hash)}, client->params.server_name)) {
	case TLS_VERIFY_OK:
		return true;
	case TLS_VERIFY_BAD_SIGNATURE:
		tls13_client_fail(client, TLS_CLIENT_BAD_SIGNATURE, TLS_ALERT_DECRYPT_ERROR);
		return false;
	case TLS_VERIFY_WRONG_NAME:
		tls13_client_fail(client, TLS_CLIENT_WRONG_NAME, TLS_ALERT_BAD_CERTIFICATE);
		return false;
	case TLS_VERIFY_BAD_CERTIFICATE:
		break;
	}
	tls13_client_fail(client, TLS_CLIENT_BAD_CERTIFICATE, TLS_ALERT_BAD_CERTIFICATE);
	return false;
}

static void handle_certificate_verify(struct tls13_client *client, struct bytes message)
{
	uint16_t scheme;
	struct bytes signature;
	enum tls_alert alert = tls13_message_certificate_verify(body_of(message), &scheme, &signature);
	const struct tls13_client_settings *settings = &client->context->settings;
	if (alert == TLS_ALERT_NONE && !tls13_hello_offers_scheme(settings->schemes, settings->n_schemes, scheme))
		alert = TLS_ALERT_ILLEGAL_PARAMETER;
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	if (client->params.verify && !verify_signature(client, scheme, signature))
		return;
	client->info.scheme = scheme;
	tls_hash_update(&client->transcript, message);
	client->state = TLS13_CLIENT_WAIT_FINISHED;
}

/* --- Finished --- */

/* Section 4.4.2: a server that asked for a certificate gets an empty list. */
static bool send_no_certificate(struct tls13_client *client)
{
	static const uint8_t octets[] = {TLS13_MESSAGE_CERTIFICATE, 0, 0, 4, 0, 0, 0, 0};
	const struct bytes message = {octets, sizeof(octets)};
	if (!client->was_asked_for_certificate)
		return true;
	tls_hash_update(&client->transcript, message);
	return tls13_client_send(client, TLS13_RECORD_HANDSHAKE, message);
}

static bool send_finished(struct tls13_client *client)
{
	const size_t len = tls_hash_bytes(client->suite->hash);
	uint8_t octets[TLS13_MESSAGE_HEADER_BYTES + TLS_HASH_MAX_BYTES] = {TLS13_MESSAGE_FINISHED, 0, 0, (uint8_t)len};
	uint8_t hash[TLS_HASH_MAX_BYTES];
	tls_hash_peek(&client->transcript, hash);
	tls13_keys_finished(client->suite->hash, &client->client_traffic, hash, octets + TLS13_MESSAGE_HEADER_BYTES);
	const struct bytes message = {octets, TLS13_MESSAGE_HEADER_BYTES + len};
	tls_hash_update(&client->transcript, message);
	return tls13_client_send(client, TLS13_RECORD_HANDSHAKE, message);
}

/* Our last flight, under the handshake keys; then the keys for data, whose hash ends with the server's Finished. */
static bool complete(struct tls13_client *client)
{
	const enum tls_hash_kind kind = client->suite->hash;
	struct tls13_keys_secret client_data;
	uint8_t hash[TLS_HASH_MAX_BYTES];
	tls_hash_peek(&client->transcript, hash);
	tls13_keys_advance(kind, &client->secret, (struct bytes){0}, &client->secret);
	tls13_keys_derive(kind, &client->secret, "c ap traffic", hash, &client_data);
	tls13_keys_derive(kind, &client->secret, "s ap traffic", hash, &client->server_traffic);
	bool ok = send_change_cipher_spec(client) && set_writing(client, &client->client_traffic) &&
		  send_no_certificate(client) && send_finished(client);
	client->client_traffic = client_data;
	secret_wipe(&client_data, sizeof(client_data));
	ok = ok && set_writing(client, &client->client_traffic) && set_reading(client, &client->server_traffic);
	if (ok && client->params.wants_ticket) {
		tls_hash_peek(&client->transcript, hash);
		tls13_keys_derive(kind, &client->secret, "res master", hash, &client->resumption);
	}
	return ok;
}

static void handle_finished(struct tls13_client *client, struct bytes message)
{
	const size_t len = tls_hash_bytes(client->suite->hash);
	const struct bytes body = body_of(message);
	uint8_t hash[TLS_HASH_MAX_BYTES], expected[TLS_HASH_MAX_BYTES];
	if (body.len != len) {
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
		return;
	}
	tls_hash_peek(&client->transcript, hash);
	tls13_keys_finished(client->suite->hash, &client->server_traffic, hash, expected);
	if (CRYPTO_memcmp(expected, body.data, len) != 0) {
		break_protocol(client, TLS_ALERT_DECRYPT_ERROR);
		return;
	}
	tls_hash_update(&client->transcript, message);
	if (!complete(client)) {
		run_out(client);
		return;
	}
	client->info.suite = client->suite;
	client->state = TLS13_CLIENT_CONNECTED;
}

/* --- after the handshake --- */

static void handle_ticket(struct tls13_client *client, struct bytes message)
{
	struct tls13_message_ticket ticket;
	const enum tls_alert alert = tls13_message_ticket(body_of(message), &ticket);
	if (alert != TLS_ALERT_NONE)
		break_protocol(client, alert);
	else if (client->params.wants_ticket && ticket.lifetime_s > 0)
		/* One that is too long to keep is as good as none. */
		(void)tls13_ticket_take(
			&client->ticket, client->suite, &client->resumption, &ticket, client->params.now_ms);
}

static void handle_key_update(struct tls13_client *client, struct bytes message)
{
	bool requested;
	const enum tls_alert alert = tls13_message_key_update(body_of(message), &requested);
	if (alert != TLS_ALERT_NONE) {
		break_protocol(client, alert);
		return;
	}
	tls13_keys_update(client->suite->hash, &client->server_traffic);
	if (!set_reading(client, &client->server_traffic) || (requested && !tls13_client_update_keys(client, false)))
		run_out(client);
}

static void handle_connected(struct tls13_client *client, struct bytes message)
{
	if (message.data[0] == TLS13_MESSAGE_NEW_SESSION_TICKET)
		handle_ticket(client, message);
	else if (message.data[0] == TLS13_MESSAGE_KEY_UPDATE)
		handle_key_update(client, message);
	else
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
}

void tls13_client_flight_message(struct tls13_client *client, struct bytes message)
{
	static const struct {
		enum tls13_message_type type;
		void (*handle)(struct tls13_client *client, struct bytes message);
	} expected[] = {
		[TLS13_CLIENT_WAIT_SERVER_HELLO] = {TLS13_MESSAGE_SERVER_HELLO, handle_server_hello},
		[TLS13_CLIENT_WAIT_ENCRYPTED_EXTENSIONS] = {TLS13_MESSAGE_ENCRYPTED_EXTENSIONS,
			handle_encrypted_extensions},
		[TLS13_CLIENT_WAIT_CERTIFICATE_OR_REQUEST] = {TLS13_MESSAGE_CERTIFICATE, handle_certificate},
		[TLS13_CLIENT_WAIT_CERTIFICATE] = {TLS13_MESSAGE_CERTIFICATE, handle_certificate},
		[TLS13_CLIENT_WAIT_CERTIFICATE_VERIFY] = {TLS13_MESSAGE_CERTIFICATE_VERIFY, handle_certificate_verify},
		[TLS13_CLIENT_WAIT_FINISHED] = {TLS13_MESSAGE_FINISHED, handle_finished},
	};
	const uint8_t type = message.data[0];
	const size_t state = client->state;
	/* A state that waits for no message has no row: type 0 (HelloRequest) must not be taken for one. */
	const bool is_expected = state < sizeof(expected) / sizeof(expected[0]) && expected[state].handle &&
				 type == expected[state].type;
	if (client->state == TLS13_CLIENT_CONNECTED)
		handle_connected(client, message);
	else if (client->state == TLS13_CLIENT_WAIT_CERTIFICATE_OR_REQUEST && type == TLS13_MESSAGE_CERTIFICATE_REQUEST)
		handle_certificate_request(client, message);
	else if (is_expected)
		expected[state].handle(client, message);
	else
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
}
