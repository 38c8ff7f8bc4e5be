/* SPDX-License-Identifier: BSD-3-Clause */
/* Resumption: what is resumed, and what makes a full handshake instead. Never an error, and nothing crosses names. */
#include "tls_session_tickets.h"
#include "tls_fixture.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>

#define LIFETIME_S 7200

static struct tls_fixture fixture; /* its own engine has no tickets */
static struct tls_tickets *tickets;
static struct tls_session_engine *engines[2];
static time_t passed_s;

/* libssl asks for the time itself. In place of the C library's, in this program and its libraries. */
time_t time(time_t *out);
time_t time(time_t *out)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	time_t seconds = now.tv_sec + passed_s;
	if (out != NULL)
		*out = seconds;
	return seconds;
}

/* One connection: where it goes, with which ticket; what is not said is as in the first. */
struct visit {
	int version;
	struct tls_session_engine *engine;
	const struct certificate *certificate;
	const char *name, *binding;
	SSL_SESSION *ticket;
	time_t server_later_s; /* the server's clock when the ClientHello comes: the client would not offer what is too
				  old */
	unsigned lifetime_s, n_tickets;
	bool no_tickets;
};

static struct memory_client *begin(const struct visit *visit)
{
	const char *name = visit->name != NULL ? visit->name : TLS_FIXTURE_NAME;
	const char *binding = visit->binding != NULL ? visit->binding : "*:443";
	struct tls_session_params params = {
		.allow_tls13 = true,
		.binding = {(const uint8_t *)binding, strlen(binding)},
		.ticket_lifetime_s = visit->no_tickets       ? 0
				     : visit->lifetime_s > 0 ? visit->lifetime_s
							     : LIFETIME_S,
		.tickets_tls13 = visit->n_tickets > 0 ? visit->n_tickets : 2,
	};
	params.name.len = (uint8_t)strlen(name);
	memcpy(params.name.text, name, params.name.len);
	const struct certificate *certificate =
		visit->certificate != NULL ? visit->certificate : fixture.certificates[TLS_FIXTURE_P256];
	struct tls_session *session;
	struct memory_client *client = malloc(sizeof(*client));
	if (client == NULL ||
		tls_session_start(visit->engine != NULL ? visit->engine : engines[0], certificate, &params, &session) !=
			TLS_SESSION_OK ||
		!memory_client_init(client, NULL, name, session)) {
		fprintf(stderr, "no session or no client\n");
		abort();
	}
	SSL_set_min_proto_version(client->ssl, visit->version);
	SSL_set_max_proto_version(client->ssl, visit->version);
	if (visit->ticket != NULL) {
		/* A copy: libssl's client takes a ticket for used up once it got a newer one. */
		SSL_SESSION *copy = SSL_SESSION_dup(visit->ticket);
		SSL_set_session(client->ssl, copy);
		SSL_SESSION_free(copy);
	}
	return client;
}

struct outcome {
	bool done, resumed;
	enum tls_session_ticket refused;
	SSL_SESSION *ticket; /* the last that came; the caller frees it */
	unsigned n_tickets;
	unsigned long hint_s;
};

static unsigned n_new_tickets;

static int count_ticket(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	(void)session;
	n_new_tickets++;
	return 0;
}

