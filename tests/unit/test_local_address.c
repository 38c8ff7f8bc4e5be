/* SPDX-License-Identifier: BSD-3-Clause */
#include "local_address.h"
#include "frame.h"
#include "unit.h"

/* Port 3: 192.0.2.10/24 with gateway .1, 198.51.100.10/25 without, 2001:db8::10/64 with gateway ::1; VLAN 7
 * has 10.0.0.10/8. */
static struct config_address addresses[] = {
	{.prefix_len = 24, .has_gateway = true},
	{.prefix_len = 25},
	{.prefix_len = 64, .has_gateway = true},
	{.prefix_len = 8, .vlan = 7},
};
static const struct config_port port = {.device = "net_ring0", .addresses = addresses, .n_addresses = 4};

static struct local_address_table *make_table(void)
{
	static const char *const ips[] = {"192.0.2.10", "198.51.100.10", "2001:db8::10", "10.0.0.10"};
	for (size_t i = 0; i < 4; i++)
		addresses[i].ip = frame_ip(ips[i]);
	addresses[0].gateway = frame_ip("192.0.2.1");
	addresses[2].gateway = frame_ip("2001:db8::1");
	struct local_address_link link = {.port_id = 3, .config = &port};
	memcpy(link.mac, FRAME_OUR_MAC, PACKET_MAC_BYTES);
	struct local_address_table *table = local_address_create(&link, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	return table;
}

static bool contains(const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const char *text)
{
	struct ip_address ip = frame_ip(text);
	return local_address_contains(table, port_id, vlan, &ip);
}

static void test_what_is_ours(void)
{
	struct local_address_table *table = make_table();
	CU_ASSERT_TRUE(contains(table, 3, 0, "192.0.2.10"));
	CU_ASSERT_TRUE(contains(table, 3, 0, "2001:db8::10"));
	CU_ASSERT_TRUE(contains(table, 3, 7, "10.0.0.10"));
	CU_ASSERT_TRUE(contains(table, 3, 0, "fe80::ff:fe00:10"));
	CU_ASSERT_FALSE(contains(table, 3, 0, "192.0.2.11"));
	CU_ASSERT_FALSE(contains(table, 3, 7, "192.0.2.10"));
	CU_ASSERT_FALSE(contains(table, 2, 0, "192.0.2.10"));
	CU_ASSERT_FALSE(contains(table, 3, 7, "fe80::ff:fe00:10")); /* VLAN 7 has no IPv6 */
	CU_ASSERT_EQUAL(local_address_count(table), 5);
	local_address_destroy(table);
}

static bool next_hop(const struct local_address_table *table, uint16_t vlan, const char *local_ip,
	const char *remote_ip, struct local_address_hop *out)
{
	struct local_address local = {.ip = frame_ip(local_ip), .port_id = 3, .vlan = vlan};
	struct ip_address remote = frame_ip(remote_ip);
	return local_address_next_hop(table, &local, &remote, out);
}

static void expect_hop(
	const struct local_address_table *table, const char *local, const char *remote, const char *hop_ip)
{
	struct local_address_hop hop;
	struct ip_address expected = frame_ip(hop_ip);
	CU_ASSERT_TRUE_FATAL(next_hop(table, 0, local, remote, &hop));
	CU_ASSERT_TRUE(ip_address_equal(&hop.ip, &expected));
	CU_ASSERT_EQUAL(ip_address_is_v4(&hop.ip), ip_address_is_v4(&hop.source));
}

static void test_next_hop(void)
{
	struct local_address_table *table = make_table();
	struct local_address_hop hop;
	expect_hop(table, "192.0.2.10", "192.0.2.77", "192.0.2.77");
	expect_hop(table, "192.0.2.10", "203.0.113.5", "192.0.2.1");
	expect_hop(table, "198.51.100.10", "203.0.113.5", "192.0.2.1");    /* another address's gateway, same port */
	expect_hop(table, "192.0.2.10", "198.51.100.77", "198.51.100.77"); /* on link by another prefix */
	expect_hop(table, "2001:db8::10", "2001:db8::99", "2001:db8::99");
	expect_hop(table, "2001:db8::10", "2001:db8:1::99", "2001:db8::1");
	expect_hop(table, "fe80::ff:fe00:10", "fe80::1", "fe80::1");
	CU_ASSERT_FALSE(next_hop(table, 7, "10.0.0.10", "203.0.113.5", &hop)); /* no gateway in that VLAN */
	CU_ASSERT_TRUE(next_hop(table, 7, "10.0.0.10", "10.9.9.9", &hop));
	local_address_destroy(table);
}

static bool accepts(const struct local_address_table *table, const struct frame *frame, enum drop_reason *reason)
{
	struct packet packet;
	*reason = DROP_REASONS;
	CU_ASSERT_TRUE_FATAL(packet_parse(frame_bytes(frame), 0, &packet, reason));
	return local_address_accepts(table, 3, &packet, reason);
}

/*
 * Two ports, one VLAN each way, a prefix that both have, and one that has a gateway only with its second address: a
 * packet goes out where its local address is, by the gateway of its own prefix.
 */
static void test_ports_and_prefixes_are_apart(void)
{
	static struct config_address first[] = {
		{.prefix_len = 24}, {.prefix_len = 24, .has_gateway = true}, {.prefix_len = 16, .has_gateway = true}};
	static struct config_address second[] = {{.prefix_len = 24, .has_gateway = true}};
	const struct config_port ports[] = {{.device = "a", .addresses = first, .n_addresses = 3},
		{.device = "b", .addresses = second, .n_addresses = 1}};
	struct local_address_link links[] = {{.port_id = 1, .config = &ports[0]}, {.port_id = 2, .config = &ports[1]}};
	first[0].ip = frame_ip("192.0.2.10");
	first[1].ip = frame_ip("192.0.2.11"); /* the first of a prefix to name a gateway names it for the others */
	first[1].gateway = frame_ip("192.0.2.1");
	first[2].ip = frame_ip("203.0.113.10");
	first[2].gateway = frame_ip("203.0.113.1");
	second[0].ip = frame_ip("192.0.2.12");
	second[0].gateway = frame_ip("192.0.2.2");
	struct local_address_table *table = local_address_create(links, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	static const struct {
		uint16_t port_id;
		const char *local, *remote, *hop;
	} rows[] = {
		{1, "192.0.2.10", "8.8.8.8", "192.0.2.1"},
		{1, "192.0.2.11", "8.8.8.8", "192.0.2.1"},
		{1, "203.0.113.10", "8.8.8.8", "203.0.113.1"},
		{1, "203.0.113.10", "203.0.200.1", "203.0.200.1"},
		{2, "192.0.2.12", "8.8.8.8", "192.0.2.2"},
		{2, "192.0.2.12", "203.0.113.10", "192.0.2.2"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct local_address local = {.ip = frame_ip(rows[i].local), .port_id = rows[i].port_id};
		struct ip_address remote = frame_ip(rows[i].remote), expected = frame_ip(rows[i].hop);
		struct local_address_hop hop;
		CU_ASSERT_TRUE_FATAL(local_address_next_hop(table, &local, &remote, &hop));
		CU_ASSERT_TRUE(ip_address_equal(&hop.ip, &expected));
		CU_ASSERT_EQUAL(hop.port_id, rows[i].port_id);
	}
	CU_ASSERT_EQUAL(local_address_count(table), 4);
	local_address_destroy(table);
	local_address_destroy(NULL);
}

/* Of two addresses of one port, each with IPv6, there is one link-local address. */
static void test_one_link_local_address_per_port(void)
{
	static struct config_address both[] = {{.prefix_len = 64}, {.prefix_len = 64}};
	const struct config_port config = {.device = "a", .addresses = both, .n_addresses = 2};
	struct local_address_link link = {.port_id = 1, .config = &config};
	both[0].ip = frame_ip("2001:db8::10");
	both[1].ip = frame_ip("2001:db8::11");
	memcpy(link.mac, FRAME_OUR_MAC, PACKET_MAC_BYTES);
	struct local_address_table *table = local_address_create(&link, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CU_ASSERT_EQUAL(local_address_count(table), 3);
	struct ip_address not_link_local = frame_ip("fe00::1"), neither = frame_ip("2001:80::1");
	CU_ASSERT_FALSE(local_address_on_link(table, 1, 0, &not_link_local));
	CU_ASSERT_FALSE(local_address_on_link(table, 1, 0, &neither));
	local_address_destroy(table);
}

static void test_unicast(void)
{
	struct local_address_table *table = make_table();
	enum drop_reason reason;
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	CU_ASSERT_TRUE(accepts(table, &frame, &reason));
	frame = frame_syn(7, "10.0.0.1", "10.0.0.10");
	CU_ASSERT_TRUE(accepts(table, &frame, &reason));
	frame = frame_syn(0, "192.0.2.1", "192.0.2.11");
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_IP_NOT_FOR_US);
	frame = frame_syn(8, "192.0.2.1", "192.0.2.10");
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_FRAME_NOT_FOR_US);
	frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[5] ^= 1;
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_FRAME_NOT_FOR_US);
	local_address_destroy(table);
}

/* The land attack: a SYN from ourselves to ourselves. */
static void test_our_own_address_as_source(void)
{
	struct local_address_table *table = make_table();
	enum drop_reason reason;
	struct frame frame = frame_syn(0, "192.0.2.10", "192.0.2.10");
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_IP_SOURCE);
	frame = frame_syn(0, "198.51.100.10", "192.0.2.10");
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_IP_SOURCE);
	local_address_destroy(table);
}

