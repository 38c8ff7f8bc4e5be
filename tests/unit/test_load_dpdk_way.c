/* SPDX-License-Identifier: BSD-3-Clause */
/* What is refused before DPDK is started; what is accepted, tests/e2e/suite_memif.sh shows. */
#include "load_dpdk_way.h"
#include "unit.h"

#include <string.h>

/* prepare() of a run to 192.0.2.10 with these options; the line it refuses with. */
static const char *refusal(const struct load_options *given, uint64_t connections, const char *sources)
{
	static struct load_error error;
	static struct load_plan plan;
	plan = (struct load_plan){.options = *given, .connections = connections, .target = {.port = 443}};
	error.text[0] = '\0';
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("192.0.2.10", &plan.target.address), 0);
	CU_ASSERT_TRUE_FATAL(load_sources_read(&plan.sources, sources, NULL, &plan.target.address, &error));
	if (plan.options.threads == 0)
		plan.options.threads = 1;
	CU_ASSERT_FALSE(load_dpdk_way.prepare(&plan, &error));
	return error.text;
}

static bool says(const char *text, const char *part)
{
	if (strstr(text, part))
		return true;
	printf("\n  said: \"%s\"\n", text);
	return false;
}

#define PORT .device = "net_null0"

static void test_what_is_missing(void)
{
	const struct load_options no_device = {.address = "192.0.2.2/24"}, no_address = {PORT};
	CU_ASSERT_TRUE(says(refusal(&no_device, 1, NULL), "expected --device and --address"));
	CU_ASSERT_TRUE(says(refusal(&no_address, 1, NULL), "expected --device and --address"));
}

static void test_threads(void)
{
	const struct load_options two = {PORT, .address = "192.0.2.2/24", .threads = 2};
	CU_ASSERT_TRUE(says(refusal(&two, 1, NULL), "expected --threads 1"));
}

static void test_addresses(void)
{
	const struct load_options bare = {PORT, .address = "192.0.2.2"};
	const struct load_options second = {PORT, .address = "192.0.2.2/24,nonsense/8"};
	const struct load_options other = {PORT, .address = "2001:db8::2/64"};
	CU_ASSERT_TRUE(says(refusal(&bare, 1, NULL), "found \"192.0.2.2\""));
	CU_ASSERT_TRUE(says(refusal(&second, 1, NULL), "found \"nonsense/8\""));
	CU_ASSERT_TRUE(says(refusal(&other, 1, NULL), "expected an IPv4 address, as the target's"));
}

static void test_gateway(void)
{
	const struct load_options text = {PORT, .address = "192.0.2.2/24", .gateway = "router"};
	const struct load_options far = {PORT, .address = "192.0.2.2/24", .gateway = "198.51.100.1"};
	CU_ASSERT_TRUE(says(refusal(&text, 1, NULL), "found \"router\""));
	CU_ASSERT_TRUE(says(refusal(&far, 1, NULL), "--gateway 198.51.100.1: expected an address in a network"));
}

static void test_sources(void)
{
	const struct load_options own = {PORT, .address = "10.0.0.1/8"};
	CU_ASSERT_TRUE(says(refusal(&own, 1, "10.0.0.2,192.0.2.3"), "--source 192.0.2.3: expected an address in"));
	CU_ASSERT_TRUE(says(refusal(&own, 1, "10.0.0.2-10.0.16.2"), "expected at most 4096 addresses"));
}

static void test_ports(void)
{
	const struct load_options one = {PORT, .address = "192.0.2.2/24,2001:db8::2/64"};
	CU_ASSERT_TRUE(
		says(refusal(&one, 64513, NULL), "at most 64512 (64512 ports, source addresses: 1), found 64513"));
	CU_ASSERT_TRUE(says(refusal(&one, 129025, "192.0.2.3-192.0.2.4"), "source addresses: 2), found 129025"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"no device, no address", test_what_is_missing},
		{"more threads than one", test_threads},
		{"addresses that are none, or not of the target's family", test_addresses},
		{"a gateway that is no address, or no neighbour", test_gateway},
		{"sources outside our networks, or too many", test_sources},
		{"more connections than ports", test_ports},
		CU_TEST_INFO_NULL,
	};
	return unit_run("load_dpdk_way", tests);
}
