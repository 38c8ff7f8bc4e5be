/* SPDX-License-Identifier: BSD-3-Clause */
#include "frame.h"
#include "packet.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

static void expect(const struct frame *frame, enum packet_kind kind, struct packet *out)
{
	enum drop_reason reason = DROP_REASONS;
	CU_ASSERT_TRUE_FATAL(packet_parse(frame_bytes(frame), 0, out, &reason));
	CU_ASSERT_EQUAL(out->kind, kind);
	CU_ASSERT_EQUAL(reason, DROP_REASONS);
}

static void refuse(const struct frame *frame, enum drop_reason expected)
{
	enum drop_reason reason = DROP_REASONS;
	struct packet packet;
	CU_ASSERT_FALSE(packet_parse(frame_bytes(frame), 0, &packet, &reason));
	CU_ASSERT_EQUAL(reason, expected);
	if (reason != expected)
		printf("\n    expected %s, found %s\n", stats_drop_name(expected),
			reason < DROP_REASONS ? stats_drop_name(reason) : "none");
}

/* No prefix of a good frame may be read beyond its end; under AddressSanitizer this is the proof. */
static void refuse_every_prefix(const struct frame *frame)
{
	for (size_t len = 0; len < frame->len; len++) {
		uint8_t *exact = malloc(len); /* and not an octet more */
		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, frame->data, len);
		struct packet packet;
		enum drop_reason reason;
		CU_ASSERT_FALSE(packet_parse((struct bytes){exact, len}, 0, &packet, &reason));
		free(exact);
	}
}

/*
 * The same for an ICMP message: each shorter one, in a packet whose lengths and checksums are right, so that it is the
 * message's own reader who must see the end. One of accepted_len octets is another good message.
 */
static void refuse_every_shorter(
	const char *source, const char *destination, const uint8_t *message, uint16_t len, uint16_t accepted_len)
{
	for (uint16_t shorter = 0; shorter < len; shorter++) {
		if (shorter == accepted_len)
			continue;
		struct frame frame = frame_icmp(source, destination, message, shorter);
		uint8_t *exact = malloc(frame.len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, frame.data, frame.len);
		struct packet packet;
		enum drop_reason reason = DROP_REASONS;
		CU_ASSERT_FALSE(packet_parse((struct bytes){exact, frame.len}, 0, &packet, &reason));
		CU_ASSERT_EQUAL(reason, DROP_ICMP_BAD);
		free(exact);
	}
}

static void test_tcp_over_ipv4(void)
{
	struct packet packet;
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct ip_address source = frame_ip("192.0.2.1"), destination = frame_ip("192.0.2.10");
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_TRUE(ip_address_equal(&packet.source_ip, &source));
	CU_ASSERT_TRUE(ip_address_equal(&packet.destination_ip, &destination));
	CU_ASSERT_EQUAL(packet.vlan, 0);
	CU_ASSERT_EQUAL(packet.payload.len, 20);
	CU_ASSERT_PTR_EQUAL(packet.payload.data, frame.data + frame.transport_at);
	refuse_every_prefix(&frame);
}

static void test_ethernet_padding_is_no_payload(void)
{
	struct packet packet;
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.len = 60;
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.payload.len, 20);
	frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	frame.len += 7;
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.payload.len, 20);
}

static void test_vlan(void)
{
	struct packet packet;
	struct frame frame = frame_syn(42, "192.0.2.1", "192.0.2.10");
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.vlan, 42);
	refuse_every_prefix(&frame);
	frame.data[14] = 0xe0; /* priority 7 is no part of the number */
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.vlan, 42);
	frame.data[16] = 0x81; /* a second tag */
	frame.data[17] = 0x00;
	refuse(&frame, DROP_FRAME_ETHERTYPE);
	frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[12] = 0x88; /* 802.1ad */
	frame.data[13] = 0xa8;
	refuse(&frame, DROP_FRAME_ETHERTYPE);
	frame.data[12] = 0; /* a length: 802.3 */
	frame.data[13] = 46;
	refuse(&frame, DROP_FRAME_ETHERTYPE);
}

