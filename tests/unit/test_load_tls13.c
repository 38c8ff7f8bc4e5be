/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls13.h"
#include "load_tls_cases.h"

static struct load_pair *const pair = &load_tls_cases.pair;
static struct load_error *const error = &load_tls_cases.error;

static void names_are_read_and_refused(void)
{
	static const struct load_tls_settings wrong[] = {{.groups = "X448"}, {.groups = "X25519:P-256:P-384:X25519"},
		{.groups = ""}, {.suites = "AES128-SHA"}, {.suites = "TLS_AES_128_GCM_SHA256:"},
		{.signatures = "rsa_pkcs1_sha256"}, {.alpn = ","}, {.ca_file = "/nonexistent"}};
	static const char *const options[] = {
		"--groups", "--groups", "--groups", "--ciphers", "--ciphers", "--signatures", "--alpn", "--ca-file"};
	load_tls_cases_refuse(wrong, options, sizeof(wrong) / sizeof(wrong[0]));
	const struct load_tls_settings right = {.groups = "p-256",
		.suites = "TLS_CHACHA20_POLY1305_SHA256",
		.signatures = "ed25519:ecdsa_secp256r1_sha256",
		.alpn = "h2,http/1.1",
		.reuse_key_share = true};
	CU_ASSERT_FATAL(load_pair_open(pair, &right, error));
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT_STRING_EQUAL(SSL_get_cipher(pair->server), "TLS_CHACHA20_POLY1305_SHA256");
	CU_ASSERT_EQUAL(SSL_get_negotiated_group(pair->server), NID_X9_62_prime256v1);
}

static void a_retry_is_noticed(void)
{
	SSL_CTX_set1_groups_list(pair->server_context, "P-256");
	CU_ASSERT_FATAL(load_pair_run(pair, "a.example", true, NULL));
	CU_ASSERT(pair->ops->outcome(pair->client).retried);
}

int main(void)
{
	static const CU_TestInfo own[] = {{"names are read and refused", names_are_read_and_refused},
		{"a retry is noticed", a_retry_is_noticed}, CU_TEST_INFO_NULL};
	return load_tls_cases_run("load_tls13", &load_tls13_ops, "TLSv1.3", own);
}
