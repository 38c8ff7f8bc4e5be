/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_plan.h"
#include "load_tls12.h"
#include "load_tls13.h"
#include "unit.h"

#include <string.h>

static struct load_plan plan;
static struct load_error error;

/* @param line  words separated by single spaces. */
static bool make(const char *line)
{
	static char text[256];
	char *words[32] = {"handfast-bench"}, *rest = text;
	struct load_options options;
	int n = 1;
	CU_ASSERT_FATAL(strlen(line) < sizeof(text));
	strcpy(text, line);
	while (rest && *rest && n < 32)
		words[n++] = strsep(&rest, " ");
	CU_ASSERT_EQUAL_FATAL(load_options_read(n, words, &options, &error), LOAD_OPTIONS_RUN);
	return load_plan_init(&plan, &options, &error);
}

static void a_target_is_an_address_and_a_port(void)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	CU_ASSERT_FATAL(make("192.0.2.1:443"));
	CU_ASSERT_STRING_EQUAL(ip_address_format(&plan.target.address, text), "192.0.2.1");
	CU_ASSERT_EQUAL(plan.target.port, 443);
	CU_ASSERT_EQUAL(load_names_at(&plan.names, 0).len, 0); /* an address is no server name (RFC 6066 section 3) */
	load_plan_fini(&plan);
	CU_ASSERT_FATAL(make("[2001:db8::1]:8443"));
	CU_ASSERT_STRING_EQUAL(ip_address_format(&plan.target.address, text), "2001:db8::1");
	load_plan_fini(&plan);
}

static void a_host_name_is_the_server_name_too(void)
{
	CU_ASSERT_FATAL(make("localhost:443"));
	CU_ASSERT_EQUAL(load_names_at(&plan.names, 0).len, 9);
	load_plan_fini(&plan);
	CU_ASSERT_FATAL(make("--sni a.test localhost:443"));
	CU_ASSERT_EQUAL(memcmp(load_names_at(&plan.names, 0).data, "a.test", 6), 0);
	load_plan_fini(&plan);
}

static void presets_depend_on_the_loop(void)
{
	CU_ASSERT_FATAL(make("192.0.2.1:443"));
	CU_ASSERT_FALSE(plan.is_open);
	CU_ASSERT_EQUAL(plan.connections, 64);
	CU_ASSERT_EQUAL(plan.duration_ns, 10000000000);
	CU_ASSERT_PTR_EQUAL(plan.tls_ops, &load_tls13_ops);
	load_plan_fini(&plan);
	CU_ASSERT_FATAL(make("--rate 5 --count 7 --tls 1.2 192.0.2.1:443"));
	CU_ASSERT(plan.is_open);
	CU_ASSERT_EQUAL(plan.connections, 10000);
	CU_ASSERT_EQUAL(plan.duration_ns, 0);
	CU_ASSERT_EQUAL(plan.count, 7);
	CU_ASSERT_PTR_EQUAL(plan.tls_ops, &load_tls12_ops);
	load_plan_fini(&plan);
	CU_ASSERT_FATAL(make("--search-p99 5ms --connections 7 192.0.2.1:443"));
	CU_ASSERT(plan.is_open);
	CU_ASSERT_EQUAL(plan.connections, 7);
	CU_ASSERT_EQUAL(plan.duration_ns, 5000000000);
	load_plan_fini(&plan);
}

static void refuse(const char *line, const char *expected)
{
	CU_ASSERT_FALSE(make(line));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, expected));
}

static void what_does_not_fit_together_is_named(void)
{
	refuse("192.0.2.1", "expected a target HOST:PORT");
	refuse("192.0.2.1:0", "found \"192.0.2.1:0\"");
	refuse("192.0.2.1:65536", "found");
	refuse("192.0.2.1:+1", "found");
	refuse("2001:db8::1:443", "IPv6 in brackets");
	refuse("[2001:db8::1:443", "IPv6 in brackets");
	refuse(":443", "found \":443\"");
	refuse("--rate 1..5 192.0.2.1:443", "a ramp needs a --duration");
	refuse("--poisson 192.0.2.1:443", "--poisson: expected with --rate");
	refuse("--search-p99 5ms --count 5 192.0.2.1:443", "--search-p99");
	refuse("--response-bytes 5 192.0.2.1:443", "--response-bytes");
	refuse("--sni a.test --sni-file /x 192.0.2.1:443", "found both");
	refuse("--source 2001:db8::1 192.0.2.1:443", "the target's family");
}

int main(void)
{
	return unit_run(
		"load_plan", (CU_TestInfo[]){{"a target is an address and a port", a_target_is_an_address_and_a_port},
				     {"a host name is the server name too", a_host_name_is_the_server_name_too},
				     {"presets depend on the loop", presets_depend_on_the_loop},
				     {"what does not fit together is named", what_does_not_fit_together_is_named},
				     CU_TEST_INFO_NULL});
}