static void test_multicast_source_mac_is_refused(void)
{
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[6] |= 1;
	refuse(&frame, DROP_FRAME_NOT_FOR_US);
	memset(frame.data + 6, 0, PACKET_MAC_BYTES);
	refuse(&frame, DROP_FRAME_NOT_FOR_US);
}

static void refuse_ipv4_octet(size_t at, uint8_t value, enum drop_reason expected)
{
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[frame.ip_at + at] = value;
	frame_sum_ipv4(&frame);
	refuse(&frame, expected);
}

static void test_bad_ipv4_headers(void)
{
	refuse_ipv4_octet(0, 0x65, DROP_IP_HEADER);   /* version */
	refuse_ipv4_octet(0, 0x44, DROP_IP_HEADER);   /* header of 16 octets */
	refuse_ipv4_octet(0, 0x46, DROP_IP_HEADER);   /* options */
	refuse_ipv4_octet(3, 41, DROP_IP_HEADER);     /* total length beyond the frame */
	refuse_ipv4_octet(3, 19, DROP_IP_HEADER);     /* … and shorter than the header */
	refuse_ipv4_octet(3, 39, DROP_TCP_HEADER);    /* no room for TCP */
	refuse_ipv4_octet(6, 0x20, DROP_IP_FRAGMENT); /* more fragments */
	refuse_ipv4_octet(7, 1, DROP_IP_FRAGMENT);    /* offset */
	refuse_ipv4_octet(9, 17, DROP_IP_PROTOCOL);   /* UDP */
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[frame.ip_at + 10] ^= 1;
	refuse(&frame, DROP_IP_CHECKSUM);
}

static void test_sources_that_cannot_be_answered(void)
{
	static const char *const v4[] = {
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"};
	for (size_t i = 0; i < sizeof(v4) / sizeof(v4[0]); i++) {
		struct frame frame = frame_syn(0, v4[i], "192.0.2.10");
		refuse(&frame, DROP_IP_SOURCE);
	}
	static const char *const v6[] = {"::", "::1", "ff02::1"};
	for (size_t i = 0; i < sizeof(v6) / sizeof(v6[0]); i++) {
		struct frame frame = frame_syn(0, v6[i], "2001:db8::10");
		refuse(&frame, DROP_IP_SOURCE);
	}
}

/* An IPv6 packet must not be able to name an IPv4 flow. */
static void test_mapped_addresses_on_the_wire_are_refused(void)
{
	struct frame frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	struct ip_address mapped = frame_ip("192.0.2.1");
	memcpy(frame.data + frame.ip_at + 8, mapped.octets, 16);
	refuse(&frame, DROP_IP_SOURCE);
	frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	memcpy(frame.data + frame.ip_at + 24, mapped.octets, 16);
	refuse(&frame, DROP_IP_SOURCE);
}

static void test_checksums(void)
{
	struct packet packet;
	enum drop_reason reason;
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	frame.data[frame.transport_at + 5] ^= 1;
	refuse(&frame, DROP_TCP_CHECKSUM);
	CU_ASSERT_TRUE(packet_parse(frame_bytes(&frame), PACKET_TCP_CHECKSUM_GOOD, &packet, &reason));
	CU_ASSERT_FALSE(packet_parse(frame_bytes(&frame), PACKET_IP_CHECKSUM_GOOD, &packet, &reason));
	frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	frame.data[frame.transport_at + 5] ^= 1;
	refuse(&frame, DROP_TCP_CHECKSUM);
}

/* A TCP packet over IPv6 with one extension header of 8 octets before TCP. */
static struct frame with_extension(uint8_t type, const uint8_t extension[8])
{
	struct frame frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	uint8_t *tcp = frame.data + frame.transport_at;
	memmove(tcp + 8, tcp, 20);
	memcpy(tcp, extension, 8);
	frame.data[frame.ip_at + 5] = 28;
	frame.data[frame.ip_at + 6] = type;
	frame.len += 8;
	return frame;
}

static void test_harmless_extension_headers(void)
{
	static const uint8_t padding[8] = {6, 0, 1, 4}, router_alert[8] = {6, 0, 5, 2, 0, 0, 1, 0};
	struct packet packet;
	struct frame frame = with_extension(0, padding);
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.payload.len, 20);
	refuse_every_prefix(&frame);
	frame = with_extension(0, router_alert);
	expect(&frame, PACKET_TCP, &packet);
	frame = with_extension(60, padding);
	expect(&frame, PACKET_TCP, &packet);
}

