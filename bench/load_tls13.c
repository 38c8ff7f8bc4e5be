/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls13.h"
#include "load_tls_words.h"
#include "load_words.h"
#include "tls13_client.h"
#include "tls13_suite.h"

#include <stdlib.h>

#define PROTOCOLS_MAX_BYTES 256

struct load_tls_context {
	struct tls13_client_context *clients;
	struct load_trust *trust; /**< NULL: chains are not checked */
	uint8_t protocols[PROTOCOLS_MAX_BYTES];
};

struct load_ticket {
	struct tls13_ticket ticket;
};

/* A load_tls is a tls13_client: the pointer alone is enough. */
static struct tls13_client *client_of(struct load_tls *tls)
{
	return (struct tls13_client *)tls;
}

static const struct tls13_client *const_client_of(const struct load_tls *tls)
{
	return (const struct tls13_client *)tls;
}

/* --- settings --- */

static bool read_suites(const char *text, struct tls13_client_settings *settings, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	for (size_t at = 0; load_words_next(text, ":,", &at, word);) {
		const struct tls13_suite *suite = tls13_suite_by_name(word);
		if (!suite || settings->n_suites == TLS13_SUITE_COUNT)
			return load_error_set(error,
				"--ciphers: expected up to %d of TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384 and "
				"TLS_CHACHA20_POLY1305_SHA256 for TLS 1.3, found \"%s\"",
				TLS13_SUITE_COUNT, word);
		settings->suites[settings->n_suites++] = suite->id;
	}
	return true;
}

static bool read_names(
	const struct load_tls_settings *settings, struct tls13_client_settings *wish, struct load_error *error)
{
	struct load_tls_words_list groups = {.numbers = wish->groups, .size = TLS13_CLIENT_MAX_GROUPS};
	struct load_tls_words_list schemes = {.numbers = wish->schemes, .size = TLS13_HELLO_MAX_SCHEMES};
	const bool ok = load_tls_words_groups(settings->groups ? settings->groups : "X25519,P-256", &groups, error) &&
			load_tls_words_schemes(settings->signatures, false, &schemes, error);
	wish->n_groups = groups.n;
	wish->n_schemes = schemes.n;
	return ok;
}

static bool judge_chain(void *judge, struct bytes body)
{
	return load_trust_judge(judge, body, true);
}

static bool open_trust(struct load_tls_context *context, const struct load_tls_settings *settings,
	struct tls13_client_settings *wish, struct load_error *error)
{
	if (!settings->ca_file)
		return true;
	context->trust = load_trust_create(settings->ca_file, error);
	wish->judge_chain = judge_chain;
	wish->judge = context->trust;
	return context->trust != NULL;
}

static void close_context(struct load_tls_context *context)
{
	tls13_client_context_destroy(context->clients);
	load_trust_destroy(context->trust);
	free(context);
}

static struct load_tls_context *open_context(const struct load_tls_settings *settings, struct load_error *error)
{
	struct tls13_client_settings wish = {.n_shares = 1, .reuse_key_share = settings->reuse_key_share};
	struct load_tls_context *context = calloc(1, sizeof(*context));
	size_t protocols_len = 0;
	if (!context) {
		load_error_set(error, "out of memory");
		return NULL;
	}
	const char *suites = settings->suites ? settings->suites : "TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384";
	bool ok = read_names(settings, &wish, error) && read_suites(suites, &wish, error) &&
		  open_trust(context, settings, &wish, error) &&
		  load_words_protocols(settings->alpn, context->protocols, PROTOCOLS_MAX_BYTES, &protocols_len, error);
	if (ok) {
		wish.protocols = (struct bytes){context->protocols, protocols_len};
		context->clients = tls13_client_context_create(&wish);
		ok = context->clients || load_error_set(error, "out of memory, or OpenSSL lacks an algorithm");
	}
	if (ok)
		return context;
	close_context(context);
	return NULL;
}

/* --- connections --- */

static struct load_tls *create(struct load_tls_context *context)
{
	return (struct load_tls *)tls13_client_create(context->clients);
}

static void destroy(struct load_tls *tls)
{
	tls13_client_destroy(client_of(tls));
}

static bool start(struct load_tls *tls, const struct load_tls_start *start)
{
	struct tls13_client_params params = {.server_name = start->server_name,
		.verify = start->verify,
		.ticket = start->ticket ? &start->ticket->ticket : NULL,
		.wants_ticket = start->wants_ticket,
		.now_ms = start->now_ms};
	load_random_fill(start->random, params.random, sizeof(params.random));
	return tls13_client_start(client_of(tls), &params);
}

static enum load_tls_result feed(struct load_tls *tls, struct bytes input, size_t *out_consumed)
{
	return load_tls_words_result(tls13_client_feed(client_of(tls), input, out_consumed));
}

static struct bytes plaintext(const struct load_tls *tls)
{
	return tls13_client_plaintext(const_client_of(tls));
}

static struct bytes output(const struct load_tls *tls)
{
	return tls13_client_output(const_client_of(tls));
}

static void output_consume(struct load_tls *tls, size_t n)
{
	tls13_client_output_consume(client_of(tls), n);
}

static bool is_established(const struct load_tls *tls)
{
	return tls13_client_established(const_client_of(tls));
}

static bool write_plaintext(struct load_tls *tls, struct bytes plaintext)
{
	return tls13_client_write(client_of(tls), plaintext);
}

static void shut(struct load_tls *tls)
{
	tls13_client_close(client_of(tls));
}

static struct load_tls_outcome outcome(const struct load_tls *tls)
{
	const struct tls_client_fault fault = tls13_client_fault(const_client_of(tls));
	struct tls13_client_info info;
	tls13_client_get_info(const_client_of(tls), &info);
	return (struct load_tls_outcome){.cause = load_tls_words_cause(fault.cause),
		.alert = fault.alert,
		.resumed = info.resumed,
		.retried = info.retried};
}

/* --- tickets --- */

static struct load_ticket *take_ticket(struct load_tls *tls)
{
	struct load_ticket *ticket = calloc(1, sizeof(*ticket));
	if (ticket && tls13_client_take_ticket(client_of(tls), &ticket->ticket))
		return ticket;
	free(ticket);
	return NULL;
}

static bool ticket_is_fresh(const struct load_ticket *ticket, uint64_t now_ms)
{
	return tls13_ticket_is_fresh(&ticket->ticket, now_ms);
}

static void ticket_free(struct load_ticket *ticket)
{
	tls13_ticket_fini(&ticket->ticket);
	free(ticket);
}

const struct load_tls_ops load_tls13_ops = {
	.tickets_follow = true,
	.open = open_context,
	.close = close_context,
	.create = create,
	.destroy = destroy,
	.start = start,
	.feed = feed,
	.plaintext = plaintext,
	.output = output,
	.output_consume = output_consume,
	.is_established = is_established,
	.write = write_plaintext,
	.shut = shut,
	.outcome = outcome,
	.take_ticket = take_ticket,
	.ticket_is_fresh = ticket_is_fresh,
	.ticket_free = ticket_free,
};
