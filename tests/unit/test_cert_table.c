/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table.h"
#include "cert_table_writer.h"
#include "eal.h"
#include "made_certificate.h"
#include "unit.h"

#include <stdio.h>

#include <rte_errno.h>

#define READER       0
#define OTHER_READER 1

static struct certificate_chains *chains;
static struct cert_table *table;

static struct host_name named(const char *text)
{
	struct host_name name = {.len = (uint8_t)strlen(text)};
	memcpy(name.text, text, strlen(text) + 1);
	return name;
}

static void setup(size_t capacity)
{
	static const uint8_t key[16] = {7};
	chains = certificate_chains_create();
	table = cert_table_writer_create(capacity, 4, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	cert_table_register_reader(table, READER);
}

static void teardown(void)
{
	cert_table_unregister_reader(table, READER);
	cert_table_writer_destroy(table);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0); /* nothing leaked: each certificate holds a chain */
	certificate_chains_destroy(chains);
}

static struct cert_table_result look(const char *text, bool strict)
{
	struct host_name name = named(text);
	struct cert_table_result result;
	cert_table_lookup(table, READER, &name, strict, &result);
	return result;
}

static void index_name(const char *text)
{
	struct host_name name = named(text);
	CU_ASSERT_EQUAL(cert_table_writer_index(table, &name), 0);
}

static const struct certificate *publish(const char *text)
{
	struct host_name name = named(text);
	struct certificate *certificate = made_certificate(chains, text);
	CU_ASSERT_EQUAL(cert_table_writer_publish(table, &name, certificate), 0);
	return certificate;
}

static void break_name(const char *text, enum certificate_fault fault)
{
	struct host_name name = named(text);
	CU_ASSERT_EQUAL(cert_table_writer_break(table, &name, fault), 0);
}

static void test_states(void)
{
	setup(0);
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_MISS);
	index_name("a.example");
	struct cert_table_result result = look("a.example", false);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_INDEXED);
	CU_ASSERT_PTR_NULL(result.certificate);
	CU_ASSERT_STRING_EQUAL(result.key.text, "a.example");
	CU_ASSERT_FALSE(result.wildcard);

	break_name("a.example", CERTIFICATE_FAULT_WRONG_PASSWORD);
	result = look("a.example", false);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_BROKEN);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_WRONG_PASSWORD);

	const struct certificate *certificate = publish("a.example");
	result = look("a.example", false);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_PTR_EQUAL(result.certificate, certificate);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_NONE);
	CU_ASSERT_EQUAL(cert_table_writer_count(table), 1);
	teardown();
}

static void test_last_good_goes_on_being_served(void)
{
	setup(0);
	const struct certificate *certificate = publish("a.example");
	break_name("a.example", CERTIFICATE_FAULT_MALFORMED);
	struct cert_table_result result = look("a.example", true);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_PTR_EQUAL(result.certificate, certificate);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_MALFORMED);
	index_name("a.example"); /* the file changed again */
	result = look("a.example", true);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_READY);
	CU_ASSERT_PTR_EQUAL(result.certificate, certificate);
	CU_ASSERT_EQUAL(result.fault, CERTIFICATE_FAULT_NONE);
	teardown();
}

