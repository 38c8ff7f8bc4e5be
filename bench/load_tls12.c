/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls12.h"
#include "load_tls_words.h"
#include "load_words.h"
#include "tls12_client.h"
#include "tls12_suite.h"

#include <stdlib.h>

#define PROTOCOLS_MAX_BYTES 256
/* P-384 because a server may have a certificate of it, which counts as a group here (RFC 8422 section 5.1.1). */
#define DEFAULT_GROUPS "X25519,P-256,P-384"
/* As in TLS 1.3: AES, the shorter key first. */
#define DEFAULT_SUITES                                                                                                 \
	"ECDHE-ECDSA-AES128-GCM-SHA256,ECDHE-RSA-AES128-GCM-SHA256,"                                                   \
	"ECDHE-ECDSA-AES256-GCM-SHA384,ECDHE-RSA-AES256-GCM-SHA384"

struct load_tls_context {
	struct tls12_client_context *clients;
	struct load_trust *trust; /**< NULL: chains are not checked */
	uint8_t protocols[PROTOCOLS_MAX_BYTES];
};

struct load_ticket {
	struct tls12_session session;
};

/* A load_tls is a tls12_client: the pointer alone is enough. */
static struct tls12_client *client_of(struct load_tls *tls)
{
	return (struct tls12_client *)tls;
}

static const struct tls12_client *const_client_of(const struct load_tls *tls)
{
	return (const struct tls12_client *)tls;
}

/* --- settings --- */

static bool read_suites(const char *text, struct tls12_client_settings *settings, struct load_error *error)
{
	char word[LOAD_WORDS_MAX_BYTES];
	for (size_t at = 0; load_words_next(text, ":,", &at, word);) {
		const struct tls12_suite *suite = tls12_suite_by_name(word);
		if (!suite || settings->n_suites == TLS12_SUITE_COUNT)
			return load_error_set(error,
				"--ciphers: expected up to %d of ECDHE-ECDSA-AES128-GCM-SHA256 and the like for TLS "
				"1.2 "
				"(ECDSA or RSA; AES128-GCM-SHA256, AES256-GCM-SHA384 or CHACHA20-POLY1305), found "
				"\"%s\"",
				TLS12_SUITE_COUNT, word);
		settings->suites[settings->n_suites++] = suite->id;
	}
	return true;
}

static bool read_names(
	const struct load_tls_settings *settings, struct tls12_client_settings *wish, struct load_error *error)
{
	struct load_tls_words_list groups = {.numbers = wish->groups, .size = TLS12_CLIENT_MAX_GROUPS};
	struct load_tls_words_list schemes = {.numbers = wish->schemes, .size = TLS_VERIFY_SCHEMES};
	const bool ok = load_tls_words_groups(settings->groups ? settings->groups : DEFAULT_GROUPS, &groups, error) &&
			load_tls_words_schemes(settings->signatures, true, &schemes, error);
	wish->n_groups = groups.n;
	wish->n_schemes = schemes.n;
	return ok;
}

static bool judge_chain(void *judge, struct bytes body)
{
	return load_trust_judge(judge, body, false);
}

static bool open_trust(struct load_tls_context *context, const struct load_tls_settings *settings,
	struct tls12_client_settings *wish, struct load_error *error)
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
	tls12_client_context_destroy(context->clients);
	load_trust_destroy(context->trust);
	free(context);
}

static struct load_tls_context *open_context(const struct load_tls_settings *settings, struct load_error *error)
{
	struct tls12_client_settings wish = {.reuse_key_share = settings->reuse_key_share};
	struct load_tls_context *context = calloc(1, sizeof(*context));
	size_t protocols_len = 0;
	if (!context) {
		load_error_set(error, "out of memory");
		return NULL;
	}
	const char *suites = settings->suites ? settings->suites : DEFAULT_SUITES;
	bool ok = read_names(settings, &wish, error) && read_suites(suites, &wish, error) &&
		  open_trust(context, settings, &wish, error) &&
		  load_words_protocols(settings->alpn, context->protocols, PROTOCOLS_MAX_BYTES, &protocols_len, error);
	if (ok) {
		wish.protocols = (struct bytes){context->protocols, protocols_len};
		context->clients = tls12_client_context_create(&wish);
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
	return (struct load_tls *)tls12_client_create(context->clients);
}

static void destroy(struct load_tls *tls)
{
	tls12_client_destroy(client_of(tls));
}

static bool start(struct load_tls *tls, const struct load_tls_start *start)
{
	struct tls12_client_params params = {.server_name = start->server_name,
		.verify = start->verify,
		.session = start->ticket ? &start->ticket->session : NULL,
		.wants_session = start->wants_ticket,
		.now_ms = start->now_ms};
	load_random_fill(start->random, params.random, sizeof(params.random));
	return tls12_client_start(client_of(tls), &params);
}

static enum load_tls_result feed(struct load_tls *tls, struct bytes input, size_t *out_consumed)
{
	return load_tls_words_result(tls12_client_feed(client_of(tls), input, out_consumed));
}

static struct bytes plaintext(const struct load_tls *tls)
{
	return tls12_client_plaintext(const_client_of(tls));
}

static struct bytes output(const struct load_tls *tls)
{
	return tls12_client_output(const_client_of(tls));
}

static void output_consume(struct load_tls *tls, size_t n)
{
	tls12_client_output_consume(client_of(tls), n);
}

static bool is_established(const struct load_tls *tls)
{
	return tls12_client_established(const_client_of(tls));
}

static bool write_plaintext(struct load_tls *tls, struct bytes plaintext)
{
	return tls12_client_write(client_of(tls), plaintext);
}

static void shut(struct load_tls *tls)
{
	tls12_client_close(client_of(tls));
}

static struct load_tls_outcome outcome(const struct load_tls *tls)
{
	const struct tls_client_fault fault = tls12_client_fault(const_client_of(tls));
	struct tls12_client_info info;
	tls12_client_get_info(const_client_of(tls), &info);
	return (struct load_tls_outcome){
		.cause = load_tls_words_cause(fault.cause), .alert = fault.alert, .resumed = info.resumed};
}

/* --- tickets --- */

static struct load_ticket *take_ticket(struct load_tls *tls)
{
	struct load_ticket *ticket = calloc(1, sizeof(*ticket));
	if (ticket && tls12_client_take_session(client_of(tls), &ticket->session))
		return ticket;
	free(ticket);
	return NULL;
}

static bool ticket_is_fresh(const struct load_ticket *ticket, uint64_t now_ms)
{
	return tls12_session_is_fresh(&ticket->session, now_ms);
}

static void ticket_free(struct load_ticket *ticket)
{
	tls12_session_fini(&ticket->session);
	free(ticket);
}

const struct load_tls_ops load_tls12_ops = {
	.tickets_follow = false,
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
