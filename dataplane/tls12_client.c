/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls12_client.h"
#include "secret.h"
#include "tls12_client_state.h"
#include "tls_verify.h"

#include <stdlib.h>
#include <string.h>

#define ALERT_WARNING 1
#define ALERT_FATAL   2

/* --- life --- */

struct tls12_client_context *tls12_client_context_create(const struct tls12_client_settings *settings)
{
	struct tls12_client_context *context = calloc(1, sizeof(*context));
	if (!context)
		return NULL;
	context->settings = *settings;
	if (settings->n_schemes == 0) {
		context->settings.n_schemes = TLS_VERIFY_SCHEMES;
		tls_verify_schemes(context->settings.schemes);
	}
	if (tls_aead_ciphers_init(&context->ciphers))
		return context;
	tls12_client_context_destroy(context);
	return NULL;
}

void tls12_client_context_destroy(struct tls12_client_context *context)
{
	if (!context)
		return;
	for (size_t i = 0; i < TLS12_CLIENT_MAX_GROUPS; i++)
		tls_key_share_fini(&context->reused[i].key);
	tls_leaf_cache_fini(&context->leaves);
	tls_key_share_tools_fini(&context->tools);
	tls_aead_ciphers_fini(&context->ciphers);
	secret_wipe(context->scratch, sizeof(context->scratch));
	free(context);
}

struct tls12_client *tls12_client_create(struct tls12_client_context *context)
{
	struct tls12_client *client = calloc(1, sizeof(*client));
	if (!client)
		return NULL;
	client->context = context;
	if (tls12_record_init(&client->reads, false) && tls12_record_init(&client->writes, true))
		return client;
	tls12_client_destroy(client);
	return NULL;
}

void tls12_client_destroy(struct tls12_client *client)
{
	if (!client)
		return;
	struct tls_buffer *const buffers[] = {&client->output, &client->hello, &client->certificate, &client->ticket};
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		tls_buffer_fini(buffers[i]);
	for (size_t i = 0; i < TLS12_CLIENT_MAX_GROUPS; i++)
		tls_key_share_fini(&client->own[i].key);
	tls_assembly_fini(&client->input);
	tls12_record_fini(&client->reads);
	tls12_record_fini(&client->writes);
	secret_wipe(client, sizeof(*client));
	free(client);
}

bool tls12_client_start(struct tls12_client *client, const struct tls12_client_params *params)
{
	struct tls_buffer *const buffers[] = {&client->output, &client->hello, &client->certificate, &client->ticket};
	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		tls_buffer_clear(buffers[i]);
	tls_assembly_clear(&client->input);
	tls12_record_reset(&client->reads);
	tls12_record_reset(&client->writes);
	client->params = *params;
	client->fault = (struct tls_client_fault){0};
	client->info = (struct tls12_client_info){0};
	client->suite = NULL;
	client->plaintext = (struct bytes){0};
	client->expects_ticket = client->was_asked_for_certificate = false;
	client->n_idle = 0;
	client->session_id_len = 0;
	client->ticket_lifetime_s = 0;
	client->state = TLS12_CLIENT_WAIT_SERVER_HELLO;
	if (tls12_client_flight_hello(client))
		return true;
	tls12_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_NONE);
	return false;
}

/* --- writing --- */

bool tls12_client_send(struct tls12_client *client, enum tls13_record_type type, struct bytes fragment)
{
	size_t len;
	uint8_t *room = tls_buffer_reserve(&client->output, fragment.len + TLS12_RECORD_OVERHEAD_BYTES);
	if (room && tls12_record_seal(&client->writes, type, fragment, room, &len) == TLS13_RECORD_OK) {
		tls_buffer_commit(&client->output, len);
		return true;
	}
	client->state = TLS12_CLIENT_OVER;
	client->fault = (struct tls_client_fault){TLS_CLIENT_NO_MEMORY, 0};
	return false;
}

void tls12_client_fail(struct tls12_client *client, enum tls_client_cause cause, enum tls_alert alert)
{
	if (alert != TLS_ALERT_NONE) {
		const uint8_t octets[] = {ALERT_FATAL, (uint8_t)alert};
		tls12_client_send(client, TLS13_RECORD_ALERT, (struct bytes){octets, sizeof(octets)});
	}
	client->state = TLS12_CLIENT_OVER;
	client->fault = (struct tls_client_fault){cause, (uint8_t)alert};
}