static struct outcome finish(struct memory_client *client)
{
	char byte;
	n_new_tickets = 0;
	/* A session that a cache gives up is never offered again: not even by us, who keep it. */
	SSL_CTX_set_session_cache_mode(
		SSL_get_SSL_CTX(client->ssl), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(client->ssl), count_ticket);
	struct outcome outcome = {.done = memory_client_handshake(client)};
	(void)SSL_read(client->ssl, &byte, 1); /* TLS 1.3: tickets come like data */
	struct tls_session_info info = tls_fixture_info(client);
	outcome.resumed = info.resumed && SSL_session_reused(client->ssl) == 1;
	CU_ASSERT_EQUAL(info.resumed, SSL_session_reused(client->ssl) == 1);
	outcome.refused = info.refused_ticket;
	outcome.ticket = SSL_get1_session(client->ssl);
	outcome.n_tickets = n_new_tickets;
	outcome.hint_s = SSL_SESSION_get_ticket_lifetime_hint(outcome.ticket);
	/* Left without a good-bye, libssl would think ill of the session. */
	SSL_set_shutdown(client->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	tls_fixture_part(client);
	return outcome;
}

static struct outcome visit(const struct visit *visit)
{
	struct memory_client *client = begin(visit);
	if (visit->server_later_s > 0)
		(void)SSL_do_handshake(client->ssl);
	passed_s += visit->server_later_s;
	return finish(client);
}

/* A full handshake at the usual place. */
static SSL_SESSION *get_ticket(int version)
{
	struct outcome first = visit(&(struct visit){.version = version});
	CU_ASSERT_TRUE(first.done && !first.resumed);
	CU_ASSERT_EQUAL(first.refused, TLS_SESSION_TICKET_NONE);
	CU_ASSERT_EQUAL_FATAL(SSL_SESSION_has_ticket(first.ticket), 1);
	return first.ticket;
}

static void expect(const struct visit *how, bool resumed, enum tls_session_ticket refused)
{
	struct outcome outcome = visit(how);
	CU_ASSERT_TRUE(outcome.done);
	CU_ASSERT_EQUAL(outcome.resumed, resumed);
	CU_ASSERT_EQUAL(outcome.refused, refused);
	/* Who is refused gets a ticket that is taken. */
	if (!resumed && !how->no_tickets)
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(outcome.ticket), 1);
	SSL_SESSION_free(outcome.ticket);
}

#define EACH_VERSION(version) for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)

static void rotate(uint8_t octet)
{
	uint8_t random[TLS_TICKETS_KEY_BYTES];
	memset(random, octet, sizeof(random));
	tls_tickets_rotate_writer(tickets, random);
	tls_tickets_wipe_writer(tickets);
}

static bool is_sealed_by(const SSL_SESSION *ticket, uint8_t octet)
{
	uint8_t name[TLS_TICKETS_NAME_BYTES];
	const unsigned char *sealed;
	size_t len;
	SSL_SESSION_get0_ticket(ticket, &sealed, &len);
	memset(name, octet, sizeof(name));
	return len > sizeof(name) && memcmp(sealed, name, sizeof(name)) == 0;
}

/* --- taken -------------------------------------------------------------------------------------------------------- */

static void test_resumed_with_every_key_type(void)
{
	EACH_VERSION(version)
	{
		for (unsigned kind = 0; kind < TLS_FIXTURE_KINDS; kind++) {
			struct visit how = {.version = version, .certificate = fixture.certificates[kind]};
			struct outcome first = visit(&how);
			how.ticket = first.ticket;
			CU_ASSERT_FALSE(first.resumed);
			expect(&how, true, TLS_SESSION_TICKET_NONE);
			SSL_SESSION_free(first.ticket);
		}
	}
}

static void test_by_another_engine(void)
{
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .engine = engines[1], .ticket = get_ticket(version)};
		expect(&how, true, TLS_SESSION_TICKET_NONE);
		SSL_SESSION_free(how.ticket);
	}
}

static void test_key_exchange_is_new_in_tls13(void)
{
	struct visit how = {.version = TLS1_3_VERSION, .ticket = get_ticket(TLS1_3_VERSION)};
	struct memory_client *client = begin(&how);
	CU_ASSERT_TRUE(memory_client_handshake(client));
	CU_ASSERT_TRUE(tls_fixture_info(client).resumed);
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).group, "X25519");
	CU_ASSERT_STRING_EQUAL(tls_fixture_info(client).signature, "");
	tls_fixture_part(client);
	/* Early data is not offered: the ticket does not allow any. */
	CU_ASSERT_EQUAL(SSL_SESSION_get_max_early_data(how.ticket), 0);
	SSL_SESSION_free(how.ticket);
}

