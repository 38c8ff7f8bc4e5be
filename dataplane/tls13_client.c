/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls13_client.h"
#include "secret.h"
#include "tls13_client_state.h"

#include <stdlib.h>
#include <string.h>

/* --- life --- */

struct tls13_client_context *tls13_client_context_create(const struct tls13_client_settings *settings)
{
	struct tls13_client_context *context = calloc(1, sizeof(*context));
	if (!context)
		return NULL;
	context->settings = *settings;
	bool ok = tls_aead_ciphers_init(&context->aeads);
	for (size_t i = 0; ok && settings->reuse_key_share && i < settings->n_groups; i++)
		ok = tls_key_share_generate(&context->reused[i], &context->tools, settings->groups[i]);
	if (ok)
		return context;
	tls13_client_context_destroy(context);
	return NULL;
}

void tls13_client_context_destroy(struct tls13_client_context *context)
{
	if (!context)
		return;
	for (size_t i = 0; i < TLS13_CLIENT_MAX_GROUPS; i++)
		tls_key_share_fini(&context->reused[i]);
	tls_leaf_cache_fini(&context->leaves);
	tls_key_share_tools_fini(&context->tools);
	tls_aead_ciphers_fini(&context->aeads);
	secret_wipe(context->scratch, sizeof(context->scratch));
	free(context);
}

struct tls13_client *tls13_client_create(struct tls13_client_context *context)
{
	struct tls13_client *client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	client->context = context;
	if (tls13_record_init(&client->reads, false) && tls13_record_init(&client->writes, true))
		return client;
	tls13_client_destroy(client);
	return NULL;
}

void tls13_client_destroy(struct tls13_client *client)
{
	if (!client)
		return;
	struct tls_buffer *const buffers[] = {&client->output, &client->hello, &client->certificate, &client->cookie};
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		tls_buffer_fini(buffers[i]);
	tls_assembly_fini(&client->input);
	for (size_t i = 0; i < TLS13_CLIENT_MAX_GROUPS; i++)
		tls_key_share_fini(&client->own[i]);
	tls13_record_fini(&client->reads);
	tls13_record_fini(&client->writes);
	tls13_ticket_fini(&client->ticket);
	secret_wipe(client, sizeof(*client));
	free(client);
}

bool tls13_client_start(struct tls13_client *client, const struct tls13_client_params *params)
{
	struct tls_buffer *const buffers[] = {&client->output, &client->hello, &client->certificate, &client->cookie};
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		tls_buffer_clear(buffers[i]);
	tls_assembly_clear(&client->input);
	tls13_record_reset(&client->reads);
	tls13_record_reset(&client->writes);
	tls13_ticket_fini(&client->ticket);
	client->params = *params;
	client->fault = (struct tls_client_fault){0};
	client->info = (struct tls13_client_info){0};
	client->suite = NULL;
	client->plaintext = (struct bytes){0};
	client->keys_changed = client->was_asked_for_certificate = client->sent_ccs = false;
	client->n_shared = client->context->settings.n_shares;
	memcpy(client->shared_groups, client->context->settings.groups, sizeof(client->shared_groups));
	client->state = TLS13_CLIENT_WAIT_SERVER_HELLO;
	if (tls13_client_flight_hello(client))
		return true;
	tls13_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_NONE);
	return false;
}

/* --- writing --- */

bool tls13_client_send(struct tls13_client *client, enum tls13_record_type type, struct bytes fragment)
{
	size_t len;
	uint8_t *room = tls_buffer_reserve(&client->output, fragment.len + TLS13_RECORD_OVERHEAD_BYTES);
	if (room && tls13_record_seal(&client->writes, type, fragment, 0, room, &len) == TLS13_RECORD_OK) {
		tls_buffer_commit(&client->output, len);
		return true;
	}
	client->state = TLS13_CLIENT_OVER;
	client->fault = (struct tls_client_fault){TLS_CLIENT_NO_MEMORY, 0};
	return false;
}