static void test_wildcard(void)
{
	setup(0);
	const struct certificate *wildcard = publish("*.example.com");
	struct cert_table_result result = look("a.example.com", false);
	CU_ASSERT_PTR_EQUAL(result.certificate, wildcard);
	CU_ASSERT_TRUE(result.wildcard);
	CU_ASSERT_STRING_EQUAL(result.key.text, "*.example.com");
	CU_ASSERT_EQUAL(look("a.b.example.com", false).state, CERT_TABLE_MISS); /* one label, no more */
	CU_ASSERT_EQUAL(look("example.com", false).state, CERT_TABLE_MISS);     /* the apex is not covered */
	CU_ASSERT_EQUAL(look("com", false).state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(look("a.example.org", false).state, CERT_TABLE_MISS);

	const struct certificate *exact = publish("a.example.com");
	CU_ASSERT_PTR_EQUAL(look("a.example.com", false).certificate, exact);
	CU_ASSERT_PTR_EQUAL(look("b.example.com", false).certificate, wildcard);
	teardown();
}

/* Who has no wildcards does not look for them: the count follows what is there. */
static void test_wildcards_come_and_go(void)
{
	setup(0);
	struct host_name name = named("*.example.com");
	for (unsigned round = 0; round < 3; round++) {
		CU_ASSERT_EQUAL(look("a.example.com", false).state, CERT_TABLE_MISS);
		index_name("*.example.com");
		index_name("*.example.com");
		index_name("*.example.org");
		CU_ASSERT_EQUAL(look("a.example.com", false).state, CERT_TABLE_INDEXED);
		CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), 0);
		CU_ASSERT_EQUAL(look("a.example.com", false).state, CERT_TABLE_MISS);
		CU_ASSERT_EQUAL(look("a.example.org", false).state, CERT_TABLE_INDEXED);
		name = named("*.example.org");
		CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), 0);
		name = named("*.example.com");
	}
	teardown();
}

static void test_broken_exact_gives_way_unless_strict(void)
{
	setup(0);
	break_name("a.example.com", CERTIFICATE_FAULT_NO_KEY);
	CU_ASSERT_EQUAL(look("a.example.com", false).state, CERT_TABLE_BROKEN);
	break_name("*.example.com", CERTIFICATE_FAULT_TOO_LARGE);
	CU_ASSERT_EQUAL(look("a.example.com", false).fault, CERTIFICATE_FAULT_NO_KEY); /* the exact entry's reason */
	index_name("*.example.com");
	CU_ASSERT_EQUAL(look("a.example.com", false).state, CERT_TABLE_INDEXED);
	const struct certificate *wildcard = publish("*.example.com");
	CU_ASSERT_PTR_EQUAL(look("a.example.com", false).certificate, wildcard);
	CU_ASSERT_TRUE(look("a.example.com", false).wildcard);
	struct cert_table_result strict = look("a.example.com", true);
	CU_ASSERT_EQUAL(strict.state, CERT_TABLE_BROKEN);
	CU_ASSERT_EQUAL(strict.fault, CERTIFICATE_FAULT_NO_KEY);
	CU_ASSERT_PTR_NULL(strict.certificate);
	teardown();
}

static void test_indexed_exact_is_loaded_before_the_wildcard_serves(void)
{
	setup(0);
	publish("*.example.com");
	index_name("a.example.com");
	struct cert_table_result result = look("a.example.com", false);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_INDEXED);
	CU_ASSERT_STRING_EQUAL(result.key.text, "a.example.com");
	teardown();
}

static void test_fixed_keys(void)
{
	setup(0);
	struct host_name key;
	CU_ASSERT_TRUE(cert_table_fixed_key("main.example.com", &key));
	CU_ASSERT_STRING_EQUAL(key.text, "=main.example.com");
	publish("*.example.com"); /* must never answer for a configured certificate */
	struct cert_table_result result;
	cert_table_lookup(table, READER, &key, false, &result);
	CU_ASSERT_EQUAL(result.state, CERT_TABLE_MISS);
	const struct certificate *fixed = publish("=main.example.com");
	cert_table_lookup(table, READER, &key, false, &result);
	CU_ASSERT_PTR_EQUAL(result.certificate, fixed);
	CU_ASSERT_NOT_EQUAL(look("main.example.com", false).certificate, fixed); /* no host name reaches it */

	char text[HOST_NAME_MAX_LEN + 1];
	memset(text, 'x', sizeof(text));
	text[HOST_NAME_MAX_LEN] = '\0';
	CU_ASSERT_FALSE(cert_table_fixed_key(text, &key));
	text[HOST_NAME_MAX_LEN - 1] = '\0';
	CU_ASSERT_TRUE(cert_table_fixed_key(text, &key));
	CU_ASSERT_EQUAL(key.len, HOST_NAME_MAX_LEN);
	teardown();
}