static void test_harmful_extension_headers(void)
{
	static const uint8_t routing[8] = {6, 0, 0, 0}, fragment[8] = {6, 0, 0, 1}, atomic[8] = {6};
	static const uint8_t discard[8] = {6, 0, 0x41, 4}, overrun[8] = {6, 0, 1, 5}, beyond[8] = {6, 200, 1, 4};
	static const uint8_t late_hop[8] = {0, 0, 1, 4}, endless[8] = {60, 0, 1, 4}, udp[8] = {17, 0, 1, 4};
	struct {
		uint8_t type;
		const uint8_t *octets;
		enum drop_reason expected;
	} rows[] = {
		{43, routing, DROP_IP_HEADER},
		{44, fragment, DROP_IP_FRAGMENT},
		{44, atomic, DROP_IP_FRAGMENT},
		{0, discard, DROP_IP_HEADER},
		{60, overrun, DROP_IP_HEADER},
		{60, beyond, DROP_IP_HEADER},
		{60, late_hop, DROP_IP_HEADER},
		{60, endless, DROP_IP_HEADER},
		{60, udp, DROP_IP_PROTOCOL},
		{51, atomic, DROP_IP_PROTOCOL},
		{59, atomic, DROP_IP_PROTOCOL},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame frame = with_extension(rows[i].type, rows[i].octets);
		refuse(&frame, rows[i].expected);
	}
}

/* A SYN behind as many harmless extension headers as types has; payload_len of it is left. */
static struct frame behind_extensions(const uint8_t *types, size_t n, size_t payload_len)
{
	struct frame syn = frame_syn(0, "2001:db8::1", "2001:db8::10"), frame = syn;
	uint8_t *at = frame.data + frame.transport_at;
	frame.data[frame.ip_at + 6] = n > 0 ? types[0] : PACKET_PROTOCOL_TCP;
	for (size_t i = 0; i < n; i++, at += 8)
		memcpy(at, (const uint8_t[8]){i + 1 < n ? types[i + 1] : PACKET_PROTOCOL_TCP, 0, 1, 4}, 8);
	memcpy(at, syn.data + syn.transport_at, 20);
	frame.data[frame.ip_at + 5] = (uint8_t)payload_len;
	frame.len = frame.transport_at + payload_len;
	return frame;
}

/* RFC 8200 section 4.1: hop-by-hop options first or not at all, destination options twice. */
static void test_order_and_number_of_extension_headers(void)
{
	static const uint8_t most[] = {0, 60, 60}, too_many[] = {60, 60, 60, 60}, late[] = {60, 0}, twice[] = {0, 0};
	struct packet packet;
	struct frame frame = behind_extensions(most, 3, 44);
	expect(&frame, PACKET_TCP, &packet);
	CU_ASSERT_EQUAL(packet.payload.len, 20);
	frame = behind_extensions(too_many, 4, 52);
	refuse(&frame, DROP_IP_HEADER);
	frame = behind_extensions(late, 2, 36);
	refuse(&frame, DROP_IP_HEADER);
	frame = behind_extensions(twice, 2, 36);
	refuse(&frame, DROP_IP_HEADER);
}