static void test_groups_are_for_discovery_alone(void)
{
	struct local_address_table *table = make_table();
	enum drop_reason reason;
	struct frame frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
	CU_ASSERT_TRUE(accepts(table, &frame, &reason));
	frame = frame_syn(0, "192.0.2.1", "192.0.2.10"); /* TCP in a broadcast frame */
	memset(frame.data, 0xff, PACKET_MAC_BYTES);
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_FRAME_NOT_FOR_US);
	frame = frame_syn(0, "2001:db8::1", "ff02::1"); /* TCP to a group */
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_IP_NOT_FOR_US);
	static const uint8_t echo[12] = {128};
	frame = frame_icmp("2001:db8::1", "ff02::1", echo, sizeof(echo)); /* smurf */
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	CU_ASSERT_EQUAL(reason, DROP_IP_NOT_FOR_US);
	uint8_t solicitation[24] = {135, [8] = 0x20, 0x01, 0x0d, 0xb8, [23] = 0x10};
	frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", solicitation, sizeof(solicitation));
	frame.data[0] = frame.data[1] = 0x33;
	CU_ASSERT_TRUE(accepts(table, &frame, &reason));
	frame = frame_icmp(
		"2001:db8::1", "ff02::1:ff00:11", solicitation, sizeof(solicitation)); /* not the target's group */
	frame.data[0] = frame.data[1] = 0x33;
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	uint8_t advertisement[24] = {136, [4] = 0x20, [8] = 0x20, 0x01, 0x0d, 0xb8, [23] = 0x77};
	frame = frame_icmp("2001:db8::77", "ff02::1", advertisement, sizeof(advertisement));
	frame.data[0] = frame.data[1] = 0x33;
	CU_ASSERT_TRUE(accepts(table, &frame, &reason));
	frame = frame_icmp("2001:db8::77", "ff02::1:ff00:77", advertisement, sizeof(advertisement));
	frame.data[0] = frame.data[1] = 0x33;
	CU_ASSERT_FALSE(accepts(table, &frame, &reason));
	local_address_destroy(table);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"what is ours", test_what_is_ours},
		{"next hop", test_next_hop},
		{"ports and prefixes are apart", test_ports_and_prefixes_are_apart},
		{"one link-local address per port", test_one_link_local_address_per_port},
		{"unicast packets", test_unicast},
		{"our own address as a source", test_our_own_address_as_source},
		{"broadcast and multicast are for discovery alone", test_groups_are_for_discovery_alone},
		CU_TEST_INFO_NULL,
	};
	return unit_run("local_address", tests);
}