static void test_number_of_tickets(void)
{
	static const unsigned numbers[] = {1, 2, 8};
	for (unsigned i = 0; i < 3; i++) {
		struct visit how = {.version = TLS1_3_VERSION, .n_tickets = numbers[i]};
		struct outcome first = visit(&how);
		CU_ASSERT_EQUAL(first.n_tickets, numbers[i]);
		CU_ASSERT_EQUAL(first.hint_s, LIFETIME_S);
		how.ticket = first.ticket;
		struct outcome second = visit(&how);
		CU_ASSERT_TRUE(second.resumed);
		CU_ASSERT_EQUAL(second.n_tickets, 1); /* for the next time (RFC 8446 appendix C.4) */
		SSL_SESSION_free(first.ticket);
		SSL_SESSION_free(second.ticket);
	}
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

static void test_rotation(void)
{
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .ticket = get_ticket(version)};
		rotate((uint8_t)(0x20 + version));
		struct outcome renewed = visit(&how);
		CU_ASSERT_TRUE(renewed.resumed);
		CU_ASSERT_TRUE(is_sealed_by(renewed.ticket, (uint8_t)(0x20 + version)));
		rotate((uint8_t)(0x40 + version));
		expect(&how, false, TLS_SESSION_TICKET_UNKNOWN_KEY);
		SSL_SESSION_free(how.ticket);
		how.ticket = renewed.ticket;
		expect(&how, true, TLS_SESSION_TICKET_NONE);
		SSL_SESSION_free(how.ticket);
	}
}

/* A current ticket of TLS 1.2 serves as often as it is shown: no new one each time. */
static void test_no_renewal_under_the_current_key(void)
{
	struct visit how = {.version = TLS1_2_VERSION, .ticket = get_ticket(TLS1_2_VERSION)};
	const unsigned char *before, *after;
	size_t before_len, after_len;
	struct outcome again = visit(&how);
	CU_ASSERT_TRUE(again.resumed);
	SSL_SESSION_get0_ticket(how.ticket, &before, &before_len);
	SSL_SESSION_get0_ticket(again.ticket, &after, &after_len);
	CU_ASSERT_TRUE(before_len == after_len && memcmp(before, after, after_len) == 0);
	SSL_SESSION_free(again.ticket);
	SSL_SESSION_free(how.ticket);
}

static void test_ticket_of_another_process(void)
{
	static const uint8_t random[TLS_TICKETS_KEY_BYTES] = {0x99};
	char error[120];
	struct tls_tickets *others = tls_tickets_create(random);
	const struct tls_session_settings settings = {.live_certificates = 1, .tickets = others};
	struct tls_session_engine *other = tls_session_engine_create(&settings, error, sizeof(error));
	EACH_VERSION(version)
	{
		struct outcome first = visit(&(struct visit){.version = version, .engine = other});
		struct visit how = {.version = version, .ticket = first.ticket};
		expect(&how, false, TLS_SESSION_TICKET_UNKNOWN_KEY);
		SSL_SESSION_free(first.ticket);
	}
	tls_session_engine_leave(other);
	tls_session_engine_destroy(other);
	tls_tickets_destroy(others);
}

/* --- what it was made for ----------------------------------------------------------------------------------------- */

static void test_other_name(void)
{
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .ticket = get_ticket(version), .name = "other.nau.edu"};
		expect(&how, false, TLS_SESSION_TICKET_OTHER_NAME);
		how.name = "cawl.nau.ed"; /* name and binding are apart in what is hashed */
		how.binding = "u*:443";
		expect(&how, false, TLS_SESSION_TICKET_OTHER_NAME);
		SSL_SESSION_free(how.ticket);
	}
}

static void test_other_binding(void)
{
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .ticket = get_ticket(version), .binding = "*:8443"};
		expect(&how, false, TLS_SESSION_TICKET_OTHER_NAME);
		SSL_SESSION_free(how.ticket);
	}
}

