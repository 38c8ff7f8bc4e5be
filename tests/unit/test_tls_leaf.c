/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_leaf.h"
#include "test_certificates.h"
#include "unit.h"

#include <string.h>

#include <openssl/x509v3.h>

static struct test_certificates_ca ca;
static struct tls_leaf_cache cache;

static void set_up(void)
{
	CU_ASSERT_FATAL(test_certificates_ca_init(&ca));
}

static void tear_down(void)
{
	tls_leaf_cache_fini(&cache);
	test_certificates_ca_fini(&ca);
}

static struct bytes issue(const char *name)
{
	struct test_certificates_pair pair;
	uint8_t *der = NULL;
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, name, 10, &pair));
	const int len = i2d_X509(pair.leaf, &der);
	test_certificates_pair_fini(&pair);
	CU_ASSERT_FATAL(len > 0);
	return (struct bytes){der, (size_t)len};
}

static void give_back(struct bytes der)
{
	OPENSSL_free((uint8_t *)(uintptr_t)der.data);
}

static bool is_for(X509 *certificate, const char *name)
{
	return certificate && X509_check_host(certificate, name, 0, 0, NULL) == 1;
}

static void one_that_comes_again_is_the_same(void)
{
	const struct bytes der = issue("a.example");
	X509 *first = tls_leaf_find(&cache, der);
	CU_ASSERT(is_for(first, "a.example"));
	CU_ASSERT_PTR_EQUAL(tls_leaf_find(&cache, der), first);
	give_back(der);
}

/* More than are kept, so that places are shared: each name gets its own certificate all the same. */
static void many_take_turns(void)
{
	struct bytes ders[TLS_LEAF_KEPT + 20];
	char name[32];
	for (size_t i = 0; i < sizeof(ders) / sizeof(ders[0]); i++) {
		snprintf(name, sizeof(name), "n%zu.example", i);
		ders[i] = issue(name);
	}
	for (size_t i = 0; i < 2 * sizeof(ders) / sizeof(ders[0]); i++) {
		const size_t n = i % (sizeof(ders) / sizeof(ders[0]));
		snprintf(name, sizeof(name), "n%zu.example", n);
		CU_ASSERT(is_for(tls_leaf_find(&cache, ders[n]), name));
	}
	for (size_t i = 0; i < sizeof(ders) / sizeof(ders[0]); i++)
		give_back(ders[i]);
}

/* One that differs in an octet in its middle has the same place, and is not taken for the other. */
static void a_changed_octet_is_another_certificate(void)
{
	const struct bytes der = issue("a.example");
	uint8_t changed[2048];
	CU_ASSERT_FATAL(der.len <= sizeof(changed));
	CU_ASSERT(is_for(tls_leaf_find(&cache, der), "a.example"));
	memcpy(changed, der.data, der.len);
	uint8_t *name = memmem(changed, der.len, "a.example", 9);
	for (; name; name = memmem(name, der.len - (size_t)(name - changed), "a.example", 9))
		name[0] = 'b';
	CU_ASSERT(is_for(tls_leaf_find(&cache, (struct bytes){changed, der.len}), "b.example"));
	CU_ASSERT(is_for(tls_leaf_find(&cache, der), "a.example"));
	give_back(der);
}

static void what_is_no_certificate_is_none(void)
{
	const struct bytes der = issue("a.example");
	uint8_t longer[2048];
	CU_ASSERT_FATAL(der.len < sizeof(longer));
	memcpy(longer, der.data, der.len);
	longer[der.len] = 0;
	CU_ASSERT_PTR_NULL(tls_leaf_find(&cache, (struct bytes){longer, der.len + 1}));
	CU_ASSERT_PTR_NULL(tls_leaf_find(&cache, (struct bytes){der.data, der.len - 1}));
	CU_ASSERT_PTR_NULL(tls_leaf_find(&cache, (struct bytes){(const uint8_t *)"x", 1}));
	CU_ASSERT_PTR_NULL(tls_leaf_find(&cache, (struct bytes){0}));
	give_back(der);
}

int main(void)
{
	CU_TestInfo tests[] = {{"one that comes again is the same", one_that_comes_again_is_the_same},
		{"many take turns", many_take_turns},
		{"a changed octet is another certificate", a_changed_octet_is_another_certificate},
		{"what is no certificate is none", what_is_no_certificate_is_none}, CU_TEST_INFO_NULL};
	return unit_run_each("tls_leaf", tests, set_up, tear_down);
}
