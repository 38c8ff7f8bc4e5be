/* SPDX-License-Identifier: BSD-3-Clause */
#include "binding.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define V4   "192.0.2.10"
#define V4_B "192.0.2.11"
#define V6   "2001:db8::10"
#define V6_B "2001:db8::11"

static const uint8_t key[16] = {1, 2, 3, 4, 5, 6, 7, 8};

enum { MAX_BINDINGS = 6, MAX_CANDIDATES = 5 };

/* A binding as a configuration file has it. ip NULL ends a list. */
struct spec {
	const char *ip;
	uint16_t port;
	const char *host;
	uint32_t flags;
	const char *certificate;
};

/* What a walk is expected to yield: "tier:certificate" or "tier:store(name)", then "@" and the binding's number. */
struct row {
	const char *rule;
	struct spec bindings[MAX_BINDINGS];
	const char *local_ip;
	const char *name; /* NULL: the client sent none */
	const char *expected[MAX_CANDIDATES];
};

static struct ip_address address(const char *text)
{
	struct ip_address ip = {{0}};
	CU_ASSERT_EQUAL_FATAL(ip_address_parse(text, &ip), 0);
	return ip;
}

static struct host_name host(const char *text)
{
	struct host_name name = {.len = (uint8_t)strlen(text)};
	memcpy(name.text, text, name.len);
	return name;
}

static struct config_binding binding(const struct spec *spec)
{
	struct config_binding out = {.port = spec->port,
		.host = host(spec->host == NULL ? "" : spec->host),
		.ssl_flags = spec->flags,
		.certificate = spec->certificate,
		.backend = "builtin:status"};
	if (strcmp(spec->ip, "*") == 0) {
		out.ip_kind = CONFIG_BIND_ANY;
	} else if (strcmp(spec->ip, "[::]") == 0) {
		out.ip_kind = CONFIG_BIND_ANY_V6;
	} else {
		out.ip_kind = CONFIG_BIND_EXACT;
		out.ip = address(spec->ip);
	}
	return out;
}

/* A configuration that holds bindings and nothing else. */
struct fixture {
	struct config_binding bindings[MAX_BINDINGS];
	struct config config;
	struct binding_table *table;
};

