/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet_build.h"
#include "frame.h"
#include "unit.h"

static struct packet parse(const uint8_t *frame, size_t len)
{
	struct packet packet = {0};
	enum drop_reason reason;
	CU_ASSERT_TRUE_FATAL(packet_parse((struct bytes){frame, len}, 0, &packet, &reason));
	return packet;
}

static struct packet_build_link link_to_peer(uint16_t vlan)
{
	struct packet_build_link link = {.vlan = vlan};
	memcpy(link.destination_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES);
	memcpy(link.source_mac, FRAME_OUR_MAC, PACKET_MAC_BYTES);
	return link;
}

/* RFC 6864: an atomic datagram; no identification that would tell how many packets were sent. */
static void test_ipv4_header(void)
{
	uint8_t out[20];
	struct packet_build_ip ip = {.source = frame_ip("192.0.2.10"),
		.destination = frame_ip("192.0.2.1"),
		.protocol = 6,
		.hop_limit = 64,
		.payload_len = 0x1234};
	static const uint8_t expected[10] = {0x45, 0, 0x12, 0x48, 0, 0, 0x40, 0, 64, 6};
	CU_ASSERT_EQUAL(packet_build_ip(out, &ip), 20);
	CU_ASSERT_EQUAL(memcmp(out, expected, sizeof(expected)), 0);
	CU_ASSERT_EQUAL(checksum_finish(checksum_add(0, (struct bytes){out, 20})), 0);
}

static void test_ethernet_header(void)
{
	uint8_t out[18];
	struct packet_build_link link = link_to_peer(0);
	CU_ASSERT_EQUAL(packet_build_ethernet(out, &link, 0x0800), 14);
	CU_ASSERT_EQUAL(packet_get_16(out + 12), 0x0800);
	link.vlan = 4094;
	CU_ASSERT_EQUAL(packet_build_ethernet(out, &link, 0x86dd), 18);
	CU_ASSERT_EQUAL(packet_get_16(out + 12), 0x8100);
	CU_ASSERT_EQUAL(packet_get_16(out + 14), 4094);
	CU_ASSERT_EQUAL(packet_get_16(out + 16), 0x86dd);
}

static void test_arp_reply(void)
{
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = link_to_peer(7);
	struct ip_address ours = frame_ip("192.0.2.10"), theirs = frame_ip("192.0.2.1");
	struct packet packet = parse(frame, packet_build_arp(frame, &link, false, &ours, FRAME_PEER_MAC, &theirs));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ARP);
	CU_ASSERT_EQUAL(packet.vlan, 7);
	CU_ASSERT_FALSE(packet.arp.is_request);
	CU_ASSERT_TRUE(ip_address_equal(&packet.arp.sender_ip, &ours));
	CU_ASSERT_TRUE(ip_address_equal(&packet.arp.target_ip, &theirs));
}

static void test_solicitation_and_advertisement(void)
{
	uint8_t frame[PACKET_BUILD_MAX_DISCOVERY_BYTES];
	struct packet_build_link link = link_to_peer(4094);
	struct ip_address ours = frame_ip("2001:db8::10"), theirs = frame_ip("2001:db8::1"), all = frame_ip("ff02::1");
	struct ip_address group = packet_build_solicited_node(&theirs);
	size_t len = packet_build_solicitation(frame, &link, &ours, &group, &theirs);
	CU_ASSERT_TRUE(len <= sizeof(frame));
	struct packet packet = parse(frame, len);
	CU_ASSERT_EQUAL(packet.kind, PACKET_SOLICITATION);
	CU_ASSERT_TRUE(packet.nd.has_mac);
	CU_ASSERT_TRUE(ip_address_equal(&packet.nd.target, &theirs));
	packet = parse(frame, packet_build_advertisement(frame, &link, &theirs, &ours));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ADVERTISEMENT);
	CU_ASSERT_TRUE(packet.nd.solicited && packet.nd.override && packet.nd.has_mac);
	CU_ASSERT_TRUE(ip_address_equal(&packet.source_ip, &ours));
	packet = parse(frame, packet_build_advertisement(frame, &link, &all, &ours));
	CU_ASSERT_FALSE(packet.nd.solicited);
}

static void check_echo(const char *source, const char *destination, uint8_t type)
{
	uint8_t message[21] = {type, 0, 0, 0, 0x12, 0x34, 0, 1, 'h', 'a', 'n', 'd'}, out[128];
	struct frame request = frame_icmp(source, destination, message, sizeof(message));
	struct packet packet = parse(request.data, request.len);
	size_t len = packet_build_echo_reply(out, FRAME_OUR_MAC, &packet);
	CU_ASSERT_EQUAL(len, packet_build_echo_reply_bytes(&packet));
	CU_ASSERT_EQUAL(len, request.len);
	CU_ASSERT_EQUAL(memcmp(out, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(memcmp(out + 6, FRAME_OUR_MAC, PACKET_MAC_BYTES), 0);
	size_t at = request.transport_at;
	CU_ASSERT_EQUAL(out[at], type == 8 ? 0 : 129);
	CU_ASSERT_EQUAL(memcmp(out + at + 4, request.data + at + 4, sizeof(message) - 4), 0);
	/* Turned back into a request, its checksum has to hold: the parser refuses it otherwise. */
	struct packet_build_ip ip = {.source = packet.destination_ip,
		.destination = packet.source_ip,
		.protocol = type == 8 ? PACKET_PROTOCOL_ICMP : PACKET_PROTOCOL_ICMPV6};
	struct frame copy = {.len = len, .ip_at = request.ip_at, .transport_at = at};
	memcpy(copy.data, out, len);
	frame_sum(&copy, &ip, 2);
	CU_ASSERT_EQUAL(memcmp(copy.data, out, len), 0);
}

static void test_echo_reply(void)
{
	check_echo("192.0.2.1", "192.0.2.10", 8);
	check_echo("2001:db8::1", "2001:db8::10", 128);
}

static void test_multicast_addresses(void)
{
	struct ip_address ip = frame_ip("2001:db8::1234:5678"), expected = frame_ip("ff02::1:ff34:5678");
	struct ip_address group = packet_build_solicited_node(&ip);
	CU_ASSERT_TRUE(ip_address_equal(&group, &expected));
	uint8_t mac[PACKET_MAC_BYTES];
	static const uint8_t expected_mac[] = {0x33, 0x33, 0xff, 0x34, 0x56, 0x78};
	packet_build_multicast_mac(&group, mac);
	CU_ASSERT_EQUAL(memcmp(mac, expected_mac, sizeof(mac)), 0);
}

/* RFC 4291 appendix A: 34-56-78-9A-BC-DE becomes 3656:78FF:FE9A:BCDE. */
static void test_link_local(void)
{
	static const uint8_t mac[] = {0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde};
	struct ip_address ip = packet_build_link_local(mac), expected = frame_ip("fe80::3656:78ff:fe9a:bcde");
	CU_ASSERT_TRUE(ip_address_equal(&ip, &expected));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"IPv4 header", test_ipv4_header},
		{"Ethernet header", test_ethernet_header},
		{"ARP reply", test_arp_reply},
		{"solicitation and advertisement", test_solicitation_and_advertisement},
		{"echo reply", test_echo_reply},
		{"multicast addresses", test_multicast_addresses},
		{"link-local address", test_link_local},
		CU_TEST_INFO_NULL,
	};
	return unit_run("packet_build", tests);
}