/* The packet ends, by its own length, in an extension header, or in front of TCP. */
static void test_packet_that_ends_in_an_extension_header(void)
{
	static const uint8_t types[] = {60, 60};
	for (size_t payload_len = 0; payload_len < 36; payload_len++) {
		struct frame frame = behind_extensions(types, 2, payload_len);
		uint8_t *exact = malloc(frame.len);
		CU_ASSERT_PTR_NOT_NULL_FATAL(exact);
		memcpy(exact, frame.data, frame.len);
		struct packet packet;
		enum drop_reason reason = DROP_REASONS;
		CU_ASSERT_FALSE(packet_parse((struct bytes){exact, frame.len}, 0, &packet, &reason));
		CU_ASSERT_EQUAL(reason, payload_len < 16 ? DROP_IP_HEADER : DROP_TCP_HEADER);
		free(exact);
	}
}

static void test_bad_ipv6_headers(void)
{
	struct frame frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	refuse_every_prefix(&frame);
	frame.data[frame.ip_at] = 0x50;
	refuse(&frame, DROP_IP_HEADER);
	frame = frame_syn(0, "2001:db8::1", "2001:db8::10");
	frame.data[frame.ip_at + 5] = 21;
	refuse(&frame, DROP_IP_HEADER);
	frame.data[frame.ip_at + 5] = 19;
	refuse(&frame, DROP_TCP_HEADER);
}