static void set_up(struct fixture *fixture, const struct spec *specs, bool only_bound)
{
	*fixture = (struct fixture){.config.bindings = fixture->bindings};
	fixture->config.store.enabled = true;
	fixture->config.store.only_bound = only_bound;
	for (size_t i = 0; i < MAX_BINDINGS && specs[i].ip != NULL; i++)
		fixture->bindings[fixture->config.n_bindings++] = binding(&specs[i]);
	fixture->table = binding_table_create(&fixture->config, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(fixture->table);
}

static void tear_down(struct fixture *fixture)
{
	binding_table_destroy(fixture->table);
}

static void start(const struct fixture *fixture, const char *local_ip, const char *name, struct binding_walk *walk)
{
	struct binding_query query = {
		.local_ip = address(local_ip), .local_port = 443, .name = host(name == NULL ? "" : name)};
	binding_walk_start(fixture->table, &query, walk);
}

static const char *describe(const struct fixture *fixture, const struct binding_candidate *candidate, char text[400])
{
	long number = candidate->binding - fixture->bindings;
	const char *tier = binding_tier_name(candidate->tier);
	if (candidate->from_store)
		snprintf(text, 400, "%s:store(%s)@%ld", tier, candidate->name.text, number);
	else
		snprintf(text, 400, "%s:%s@%ld", tier, candidate->certificate, number);
	return text;
}

static void check_walk(const struct row *row, bool only_bound)
{
	struct fixture fixture;
	struct binding_walk walk;
	struct binding_candidate candidate;
	char text[400];

	set_up(&fixture, row->bindings, only_bound);
	start(&fixture, row->local_ip, row->name, &walk);
	for (size_t i = 0; i <= MAX_CANDIDATES; i++) {
		bool found = binding_walk_next(&walk, &candidate);
		const char *expected = i == MAX_CANDIDATES ? NULL : row->expected[i];
		const char *got = found ? describe(&fixture, &candidate, text) : NULL;
		bool right = (expected == NULL) == (got == NULL) && (got == NULL || strcmp(got, expected) == 0);
		if (!right)
			printf("FAILED: %s: candidate %zu: expected %s, got %s\n", row->rule, i,
				expected == NULL ? "none" : expected, got == NULL ? "none" : got);
		CU_ASSERT_TRUE(right);
		if (!found || !right)
			break;
	}
	tear_down(&fixture);
}

/* One binding of each tier on port 443. */
#define ALL_TIERS                                                                                                      \
	{                                                                                                              \
		{"*", 443, NULL, 0, "any"}, {"[::]", 443, NULL, 0, "any6"}, {"*", 443, "ccs.test", 2, NULL},           \
			{"*", 443, "www.test", 1, "host"}, {V4, 443, NULL, 0, "address"},                              \
			{V6, 443, NULL, 0, "address6"},                                                                \
	}

/* docs/bindings.md section 2; each rule with the case that it does not cover. */
static const struct row rows[] = {
	{"1 to 5 in order, IPv4", ALL_TIERS, V4, "www.test",
		{"address:address@4", "host:host@3", "store:store(www.test)@2", "any:any@0"}},
	{"1 to 5 in order, IPv6", ALL_TIERS, V6, "www.test",
		{"address:address6@5", "host:host@3", "store:store(www.test)@2", "any-v6:any6@1", "any:any@0"}},
	{"another address has no tier 1", ALL_TIERS, V4_B, "www.test",
		{"host:host@3", "store:store(www.test)@2", "any:any@0"}},
	{"without a name: no tier 2, tier 3 by the flags-2 host", ALL_TIERS, V6_B, NULL,
		{"store:store(ccs.test)@2", "any-v6:any6@1", "any:any@0"}},

	{"tier 1 wins over a matching SNI record", {{"*", 443, "a.test", 1, "sni"}, {V4, 443, "", 0, "fixed"}}, V4,
		"a.test", {"address:fixed@1", "host:sni@0"}},
	{"tier 1 is the exact port", {{V4, 8443, "", 0, "fixed"}}, V4, "a.test", {NULL}},
	{"tier 1 is the exact address", {{V4, 443, "", 0, "fixed"}}, V4_B, "a.test", {NULL}},

	{"tier 2 exact name", {{"*", 443, "a.test", 1, "a"}, {"*", 443, "b.test", 1, "b"}}, V4, "b.test", {"host:b@1"}},
	{"tier 2 another name", {{"*", 443, "a.test", 1, "a"}}, V4, "c.test", {NULL}},
	{"tier 2 is the exact port", {{"*", 8443, "a.test", 1, "a"}}, V4, "a.test", {NULL}},
	{"tier 2 needs a name", {{"*", 443, "a.test", 1, "a"}}, V4, NULL, {NULL}},
	{"tier 2 exact, then wildcard", {{"*", 443, "*.test", 1, "wild"}, {"*", 443, "a.test", 1, "a"}}, V4, "a.test",
		{"host:a@1", "host:wild@0"}},
	{"tier 2 wildcard", {{"*", 443, "*.test", 1, "wild"}}, V4, "b.test", {"host:wild@0"}},
	{"tier 2 wildcard covers one label", {{"*", 443, "*.test", 1, "wild"}}, V4, "c.b.test", {NULL}},
	{"tier 2 wildcard does not cover the apex", {{"*", 443, "*.a.test", 1, "wild"}}, V4, "a.test", {NULL}},
	{"tier 2 records are per port, not per address", {{V4, 443, "a.test", 1, "a"}}, V4_B, "a.test", {"host:a@0"}},

	{"tier 3 flags 2, name of the client", {{"*", 443, "a.test", 2, NULL}}, V4, "b.test",
		{"store:store(b.test)@0"}},
	{"tier 3 flags 3, name of the client", {{"*", 443, "a.test", 3, NULL}}, V4, "b.test",
		{"store:store(b.test)@0"}},
	{"tier 3 is the exact port", {{"*", 8443, "a.test", 2, NULL}}, V4, "a.test", {NULL}},
	{"tier 3 is not there without flags 2 or 3", {{"*", 443, "a.test", 1, "a"}}, V4, "b.test", {NULL}},
	{"tier 3 is per port, not per address", {{V4, 443, "a.test", 3, NULL}}, V4_B, "a.test",
		{"store:store(a.test)@0"}},
	{"tier 3 flags 2 without a name", {{"*", 443, "a.test", 2, NULL}}, V4, NULL, {"store:store(a.test)@0"}},
	{"tier 3 flags 3 without a name", {{"*", 443, "a.test", 3, NULL}}, V4, NULL, {NULL}},
	{"tier 3 without a name: first flags 2, not flags 3",
		{{"*", 443, "a.test", 3, NULL}, {"*", 443, "b.test", 2, NULL}, {"*", 443, "c.test", 2, NULL}}, V4, NULL,
		{"store:store(b.test)@1"}},
	{"tier 3 without a name: configuration order over all that listen there",
		{{V4_B, 443, "b.test", 2, NULL}, {"*", 443, "c.test", 2, NULL}, {V4, 443, "a.test", 2, NULL}}, V4, NULL,
		{"store:store(c.test)@1"}},
	{"tier 3 without a name: the exact address comes first if written first",
		{{V4, 443, "a.test", 2, NULL}, {"*", 443, "c.test", 2, NULL}}, V4, NULL, {"store:store(a.test)@0"}},
	{"tier 3 without a name: of another address", {{V4, 443, "a.test", 2, NULL}}, V4_B, NULL, {NULL}},
	{"tier 3 without a name: of [::], IPv6", {{"[::]", 443, "a.test", 2, NULL}}, V6, NULL,
		{"store:store(a.test)@0"}},
	{"tier 3 without a name: of [::], IPv4", {{"[::]", 443, "a.test", 2, NULL}}, V4, NULL, {NULL}},
	{"tier 3 without a name: of another port", {{"*", 8443, "a.test", 2, NULL}, {"*", 443, "b.test", 3, NULL}}, V4,
		NULL, {NULL}},

	{"tier 4 for IPv6 only", {{"[::]", 443, "", 0, "any6"}}, V6, NULL, {"any-v6:any6@0"}},
	{"tier 4 never for IPv4", {{"[::]", 443, "", 0, "any6"}}, V4, NULL, {NULL}},
	{"tier 4 is the exact port", {{"[::]", 8443, "", 0, "any6"}}, V6, NULL, {NULL}},
	{"tier 5 for IPv4", {{"*", 443, "", 0, "any"}}, V4, NULL, {"any:any@0"}},
	{"tier 5 for IPv6", {{"*", 443, "", 0, "any"}}, V6, "a.test", {"any:any@0"}},
	{"tier 5 is the exact port", {{"*", 8443, "", 0, "any"}}, V4, NULL, {NULL}},
	{"no binding at all", {{NULL, 0, NULL, 0, NULL}}, V4, "a.test", {NULL}},
	{"bits above 2 do not matter for the tier",
		{{"*", 443, "a.test", 1 | 124, "a"}, {"*", 443, "b.test", 2 | 124, NULL}, {"*", 443, "", 124, "any"}},
		V4, "a.test", {"host:a@0", "store:store(a.test)@1", "any:any@2"}},
};

static const struct row backend_rows[] = {
	{"shared address record: host equals the name", {{V4, 443, "", 0, "c"}, {V4, 443, "b.test", 0, "c"}}, V4,
		"b.test", {"address:c@1"}},
	{"shared address record: no host equals the name", {{V4, 443, "a.test", 0, "c"}, {V4, 443, "b.test", 0, "c"}},
		V4, "c.test", {"address:c@0"}},
	{"shared address record: no name", {{V4, 443, "a.test", 0, "c"}, {V4, 443, "", 0, "c"}}, V4, NULL,
		{"address:c@0"}},
	{"shared address record: the host of another record does not count",
		{{V4, 443, "", 0, "c"}, {V4_B, 443, "b.test", 0, "d"}, {"*", 443, "b.test", 3, NULL}}, V4, "b.test",
		{"address:c@0", "store:store(b.test)@2"}},
	{"shared wildcard record: host equals the name", {{"*", 443, "", 0, "c"}, {"*", 443, "b.test", 0, "c"}}, V6,
		"b.test", {"any:c@1"}},
	{"shared [::] record: wildcard host covers the name",
		{{"[::]", 443, "", 0, "c"}, {"[::]", 443, "*.test", 0, "c"}}, V6, "b.test", {"any-v6:c@1"}},
	{"store: host equals the name",
		{{"*", 443, "a.test", 3, NULL}, {"*", 443, "*.test", 3, NULL}, {"*", 443, "b.test", 3, NULL}}, V4,
		"b.test", {"store:store(b.test)@2"}},
	{"store: wildcard host covers the name",
		{{"*", 443, "a.test", 3, NULL}, {"*", 443, "*.test", 3, NULL}, {"*", 443, "b.test", 3, NULL}}, V4,
		"c.test", {"store:store(c.test)@1"}},
	{"store: else the first", {{"*", 443, "b.test", 1, "b"}, {"*", 443, "a.test", 3, NULL}}, V4, "c.other",
		{"store:store(c.other)@1"}},
	{"one host on two addresses: the one that listens here",
		{{V4, 443, "a.test", 1, "a"}, {V4_B, 443, "a.test", 1, "a"}}, V4_B, "a.test", {"host:a@1"}},
	{"one host on two addresses: else the first", {{V4, 443, "a.test", 1, "a"}, {V4_B, 443, "a.test", 1, "a"}}, V6,
		"a.test", {"host:a@0"}},
	{"one host on [::] and on an IPv4 address", {{"[::]", 443, "a.test", 3, NULL}, {V4, 443, "a.test", 3, NULL}},
		V4, "a.test", {"store:store(a.test)@1"}},
};

static const struct row only_bound_rows[] = {
	{"host has a binding", {{"*", 443, "a.test", 3, NULL}}, V4, "a.test", {"store:store(a.test)@0"}},
	{"wildcard host has a binding", {{"*", 443, "*.test", 3, NULL}}, V4, "a.test", {"store:store(a.test)@0"}},
	{"host has none", {{"*", 443, "a.test", 3, NULL}}, V4, "b.test", {NULL}},
	{"host has one on another port", {{"*", 443, "a.test", 3, NULL}, {"*", 8443, "b.test", 3, NULL}}, V4, "b.test",
		{NULL}},
	{"host has a fixed one only", {{"*", 443, "a.test", 3, NULL}, {"*", 443, "b.test", 1, "b"}}, V4, "b.test",
		{"host:b@1"}},
	{"no name: the flags-2 host has one by itself", {{"*", 443, "a.test", 2, NULL}}, V4, NULL,
		{"store:store(a.test)@0"}},
};

static void test_tiers(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		check_walk(&rows[i], false);
}

static void test_backend_of_shared_record(void)
{
	for (size_t i = 0; i < sizeof(backend_rows) / sizeof(backend_rows[0]); i++)
		check_walk(&backend_rows[i], false);
}

static void test_only_bound(void)
{
	for (size_t i = 0; i < sizeof(only_bound_rows) / sizeof(only_bound_rows[0]); i++)
		check_walk(&only_bound_rows[i], true);
}

static void expect_listens(const struct fixture *fixture, const char *local_ip, uint16_t port, bool expected)
{
	struct ip_address ip = address(local_ip);
	CU_ASSERT_EQUAL(binding_listens(fixture->table, &ip, port), expected);
}

static void test_listens(void)
{
	static const struct spec specs[MAX_BINDINGS] = {{"*", 80, "", 0, "c"}, {"[::]", 81, "a.test", 3, NULL},
		{V4, 82, "a.test", 1, "c"}, {V6, 83, "a.test", 2, NULL}, {"0.0.0.1", 84, "", 0, "c"}};
	struct fixture fixture;
	set_up(&fixture, specs, false);
	expect_listens(&fixture, V4, 80, true);
	expect_listens(&fixture, V6, 80, true);
	expect_listens(&fixture, V6, 81, true);
	expect_listens(&fixture, V4, 81, false);
	expect_listens(&fixture, V4, 82, true);
	expect_listens(&fixture, V4_B, 82, false);
	expect_listens(&fixture, V6, 82, false);
	expect_listens(&fixture, V6, 83, true);
	expect_listens(&fixture, V6_B, 83, false);
	expect_listens(&fixture, V4, 83, false);
	expect_listens(&fixture, V4, 443, false);
	expect_listens(&fixture, V4, 0, false);
	tear_down(&fixture);
}

static void test_nothing_configured(void)
{
	static const struct spec none[MAX_BINDINGS] = {{NULL, 0, NULL, 0, NULL}};
	struct fixture fixture;
	set_up(&fixture, none, false);
	expect_listens(&fixture, V4, 443, false);
	tear_down(&fixture);
	binding_table_destroy(NULL);
}

static void expect_hidden(const struct fixture *fixture, size_t hidden, long by)
{
	const struct config_binding *found = binding_hidden_by(fixture->table, &fixture->bindings[hidden]);
	CU_ASSERT_EQUAL(found == NULL ? -1 : found - fixture->bindings, by);
}

static void test_hidden_by(void)
{
	static const struct spec specs[MAX_BINDINGS] = {{V4, 443, "a.test", 1, "a"}, {V4_B, 443, "b.test", 3, NULL},
		{"*", 443, "c.test", 2, NULL}, {"[::]", 443, "d.test", 1, "d"}, {V4, 443, "", 0, "fixed"},
		{"*", 443, "", 0, "any"}};
	struct fixture fixture;
	set_up(&fixture, specs, false);
	expect_hidden(&fixture, 0, 4);  /* its own address has a record */
	expect_hidden(&fixture, 1, -1); /* another address has one */
	expect_hidden(&fixture, 2, 4);  /* on one of its addresses */
	expect_hidden(&fixture, 3, -1); /* an IPv4 record hides no [::] */
	expect_hidden(&fixture, 4, -1); /* an address record is not hidden */
	expect_hidden(&fixture, 5, -1);
	tear_down(&fixture);
}

static void test_hidden_by_v6_or_other_port(void)
{
	static const struct spec specs[MAX_BINDINGS] = {{"[::]", 443, "d.test", 1, "d"}, {"*", 8443, "c.test", 3, NULL},
		{V6, 443, "", 0, "fixed"}, {"[::]", 8443, "", 0, "any6"}};
	struct fixture fixture;
	set_up(&fixture, specs, false);
	expect_hidden(&fixture, 0, 2);
	expect_hidden(&fixture, 1, -1); /* a wildcard record ranks lower */
	tear_down(&fixture);
}

static void test_tier_words(void)
{
	CU_ASSERT_STRING_EQUAL(binding_tier_name(BINDING_TIER_NONE), "none");
	CU_ASSERT_STRING_EQUAL(binding_tier_name(BINDING_TIER_ANY_V6), "any-v6");
	CU_ASSERT_EQUAL(binding_tier_number(BINDING_TIER_NONE), 0);
	CU_ASSERT_EQUAL(binding_tier_number(BINDING_TIER_ADDRESS), 1);
	CU_ASSERT_EQUAL(binding_tier_number(BINDING_TIER_ANY), 5);
}

enum { MILLION = 1000000 };

/* Flags go round 0 (each on an address of its own), 1, 2, 3. */
static void fill_million(struct config_binding *bindings)
{
	for (uint32_t i = 0; i < MILLION; i++) {
		struct config_binding *out = &bindings[i];
		*out = (struct config_binding){.ip_kind = CONFIG_BIND_ANY, .port = 443, .ssl_flags = i % 4};
		out->certificate = i % 4 < 2 ? "fixed" : NULL;
		out->host.len = (uint8_t)snprintf(out->host.text, sizeof(out->host.text), "h%u.test", i);
		if (i % 4 == 0) {
			out->ip_kind = CONFIG_BIND_EXACT;
			out->ip =
				ip_address_from_v4((uint8_t[4]){10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i});
		}
	}
}

static void check_one_of_million(const struct config *config, const struct binding_table *table, uint32_t i)
{
	const struct config_binding *binding = &config->bindings[i];
	struct binding_query query = {.local_ip = address(V4), .local_port = 443, .name = binding->host};
	struct binding_walk walk;
	struct binding_candidate candidate = {0};
	if (binding->ip_kind == CONFIG_BIND_EXACT)
		query.local_ip = binding->ip;
	binding_walk_start(table, &query, &walk);
	CU_ASSERT_TRUE(binding_walk_next(&walk, &candidate));
	CU_ASSERT_PTR_EQUAL(candidate.binding, binding);
}

static void test_million_bindings(void)
{
	struct config_binding *bindings = calloc(MILLION, sizeof(*bindings));
	CU_ASSERT_PTR_NOT_NULL_FATAL(bindings);
	struct config config = {.bindings = bindings, .n_bindings = MILLION};
	fill_million(bindings);
	struct binding_table *table = binding_table_create(&config, key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	for (uint32_t i = 0; i < MILLION; i += 37)
		check_one_of_million(&config, table, i);
	check_one_of_million(&config, table, MILLION - 1);
	binding_table_destroy(table);
	free(bindings);
}

/* Every field but the certificate makes it another; the same line read again is the same. */
static void test_identity(void)
{
	const struct config_binding base = {.ip_kind = CONFIG_BIND_EXACT,
		.ip = address(V4),
		.port = 443,
		.ssl_flags = CONFIG_SSL_SNI,
		.host = {.len = 3, .text = "a.b"},
		.certificate = "one",
		.backend = "builtin:status"};
	struct config_binding changed[8];
	for (unsigned i = 0; i < 8; i++)
		changed[i] = base;
	changed[0].certificate = "two";
	changed[0].line = 7;
	changed[1].port = 444;
	changed[2].ip = ip_address_from_v4((uint8_t[4]){192, 0, 2, 99});
	changed[3].ip_kind = CONFIG_BIND_ANY;
	changed[4].ssl_flags |= CONFIG_SSL_NO_TLS13;
	changed[5].host.text[2] = 'c';
	changed[6].host.len = 2; /* what follows moves up */
	changed[7].backend = NULL;
	uint8_t wanted[BINDING_IDENTITY_MAX_BYTES], found[BINDING_IDENTITY_MAX_BYTES];
	size_t n = binding_identity(&base, wanted);
	for (unsigned i = 0; i < 8; i++) {
		bool same = binding_identity(&changed[i], found) == n && memcmp(wanted, found, n) == 0;
		CU_ASSERT_EQUAL(same, i == 0);
	}
	changed[0].host.len = HOST_NAME_MAX_LEN;
	char long_backend[200] = "";
	memset(long_backend, 'x', sizeof(long_backend) - 1);
	changed[0].backend = long_backend;
	CU_ASSERT_EQUAL(binding_identity(&changed[0], found), BINDING_IDENTITY_MAX_BYTES);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"the tiers, one row per rule", test_tiers},
		{"whose backend: bindings that share a record", test_backend_of_shared_record},
		{"only_bound", test_only_bound},
		{"which address and port has a listener", test_listens},
		{"nothing configured", test_nothing_configured},
		{"hidden records", test_hidden_by},
		{"hidden records: IPv6, other ports", test_hidden_by_v6_or_other_port},
		{"a tier's name and number", test_tier_words},
		{"a binding's identity", test_identity},
		{"a million bindings", test_million_bindings},
		CU_TEST_INFO_NULL,
	};
	return unit_run("binding", tests);
}