void tls13_client_fail(struct tls13_client *client, enum tls_client_cause cause, enum tls_alert alert)
{
	if (alert != TLS_ALERT_NONE) {
		const uint8_t octets[] = {2, (uint8_t)alert};
		tls13_client_send(client, TLS13_RECORD_ALERT, (struct bytes){octets, sizeof(octets)});
	}
	client->state = TLS13_CLIENT_OVER;
	client->fault = (struct tls_client_fault){cause, (uint8_t)alert};
}

bool tls13_client_update_keys(struct tls13_client *client, bool request)
{
	const uint8_t message[] = {TLS13_MESSAGE_KEY_UPDATE, 0, 0, 1, request};
	if (client->state != TLS13_CLIENT_CONNECTED ||
		!tls13_client_send(client, TLS13_RECORD_HANDSHAKE, (struct bytes){message, sizeof(message)}))
		return false;
	tls13_keys_update(client->suite->hash, &client->client_traffic);
	return tls13_record_set_secret(
		&client->writes, &client->context->aeads, client->suite, &client->client_traffic);
}

bool tls13_client_write(struct tls13_client *client, struct bytes plaintext)
{
	if (client->state != TLS13_CLIENT_CONNECTED)
		return false;
	while (plaintext.len > 0) {
		const size_t len = plaintext.len < TLS13_RECORD_FRAGMENT_MAX_BYTES ? plaintext.len
										   : TLS13_RECORD_FRAGMENT_MAX_BYTES;
		if (tls13_record_wants_update(&client->writes) && !tls13_client_update_keys(client, false))
			return false;
		if (!tls13_client_send(client, TLS13_RECORD_DATA, (struct bytes){plaintext.data, len}))
			return false;
		plaintext.data += len;
		plaintext.len -= len;
	}
	return true;
}

void tls13_client_close(struct tls13_client *client)
{
	static const uint8_t octets[] = {1, TLS_ALERT_CLOSE_NOTIFY};
	if (client->state == TLS13_CLIENT_CONNECTED)
		tls13_client_send(client, TLS13_RECORD_ALERT, (struct bytes){octets, sizeof(octets)});
	client->state = TLS13_CLIENT_OVER;
}

/* --- reading --- */

static void break_protocol(struct tls13_client *client, enum tls_alert alert)
{
	tls13_client_fail(client, TLS_CLIENT_PROTOCOL, alert);
}

static void fail_record(struct tls13_client *client, enum tls13_record_result result)
{
	switch (result) {
	case TLS13_RECORD_TOO_LONG:
		break_protocol(client, TLS_ALERT_RECORD_OVERFLOW);
		break;
	case TLS13_RECORD_BAD_MAC:
	case TLS13_RECORD_WORN_OUT:
		break_protocol(client, TLS_ALERT_BAD_RECORD_MAC);
		break;
	case TLS13_RECORD_NO_CRYPTO:
		tls13_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
		break;
	default:
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	}
}

static bool handle_message(void *context, struct bytes message, bool ends_record)
{
	struct tls13_client *client = context;
	client->keys_changed = false;
	tls13_client_flight_message(client, message);
	/* Section 5.1: a message before a change of keys ends its record. */
	if (client->keys_changed && !ends_record && client->state != TLS13_CLIENT_OVER)
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	return client->state != TLS13_CLIENT_OVER;
}

static void handle_handshake(struct tls13_client *client, struct bytes content)
{
	if (content.len == 0) { /* section 5.1: not for handshake messages */
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
		return;
	}
	switch (tls_assembly_messages(&client->input, content, handle_message, client)) {
	case TLS_ASSEMBLY_OK:
		break;
	case TLS_ASSEMBLY_TOO_LONG:
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		break;
	case TLS_ASSEMBLY_NO_MEMORY:
		tls13_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
		break;
	}
}

static enum tls_client_result result_of(const struct tls13_client *client)
{
	if (client->fault.cause != TLS_CLIENT_NO_FAULT)
		return TLS_CLIENT_FAILED;
	return client->state == TLS13_CLIENT_OVER ? TLS_CLIENT_CLOSED : TLS_CLIENT_WANT_INPUT;
}