static void test_replaced_certificate(void)
{
	struct test_certificates_pair pair;
	CU_ASSERT_TRUE_FATAL(
		test_certificates_issue(&fixture.ca, CERTIFICATE_KEY_EC_P256, 0, TLS_FIXTURE_NAME, 60, &pair));
	struct certificate *newer =
		test_certificates_pack(&fixture.ca, fixture.chains, &pair, 1, TLS_FIXTURE_NAME ".pfx");
	/* The same file loaded again, with another generation. */
	struct certificate *same = test_certificates_pack(
		&fixture.ca, fixture.chains, &fixture.pairs[TLS_FIXTURE_P256], 1, TLS_FIXTURE_NAME ".pfx");
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .ticket = get_ticket(version), .certificate = newer};
		expect(&how, false, TLS_SESSION_TICKET_OTHER_CERTIFICATE);
		how.certificate = same;
		expect(&how, true, TLS_SESSION_TICKET_NONE);
		SSL_SESSION_free(how.ticket);
	}
	certificate_destroy(newer);
	certificate_destroy(same);
	test_certificates_pair_fini(&pair);
}

/* --- age ---------------------------------------------------------------------------------------------------------- */

static void test_expired(void)
{
	EACH_VERSION(version)
	{
		struct visit how = {.version = version, .ticket = get_ticket(version)};
		passed_s += LIFETIME_S - 2;
		expect(&how, true, TLS_SESSION_TICKET_NONE);
		how.server_later_s = 3;
		expect(&how, false, TLS_SESSION_TICKET_EXPIRED);
		SSL_SESSION_free(how.ticket);
	}
}

/* RFC 8446 section 4.6.1: resumed every hour, a session ends all the same when its first ticket would have. */
static void test_renewal_does_not_prolong(void)
{
	struct visit how = {.version = TLS1_3_VERSION, .ticket = get_ticket(TLS1_3_VERSION)};
	passed_s += LIFETIME_S / 2;
	struct outcome second = visit(&how);
	CU_ASSERT_TRUE(second.resumed);
	CU_ASSERT_TRUE(second.hint_s <= LIFETIME_S / 2 && second.hint_s >= LIFETIME_S / 2 - 2);
	SSL_SESSION_free(how.ticket);
	how.ticket = second.ticket;
	passed_s += LIFETIME_S / 2 - 2;
	struct outcome third = visit(&how);
	CU_ASSERT_TRUE(third.resumed);
	CU_ASSERT_TRUE(third.hint_s <= 2);
	SSL_SESSION_free(how.ticket);
	how.ticket = third.ticket;
	how.server_later_s = 3;
	expect(&how, false, TLS_SESSION_TICKET_EXPIRED);
	SSL_SESSION_free(how.ticket);
}

/* A lifetime that a reload has made shorter holds for what comes of older tickets. */
static void test_shorter_lifetime(void)
{
	struct visit how = {.version = TLS1_3_VERSION, .ticket = get_ticket(TLS1_3_VERSION), .lifetime_s = 60};
	struct outcome second = visit(&how);
	CU_ASSERT_TRUE(second.resumed);
	CU_ASSERT_EQUAL(second.hint_s, 60);
	SSL_SESSION_free(how.ticket);
	SSL_SESSION_free(second.ticket);
}

/* --- refused ------------------------------------------------------------------------------------------------------ */

/* Octets of the ticket changed on its way: each is noticed, and the client is served all the same. */
static void test_tampered(void)
{
	EACH_VERSION(version)
	{
		SSL_SESSION *ticket = get_ticket(version);
		const unsigned char *sealed;
		size_t len;
		SSL_SESSION_get0_ticket(ticket, &sealed, &len);
		static const size_t places[] = {0, 15, 16, 31, 32, 60};
		for (unsigned i = 0; i < 8; i++) {
			size_t at = i < 6 ? places[i] : i == 6 ? len - 33 : len - 1;
			/* The session is the client's, its ticket is what goes over the wire. */
			unsigned char *octets = (unsigned char *)(uintptr_t)sealed;
			octets[at] ^= 0x10;
			struct visit how = {.version = version, .ticket = ticket};
			expect(&how, false,
				at < TLS_TICKETS_NAME_BYTES ? TLS_SESSION_TICKET_UNKNOWN_KEY
							    : TLS_SESSION_TICKET_BROKEN);
			octets[at] ^= 0x10;
		}
		struct visit how = {.version = version, .ticket = ticket};
		expect(&how, true, TLS_SESSION_TICKET_NONE);
		SSL_SESSION_free(ticket);
	}
}