static void test_arp(void)
{
	struct packet packet;
	struct frame frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
	struct ip_address sender = frame_ip("192.0.2.1"), target = frame_ip("192.0.2.10");
	expect(&frame, PACKET_ARP, &packet);
	CU_ASSERT_TRUE(packet.arp.is_request);
	CU_ASSERT_TRUE(ip_address_equal(&packet.arp.sender_ip, &sender));
	CU_ASSERT_TRUE(ip_address_equal(&packet.arp.target_ip, &target));
	CU_ASSERT_EQUAL(memcmp(packet.arp.sender_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	refuse_every_prefix(&frame);
	frame = frame_arp(false, "192.0.2.1", "192.0.2.10");
	expect(&frame, PACKET_ARP, &packet);
	CU_ASSERT_FALSE(packet.arp.is_request);
	static const size_t fixed[] = {1, 2, 4, 5, 7};
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
		frame.data[frame.ip_at + fixed[i]] = 9;
		refuse(&frame, DROP_ARP_BAD);
	}
	frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
	frame.data[frame.ip_at + 8] |= 1; /* a multicast hardware address must not get into the table */
	refuse(&frame, DROP_ARP_BAD);
}

static void test_echo_requests(void)
{
	static const uint8_t v4[12] = {8}, v6[12] = {128}, v4_with_code[12] = {8, 1}, v6_with_code[12] = {128, 1};
	struct packet packet;
	struct frame frame = frame_icmp("192.0.2.1", "192.0.2.10", v4, sizeof(v4));
	expect(&frame, PACKET_ECHO_REQUEST, &packet);
	CU_ASSERT_EQUAL(packet.payload.len, 12);
	refuse_every_prefix(&frame);
	frame.data[frame.transport_at + 9] ^= 1;
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("2001:db8::1", "2001:db8::10", v6, sizeof(v6));
	expect(&frame, PACKET_ECHO_REQUEST, &packet);
	refuse_every_prefix(&frame);
	frame.data[frame.transport_at + 9] ^= 1;
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", v4_with_code, sizeof(v4_with_code));
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("2001:db8::1", "2001:db8::10", v6_with_code, sizeof(v6_with_code));
	refuse(&frame, DROP_ICMP_BAD);
	refuse_every_shorter("192.0.2.1", "192.0.2.10", v4, 8, 8);
	refuse_every_shorter("2001:db8::1", "2001:db8::10", v6, 8, 8);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", v4, 8);
	expect(&frame, PACKET_ECHO_REQUEST, &packet);
	frame = frame_icmp("2001:db8::1", "2001:db8::10", v6, 8);
	expect(&frame, PACKET_ECHO_REQUEST, &packet);
}

/* Nothing is wrong with them, and an administrator need not look for it: a kernel sends some when its link comes up. */
static void test_other_icmp_is_ignored(void)
{
	static const uint8_t reply[12] = {0}, timestamp[20] = {13}, redirect[12] = {5, 1};
	static const uint8_t router_solicitation[16] = {133}, listener_report[28] = {143}, v6_unreachable[48] = {1, 4};
	struct frame frame = frame_icmp("192.0.2.1", "192.0.2.10", reply, sizeof(reply));
	refuse(&frame, DROP_ICMP_IGNORED);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", timestamp, sizeof(timestamp));
	refuse(&frame, DROP_ICMP_IGNORED);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", redirect, sizeof(redirect));
	refuse(&frame, DROP_ICMP_IGNORED);
	frame = frame_icmp("fe80::1", "ff02::2", router_solicitation, sizeof(router_solicitation));
	refuse(&frame, DROP_ICMP_IGNORED);
	frame = frame_icmp("::", "ff02::16", listener_report, sizeof(listener_report));
	refuse(&frame, DROP_ICMP_IGNORED);
	frame.data[frame.transport_at + 9] ^= 1; /* a wrong checksum is another matter */
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("2001:db8::1", "2001:db8::10", v6_unreachable, sizeof(v6_unreachable));
	refuse(&frame, DROP_ICMP_IGNORED);
}

static void test_too_big_over_ipv4(void)
{
	/* type 3 code 4, MTU 1400; then an IPv4 header and 8 octets of TCP: 443 → 1234, sequence 0x01020304. It quotes
	 * another address than it is sent to: no part may be taken for the other. */
	uint8_t message[36] = {3, 4, 0, 0, 0, 0, 0x05, 0x78, 0x45, 0, 0, 60, 0, 0, 0x40, 0, 63, 6, 0, 0, 192, 0, 2, 11,
		198, 51, 100, 7, 0x01, 0xbb, 0x04, 0xd2, 1, 2, 3, 4};
	struct packet packet;
	struct frame frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	struct ip_address ours = frame_ip("192.0.2.11"), theirs = frame_ip("198.51.100.7");
	expect(&frame, PACKET_TOO_BIG, &packet);
	CU_ASSERT_TRUE(ip_address_equal(&packet.too_big.source_ip, &ours));
	CU_ASSERT_TRUE(ip_address_equal(&packet.too_big.destination_ip, &theirs));
	CU_ASSERT_EQUAL(packet.too_big.source_port, 443);
	CU_ASSERT_EQUAL(packet.too_big.destination_port, 1234);
	CU_ASSERT_EQUAL(packet.too_big.sequence, 0x01020304);
	CU_ASSERT_EQUAL(packet.too_big.mtu_bytes, 1400);
	refuse_every_shorter("203.0.113.9", "192.0.2.10", message, sizeof(message), sizeof(message));
	message[8] = 0x4f; /* the quoted header claims 60 octets */
	frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
	message[8] = 0x44;
	frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
	message[8] = 0x45;
	message[17] = 17; /* quotes UDP */
	frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
	message[17] = 6;
	message[1] = 1; /* host unreachable resets nothing, RFC 5927 */
	frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_IGNORED);
}

