/* SPDX-License-Identifier: BSD-3-Clause */
/** Frames for tests: built with our own builders, then bent where a test wants them wrong. */
#ifndef HANDFAST_FRAME_H
#define HANDFAST_FRAME_H

#include "checksum.h"
#include "packet_build.h"

#include <arpa/inet.h>
#include <string.h>

static const uint8_t FRAME_OUR_MAC[PACKET_MAC_BYTES] = {2, 0, 0, 0, 0, 0x10};
static const uint8_t FRAME_PEER_MAC[PACKET_MAC_BYTES] = {2, 0, 0, 0, 0, 0x20};

struct frame {
	uint8_t data[2048];
	size_t len;
	size_t ip_at, transport_at; /**< where the headers begin */
};

/** IPv4 or IPv6 from text; the caller's own mistake ends the program's test with a wrong address. */
static inline struct ip_address frame_ip(const char *text)
{
	uint8_t v4[4];
	struct ip_address ip = {0};
	if (inet_pton(AF_INET, text, v4) == 1)
		return ip_address_from_v4(v4);
	(void)inet_pton(AF_INET6, text, ip.octets);
	return ip;
}

static inline struct bytes frame_bytes(const struct frame *frame)
{
	return (struct bytes){frame->data, frame->len};
}

/** Put a right checksum into a transport header. @param at  of the checksum field, from the header's beginning. */
static inline void frame_sum(struct frame *frame, const struct packet_build_ip *ip, size_t at)
{
	uint8_t *transport = frame->data + frame->transport_at;
	size_t len = frame->len - frame->transport_at;
	uint64_t sum = 0;
	memset(transport + at, 0, 2);
	if (ip->protocol != PACKET_PROTOCOL_ICMP)
		sum = checksum_add_pseudo(0, &ip->source, &ip->destination, ip->protocol, (uint32_t)len);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){transport, len}));
	memcpy(transport + at, &checksum, sizeof(checksum));
}

/** An IP packet with any transport octets, without their checksum. */
static inline struct frame frame_ip_packet(uint16_t vlan, const struct packet_build_ip *ip, const uint8_t *transport)
{
	struct frame frame = {0};
	struct packet_build_link link = {.vlan = vlan};
	memcpy(link.destination_mac, FRAME_OUR_MAC, PACKET_MAC_BYTES);
	memcpy(link.source_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES);
	bool is_v4 = ip_address_is_v4(&ip->source);
	frame.ip_at = packet_build_ethernet(frame.data, &link, is_v4 ? PACKET_ETHERTYPE_IPV4 : PACKET_ETHERTYPE_IPV6);
	frame.transport_at = frame.ip_at + packet_build_ip(frame.data + frame.ip_at, ip);
	memcpy(frame.data + frame.transport_at, transport, ip->payload_len);
	frame.len = frame.transport_at + ip->payload_len;
	return frame;
}

/** A SYN to port 443 from port 1234, from `source` to `destination`. */
static inline struct frame frame_syn(uint16_t vlan, const char *source, const char *destination)
{
	static const uint8_t syn[20] = {0x04, 0xd2, 0x01, 0xbb, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff};
	struct packet_build_ip ip = {.source = frame_ip(source),
		.destination = frame_ip(destination),
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = 64,
		.payload_len = sizeof(syn)};
	struct frame frame = frame_ip_packet(vlan, &ip, syn);
	frame_sum(&frame, &ip, 16);
	return frame;
}

/** An ICMP or ICMPv6 message with a right checksum. */
static inline struct frame frame_icmp(
	const char *source, const char *destination, const uint8_t *message, uint16_t message_len)
{
	struct packet_build_ip ip = {.source = frame_ip(source),
		.destination = frame_ip(destination),
		.hop_limit = 255,
		.payload_len = message_len};
	ip.protocol = ip_address_is_v4(&ip.source) ? PACKET_PROTOCOL_ICMP : PACKET_PROTOCOL_ICMPV6;
	struct frame frame = frame_ip_packet(0, &ip, message);
	frame_sum(&frame, &ip, 2);
	return frame;
}

/** An ARP packet from the peer. */
static inline struct frame frame_arp(bool is_request, const char *sender, const char *target)
{
	static const uint8_t unknown[PACKET_MAC_BYTES];
	struct frame frame = {0};
	struct packet_build_link link = {0};
	struct ip_address sender_ip = frame_ip(sender), target_ip = frame_ip(target);
	memset(link.destination_mac, 0xff, PACKET_MAC_BYTES);
	memcpy(link.source_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES);
	frame.len = packet_build_arp(
		frame.data, &link, is_request, &sender_ip, is_request ? unknown : FRAME_OUR_MAC, &target_ip);
	frame.ip_at = 14;
	return frame;
}

/** Make the IPv4 header's checksum right again. */
static inline void frame_sum_ipv4(struct frame *frame)
{
	uint8_t *ip = frame->data + frame->ip_at;
	memset(ip + 10, 0, 2);
	uint16_t checksum = checksum_finish(checksum_add(0, (struct bytes){ip, 20}));
	memcpy(ip + 10, &checksum, sizeof(checksum));
}

#endif
