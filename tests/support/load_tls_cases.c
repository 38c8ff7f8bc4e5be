/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls_cases.h"
#include "scratch_folder.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

struct load_tls_cases load_tls_cases;

static struct load_pair *const pair = &load_tls_cases.pair;
static struct load_tls_settings *const settings = &load_tls_cases.settings;
static struct load_error *const error = &load_tls_cases.error;
static struct scratch_folder folder;
static const struct load_tls_ops *kind;
static const char *version;

static void set_up(void)
{
	*settings = (struct load_tls_settings){0};
	CU_ASSERT_FATAL(load_pair_init(pair, kind));
	CU_ASSERT_FATAL(load_pair_open(pair, settings, error));
}

static void tear_down(void)
{
	load_pair_fini(pair);
}

enum load_cause load_tls_cases_cause(void)
{
	return pair->ops->outcome(pair->client).cause;
}

void load_tls_cases_refuse(const struct load_tls_settings *wrong, const char *const *options, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_FALSE(load_pair_open(pair, &wrong[i], error));
		CU_ASSERT_EQUAL(strncmp(error->text, options[i], strlen(options[i])), 0);
	}
}

static const char *write_root(const X509 *certificate)
{
	const char *path = scratch_folder_path(&folder, "ca.pem");
	FILE *file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(PEM_write_X509(file, certificate) == 1);
	fclose(file);
	return path;
}

static void a_handshake_completes_and_data_goes_both_ways(void)
{
	uint8_t request[5];
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_STRING_EQUAL(SSL_get_version(pair->server), version);
	CU_ASSERT_STRING_EQUAL(SSL_get_servername(pair->server, TLSEXT_NAMETYPE_host_name), "a.example");
	CU_ASSERT_FALSE(pair->ops->outcome(pair->client).resumed);
	CU_ASSERT(pair->ops->write(pair->client, (struct bytes){(const uint8_t *)"hello", 5}));
	const struct bytes output = pair->ops->output(pair->client);
	BIO_write(SSL_get_rbio(pair->server), output.data, (int)output.len);
	pair->ops->output_consume(pair->client, output.len);
	CU_ASSERT_EQUAL(SSL_read(pair->server, request, sizeof(request)), 5);
	CU_ASSERT_EQUAL(SSL_write(pair->server, "first", 5), 5);
	CU_ASSERT_EQUAL(SSL_write(pair->server, "second", 6), 6);
	load_pair_move(pair);
	CU_ASSERT_STRING_EQUAL(pair->plain, "firstsecond");
}

static void a_server_that_closes_is_told_from_one_that_fails(void)
{
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	SSL_shutdown(pair->server);
	load_pair_move(pair);
	CU_ASSERT_EQUAL(pair->result, LOAD_TLS_CLOSED);
}

static void our_close_reaches_the_server(void)
{
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	pair->ops->shut(pair->client);
	load_pair_move(pair);
	CU_ASSERT(SSL_get_shutdown(pair->server) & SSL_RECEIVED_SHUTDOWN);
	CU_ASSERT_FALSE(pair->ops->write(pair->client, (struct bytes){(const uint8_t *)"x", 1}));
}

static void a_ticket_resumes(void)
{
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	struct load_ticket *ticket = pair->ops->take_ticket(pair->client);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	CU_ASSERT(pair->ops->ticket_is_fresh(ticket, 2000));
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, ticket));
	CU_ASSERT(pair->ops->outcome(pair->client).resumed);
	CU_ASSERT_EQUAL(SSL_session_reused(pair->server), 1);
	pair->ops->ticket_free(ticket);
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL)); /* and the next does not */
	CU_ASSERT_FALSE(pair->ops->outcome(pair->client).resumed);
}