static void test_one_claim(void)
{
	setup(0);
	struct host_name name = named("a.example"), missing = named("b.example");
	index_name("a.example");
	CU_ASSERT_FALSE(cert_table_claim_load(table, READER, &missing));
	CU_ASSERT_TRUE(cert_table_claim_load(table, READER, &name));
	CU_ASSERT_FALSE(cert_table_claim_load(table, OTHER_READER, &name));
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_INDEXED);
	cert_table_drop_claim(table, READER, &name);
	CU_ASSERT_TRUE(cert_table_claim_load(table, OTHER_READER, &name));
	index_name("a.example"); /* the file changed meanwhile */
	CU_ASSERT_TRUE(cert_table_claim_load(table, READER, &name));

	break_name("a.example", CERTIFICATE_FAULT_MALFORMED);
	CU_ASSERT_FALSE(cert_table_claim_load(table, READER, &name));
	index_name("a.example");
	CU_ASSERT_TRUE(cert_table_claim_load(table, READER, &name));
	publish("a.example");
	CU_ASSERT_FALSE(cert_table_claim_load(table, READER, &name));
	cert_table_drop_claim(table, READER, &name); /* too late: changes nothing */
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_READY);
	CU_ASSERT_EQUAL(cert_table_writer_unload(table, &name), 0);
	CU_ASSERT_TRUE(cert_table_claim_load(table, READER, &name));
	teardown();
}

static void test_reclaim_waits_for_readers_and_frees_exactly(void)
{
	setup(0);
	struct host_name name = named("a.example");
	publish("a.example");
	struct cert_table_result held = look("a.example", false);
	publish("a.example");
	CU_ASSERT_EQUAL(cert_table_writer_retired(table), 1);
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 0);
	CU_ASSERT_STRING_EQUAL(held.certificate->file, "a.example"); /* under AddressSanitizer: still there */
	cert_table_quiescent(table, READER);
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 1);

	CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), 0);
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_MISS);
	CU_ASSERT_EQUAL(cert_table_writer_retired(table), 2); /* the certificate and the entry */
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 0);
	cert_table_quiescent(table, READER);
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 2);
	CU_ASSERT_EQUAL(certificate_chains_count(chains), 0);
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 0);
	teardown();
}

static void test_synchronize_returns_without_readers(void)
{
	setup(0);
	cert_table_unregister_reader(table, READER);
	cert_table_writer_synchronize(table);
	publish("a.example");
	publish("a.example");
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 1);
	cert_table_register_reader(table, READER);
	teardown();
}

static void test_remove_and_unload(void)
{
	setup(0);
	struct host_name name = named("a.example");
	struct cert_table_result got;
	CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), -ENOENT);
	CU_ASSERT_EQUAL(cert_table_writer_unload(table, &name), -ENOENT);
	CU_ASSERT_FALSE(cert_table_writer_get(table, &name, &got));
	publish("a.example");
	CU_ASSERT_EQUAL(cert_table_writer_unload(table, &name), 0);
	CU_ASSERT_TRUE(cert_table_writer_get(table, &name, &got));
	CU_ASSERT_EQUAL(got.state, CERT_TABLE_INDEXED);
	break_name("a.example", CERTIFICATE_FAULT_EXPIRED);
	CU_ASSERT_EQUAL(cert_table_writer_unload(table, &name), 0);
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_BROKEN);
	CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), 0);
	CU_ASSERT_EQUAL(cert_table_writer_count(table), 0);
	CU_ASSERT_EQUAL(cert_table_writer_remove(table, &name), -ENOENT);
	index_name("a.example"); /* back again */
	CU_ASSERT_EQUAL(look("a.example", false).state, CERT_TABLE_INDEXED);
	teardown();
}

