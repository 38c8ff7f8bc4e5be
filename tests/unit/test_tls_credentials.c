/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_credentials.h"
#include "made_certificate.h"
#include "test_certificates.h"
#include "unit.h"

#include <stdio.h>

#include <openssl/err.h>

#define BOUND 8
#define N     40

static struct test_certificates_ca ca;
static struct certificate_chains *chains;
static struct test_certificates_pair p256, p384;
static struct certificate *certificates[N];
static SSL_CTX *ctx;
static struct tls_credentials *credentials;

static void setup(unsigned bound)
{
	credentials = tls_credentials_create(NULL, bound);
	CU_ASSERT_PTR_NOT_NULL_FATAL(credentials);
}

static bool apply(const struct certificate *certificate, X509 **out_leaf)
{
	SSL *ssl = SSL_new(ctx);
	bool applied = tls_credentials_apply(credentials, certificate, ssl, NULL);
	*out_leaf = applied ? SSL_get_certificate(ssl) : NULL; /* for comparing addresses only */
	SSL_free(ssl);
	ERR_clear_error();
	return applied;
}

static void test_live_objects_are_used_again(void)
{
	setup(BOUND);
	X509 *first, *second;
	CU_ASSERT_TRUE(apply(certificates[0], &first));
	CU_ASSERT_TRUE(apply(certificates[0], &second));
	CU_ASSERT_PTR_EQUAL(first, second);
	CU_ASSERT_EQUAL(tls_credentials_live(credentials), 1);
	tls_credentials_destroy(credentials);
	tls_credentials_destroy(NULL);
}

/* Beside a plain list that does the same: after any sequence, the same certificates are live. */
static void test_least_recently_used_goes_first(void)
{
	setup(BOUND);
	X509 *live[N] = {NULL};
	unsigned order[BOUND], n_order = 0, wrong = 0, state = 1;
	for (unsigned round = 0; round < 3000; round++) {
		state = state * 1103515245 + 12345;
		unsigned at = (state >> 16) % (round % 2 == 0 ? N : BOUND);
		unsigned position = 0;
		while (position < n_order && order[position] != at)
			position++;
		bool expect_live = position < n_order;
		X509 *leaf;
		CU_ASSERT_TRUE(apply(certificates[at], &leaf));
		wrong += expect_live && leaf != live[at];
		live[at] = leaf;
		if (!expect_live && n_order < BOUND)
			n_order++;
		if (position == BOUND)
			position--;
		for (; position > 0; position--)
			order[position] = order[position - 1];
		order[0] = at;
		CU_ASSERT_EQUAL(tls_credentials_live(credentials), n_order);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	tls_credentials_destroy(credentials);
}

static void test_session_keeps_what_was_given_up(void)
{
	setup(1);
	SSL *ssl = SSL_new(ctx);
	CU_ASSERT_TRUE(tls_credentials_apply(credentials, certificates[0], ssl, NULL));
	X509 *other;
	CU_ASSERT_TRUE(apply(certificates[1], &other));
	CU_ASSERT_EQUAL(tls_credentials_live(credentials), 1);
	tls_credentials_destroy(credentials);
	CU_ASSERT_EQUAL(X509_cmp(SSL_get_certificate(ssl), p256.leaf), 0); /* AddressSanitizer: still there */
	CU_ASSERT_EQUAL(SSL_check_private_key(ssl), 1);
	SSL_free(ssl);
}

static void test_first_of_two_ec_keys(void)
{
	setup(BOUND);
	struct test_certificates_pair both[2] = {p384, p256};
	struct certificate *certificate = test_certificates_pack(&ca, chains, both, 2, "two.pem");
	SSL *ssl = SSL_new(ctx);
	CU_ASSERT_TRUE(tls_credentials_apply(credentials, certificate, ssl, NULL));
	CU_ASSERT_EQUAL(X509_cmp(SSL_get_certificate(ssl), p384.leaf), 0);
	SSL_free(ssl);
	certificate_destroy(certificate);
	tls_credentials_destroy(credentials);
}

/* Known by its content: a file that is loaded again is the same, another leaf, or one more, is not. */
static void test_fingerprint(void)
{
	setup(BOUND);
	struct test_certificates_pair both[2] = {p384, p256};
	struct certificate *rows[] = {certificates[0], certificates[1],
		test_certificates_pack(&ca, chains, &p384, 1, "a.example.pfx"),
		test_certificates_pack(&ca, chains, both, 2, "a.example.pfx")};
	uint8_t prints[4][TLS_CREDENTIALS_FINGERPRINT_BYTES];
	for (unsigned i = 0; i < 4; i++) {
		SSL *ssl = SSL_new(ctx);
		CU_ASSERT_TRUE(tls_credentials_apply(credentials, rows[i], ssl, prints[i]));
		SSL_free(ssl);
	}
	CU_ASSERT_NOT_EQUAL(rows[0]->generation, rows[1]->generation);
	CU_ASSERT_EQUAL(memcmp(prints[0], prints[1], sizeof(prints[0])), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(prints[0], prints[2], sizeof(prints[0])), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(prints[0], prints[3], sizeof(prints[0])), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(prints[2], prints[3], sizeof(prints[0])), 0);
	certificate_destroy(rows[2]);
	certificate_destroy(rows[3]);
	tls_credentials_destroy(credentials);
}

/* Right shape, no certificate inside: refused each time, and no place is taken. */
static void test_nonsense_is_refused(void)
{
	setup(BOUND);
	struct certificate *nonsense = made_certificate(chains, "nonsense.pfx");
	X509 *leaf;
	CU_ASSERT_FALSE(apply(nonsense, &leaf));
	CU_ASSERT_FALSE(apply(nonsense, &leaf));
	CU_ASSERT_EQUAL(tls_credentials_live(credentials), 0);
	certificate_destroy(nonsense);
	tls_credentials_destroy(credentials);
}

static bool make_all(void)
{
	chains = certificate_chains_create();
	ctx = SSL_CTX_new(TLS_server_method());
	if (ctx == NULL || chains == NULL || !test_certificates_ca_init(&ca) ||
		!test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "a.example", 30, &p256) ||
		!test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P384, 0, "a.example", 30, &p384))
		return false;
	for (unsigned i = 0; i < N; i++) {
		certificates[i] = test_certificates_pack(&ca, chains, &p256, 1, "a.example.pfx");
		if (certificates[i] == NULL)
			return false;
	}
	return true;
}

int main(void)
{
	if (!make_all()) {
		fprintf(stderr, "set-up failed\n");
		return 1;
	}
	CU_TestInfo tests[] = {
		{"live objects are used again", test_live_objects_are_used_again},
		{"a fingerprint", test_fingerprint},
		{"the least recently used goes first", test_least_recently_used_goes_first},
		{"a session keeps what was given up", test_session_keeps_what_was_given_up},
		{"the first of two EC keys", test_first_of_two_ec_keys},
		{"nonsense is refused", test_nonsense_is_refused},
		CU_TEST_INFO_NULL,
	};
	int result = unit_run("tls_credentials", tests);
	for (unsigned i = 0; i < N; i++)
		certificate_destroy(certificates[i]);
	test_certificates_pair_fini(&p256);
	test_certificates_pair_fini(&p384);
	test_certificates_ca_fini(&ca);
	certificate_chains_destroy(chains);
	SSL_CTX_free(ctx);
	return result;
}
