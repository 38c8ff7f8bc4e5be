/* SPDX-License-Identifier: BSD-3-Clause */
#include "certificate.h"
#include "certificate_names.h"
#include "host_name.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

/* A certificate that has a subject and, if wanted, alternative names; not signed, which nobody looks at here. */
static X509 *make_certificate(const char *common_name, const GENERAL_NAMES *alternatives)
{
	X509 *certificate = X509_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(certificate);
	X509_NAME *subject = X509_get_subject_name(certificate);
	CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const uint8_t *)"Org", -1, -1, 0), 1);
	if (common_name != NULL)
		CU_ASSERT_EQUAL(X509_NAME_add_entry_by_txt(
					subject, "CN", MBSTRING_UTF8, (const uint8_t *)common_name, -1, -1, 0),
			1);
	if (alternatives != NULL)
		CU_ASSERT_EQUAL(
			X509_add1_ext_i2d(certificate, NID_subject_alt_name, (void *)(uintptr_t)alternatives, 0, 0), 1);
	return certificate;
}

static void add_name(GENERAL_NAMES *names, int type, const char *octets, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_STRING *text = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
	CU_ASSERT_EQUAL(ASN1_STRING_set(text, octets, (int)len), 1);
	GENERAL_NAME_set0_value(name, type, text);
	CU_ASSERT_TRUE(sk_GENERAL_NAME_push(names, name) > 0);
}

static void expect_names(const X509 *certificate, const char *const *expected, size_t n)
{
	struct certificate_names names;
	CU_ASSERT_EQUAL_FATAL(certificate_names_read(certificate, &names), 0);
	CU_ASSERT_EQUAL(names.n, n);
	for (size_t i = 0; i < names.n && i < n; i++)
		CU_ASSERT_STRING_EQUAL(names.items[i], expected[i]);
	certificate_names_fini(&names);
	CU_ASSERT_EQUAL(names.n, 0);
}

/* A NUL ends a C string before the name does; others would end up in logs and terminals, or match nothing. */
static void test_alternative_names(void)
{
	static const char *const expected[] = {"a.example", "_b-1.example", "*.wild.example", "z.example"};
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	char longest[HOST_NAME_MAX_LEN + 1];
	memset(longest, 'l', sizeof(longest));
	add_name(names, GEN_DNS, "A.Example", 9);
	add_name(names, GEN_DNS, "_b-1.example", 12);
	add_name(names, GEN_DNS, "evil.example\0.good.example", 26);
	add_name(names, GEN_DNS, "two words.example", 17);
	add_name(names, GEN_DNS, "a/b.example", 11);
	add_name(names, GEN_DNS, "\033[2J.example", 12);
	add_name(names, GEN_DNS, "\xc3\xbc.example", 10);
	add_name(names, GEN_DNS, "", 0);
	add_name(names, GEN_DNS, longest, sizeof(longest));
	add_name(names, GEN_EMAIL, "mail.example", 12);
	add_name(names, GEN_URI, "uri.example", 11);
	add_name(names, GEN_IPADD, "\xc0\x00\x02\x01", 4);
	add_name(names, GEN_DNS, "*.wild.example", 14);
	add_name(names, GEN_DNS, "Z.EXAMPLE", 9);
	X509 *certificate = make_certificate("common.example", names);
	expect_names(certificate, expected, 4);
	X509_free(certificate);
	GENERAL_NAMES_free(names);
}

static void test_longest_name(void)
{
	char longest[HOST_NAME_MAX_LEN + 1];
	memset(longest, 'l', HOST_NAME_MAX_LEN);
	longest[HOST_NAME_MAX_LEN] = '\0';
	const char *const expected[] = {longest};
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	add_name(names, GEN_DNS, longest, HOST_NAME_MAX_LEN);
	X509 *certificate = make_certificate(NULL, names);
	expect_names(certificate, expected, 1);
	X509_free(certificate);
	GENERAL_NAMES_free(names);
}

/* The common name only where there is no other. */
static void test_common_name(void)
{
	static const char *const expected[] = {"common.example"};
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	X509 *certificate = make_certificate("Common.Example", NULL);
	expect_names(certificate, expected, 1);
	X509_free(certificate);
	add_name(names, GEN_IPADD, "\xc0\x00\x02\x01", 4);
	certificate = make_certificate("Common.Example", names);
	expect_names(certificate, expected, 1);
	X509_free(certificate);
	certificate = make_certificate("Example Issuing CA", NULL);
	expect_names(certificate, expected, 0);
	X509_free(certificate);
	certificate = make_certificate(NULL, NULL);
	expect_names(certificate, expected, 0);
	X509_free(certificate);
	GENERAL_NAMES_free(names);
}

static void test_more_names_than_are_kept(void)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	for (unsigned i = 0; i < CERTIFICATE_MAX_NAMES + 3; i++)
		add_name(names, GEN_DNS, "n.example", 9);
	X509 *certificate = make_certificate(NULL, names);
	struct certificate_names read;
	CU_ASSERT_EQUAL_FATAL(certificate_names_read(certificate, &read), 0);
	CU_ASSERT_EQUAL(read.n, CERTIFICATE_MAX_NAMES);
	certificate_names_fini(&read);
	X509_free(certificate);
	GENERAL_NAMES_free(names);
}

/* One label, the left-most, and it must be there. */
static void test_match(void)
{
	static const struct {
		const char *pattern, *name;
		bool matches;
	} rows[] = {
		{"a.example", "a.example", true},
		{"a.example", "b.example", false},
		{"*.example", "a.example", true},
		{"*.example", "example", false},
		{"*.example", ".example", false},
		{"*.example", "a.b.example", false},
		{"*.example", "*.example", true},
		{"*.b.example", "*.example", false},
		{"*.example", "*.b.example", false},
		{"*example", "aexample", false},
		{"*", "example", false},
		{"a*.example", "ab.example", false},
		{"a.example", "*.example", false},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_EQUAL(certificate_names_match(rows[i].pattern, rows[i].name), rows[i].matches);
}

static void test_entity(void)
{
	X509 *certificate = make_certificate("Example CA", NULL);
	char *text = certificate_names_of_entity(X509_get_subject_name(certificate));
	CU_ASSERT_STRING_EQUAL(text, "Example CA");
	free(text);
	X509_free(certificate);
	certificate = make_certificate(NULL, NULL);
	text = certificate_names_of_entity(X509_get_subject_name(certificate));
	CU_ASSERT_STRING_EQUAL(text, "/O=Org");
	free(text);
	X509_free(certificate);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"alternative names", test_alternative_names},
		{"the longest name", test_longest_name},
		{"the common name where there is no other", test_common_name},
		{"more names than are kept", test_more_names_than_are_kept},
		{"what matches", test_match},
		{"an entity for people", test_entity},
		CU_TEST_INFO_NULL,
	};
	return unit_run("certificate_names", tests);
}