static void handle_alert(struct tls13_client *client, struct bytes alert)
{
	if (alert.len != 2) {
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
		return;
	}
	if (alert.data[1] == TLS_ALERT_USER_CANCELED) /* section 6.1: close_notify follows */
		return;
	client->state = TLS13_CLIENT_OVER;
	/* Section 6.2: every other alert is fatal, whatever its level says; a close during the handshake is no success.
	 */
	if (alert.data[1] != TLS_ALERT_CLOSE_NOTIFY || !client->reads.suite || !client->info.suite)
		client->fault = (struct tls_client_fault){TLS_CLIENT_PEER_ALERT, alert.data[1]};
}

static enum tls_client_result handle_content(struct tls13_client *client, uint8_t type, struct bytes content)
{
	const bool is_in_message = tls_assembly_is_in_message(&client->input);
	if (type == TLS13_RECORD_HANDSHAKE)
		handle_handshake(client, content);
	else if (is_in_message) /* section 5.1: messages are not interleaved with anything */
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	else if (type == TLS13_RECORD_ALERT)
		handle_alert(client, content);
	else if (type != TLS13_RECORD_DATA || client->state != TLS13_CLIENT_CONNECTED)
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	else if (content.len > 0) {
		client->plaintext = content;
		return TLS_CLIENT_DATA;
	}
	return result_of(client);
}

static enum tls_client_result handle_record(struct tls13_client *client, struct bytes record)
{
	const uint8_t type = record.data[0];
	const struct bytes payload = {record.data + TLS13_RECORD_HEADER_BYTES, record.len - TLS13_RECORD_HEADER_BYTES};
	/* Appendix D.4: for middleboxes, and only until the handshake is over. */
	if (type == TLS13_RECORD_CHANGE_CIPHER_SPEC) {
		if (payload.len != 1 || payload.data[0] != 1 || client->state >= TLS13_CLIENT_CONNECTED)
			break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
		return result_of(client);
	}
	if (!client->reads.suite && type != TLS13_RECORD_DATA)
		return handle_content(client, type, payload);
	if (!client->reads.suite || type != TLS13_RECORD_DATA) {
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
		return result_of(client);
	}
	uint8_t inner;
	struct bytes content = {client->context->scratch, 0};
	const enum tls13_record_result opened =
		tls13_record_open(&client->reads, record, client->context->scratch, &inner, &content.len);
	if (opened == TLS13_RECORD_OK)
		return handle_content(client, inner, content);
	fail_record(client, opened);
	return result_of(client);
}

enum tls_client_result tls13_client_feed(struct tls13_client *client, struct bytes input, size_t *out_consumed)
{
	enum tls_client_result result = result_of(client);
	size_t used = 0;
	client->plaintext = (struct bytes){0};
	while (result == TLS_CLIENT_WANT_INPUT && used < input.len) {
		struct bytes record;
		const enum tls13_record_result found = tls_assembly_record(&client->input, input, &used, &record);
		if (found == TLS13_RECORD_NEED_MORE)
			break;
		if (found == TLS13_RECORD_OK)
			result = handle_record(client, record);
		else
			fail_record(client, found);
		if (found != TLS13_RECORD_OK)
			result = result_of(client);
	}
	*out_consumed = used;
	return result;
}

/* --- questions --- */

struct bytes tls13_client_plaintext(const struct tls13_client *client)
{
	return client->plaintext;
}

struct bytes tls13_client_output(const struct tls13_client *client)
{
	return tls_buffer_view(&client->output);
}

void tls13_client_output_consume(struct tls13_client *client, size_t n)
{
	tls_buffer_consume(&client->output, n);
}

bool tls13_client_established(const struct tls13_client *client)
{
	return client->state == TLS13_CLIENT_CONNECTED;
}

struct tls_client_fault tls13_client_fault(const struct tls13_client *client)
{
	return client->fault;
}

void tls13_client_get_info(const struct tls13_client *client, struct tls13_client_info *out)
{
	*out = client->info;
}

bool tls13_client_take_ticket(struct tls13_client *client, struct tls13_ticket *out)
{
	if (!client->ticket.suite)
		return false;
	tls13_ticket_fini(out);
	*out = client->ticket;
	secret_wipe(&client->ticket, sizeof(client->ticket));
	return true;
}