static void test_too_big_over_ipv6(void)
{
	uint8_t message[56] = {2, 0, 0, 0, 0, 0, 0x05, 0x14, 0x60, [14] = 6, [48] = 0x01, 0xbb, 0x04, 0xd2, 1, 2, 3, 4};
	struct packet packet;
	struct ip_address ours = frame_ip("2001:db8::11"), theirs = frame_ip("2001:db8:1::7");
	memcpy(message + 16, ours.octets, 16);
	memcpy(message + 32, theirs.octets, 16);
	struct frame frame = frame_icmp("2001:db8:9::9", "2001:db8::10", message, sizeof(message));
	expect(&frame, PACKET_TOO_BIG, &packet);
	CU_ASSERT_TRUE(ip_address_equal(&packet.too_big.source_ip, &ours));
	CU_ASSERT_TRUE(ip_address_equal(&packet.too_big.destination_ip, &theirs));
	CU_ASSERT_EQUAL(packet.too_big.source_port, 443);
	CU_ASSERT_EQUAL(packet.too_big.sequence, 0x01020304);
	CU_ASSERT_EQUAL(packet.too_big.mtu_bytes, 1300);
	frame = frame_icmp("2001:db8:9::9", "2001:db8::10", message, sizeof(message) - 1);
	refuse(&frame, DROP_ICMP_BAD);
	message[8] = 0x40; /* quotes another version */
	frame = frame_icmp("2001:db8:9::9", "2001:db8::10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
	message[8] = 0x60;
	message[14] = 17; /* quotes UDP */
	frame = frame_icmp("2001:db8:9::9", "2001:db8::10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
	message[14] = 6;
	refuse_every_shorter("2001:db8:9::9", "2001:db8::10", message, sizeof(message), sizeof(message));
	struct ip_address mapped = frame_ip("192.0.2.10");
	memcpy(message + 16, mapped.octets, 16);
	frame = frame_icmp("2001:db8:9::9", "2001:db8::10", message, sizeof(message));
	refuse(&frame, DROP_ICMP_BAD);
}

/* A solicitation for 2001:db8::10 with the sender's link-layer address. */
static void make_solicitation(uint8_t message[32])
{
	struct ip_address target = frame_ip("2001:db8::10");
	memset(message, 0, 32);
	message[0] = 135;
	memcpy(message + 8, target.octets, 16);
	message[24] = 1;
	message[25] = 1;
	memcpy(message + 26, FRAME_PEER_MAC, PACKET_MAC_BYTES);
}

static void test_solicitation(void)
{
	uint8_t message[32];
	struct packet packet;
	make_solicitation(message);
	struct frame frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", message, sizeof(message));
	expect(&frame, PACKET_SOLICITATION, &packet);
	CU_ASSERT_TRUE(packet.nd.has_mac);
	CU_ASSERT_EQUAL(memcmp(packet.nd.mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	refuse_every_prefix(&frame);
	frame.data[frame.ip_at + 7] = 254; /* came through a router */
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", message, 24);
	expect(&frame, PACKET_SOLICITATION, &packet);
	CU_ASSERT_FALSE(packet.nd.has_mac);
	frame = frame_icmp("::", "ff02::1:ff00:10", message, 24);
	expect(&frame, PACKET_SOLICITATION, &packet);
}

/* The hardware address of another option, or of one that is longer, is nobody's. */
static void test_other_options_give_no_address(void)
{
	uint8_t message[40];
	struct packet packet;
	make_solicitation(message);
	message[24] = 2; /* of an advertisement */
	struct frame frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", message, 32);
	expect(&frame, PACKET_SOLICITATION, &packet);
	CU_ASSERT_FALSE(packet.nd.has_mac);
	memset(message + 32, 0, 8);
	message[24] = 1;
	message[25] = 2; /* 16 octets: another link layer's */
	frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", message, 40);
	expect(&frame, PACKET_SOLICITATION, &packet);
	CU_ASSERT_FALSE(packet.nd.has_mac);
	make_solicitation(message);
	refuse_every_shorter("2001:db8::1", "ff02::1:ff00:10", message, 32, 24);
	message[0] = 136;
	refuse_every_shorter("2001:db8::1", "2001:db8::10", message, 32, 24);
}

static void test_bad_solicitations(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} rows[] = {{1, 1} /* code */, {8, 0xff} /* target multicast */, {25, 0} /* option of no length */,
		{25, 2} /* option beyond the end */, {26, 0x03} /* multicast hardware address */};
	uint8_t message[32];
	struct frame frame;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		make_solicitation(message);
		message[rows[i].at] = rows[i].value;
		frame = frame_icmp("2001:db8::1", "ff02::1:ff00:10", message, sizeof(message));
		refuse(&frame, DROP_ICMP_BAD);
	}
	make_solicitation(message);
	frame = frame_icmp(
		"::", "ff02::1:ff00:10", message, sizeof(message)); /* RFC 4861 section 7.1.1: no option then */
	refuse(&frame, DROP_ICMP_BAD);
	frame = frame_icmp("::", "2001:db8::10", message, 24);
	refuse(&frame, DROP_ICMP_BAD);
}

static void test_advertisement(void)
{
	uint8_t message[32];
	struct packet packet;
	make_solicitation(message);
	message[0] = 136;
	message[4] = 0x60;
	message[24] = 2;
	struct frame frame = frame_icmp("2001:db8::1", "2001:db8::10", message, sizeof(message));
	expect(&frame, PACKET_ADVERTISEMENT, &packet);
	CU_ASSERT_TRUE(packet.nd.solicited);
	CU_ASSERT_TRUE(packet.nd.override);
	CU_ASSERT_TRUE(packet.nd.has_mac);
	refuse_every_prefix(&frame);
	frame = frame_icmp("2001:db8::1", "ff02::1", message, sizeof(message)); /* solicited, yet to all */
	refuse(&frame, DROP_ICMP_BAD);
	message[4] = 0x20;
	frame = frame_icmp("2001:db8::1", "ff02::1", message, sizeof(message));
	expect(&frame, PACKET_ADVERTISEMENT, &packet);
	CU_ASSERT_FALSE(packet.nd.solicited);
	CU_ASSERT_TRUE(packet.nd.override);
	message[4] = 0;
	frame = frame_icmp("2001:db8::1", "ff02::1", message, sizeof(message));
	expect(&frame, PACKET_ADVERTISEMENT, &packet);
	CU_ASSERT_FALSE(packet.nd.override);
	message[0] = 134; /* router advertisement: nobody asked */
	frame = frame_icmp("2001:db8::1", "ff02::1", message, sizeof(message));
	refuse(&frame, DROP_ICMP_IGNORED);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"TCP over IPv4", test_tcp_over_ipv4},
		{"Ethernet padding is no payload", test_ethernet_padding_is_no_payload},
		{"VLAN tags", test_vlan},
		{"a multicast source MAC address is refused", test_multicast_source_mac_is_refused},
		{"bad IPv4 headers", test_bad_ipv4_headers},
		{"sources that cannot be answered", test_sources_that_cannot_be_answered},
		{"IPv4-mapped addresses on the wire are refused", test_mapped_addresses_on_the_wire_are_refused},
		{"checksums", test_checksums},
		{"harmless extension headers", test_harmless_extension_headers},
		{"harmful extension headers", test_harmful_extension_headers},
		{"order and number of extension headers", test_order_and_number_of_extension_headers},
		{"a packet that ends in an extension header", test_packet_that_ends_in_an_extension_header},
		{"bad IPv6 headers", test_bad_ipv6_headers},
		{"ARP", test_arp},
		{"echo requests", test_echo_requests},
		{"other ICMP is ignored, and counted apart", test_other_icmp_is_ignored},
		{"packet too big over IPv4", test_too_big_over_ipv4},
		{"packet too big over IPv6", test_too_big_over_ipv6},
		{"neighbour solicitation", test_solicitation},
		{"bad neighbour solicitations", test_bad_solicitations},
		{"other options give no address", test_other_options_give_no_address},
		{"neighbour advertisement", test_advertisement},
		CU_TEST_INFO_NULL,
	};
	return unit_run("packet", tests);
}
