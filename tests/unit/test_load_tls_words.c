/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tls_words.h"
#include "unit.h"

#include <string.h>

static uint16_t numbers[3];
static struct load_tls_words_list list;
static struct load_error error;

static void set_up(void)
{
	list = (struct load_tls_words_list){.numbers = numbers, .size = 3};
}

static void groups_have_two_names_each(void)
{
	CU_ASSERT(load_tls_words_groups("x25519,secp256r1:P-384", &list, &error));
	CU_ASSERT(list.n == 3 && numbers[0] == 29 && numbers[1] == 23 && numbers[2] == 24);
	CU_ASSERT_FALSE(load_tls_words_groups("X25519", &list, &error)); /* there is no room */
}

static void a_group_that_is_unknown_is_named(void)
{
	CU_ASSERT_FALSE(load_tls_words_groups("X25519,X448", &list, &error));
	CU_ASSERT_STRING_EQUAL(error.text, "--groups: expected up to 3 of X25519, P-256 and P-384, found \"X448\"");
}

static void schemes_depend_on_the_version(void)
{
	CU_ASSERT(load_tls_words_schemes("rsa_pkcs1_sha256,ecdsa_secp256r1_sha256", true, &list, &error));
	CU_ASSERT(list.n == 2 && numbers[0] == 0x0401 && numbers[1] == 0x0403);
	set_up();
	CU_ASSERT_FALSE(load_tls_words_schemes("rsa_pkcs1_sha256", false, &list, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "found \"rsa_pkcs1_sha256\""));
	CU_ASSERT(load_tls_words_schemes("rsa_pss_rsae_sha256", false, &list, &error));
	CU_ASSERT_EQUAL(numbers[0], 0x0804);
}

static void no_schemes_are_none(void)
{
	CU_ASSERT(load_tls_words_schemes(NULL, true, &list, &error));
	CU_ASSERT_EQUAL(list.n, 0);
	CU_ASSERT_FALSE(load_tls_words_schemes("", true, &list, &error));
}

static void every_cause_has_its_own(void)
{
	unsigned seen = 0;
	for (unsigned cause = TLS_CLIENT_PEER_ALERT; cause <= TLS_CLIENT_NO_MEMORY; cause++)
		seen |= 1U << load_tls_words_cause(cause);
	CU_ASSERT_EQUAL(__builtin_popcount(seen), TLS_CLIENT_NO_MEMORY);
	CU_ASSERT_EQUAL(load_tls_words_cause(TLS_CLIENT_NO_FAULT), LOAD_CAUSE_COUNT);
	CU_ASSERT_EQUAL(load_tls_words_cause(TLS_CLIENT_WRONG_NAME), LOAD_CAUSE_WRONG_NAME);
	CU_ASSERT_EQUAL(load_tls_words_result(TLS_CLIENT_CLOSED), LOAD_TLS_CLOSED);
	CU_ASSERT_EQUAL(load_tls_words_result(TLS_CLIENT_FAILED), LOAD_TLS_FAILED);
}

int main(void)
{
	CU_TestInfo tests[] = {{"groups have two names each", groups_have_two_names_each},
		{"a group that is unknown is named", a_group_that_is_unknown_is_named},
		{"schemes depend on the version", schemes_depend_on_the_version},
		{"no schemes are none", no_schemes_are_none}, {"every cause has its own", every_cause_has_its_own},
		CU_TEST_INFO_NULL};
	return unit_run_each("load_tls_words", tests, set_up, NULL);
}