static void a_server_without_tickets_gives_none(void)
{
	SSL_CTX_set_options(pair->server_context, SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(pair->server_context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(pair->server_context, 0);
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_PTR_NULL(pair->ops->take_ticket(pair->client));
}

static void another_name_is_seen_where_it_is_looked_for(void)
{
	CU_ASSERT_FALSE(load_pair_run(pair, "b.example", true, NULL));
	CU_ASSERT_EQUAL(load_tls_cases_cause(), LOAD_CAUSE_WRONG_NAME);
	CU_ASSERT(load_pair_run(pair, "b.example", false, NULL));
	CU_ASSERT(load_pair_run(pair, "", true, NULL));
}

static void a_chain_is_checked_against_the_ca_file(void)
{
	settings->ca_file = write_root(pair->ca.root);
	CU_ASSERT_FATAL(load_pair_open(pair, settings, error));
	CU_ASSERT(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT(load_pair_run(pair, "a.example", true, NULL)); /* also by the judgement that was kept */
	struct test_certificates_ca other;
	CU_ASSERT_FATAL(test_certificates_ca_init(&other));
	settings->ca_file = write_root(other.root);
	test_certificates_ca_fini(&other);
	CU_ASSERT_FATAL(load_pair_open(pair, settings, error));
	CU_ASSERT_FALSE(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_EQUAL(load_tls_cases_cause(), LOAD_CAUSE_UNTRUSTED);
	CU_ASSERT(load_pair_run(pair, "a.example", false, NULL));
}

static void an_alert_is_counted_by_its_number(void)
{
	settings->signatures = "rsa_pss_rsae_sha256"; /* the server has an ECDSA key */
	CU_ASSERT_FATAL(load_pair_open(pair, settings, error));
	CU_ASSERT_FALSE(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_EQUAL(load_tls_cases_cause(), LOAD_CAUSE_ALERT);
	CU_ASSERT_EQUAL(pair->ops->outcome(pair->client).alert, 40);
}

static void what_is_no_tls_is_a_breach_of_protocol(void)
{
	size_t used;
	const struct load_tls_start start = {.random = &pair->random};
	CU_ASSERT(pair->ops->start(pair->client, &start));
	CU_ASSERT_EQUAL(pair->ops->feed(pair->client, (struct bytes){(const uint8_t *)"HTTP/1.1 400 Bad", 16}, &used),
		LOAD_TLS_FAILED);
	CU_ASSERT_EQUAL(load_tls_cases_cause(), LOAD_CAUSE_PROTOCOL);
}

static const CU_TestInfo common[] = {
	{"a handshake completes and data goes both ways", a_handshake_completes_and_data_goes_both_ways},
	{"a server that closes is told from one that fails", a_server_that_closes_is_told_from_one_that_fails},
	{"our close reaches the server", our_close_reaches_the_server}, {"a ticket resumes", a_ticket_resumes},
	{"a server without tickets gives none", a_server_without_tickets_gives_none},
	{"another name is seen where it is looked for", another_name_is_seen_where_it_is_looked_for},
	{"a chain is checked against the CA file", a_chain_is_checked_against_the_ca_file},
	{"an alert is counted by its number", an_alert_is_counted_by_its_number},
	{"what is no TLS is a breach of protocol", what_is_no_tls_is_a_breach_of_protocol}};

#define N_COMMON (sizeof(common) / sizeof(common[0]))

int load_tls_cases_run(
	const char *suite, const struct load_tls_ops *ops, const char *version_name, const CU_TestInfo *own)
{
	CU_TestInfo tests[N_COMMON + LOAD_TLS_CASES_MAX_OWN + 1] = {CU_TEST_INFO_NULL};
	memcpy(tests, common, sizeof(common));
	for (size_t i = 0; own[i].pName && i < LOAD_TLS_CASES_MAX_OWN; i++)
		tests[N_COMMON + i] = own[i];
	kind = ops;
	version = version_name;
	if (!scratch_folder_init(&folder))
		return 2;
	const int status = unit_run_each(suite, tests, set_up, tear_down);
	scratch_folder_fini(&folder);
	return status;
}