bool tls12_client_write(struct tls12_client *client, struct bytes plaintext)
{
	if (client->state != TLS12_CLIENT_CONNECTED)
		return false;
	while (plaintext.len > 0) {
		const size_t len = plaintext.len < TLS13_RECORD_FRAGMENT_MAX_BYTES ? plaintext.len
										   : TLS13_RECORD_FRAGMENT_MAX_BYTES;
		if (!tls12_client_send(client, TLS13_RECORD_DATA, (struct bytes){plaintext.data, len}))
			return false;
		plaintext.data += len;
		plaintext.len -= len;
	}
	return true;
}

void tls12_client_close(struct tls12_client *client)
{
	static const uint8_t octets[] = {ALERT_WARNING, TLS_ALERT_CLOSE_NOTIFY};
	if (client->state == TLS12_CLIENT_CONNECTED)
		tls12_client_send(client, TLS13_RECORD_ALERT, (struct bytes){octets, sizeof(octets)});
	client->state = TLS12_CLIENT_OVER;
}

/* --- reading --- */

static void break_protocol(struct tls12_client *client, enum tls_alert alert)
{
	tls12_client_fail(client, TLS_CLIENT_PROTOCOL, alert);
}

static void fail_record(struct tls12_client *client, enum tls13_record_result result)
{
	switch (result) {
	case TLS13_RECORD_TOO_LONG:
		break_protocol(client, TLS_ALERT_RECORD_OVERFLOW);
		break;
	case TLS13_RECORD_BAD_MAC:
		break_protocol(client, TLS_ALERT_BAD_RECORD_MAC);
		break;
	case TLS13_RECORD_NO_CRYPTO:
		tls12_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
		break;
	default:
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	}
}

static enum tls_client_result result_of(const struct tls12_client *client)
{
	if (client->fault.cause != TLS_CLIENT_NO_FAULT)
		return TLS_CLIENT_FAILED;
	return client->state == TLS12_CLIENT_OVER ? TLS_CLIENT_CLOSED : TLS_CLIENT_WANT_INPUT;
}

static bool handle_message(void *context, struct bytes message, bool ends_record)
{
	struct tls12_client *client = context;
	(void)ends_record; /* a change of keys is a record of its own here */
	tls12_client_flight_message(client, message);
	return client->state != TLS12_CLIENT_OVER;
}

static void handle_handshake(struct tls12_client *client, struct bytes content)
{
	switch (tls_assembly_messages(&client->input, content, handle_message, client)) {
	case TLS_ASSEMBLY_OK:
		break;
	case TLS_ASSEMBLY_TOO_LONG:
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		break;
	case TLS_ASSEMBLY_NO_MEMORY:
		tls12_client_fail(client, TLS_CLIENT_NO_MEMORY, TLS_ALERT_INTERNAL_ERROR);
		break;
	}
}

/* Section 7.2. A warning is the server's word that it goes on all the same; a close during the handshake is no success.
 */
static void handle_alert(struct tls12_client *client, struct bytes alert)
{
	if (alert.len != 2) {
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
		return;
	}
	if (alert.data[0] != ALERT_WARNING && alert.data[0] != ALERT_FATAL) {
		break_protocol(client, TLS_ALERT_ILLEGAL_PARAMETER);
		return;
	}
	const bool is_close = alert.data[1] == TLS_ALERT_CLOSE_NOTIFY;
	if (alert.data[0] == ALERT_WARNING && !is_close) {
		(void)tls12_client_flight_bears(client);
		return;
	}
	if (!is_close || client->state != TLS12_CLIENT_CONNECTED)
		client->fault = (struct tls_client_fault){TLS_CLIENT_PEER_ALERT, alert.data[1]};
	client->state = TLS12_CLIENT_OVER;
}

