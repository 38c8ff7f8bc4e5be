/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls12.h"
#include "load_tls_cases.h"

static struct load_pair *const pair = &load_tls_cases.pair;
static struct load_error *const error = &load_tls_cases.error;

static void names_are_read_and_refused(void)
{
	static const struct load_tls_settings wrong[] = {{.groups = "P-521"}, {.groups = "X25519:P-256:P-384:X25519"},
		{.groups = "P-256,"}, {.suites = "AES128-SHA"}, {.suites = "TLS_AES_128_GCM_SHA256"},
		{.suites = "ECDHE-RSA-AES128-GCM-SHA256,"}, {.signatures = "none"}, {.alpn = ","},
		{.ca_file = "/nonexistent"}};
	static const char *const options[] = {"--groups", "--groups", "--groups", "--ciphers", "--ciphers", "--ciphers",
		"--signatures", "--alpn", "--ca-file"};
	load_tls_cases_refuse(wrong, options, sizeof(wrong) / sizeof(wrong[0]));
	const struct load_tls_settings right = {.groups = "P-256",
		.suites = "ECDHE-ECDSA-CHACHA20-POLY1305",
		.signatures = "ecdsa_secp256r1_sha256",
		.alpn = "http/1.1",
		.reuse_key_share = true};
	CU_ASSERT_FATAL(load_pair_open(pair, &right, error));
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_STRING_EQUAL(SSL_get_cipher(pair->server), "ECDHE-ECDSA-CHACHA20-POLY1305");
}

static void lists_are_separated_by_commas_or_colons(void)
{
	static const struct load_tls_settings lists[] = {
		{.groups = "X25519,P-256",
			.suites = "ECDHE-RSA-AES128-GCM-SHA256,"
				  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
			.signatures = "rsa_pkcs1_sha256,ecdsa_secp256r1_sha256"},
		{.groups = "X25519:P-256",
			.suites = "ECDHE-RSA-AES128-GCM-SHA256:TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
			.signatures = "rsa_pkcs1_sha256:ecdsa_secp256r1_sha256"}};
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		CU_ASSERT_FATAL(load_pair_open(pair, &lists[i], error));
		SSL_CTX_set1_groups_list(pair->server_context, "P-256"); /* the second of ours */
		CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
		CU_ASSERT_EQUAL(SSL_get_shared_group(pair->server, 0), NID_X9_62_prime256v1);
		CU_ASSERT_STRING_EQUAL(SSL_get_cipher(pair->server), "ECDHE-ECDSA-AES128-GCM-SHA256");
	}
}

static void a_bad_signature_is_named(void)
{
	pair->breaks_signatures = true;
	CU_ASSERT_FALSE(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_EQUAL(load_tls_cases_cause(), LOAD_CAUSE_BAD_SIGNATURE);
}

/* What a user saw: after responses that ended without close_notify nothing could be resumed. */
static void a_session_outlives_a_connection_that_was_cut(void)
{
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	struct load_ticket *ticket = pair->ops->take_ticket(pair->client);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL)); /* frees the first connection */
	CU_ASSERT(pair->ops->ticket_is_fresh(ticket, 1000));
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, ticket));
	CU_ASSERT(pair->ops->outcome(pair->client).resumed);
	pair->ops->ticket_free(ticket);
}

int main(void)
{
	static const CU_TestInfo own[] = {{"names are read and refused", names_are_read_and_refused},
		{"lists are separated by commas or colons", lists_are_separated_by_commas_or_colons},
		{"a bad signature is named", a_bad_signature_is_named},
		{"a session outlives a connection that was cut", a_session_outlives_a_connection_that_was_cut},
		CU_TEST_INFO_NULL};
	return load_tls_cases_run("load_tls12", &load_tls12_ops, "TLSv1.2", own);
}
