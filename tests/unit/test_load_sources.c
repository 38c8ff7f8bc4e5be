/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_sources.h"
#include "unit.h"

#include <string.h>

static struct load_sources sources;
static struct load_error error;

static bool read_for(const char *target, const char *addresses, const char *ports)
{
	struct ip_address address;
	CU_ASSERT_EQUAL_FATAL(ip_address_parse(target, &address), 0);
	return load_sources_read(&sources, addresses, ports, &address, &error);
}

static bool source_is(uint64_t turn, const char *address, uint16_t port)
{
	char text[IP_ADDRESS_TEXT_SIZE];
	struct load_endpoint source;
	load_sources_at(&sources, turn, &source);
	return strcmp(ip_address_format(&source.address, text), address) == 0 && source.port == port;
}

static void without_any_the_transport_chooses(void)
{
	static const struct load_endpoint any;
	struct load_endpoint source;
	CU_ASSERT(read_for("192.0.2.1", NULL, NULL));
	load_sources_at(&sources, 12345, &source);
	CU_ASSERT_EQUAL(memcmp(&source, &any, sizeof(any)), 0);
}

static void addresses_ranges_and_prefixes_are_used_in_turn(void)
{
	CU_ASSERT_FATAL(read_for("192.0.2.1", "10.0.0.7,10.0.1.254-10.0.2.1,10.0.3.4/30", NULL));
	CU_ASSERT_EQUAL(sources.n_addresses, 7);
	CU_ASSERT(source_is(0, "10.0.0.7", 0));
	CU_ASSERT(source_is(1, "10.0.1.254", 0));
	CU_ASSERT(source_is(3, "10.0.2.0", 0));
	CU_ASSERT(source_is(4, "10.0.2.1", 0));
	CU_ASSERT(source_is(5, "10.0.3.5", 0)); /* neither the network nor the broadcast address */
	CU_ASSERT(source_is(6, "10.0.3.6", 0));
	CU_ASSERT(source_is(7, "10.0.0.7", 0));
}

static void ports_change_when_every_address_has_had_its_turn(void)
{
	CU_ASSERT_FATAL(read_for("192.0.2.1", "10.0.0.1-10.0.0.2", "2000-2001"));
	CU_ASSERT(source_is(0, "10.0.0.1", 2000));
	CU_ASSERT(source_is(1, "10.0.0.2", 2000));
	CU_ASSERT(source_is(2, "10.0.0.1", 2001));
	CU_ASSERT(source_is(3, "10.0.0.2", 2001));
	CU_ASSERT(source_is(4, "10.0.0.1", 2000));
	CU_ASSERT_FATAL(read_for("192.0.2.1", NULL, "65535"));
	CU_ASSERT(source_is(9, "::", 65535) || source_is(9, "0.0.0.0", 65535));
}

static void ipv6_is_alike(void)
{
	CU_ASSERT_FATAL(read_for("2001:db8::1", "2001:db8::ff-2001:db8::100,2001:db8:1::/127", NULL));
	CU_ASSERT_EQUAL(sources.n_addresses, 4);
	CU_ASSERT(source_is(1, "2001:db8::100", 0));
	CU_ASSERT(source_is(2, "2001:db8:1::", 0)); /* every address of a prefix counts */
}

static void refuse(const char *target, const char *addresses, const char *ports, const char *expected)
{
	CU_ASSERT_FALSE(read_for(target, addresses, ports));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, expected));
}

static void what_is_wrong_is_named(void)
{
	refuse("192.0.2.1", "10.0.0.2-10.0.0.1", NULL, "found \"10.0.0.2-10.0.0.1\"");
	refuse("192.0.2.1", "10.0.0.1,", NULL, "--source: expected an address");
	refuse("192.0.2.1", "10.0.0.256", NULL, "found \"10.0.0.256\"");
	refuse("192.0.2.1", "10.0.0.0/33", NULL, "expected an address, a range A-B or a prefix A/N");
	refuse("192.0.2.1", "0.0.0.0/0", NULL, "--source");
	refuse("192.0.2.1", "2001:db8::1", NULL, "the target's family, IPv4");
	refuse("2001:db8::1", "10.0.0.1", NULL, "the target's family, IPv6");
	refuse("2001:db8::1", "2001:db8::/64", NULL, "--source");
	refuse("192.0.2.1", NULL, "0", "--source-ports");
	refuse("192.0.2.1", NULL, "2000-1999", "--source-ports");
	refuse("192.0.2.1", NULL, "1-65536", "found \"1-65536\"");
	refuse("192.0.2.1", NULL, "1-2-3", "--source-ports");
	refuse("192.0.2.1", NULL, "-5", "--source-ports");
}

static void more_connections_than_ports_are_refused(void)
{
	CU_ASSERT_FATAL(read_for("192.0.2.1", "10.0.0.1-10.0.0.2", "2000-2009"));
	CU_ASSERT(load_sources_suffice(&sources, 20, 1, &error));
	CU_ASSERT_FALSE(load_sources_suffice(&sources, 21, 1, &error));
	CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "found 21 connections and 2 addresses with 10 ports"));
	CU_ASSERT_FATAL(read_for("192.0.2.1", NULL, NULL));
	CU_ASSERT(load_sources_suffice(&sources, 28232, 28232, &error));
	CU_ASSERT_FALSE(load_sources_suffice(&sources, 28233, 28232, &error));
}

int main(void)
{
	return unit_run("load_sources",
		(CU_TestInfo[]){{"without any the transport chooses", without_any_the_transport_chooses},
			{"addresses, ranges and prefixes are used in turn",
				addresses_ranges_and_prefixes_are_used_in_turn},
			{"ports change when every address has had its turn",
				ports_change_when_every_address_has_had_its_turn},
			{"IPv6 is alike", ipv6_is_alike}, {"what is wrong is named", what_is_wrong_is_named},
			{"more connections than ports are refused", more_connections_than_ports_are_refused},
			CU_TEST_INFO_NULL});
}
