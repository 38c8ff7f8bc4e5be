/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_issuers.h"
#include "test_certificates.h"
#include "unit.h"

#include <string.h>

static struct bytes der_of(X509 *certificate)
{
	unsigned char *der = NULL;
	int len = i2d_X509(certificate, &der);
	CU_ASSERT_FATAL(len > 0);
	return (struct bytes){der, (size_t)len};
}

static void drop(struct bytes der)
{
	OPENSSL_free((void *)(uintptr_t)der.data);
}

/* @return whether a second parse gives the same object as the first. */
static bool is_kept(struct certificate_issuers *issuers, struct bytes der)
{
	X509 *first = certificate_issuers_parse(issuers, der), *second = certificate_issuers_parse(issuers, der);
	CU_ASSERT_PTR_NOT_NULL(first);
	bool same = first == second;
	CU_ASSERT_EQUAL(X509_cmp(first, second), 0);
	X509_free(first);
	X509_free(second);
	return same;
}

static void test_keeps_issuers_alone(void)
{
	struct test_certificates_ca ca;
	struct test_certificates_pair pair;
	struct certificate_issuers issuers = {0};
	CU_ASSERT_FATAL(test_certificates_ca_init(&ca));
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "www.example.com", 9, &pair));
	struct bytes intermediate = der_of(ca.intermediate), leaf = der_of(pair.leaf);
	CU_ASSERT_TRUE(is_kept(&issuers, intermediate));
	CU_ASSERT_FALSE(is_kept(&issuers, leaf));
	CU_ASSERT_FALSE(is_kept(NULL, intermediate));

	unsigned char damaged[4096];
	memcpy(damaged, intermediate.data, intermediate.len);
	damaged[intermediate.len] = 0;
	/* The same certificate, other octets. */
	X509_free(certificate_issuers_parse(&issuers, (struct bytes){damaged, intermediate.len + 1}));
	CU_ASSERT_FALSE(is_kept(&issuers, (struct bytes){damaged, intermediate.len + 1}));
	CU_ASSERT_PTR_NULL(certificate_issuers_parse(&issuers, (struct bytes){damaged, intermediate.len - 1}));
	damaged[0] = 0x31;
	CU_ASSERT_PTR_NULL(certificate_issuers_parse(&issuers, (struct bytes){damaged, intermediate.len}));

	drop(intermediate);
	drop(leaf);
	certificate_issuers_fini(&issuers);
	test_certificates_pair_fini(&pair);
	test_certificates_ca_fini(&ca);
}

static void test_oldest_goes(void)
{
	enum { N = CERTIFICATE_ISSUERS_MAX + 1 };
	struct test_certificates_ca ca[N];
	struct bytes der[N];
	struct certificate_issuers issuers = {0};
	for (size_t i = 0; i < N; i++) {
		CU_ASSERT_FATAL(test_certificates_ca_init(&ca[i]));
		der[i] = der_of(ca[i].intermediate);
	}
	X509 *first = certificate_issuers_parse(&issuers, der[0]);
	for (size_t i = 1; i < N; i++)
		CU_ASSERT_TRUE(is_kept(&issuers, der[i]));
	X509 *again = certificate_issuers_parse(&issuers, der[0]);
	CU_ASSERT_PTR_NOT_EQUAL(first, again); /* had gone; whoever held it goes on holding it */
	CU_ASSERT_EQUAL(X509_cmp(first, again), 0);
	X509_free(first);
	X509_free(again);
	certificate_issuers_fini(&issuers);
	for (size_t i = 0; i < N; i++) {
		drop(der[i]);
		test_certificates_ca_fini(&ca[i]);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"keeps issuers' certificates, by all of their octets", test_keeps_issuers_alone},
		{"the oldest goes", test_oldest_goes},
		CU_TEST_INFO_NULL,
	};
	return unit_run("certificate_issuers", tests);
}
