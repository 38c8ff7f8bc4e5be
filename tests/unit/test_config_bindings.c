/* SPDX-License-Identifier: BSD-3-Clause */
/* Each rule of docs/bindings.md section 1: accepted, and refused. */
#include "config_bindings.h"
#include "loaded_config.h"
#include "unit.h"

#include <time.h>

/* Lines 1 to 3; the bindings begin in line 4, one per line. */
#define PORTS                                                                                                          \
	"ports = ( { device = \"d\"; addresses = ( { ip = \"192.0.2.10/24\"; }, { ip = \"2001:db8::10/64\"; } ); } "   \
	");\n"
#define STORE_ON  "central_certificate_store = { enabled = true; physical_path = \"/srv/certs\"; };\n"
#define STORE_OFF "central_certificate_store = { enabled = false; };\n"
#define CERTIFICATES                                                                                                   \
	"certificates = ( { name = \"a\"; file = \"a.pfx\"; }, { name = \"b\"; file = \"b.pfx\"; } ); bindings = (\n"
#define WITH(bindings)    PORTS STORE_ON CERTIFICATES bindings ");"
#define WITHOUT(bindings) PORTS STORE_OFF CERTIFICATES bindings ");"

#define ADDRESS_A "{ ip = \"192.0.2.10\"; certificate = \"a\"; }"
#define ANY_A     "{ certificate = \"a\"; }"
#define HOST_A    "{ host = \"www.example.com\"; ssl_flags = 1; certificate = \"a\"; }"
#define STORE_2   "{ host = \"two.example.com\"; ssl_flags = 2; }"
#define STORE_3   "{ host = \"three.example.com\"; ssl_flags = 3; }"

static void test_the_four_kinds_are_accepted(void)
{
	loaded_config_accept(WITHOUT(ANY_A), "");
	loaded_config_accept(WITHOUT("{ ip = \"[::]\"; certificate = \"a\"; },\n" ANY_A ",\n" ADDRESS_A), "");
	loaded_config_accept(WITHOUT(HOST_A), "");
	loaded_config_accept(WITH(STORE_2), "");
	loaded_config_accept(WITH(STORE_3 ",\n" STORE_2 ",\n" HOST_A ",\n" ANY_A), "");
	loaded_config_accept(WITH("{ host = \"*.example.com\"; ssl_flags = 3; }"), "");
}

static void test_every_bit_is_accepted_and_no_other(void)
{
	for (unsigned flags = 0; flags < 160; flags++) {
		char text[1000];
		bool from_store = (flags & 2) != 0;
		snprintf(text, sizeof(text), WITH("{ host = \"www.example.com\"; ssl_flags = %u; %s }"), flags,
			from_store ? "" : "certificate = \"a\";");
		char line[200] = "";
		if (flags > 127)
			snprintf(line, sizeof(line),
				"test.cfg:4: bindings[0].ssl_flags: expected a whole number from 0 to 127, found %u\n",
				flags);
		if (flags > 127)
			loaded_config_reject(text, line);
		else
			loaded_config_accept(text, "");
	}
}

static void test_certificate_is_needed(void)
{
	loaded_config_reject(WITH("{ }"),
		"test.cfg:4: bindings[0].certificate: expected a certificate's name with ssl_flags 0, found none\n");
	loaded_config_reject(WITH("{ host = \"www.example.com\"; ssl_flags = 1; }"),
		"test.cfg:4: bindings[0].certificate: expected a certificate's name with ssl_flags 1, found none\n");
	loaded_config_reject(WITH("{ host = \"www.example.com\"; ssl_flags = 37; certificate = \"\"; }"),
		"test.cfg:4: bindings[0].certificate: expected a certificate's name with ssl_flags 37, found none\n");
}

static void test_certificate_must_be_known(void)
{
	loaded_config_reject(WITH("{ certificate = \"c\"; }"), "test.cfg:4: bindings[0].certificate: expected the name "
							       "of an entry of \"certificates\", found \"c\"\n");
	loaded_config_accept(WITH("{ certificate = \"b\"; }"), "");
}

static void test_certificate_of_a_store_binding_is_doubtful(void)
{
	loaded_config_accept(WITH("{ host = \"www.example.com\"; ssl_flags = 3; certificate = \"a\"; }"),
		"test.cfg:4: bindings[0].certificate: warning: expected none with ssl_flags 3, found \"a\", which is "
		"never used: "
		"the certificate comes from the store\n");
}

