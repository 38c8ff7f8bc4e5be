/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_select.h"
#include "tls_alert.h"
#include "unit.h"

#include <string.h>

enum { MAX_FILES = 4, MAX_STEPS = 8 };

/* What the share (and the configured certificates, as "=name") are to hold. */
struct file {
	const char *key;
	enum cert_table_state state;
};

struct row {
	const char *what;
	struct file files[MAX_FILES];
	const char *name; /* server name, "" for none */
	bool strict;
	enum cert_select_verdict verdict;
	unsigned tier;     /* FOUND, PENDING */
	const char *key;   /* FOUND, PENDING */
	uint8_t alert;     /* NONE */
	const char *steps; /* one letter per candidate: T aken, P ending, M iss, U nusable */
};

static struct host_name name_of(const char *text)
{
	struct host_name name = {.len = (uint8_t)strlen(text)};
	memcpy(name.text, text, name.len);
	return name;
}

/* One host record, the store, and the wildcard address behind them: every tier but the exact address. */
static struct config_binding bindings[] = {
	{.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 1, .certificate = "fixed", .backend = "builtin:status"},
	{.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = 3, .backend = "builtin:status"},
	{.ip_kind = CONFIG_BIND_ANY,
		.port = 443,
		.ssl_flags = 0,
		.certificate = "default",
		.backend = "builtin:status"},
};

struct world {
	const struct file *files;
	char steps[MAX_STEPS];
	size_t n_steps;
};

static void look_up(void *context, const struct host_name *key, bool strict, struct cert_table_result *out)
{
	const struct world *world = context;
	static const struct certificate certificate;
	(void)strict;
	*out = (struct cert_table_result){.state = CERT_TABLE_MISS};
	for (int i = 0; i < MAX_FILES && world->files[i].key; i++) {
		if (strcmp(world->files[i].key, key->text) != 0)
			continue;
		out->state = world->files[i].state;
		out->key = *key;
		out->certificate = out->state == CERT_TABLE_READY ? &certificate : NULL;
	}
}

static void trace(void *context, const struct binding_candidate *candidate, const struct cert_table_result *found,
	enum cert_select_step step)
{
	struct world *world = context;
	(void)candidate;
	(void)found;
	CU_ASSERT_FATAL(world->n_steps + 1 < MAX_STEPS);
	world->steps[world->n_steps++] = "TPMU"[step];
}

static const struct row rows[] = {
	{"the host record's certificate is served", {{"=fixed", CERT_TABLE_READY}}, "one.example", false,
		CERT_SELECT_FOUND, 2, "=fixed", 0, "T"},
	{"one that is not loaded yet is waited for", {{"=fixed", CERT_TABLE_INDEXED}, {"=default", CERT_TABLE_READY}},
		"one.example", false, CERT_SELECT_PENDING, 2, "=fixed", 0, "P"},
	{"a broken one gives way to the next tier", {{"=fixed", CERT_TABLE_BROKEN}, {"one.example", CERT_TABLE_READY}},
		"one.example", false, CERT_SELECT_FOUND, 3, "one.example", 0, "UT"},
	{"but not when strict", {{"=fixed", CERT_TABLE_BROKEN}, {"one.example", CERT_TABLE_READY}}, "one.example", true,
		CERT_SELECT_NONE, 0, NULL, TLS_ALERT_INTERNAL_ERROR, "U"},
	{"a configured certificate that is nowhere is unusable, not a miss", {{"one.example", CERT_TABLE_READY}},
		"one.example", true, CERT_SELECT_NONE, 0, NULL, TLS_ALERT_INTERNAL_ERROR, "U"},
	{"a name that is not on the share is a miss, also when strict", {{"=default", CERT_TABLE_READY}}, "two.example",
		true, CERT_SELECT_FOUND, 5, "=default", 0, "MT"},
	{"a broken file on the share gives way", {{"two.example", CERT_TABLE_BROKEN}, {"=default", CERT_TABLE_READY}},
		"two.example", false, CERT_SELECT_FOUND, 5, "=default", 0, "UT"},
	{"nothing usable anywhere is our fault: internal_error", {{"two.example", CERT_TABLE_BROKEN}}, "two.example",
		false, CERT_SELECT_NONE, 0, NULL, TLS_ALERT_INTERNAL_ERROR, "UU"},
	{"no server name goes straight to the address", {{"=default", CERT_TABLE_READY}}, "", false, CERT_SELECT_FOUND,
		5, "=default", 0, "T"},
};