static enum tls_client_result handle_content(struct tls12_client *client, uint8_t type, struct bytes content)
{
	const bool is_data = type == TLS13_RECORD_DATA && client->state == TLS12_CLIENT_CONNECTED;
	if (is_data && content.len > 0) {
		client->plaintext = content;
		return TLS_CLIENT_DATA;
	}
	/* Section 6.2.1: only data may be of no length. Messages are not interleaved with anything. */
	if (!is_data && (content.len == 0 || type == TLS13_RECORD_DATA))
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	else if (type == TLS13_RECORD_HANDSHAKE)
		handle_handshake(client, content);
	else if (tls_assembly_is_in_message(&client->input))
		break_protocol(client, TLS_ALERT_UNEXPECTED_MESSAGE);
	else if (type == TLS13_RECORD_ALERT)
		handle_alert(client, content);
	else if (type == TLS13_RECORD_CHANGE_CIPHER_SPEC && content.len == 1 && content.data[0] == 1)
		tls12_client_flight_change_cipher_spec(client);
	else if (type == TLS13_RECORD_CHANGE_CIPHER_SPEC)
		break_protocol(client, TLS_ALERT_DECODE_ERROR);
	return result_of(client);
}

static enum tls_client_result handle_record(struct tls12_client *client, struct bytes record)
{
	const uint8_t type = record.data[0];
	const struct bytes payload = {record.data + TLS13_RECORD_HEADER_BYTES, record.len - TLS13_RECORD_HEADER_BYTES};
	/* Appendix E.1: before the ServerHello a record may have the version of whatever the server is. */
	if (client->suite && record.data[2] != 3) {
		break_protocol(client, TLS_ALERT_PROTOCOL_VERSION);
		return result_of(client);
	}
	if (!client->reads.suite)
		return handle_content(client, type, payload);
	struct bytes content = {client->context->scratch, 0};
	const enum tls13_record_result opened =
		tls12_record_open(&client->reads, record, client->context->scratch, &content.len);
	if (opened == TLS13_RECORD_OK)
		return handle_content(client, type, content);
	fail_record(client, opened);
	return result_of(client);
}

enum tls_client_result tls12_client_feed(struct tls12_client *client, struct bytes input, size_t *out_consumed)
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

struct bytes tls12_client_plaintext(const struct tls12_client *client)
{
	return client->plaintext;
}

struct bytes tls12_client_output(const struct tls12_client *client)
{
	return tls_buffer_view(&client->output);
}

void tls12_client_output_consume(struct tls12_client *client, size_t n)
{
	tls_buffer_consume(&client->output, n);
}

bool tls12_client_established(const struct tls12_client *client)
{
	return client->state == TLS12_CLIENT_CONNECTED;
}

struct tls_client_fault tls12_client_fault(const struct tls12_client *client)
{
	return client->fault;
}

void tls12_client_get_info(const struct tls12_client *client, struct tls12_client_info *out)
{
	*out = client->info;
}

/* The ticket that stands for this session now: a new one, or the one that it was resumed with. */
static struct bytes present_ticket(const struct tls12_client *client)
{
	const struct bytes fresh = tls_buffer_view(&client->ticket);
	const struct tls12_session *old = client->info.resumed ? client->params.session : NULL;
	if (fresh.len > 0 || !old)
		return fresh;
	return (struct bytes){old->ticket, old->ticket_len};
}

bool tls12_client_take_session(struct tls12_client *client, struct tls12_session *out)
{
	const struct bytes ticket = present_ticket(client);
	const bool is_old = client->info.resumed && tls_buffer_view(&client->ticket).len == 0;
	tls12_session_fini(out);
	if (!client->info.suite || (ticket.len == 0 && client->session_id_len == 0))
		return false;
	struct tls12_session session = {.suite = client->info.suite,
		.is_extended = client->info.is_extended,
		.id_len = client->session_id_len,
		.lifetime_s = is_old ? client->params.session->lifetime_s : client->ticket_lifetime_s,
		.received_ms = is_old ? client->params.session->received_ms : client->params.now_ms};
	memcpy(session.master, client->master, sizeof(session.master));
	memcpy(session.id, client->session_id, sizeof(session.id));
	const bool ok = ticket.len == 0 || tls12_session_set_ticket(&session, ticket);
	if (ok)
		*out = session;
	secret_wipe(&session, sizeof(session));
	return ok;
}