static void test_tickets_off(void)
{
	EACH_VERSION(version)
	{
		struct outcome first = visit(&(struct visit){.version = version, .no_tickets = true});
		CU_ASSERT_TRUE(first.done);
		CU_ASSERT_EQUAL(SSL_SESSION_has_ticket(first.ticket), 0);
		SSL_SESSION_free(first.ticket);
		struct visit how = {.version = version, .ticket = get_ticket(version), .no_tickets = true};
		expect(&how, false, TLS_SESSION_TICKET_NONE);
		how.no_tickets = false;
		how.engine = fixture.engine; /* made without keys */
		struct outcome second = visit(&how);
		CU_ASSERT_TRUE(second.done && !second.resumed);
		CU_ASSERT_EQUAL(second.n_tickets, 0);
		SSL_SESSION_free(second.ticket);
		SSL_SESSION_free(how.ticket);
	}
}

/* A ticket of one version does not do for the other, and of one hash not for a suite of the other. */
static void test_ticket_that_does_not_suit(void)
{
	EACH_VERSION(version)
	{
		int other = version == TLS1_2_VERSION ? TLS1_3_VERSION : TLS1_2_VERSION;
		struct visit how = {.version = other, .ticket = get_ticket(version)};
		struct memory_client *client = begin(&how);
		SSL_set_min_proto_version(client->ssl, TLS1_2_VERSION); /* else the client offers nothing */
		struct outcome outcome = finish(client);
		CU_ASSERT_TRUE(outcome.done && !outcome.resumed);
		SSL_SESSION_free(outcome.ticket);
		SSL_SESSION_free(how.ticket);
	}
	struct visit how = {.version = TLS1_3_VERSION, .ticket = get_ticket(TLS1_3_VERSION)};
	struct memory_client *client = begin(&how);
	SSL_set_ciphersuites(client->ssl, "TLS_AES_256_GCM_SHA384");
	struct outcome outcome = finish(client);
	CU_ASSERT_TRUE(outcome.done && !outcome.resumed);
	SSL_SESSION_free(outcome.ticket);
	SSL_SESSION_free(how.ticket);
}

static bool make_engines(void)
{
	static const uint8_t random[TLS_TICKETS_KEY_BYTES] = {1, 2, 3};
	char error[120] = "keys";
	tickets = tls_tickets_create(random);
	const struct tls_session_settings settings = {
		.live_certificates = 4, .allow_vectors = true, .tickets = tickets};
	for (unsigned i = 0; tickets != NULL && i < 2; i++)
		engines[i] = tls_session_engine_create(&settings, error, sizeof(error));
	if (engines[0] != NULL && engines[1] != NULL)
		return true;
	fprintf(stderr, "set-up failed: %s\n", error);
	return false;
}

int main(void)
{
	if (!tls_fixture_init(&fixture) || !make_engines())
		return 1;
	CU_TestInfo tests[] = {
		{"resumed, with every key type", test_resumed_with_every_key_type},
		{"a ticket of one engine is taken by the other", test_by_another_engine},
		{"TLS 1.3: a new key exchange, no early data", test_key_exchange_is_new_in_tls13},
		{"TLS 1.3: number of tickets", test_number_of_tickets},
		{"rotation: the key before is taken and renewed, an older one is not", test_rotation},
		{"TLS 1.2: no renewal under the current key", test_no_renewal_under_the_current_key},
		{"a ticket of another process", test_ticket_of_another_process},
		{"another name: full", test_other_name},
		{"another binding: full", test_other_binding},
		{"a replaced certificate: full; the same loaded again: resumed", test_replaced_certificate},
		{"expired: full", test_expired},
		{"renewal does not prolong", test_renewal_does_not_prolong},
		{"a shorter lifetime", test_shorter_lifetime},
		{"tampered: full", test_tampered},
		{"tickets off", test_tickets_off},
		{"a ticket that does not suit the offer", test_ticket_that_does_not_suit},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("tls_session_tickets", tests);
	for (unsigned i = 0; i < 2; i++) {
		tls_session_engine_leave(engines[i]);
		tls_session_engine_destroy(engines[i]);
	}
	tls_tickets_destroy(tickets);
	tls_fixture_fini(&fixture);
	return result;
}