static void test_rows(void)
{
	const uint8_t key[16] = {7};
	bindings[0].host = name_of("one.example");
	bindings[1].host = name_of("three.example");
	struct config config = {.bindings = bindings, .n_bindings = 3, .store = {.enabled = true}};
	struct binding_table *table = binding_table_create(&config, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct world world = {.files = row->files};
		struct binding_query query = {.local_port = 443, .name = name_of(row->name)};
		CU_ASSERT_EQUAL_FATAL(ip_address_parse("192.0.2.1", &query.local_ip), 0);
		const struct cert_select_source source = {&world, look_up, trace};
		struct cert_select_result result;
		cert_select(table, &query, row->strict, &source, &result);
		bool same = result.verdict == row->verdict && strcmp(world.steps, row->steps) == 0;
		if (row->verdict == CERT_SELECT_NONE)
			same = same && result.alert == row->alert;
		else
			same = same && binding_tier_number(result.candidate.tier) == row->tier &&
			       strcmp(result.certificate.key.text, row->key) == 0;
		if (!same)
			printf("\n    %s: verdict %d, steps %s, alert %d", row->what, (int)result.verdict, world.steps,
				result.alert);
		CU_ASSERT(same);
	}
	binding_table_destroy(table);
}

/* Without any record that matches, the alert depends on whether the client named a host. */
static void test_no_match(void)
{
	const uint8_t key[16] = {7};
	bindings[0].host = name_of("one.example");
	struct config config = {.bindings = bindings, .n_bindings = 1};
	struct binding_table *table = binding_table_create(&config, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	struct world world = {.files = (const struct file[MAX_FILES]){{NULL, CERT_TABLE_MISS}}};
	const struct cert_select_source source = {&world, look_up, NULL};
	struct binding_query query = {.local_port = 443, .name = name_of("two.example")};
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("192.0.2.1", &query.local_ip), 0);
	struct cert_select_result result;

	cert_select(table, &query, false, &source, &result);
	CU_ASSERT_EQUAL(result.verdict, CERT_SELECT_NONE);
	CU_ASSERT_EQUAL(result.alert, TLS_ALERT_UNRECOGNIZED_NAME);
	CU_ASSERT_EQUAL(result.reason, DROP_NO_BINDING_NAME);

	query.name.len = 0;
	cert_select(table, &query, false, &source, &result);
	CU_ASSERT_EQUAL(result.alert, TLS_ALERT_HANDSHAKE_FAILURE);
	CU_ASSERT_EQUAL(result.reason, DROP_NO_BINDING_NO_NAME);
	binding_table_destroy(table);
}

/* store.expired = "reject": an expired file ends the walk, any other fault does not. */
static void look_up_expired(void *context, const struct host_name *key, bool strict, struct cert_table_result *out)
{
	look_up(context, key, strict, out);
	out->fault = strcmp(key->text, "old.example") == 0 ? CERTIFICATE_FAULT_EXPIRED
		     : out->state == CERT_TABLE_BROKEN     ? CERTIFICATE_FAULT_MALFORMED
							   : CERTIFICATE_FAULT_NONE;
}

static enum cert_select_verdict select_expired(enum config_expired expired, const char *name)
{
	const uint8_t key[16] = {7};
	const struct file files[MAX_FILES] = {
		{"old.example", CERT_TABLE_BROKEN}, {"bad.example", CERT_TABLE_BROKEN}, {"=default", CERT_TABLE_READY}};
	struct config config = {.bindings = bindings, .n_bindings = 3, .store = {.enabled = true, .expired = expired}};
	struct binding_table *table = binding_table_create(&config, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	struct world world = {.files = files};
	const struct cert_select_source source = {&world, look_up_expired, trace};
	struct binding_query query = {.local_port = 443, .name = name_of(name)};
	struct cert_select_result result;
	CU_ASSERT_EQUAL(ip_address_parse("192.0.2.1", &query.local_ip), 0);
	cert_select(table, &query, false, &source, &result);
	binding_table_destroy(table);
	return result.verdict;
}

static void test_reject_expired(void)
{
	CU_ASSERT_EQUAL(select_expired(CONFIG_EXPIRED_REJECT, "old.example"), CERT_SELECT_NONE);
	CU_ASSERT_EQUAL(select_expired(CONFIG_EXPIRED_REJECT, "bad.example"), CERT_SELECT_FOUND);
	CU_ASSERT_EQUAL(select_expired(CONFIG_EXPIRED_SKIP, "old.example"), CERT_SELECT_FOUND);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"verdict, tier, certificate and steps, row by row", test_rows},
		{"no record at all: the alert tells whether a name was sent", test_no_match},
		{"expired = reject ends the walk", test_reject_expired},
		CU_TEST_INFO_NULL,
	};
	return unit_run("cert_select", tests);
}
