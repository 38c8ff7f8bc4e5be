/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate_chain.h"
#include "made_certificate.h"
#include "unit.h"

static size_t length_of(const char *octets, size_t len)
{
	return certificate_chain_der_length((struct bytes){(const uint8_t *)octets, len});
}

static void test_der_length(void)
{
	CU_ASSERT_EQUAL(length_of("\x30\x00", 2), 2);
	CU_ASSERT_EQUAL(length_of("\x30\x02\x05\x00trailing", 12), 4);
	uint8_t der[70000];
	size_t len = made_der(der, 127, 7);
	CU_ASSERT_EQUAL(certificate_chain_der_length((struct bytes){der, len}), 129);
	len = made_der(der, 128, 7);
	CU_ASSERT_EQUAL(certificate_chain_der_length((struct bytes){der, len}), 131);
	len = made_der(der, 65535, 7);
	CU_ASSERT_EQUAL(certificate_chain_der_length((struct bytes){der, len}), 65539);
}

static void test_der_length_rejects(void)
{
	CU_ASSERT_EQUAL(length_of("", 0), 0);
	CU_ASSERT_EQUAL(length_of("\x30", 1), 0);
	CU_ASSERT_EQUAL(length_of("\x31\x00", 2), 0);                     /* a SET */
	CU_ASSERT_EQUAL(length_of("\x30\x80\x00\x00", 4), 0);             /* indefinite length */
	CU_ASSERT_EQUAL(length_of("\x30\x01", 2), 0);                     /* cut */
	CU_ASSERT_EQUAL(length_of("\x30\x81\x01\x00", 4), 0);             /* not the shortest form */
	CU_ASSERT_EQUAL(length_of("\x30\x82\x00\x80", 4), 0);             /* leading zero */
	CU_ASSERT_EQUAL(length_of("\x30\x82\x01", 3), 0);                 /* length cut */
	CU_ASSERT_EQUAL(length_of("\x30\x84\x00\x00\x00\x01\x00", 7), 0); /* four octets */
	CU_ASSERT_EQUAL(length_of("\x30\xff\x00", 3), 0);
}

static void test_count(void)
{
	uint8_t der[64];
	CU_ASSERT_EQUAL(certificate_chain_count((struct bytes){NULL, 0}), 0);
	for (int i = 0; i < CERTIFICATE_MAX_CHAIN + 1; i++)
		memcpy(der + i * 3, "\x30\x01\x00", 3);
	CU_ASSERT_EQUAL(certificate_chain_count((struct bytes){der, 3}), 1);
	CU_ASSERT_EQUAL(certificate_chain_count((struct bytes){der, 3 * CERTIFICATE_MAX_CHAIN}), CERTIFICATE_MAX_CHAIN);
	CU_ASSERT_EQUAL(certificate_chain_count((struct bytes){der, 3 * CERTIFICATE_MAX_CHAIN + 3}), -1);
	CU_ASSERT_EQUAL(certificate_chain_count((struct bytes){der, 4}), -1);
}

/* More chains than first buckets: the table grows, and each is still found. */
static void test_many_chains(void)
{
	enum { N = 1000 };
	static const struct certificate_chain *first[N];
	struct certificate_chains *chains = certificate_chains_create();
	uint8_t der[16];
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < N; i++) {
			size_t len = made_der(der, 8, (uint8_t)i);
			der[9] = (uint8_t)(i >> 8);
			const struct certificate_chain *chain;
			CU_ASSERT_EQUAL_FATAL(certificate_chain_intern(chains, (struct bytes){der, len}, &chain), 0);
			if (round == 0)
				first[i] = chain;
			else
				CU_ASSERT_PTR_EQUAL(chain, first[i]);
		}
	}
	CU_ASSERT_EQUAL(certificate_chains_count(chains), N);
	for (unsigned i = 0; i < 2 * N; i++)
		certificate_chain_release(chains, first[i % N]);
	certificate_chain_release(chains, NULL);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0);
	certificate_chains_destroy(chains);
	certificate_chains_destroy(NULL);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"length of a DER SEQUENCE", test_der_length},
		{"lengths that DER forbids", test_der_length_rejects},
		{"certificates in a chain", test_count},
		{"a thousand chains, each found again", test_many_chains},
		CU_TEST_INFO_NULL,
	};
	return unit_run("certificate_chain", tests);
}