static void test_certificates_are_tied(void)
{
	struct loaded_config loaded = loaded_config_of(WITHOUT("{ certificate = \"b\"; },\n" HOST_A));
	CU_ASSERT_PTR_NOT_NULL_FATAL(loaded.config);
	const struct config *config = loaded.config;
	CU_ASSERT_EQUAL(config->bindings[0].certificate_index, 1);
	CU_ASSERT_EQUAL(config->bindings[1].certificate_index, 0);
	CU_ASSERT_STRING_EQUAL(config->bindings[1].host.text, "www.example.com");
	CU_ASSERT_EQUAL(config->bindings[1].line, 5);
	CU_ASSERT_STRING_EQUAL(config->bindings[1].source_file, "test.cfg");
	loaded_config_release(&loaded);
}

static void test_host_is_needed(void)
{
	loaded_config_reject(WITH("{ ssl_flags = 1; certificate = \"a\"; }"),
		"test.cfg:4: bindings[0].host: expected a host name with ssl_flags 1, found none\n");
	loaded_config_reject(WITH("{ ssl_flags = 2; }"),
		"test.cfg:4: bindings[0].host: expected a host name with ssl_flags 2, found none\n");
	loaded_config_reject(WITH("{ host = \"\"; ssl_flags = 3; }"),
		"test.cfg:4: bindings[0].host: expected a host name with ssl_flags 3, found none\n");
}

static void test_store_must_be_enabled(void)
{
	loaded_config_reject(WITHOUT(STORE_2 ",\n" STORE_3),
		"test.cfg:4: bindings[0].ssl_flags: expected central_certificate_store.enabled = true with ssl_flags "
		"2, found the "
		"store disabled\n"
		"test.cfg:5: bindings[1].ssl_flags: expected central_certificate_store.enabled = true with ssl_flags "
		"3, found the "
		"store disabled\n");
}