static void test_no_empty_name(void)
{
	setup(0);
	struct host_name empty = {.len = 0};
	CU_ASSERT_EQUAL(cert_table_writer_index(table, &empty), -EINVAL);
	CU_ASSERT_EQUAL(cert_table_writer_break(table, &empty, CERTIFICATE_FAULT_NO_KEY), -EINVAL);
	struct certificate *certificate = made_certificate(chains, "x");
	CU_ASSERT_EQUAL(cert_table_writer_publish(table, &empty, certificate), -EINVAL);
	certificate_destroy(certificate); /* still the caller's */
	CU_ASSERT_EQUAL(look("", false).state, CERT_TABLE_MISS);
	teardown();
}

static void check_all(unsigned n)
{
	unsigned missing = 0, wrong = 0;
	for (unsigned i = 0; i < n; i++) {
		char text[64];
		snprintf(text, sizeof(text), "host-%u.example.com", i);
		struct cert_table_result result = look(text, false);
		missing += result.state != CERT_TABLE_INDEXED;
		wrong += strcmp(result.key.text, text) != 0;
	}
	CU_ASSERT_EQUAL(missing, 0);
	CU_ASSERT_EQUAL(wrong, 0);
}

/* From the smallest index to 200,000: eight times a larger index; then churn. */
static void test_growth(void)
{
	enum { N = 200000 };
	setup(0);
	for (unsigned i = 0; i < N; i++) {
		char text[64];
		snprintf(text, sizeof(text), "host-%u.example.com", i);
		struct host_name name = named(text);
		if (cert_table_writer_index(table, &name) != 0)
			CU_FAIL_FATAL("index");
	}
	CU_ASSERT_EQUAL(cert_table_writer_count(table), N);
	CU_ASSERT_EQUAL(cert_table_writer_retired(table), 8);
	check_all(N);
	cert_table_quiescent(table, READER);
	CU_ASSERT_EQUAL(cert_table_writer_reclaim(table), 8);

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < N; i++) {
			char text[64];
			snprintf(text, sizeof(text), "host-%u.example.com", i);
			struct host_name name = named(text);
			if (cert_table_writer_remove(table, &name) != 0)
				CU_FAIL_FATAL("remove");
			cert_table_quiescent(table, READER);
			cert_table_writer_reclaim(table);
			if (cert_table_writer_index(table, &name) != 0)
				CU_FAIL_FATAL("index again");
		}
	}
	CU_ASSERT_EQUAL(cert_table_writer_count(table), N);
	CU_ASSERT_EQUAL(cert_table_writer_retired(table), 0);
	check_all(N);
	teardown();
}

int main(void)
{
	if (!eal_start(256, "0")) {
		fprintf(stderr, "EAL: %s\n", rte_strerror(rte_errno));
		return 1;
	}
	CU_TestInfo tests[] = {
		{"miss, indexed, broken, ready", test_states},
		{"the last good certificate goes on being served", test_last_good_goes_on_being_served},
		{"one-label wildcard", test_wildcard},
		{"wildcards come and go", test_wildcards_come_and_go},
		{"a broken exact entry gives way, unless strict", test_broken_exact_gives_way_unless_strict},
		{"an indexed exact entry is loaded first", test_indexed_exact_is_loaded_before_the_wildcard_serves},
		{"configured certificates have keys of their own", test_fixed_keys},
		{"one claim at a time", test_one_claim},
		{"reclaim waits for readers and frees exactly", test_reclaim_waits_for_readers_and_frees_exactly},
		{"synchronize without readers", test_synchronize_returns_without_readers},
		{"remove and unload", test_remove_and_unload},
		{"no empty name", test_no_empty_name},
		{"growth to 200,000 names, and churn", test_growth},
		CU_TEST_INFO_NULL,
	};
	return unit_run("cert_table", tests);
}
