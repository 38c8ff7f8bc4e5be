/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_trust.h"
#include "scratch_folder.h"
#include "test_certificates.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/pem.h>

#define BODY_MAX_BYTES 8192

static struct scratch_folder folder;
static struct test_certificates_ca ca;
static struct load_error error;

static void write_pem(const char *name, const X509 *certificate)
{
	FILE *file = fopen(scratch_folder_path(&folder, name), "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	CU_ASSERT(PEM_write_X509(file, certificate) == 1);
	fclose(file);
}

static void set_up(void)
{
	CU_ASSERT_FATAL(scratch_folder_init(&folder) && test_certificates_ca_init(&ca));
	write_pem("root.pem", ca.root);
}

static void tear_down(void)
{
	test_certificates_ca_fini(&ca);
	scratch_folder_fini(&folder);
}

static struct load_trust *trust_root(void)
{
	struct load_trust *trust = load_trust_create(scratch_folder_path(&folder, "root.pem"), &error);
	CU_ASSERT_PTR_NOT_NULL_FATAL(trust);
	return trust;
}

static size_t put_length(uint8_t *out, size_t len)
{
	out[0] = (uint8_t)(len >> 16);
	out[1] = (uint8_t)(len >> 8);
	out[2] = (uint8_t)len;
	return 3;
}

/* The body of a Certificate message (RFC 8446 section 4.4.2) with one or two certificates, without extensions. */
static struct bytes body_of(uint8_t *out, X509 *leaf, X509 *issuer)
{
	X509 *const certificates[] = {leaf, issuer};
	size_t at = 4; /* the request context's length, the list's length */
	out[0] = 0;
	for (unsigned i = 0; i < 2 && certificates[i]; i++) {
		uint8_t *der = NULL;
		const int len = i2d_X509(certificates[i], &der);
		CU_ASSERT_FATAL(len > 0 && at + (size_t)len + 5 < BODY_MAX_BYTES);
		at += put_length(out + at, (size_t)len);
		memcpy(out + at, der, (size_t)len);
		at += (size_t)len;
		memset(out + at, 0, 2);
		at += 2;
		OPENSSL_free(der);
	}
	put_length(out + 1, at - 4);
	return (struct bytes){out, at};
}

static bool judge(struct load_trust *trust, int days, bool with_issuer)
{
	uint8_t body[BODY_MAX_BYTES];
	struct test_certificates_pair pair;
	CU_ASSERT_FATAL(test_certificates_issue(&ca, CERTIFICATE_KEY_EC_P256, 0, "a.test", days, &pair));
	const struct bytes whole = body_of(body, pair.leaf, with_issuer ? ca.intermediate : NULL);
	const bool first = load_trust_judge(trust, whole, true);
	CU_ASSERT_EQUAL(load_trust_judge(trust, whole, true), first); /* as it was kept */
	test_certificates_pair_fini(&pair);
	return first;
}

static void a_chain_up_to_the_root_is_trusted(void)
{
	struct load_trust *trust = trust_root();
	CU_ASSERT(judge(trust, 10, true));
	load_trust_destroy(trust);
}

static void a_chain_with_a_gap_or_past_its_date_is_not(void)
{
	struct load_trust *trust = trust_root();
	CU_ASSERT_FALSE(judge(trust, 10, false));
	CU_ASSERT_FALSE(judge(trust, -1, true));
	load_trust_destroy(trust);
}

static void another_root_does_not_do(void)
{
	struct test_certificates_ca other;
	CU_ASSERT_FATAL(test_certificates_ca_init(&other));
	write_pem("root.pem", other.root);
	test_certificates_ca_fini(&other);
	struct load_trust *trust = trust_root();
	CU_ASSERT_FALSE(judge(trust, 10, true));
	load_trust_destroy(trust);
}

static void octets_that_are_no_certificate_are_not_trusted(void)
{
	static const uint8_t body[] = {0, 0, 0, 7, 0, 0, 2, 0x30, 0x05, 0, 0};
	struct load_trust *trust = trust_root();
	CU_ASSERT_FALSE(load_trust_judge(trust, (struct bytes){body, sizeof(body)}, true));
	load_trust_destroy(trust);
}

static void a_file_without_certificates_is_refused(void)
{
	CU_ASSERT_FATAL(scratch_folder_write(&folder, "empty.pem", "nothing\n", 8));
	CU_ASSERT_PTR_NULL(load_trust_create(scratch_folder_path(&folder, "empty.pem"), &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "--ca-file: expected certificates in PEM in"));
	load_trust_destroy(NULL);
}

int main(void)
{
	return unit_run_each("load_trust",
		(CU_TestInfo[]){{"a chain up to the root is trusted", a_chain_up_to_the_root_is_trusted},
			{"a chain with a gap or past its date is not", a_chain_with_a_gap_or_past_its_date_is_not},
			{"another root does not do", another_root_does_not_do},
			{"octets that are no certificate are not trusted",
				octets_that_are_no_certificate_are_not_trusted},
			{"a file without certificates is refused", a_file_without_certificates_is_refused},
			CU_TEST_INFO_NULL},
		set_up, tear_down);
}