static void test_one_address_has_one_certificate(void)
{
	loaded_config_reject(WITH(ADDRESS_A ",\n{ ip = \"192.0.2.10\"; host = \"x.example\"; certificate = \"b\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for 192.0.2.10:443, found \"b\" here "
		"and \"a\" in "
		"bindings[0] at test.cfg:4\n");
	loaded_config_reject(
		WITH("{ ip = \"[2001:db8::10]\"; certificate = \"b\"; },\n{ ip = \"2001:db8:0::10\"; certificate = "
		     "\"a\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for [2001:db8::10]:443, found \"a\" "
		"here and \"b\" "
		"in bindings[0] at test.cfg:4\n");
	loaded_config_reject(WITH(ANY_A ",\n{ ip = \"0.0.0.0\"; certificate = \"b\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for *:443, found \"b\" here and \"a\" "
		"in "
		"bindings[0] at test.cfg:4\n");
	loaded_config_reject(WITH("{ ip = \"[::]\"; certificate = \"a\"; },\n{ ip = \"::\"; certificate = \"b\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for [::]:443, found \"b\" here and "
		"\"a\" in "
		"bindings[0] at test.cfg:4\n");
	/* Another port, another address, another kind of address: another record. */
	loaded_config_accept(
		WITH(ADDRESS_A ",\n{ ip = \"192.0.2.10\"; port = 8443; certificate = \"b\"; },\n"
			       "{ ip = \"2001:db8::10\"; certificate = \"b\"; },\n{ certificate = \"b\"; }"),
		"");
	/* The same certificate for several hosts of one address: they share the record. */
	loaded_config_accept(
		WITH(ADDRESS_A ",\n{ ip = \"192.0.2.10\"; host = \"x.example\"; certificate = \"a\"; }"), "");
}

static void test_one_host_has_one_certificate(void)
{
	loaded_config_reject(WITH(HOST_A ",\n{ host = \"WWW.example.com.\"; ssl_flags = 1; certificate = \"b\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for www.example.com on port 443, found "
		"\"b\" here "
		"and \"a\" in bindings[0] at test.cfg:4\n");
	/* Host records are keyed by name and port; the address is no part of the key, as in HTTP.sys. */
	loaded_config_reject(
		WITH(HOST_A ",\n{ ip = \"192.0.2.10\"; host = \"www.example.com\"; ssl_flags = 5; certificate = "
			    "\"b\"; }"),
		"test.cfg:5: bindings[1].certificate: expected one certificate for www.example.com on port 443, found "
		"\"b\" here "
		"and \"a\" in bindings[0] at test.cfg:4\n");
	loaded_config_accept(
		WITH(HOST_A ",\n{ host = \"www.example.com\"; port = 444; ssl_flags = 1; certificate = \"b\"; },\n"
			    "{ host = \"*.example.com\"; ssl_flags = 1; certificate = \"b\"; }"),
		"");
	loaded_config_accept(
		WITH(HOST_A
			",\n{ ip = \"192.0.2.10\"; host = \"www.example.com\"; ssl_flags = 1; certificate = \"a\"; }"),
		"");
}

static void test_each_conflict_is_told(void)
{
	struct loaded_config loaded =
		loaded_config_of(WITH(ANY_A ",\n{ certificate = \"b\"; },\n{ host = \"h\"; certificate = \"b\"; }"));
	CU_ASSERT_EQUAL(loaded.problems.n_errors, 2);
	CU_ASSERT_EQUAL(loaded.problems.items[0].line, 5);
	CU_ASSERT_EQUAL(loaded.problems.items[1].line, 6);
	loaded_config_release(&loaded);
}

static void test_certificate_names_are_unique(void)
{
	loaded_config_reject(PORTS
		"certificates = ( { name = \"a\"; file = \"x\"; },\n{ name = \"a\"; file = \"y\"; } );\n"
		"bindings = ( { certificate = \"a\"; } );",
		"test.cfg:3: certificates[1].name: expected each name once, found \"a\" again, as at test.cfg:2\n");
}

static void test_repeated_binding_is_doubtful(void)
{
	loaded_config_accept(WITH(HOST_A ",\n" HOST_A),
		"test.cfg:5: bindings[1].host: warning: expected each binding once, found it again, as bindings[0] at "
		"test.cfg:4\n");
	/* One name from a fixed certificate, then from the store: tier 2 falls through to tier 3, which is of use. */
	loaded_config_accept(WITH(HOST_A ",\n{ host = \"www.example.com\"; ssl_flags = 3; }"), "");
}

static void test_several_hosts_without_sni_are_doubtful(void)
{
	loaded_config_accept(WITH(STORE_2 ",\n" STORE_3 ",\n{ host = \"x.example\"; ssl_flags = 6; }"),
		"test.cfg:6: bindings[2].ssl_flags: warning: expected one binding with ssl_flags 2 on *:443, found 2: "
		"a client "
		"without SNI gets \"two.example.com\" of bindings[0] at test.cfg:4\n");
	loaded_config_accept(WITH(STORE_2 ",\n{ port = 8443; host = \"x.example\"; ssl_flags = 2; },\n"
					  "{ ip = \"192.0.2.10\"; host = \"x.example\"; ssl_flags = 2; }"),
		"");
}

#define HIDES(line, index, where, n, host, other, other_line)                                                          \
	"test.cfg:" line ": bindings[" index                                                                           \
	"].ip: warning: expected no address record beside records by name, found that " where " hides " n              \
	" on that address, the first of them \"" host "\" of bindings[" other "] at test.cfg:" other_line "\n"

static void test_hidden_records_are_told(void)
{
	loaded_config_accept(WITH(HOST_A ",\n" STORE_3 ",\n" ADDRESS_A),
		HIDES("6", "2", "192.0.2.10:443", "2", "www.example.com", "0", "4"));
	loaded_config_accept(WITH("{ ip = \"2001:db8::10\"; certificate = \"a\"; },\n"
				  "{ ip = \"[::]\"; host = \"six.example\"; ssl_flags = 3; }"),
		HIDES("4", "0", "[2001:db8::10]:443", "1", "six.example", "1", "5"));
	loaded_config_accept(WITH(ADDRESS_A ",\n{ ip = \"192.0.2.10\"; host = \"x.example\"; ssl_flags = 3; }"),
		HIDES("4", "0", "192.0.2.10:443", "1", "x.example", "1", "5"));
}

static void test_what_is_not_hidden_is_not_told(void)
{
	/* Another port; another address; IPv4 beside [::]; wildcard records, which come after the names. */
	loaded_config_accept(WITH(ADDRESS_A ",\n{ port = 8443; host = \"x.example\"; ssl_flags = 3; }"), "");
	loaded_config_accept(WITH(ADDRESS_A ",\n{ ip = \"2001:db8::10\"; host = \"x.example\"; ssl_flags = 3; }"), "");
	loaded_config_accept(WITH(ADDRESS_A ",\n{ ip = \"[::]\"; host = \"x.example\"; ssl_flags = 3; }"), "");
	loaded_config_accept(WITH(ANY_A ",\n{ ip = \"[::]\"; certificate = \"a\"; },\n" HOST_A), "");
}

static void test_foreign_address_is_doubtful(void)
{
	loaded_config_accept(WITH("{ ip = \"192.0.2.11\"; certificate = \"a\"; },\n"
				  "{ ip = \"192.0.2.11\"; host = \"x.example\"; certificate = \"a\"; }"),
		"test.cfg:4: bindings[0].ip: warning: expected an address of one of the ports, found 192.0.2.11: "
		"nobody can reach "
		"it\n");
}

static void test_faulty_binding_makes_no_further_faults(void)
{
	loaded_config_reject(WITH("{ port = 0; ssl_flags = 3; },\n" ANY_A ",\n{ port = 70000; certificate = \"b\"; }"),
		"test.cfg:4: bindings[0].port: expected a whole number from 1 to 65535, found 0\n"
		"test.cfg:6: bindings[2].port: expected a whole number from 1 to 65535, found 70000\n");
}

static void test_only_one_backend_exists(void)
{
	loaded_config_accept(WITH("{ certificate = \"a\"; backend = \"builtin:status\"; }"), "");
	loaded_config_reject(WITH("{ certificate = \"a\"; backend = \"10.0.0.1:80\"; }"),
		"test.cfg:4: bindings[0].backend: expected \"builtin:status\", found \"10.0.0.1:80\"\n");
}

static double seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* @return the text of so many store bindings; the caller's to free. */
static char *many_bindings(unsigned n)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);
	fputs(PORTS STORE_ON "bindings = (\n", out);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "{ host = \"host-%u.example.com\"; ssl_flags = 3; }%s\n", i, i + 1 < n ? "," : "");
	fputs(");", out);
	fclose(out);
	return text;
}

static double time_to_load(unsigned n)
{
	char *text = many_bindings(n);
	double start = seconds();
	struct loaded_config loaded = loaded_config_of(text);
	double taken = seconds() - start;
	CU_ASSERT_PTR_NOT_NULL_FATAL(loaded.config);
	CU_ASSERT_EQUAL(loaded.config->n_bindings, n);
	CU_ASSERT_EQUAL(loaded.problems.n, 0);
	CU_ASSERT_EQUAL(loaded.config->bindings[n - 1].line, n + 3);
	loaded_config_release(&loaded);
	free(text);
	return taken;
}

/* Eight times as many must not take 64 times as long; 24 leaves room for a busy machine. */
static void test_many_bindings_take_linear_time(void)
{
	double few = time_to_load(5000), many = time_to_load(40000);
	CU_ASSERT_TRUE(many < 24 * few);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"the four kinds are accepted", test_the_four_kinds_are_accepted},
		{"every bit is accepted and no other", test_every_bit_is_accepted_and_no_other},
		{"a certificate is needed", test_certificate_is_needed},
		{"a certificate must be known", test_certificate_must_be_known},
		{"a certificate of a store binding is doubtful", test_certificate_of_a_store_binding_is_doubtful},
		{"certificates are tied", test_certificates_are_tied},
		{"a host is needed", test_host_is_needed},
		{"the store must be enabled", test_store_must_be_enabled},
		{"one address has one certificate", test_one_address_has_one_certificate},
		{"one host has one certificate", test_one_host_has_one_certificate},
		{"each conflict is told", test_each_conflict_is_told},
		{"certificate names are unique", test_certificate_names_are_unique},
		{"a repeated binding is doubtful", test_repeated_binding_is_doubtful},
		{"several hosts without SNI are doubtful", test_several_hosts_without_sni_are_doubtful},
		{"hidden records are told", test_hidden_records_are_told},
		{"what is not hidden is not told", test_what_is_not_hidden_is_not_told},
		{"a foreign address is doubtful", test_foreign_address_is_doubtful},
		{"a faulty binding makes no further faults", test_faulty_binding_makes_no_further_faults},
		{"only one backend exists", test_only_one_backend_exists},
		{"many bindings take linear time", test_many_bindings_take_linear_time},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_bindings", tests);
}
