/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A received frame, checked from its first octet to the transport header: Ethernet, 802.1Q, ARP, IPv4, IPv6 with the
 * extension headers that do no harm, TCP, ICMP, ICMPv6. Whatever is not what Handfast serves has a drop reason.
 *
 * Refused on purpose: IP fragments (TCP never needs them, RFC 1191), IPv4 options and IPv6 routing headers (source
 * routes), IPv4-mapped addresses in IPv6 headers (they would alias an IPv4 flow, RFC 4942 section 2.2), stacked VLANs.
 */
#ifndef HANDFAST_PACKET_H
#define HANDFAST_PACKET_H

#include "bytes.h"
#include "ip_address.h"
#include "stats.h"

#include <stdbool.h>
#include <stdint.h>

#define PACKET_MAC_BYTES 6
/** Ethernet header with one 802.1Q tag. */
#define PACKET_MAX_ETHERNET_BYTES 18
/** IPv6 header; IPv4 without options is 20. */
#define PACKET_MAX_IP_BYTES 40

enum {
	PACKET_ETHERTYPE_IPV4 = 0x0800,
	PACKET_ETHERTYPE_ARP = 0x0806,
	PACKET_ETHERTYPE_VLAN = 0x8100,
	PACKET_ETHERTYPE_IPV6 = 0x86dd,
};

enum {
	PACKET_PROTOCOL_ICMP = 1,
	PACKET_PROTOCOL_TCP = 6,
	PACKET_PROTOCOL_ICMPV6 = 58,
};

enum {
	PACKET_ICMP_ECHO_REPLY = 0,
	PACKET_ICMP_UNREACHABLE = 3,
	PACKET_ICMP_ECHO_REQUEST = 8,
	PACKET_ICMP_FRAGMENTATION_NEEDED = 4, /**< code of unreachable, RFC 1191 */
	PACKET_ICMPV6_TOO_BIG = 2,
	PACKET_ICMPV6_ECHO_REQUEST = 128,
	PACKET_ICMPV6_ECHO_REPLY = 129,
	PACKET_ICMPV6_SOLICITATION = 135,
	PACKET_ICMPV6_ADVERTISEMENT = 136,
};

/** Checksums that the NIC has found right: not looked at again. */
enum {
	PACKET_IP_CHECKSUM_GOOD = 1,
	PACKET_TCP_CHECKSUM_GOOD = 2,
};

enum packet_kind {
	PACKET_ARP,
	PACKET_TCP,
	PACKET_ECHO_REQUEST,  /**< ICMP or ICMPv6 */
	PACKET_TOO_BIG,       /**< ICMP "fragmentation needed", ICMPv6 "packet too big" that quotes a TCP segment */
	PACKET_SOLICITATION,  /**< neighbour solicitation, RFC 4861 section 4.3 */
	PACKET_ADVERTISEMENT, /**< neighbour advertisement, RFC 4861 section 4.4 */
};

struct packet_arp {
	bool is_request;
	uint8_t sender_mac[PACKET_MAC_BYTES]; /**< a unicast address */
	struct ip_address sender_ip;          /**< 0.0.0.0 in a probe, RFC 5227 section 2.1.1 */
	struct ip_address target_ip;
};

/** Neighbour solicitation or advertisement. */
struct packet_nd {
	struct ip_address target;
	bool has_mac; /**< source (solicitation) or target (advertisement) link-layer address option */
	uint8_t mac[PACKET_MAC_BYTES];
	bool solicited, override; /**< advertisement only */
};

/** What a "packet too big" quotes: a segment that is said to be ours. */
struct packet_too_big {
	struct ip_address source_ip, destination_ip;
	uint16_t source_port, destination_port;
	uint32_t sequence;
	uint32_t mtu_bytes;
};

struct packet {
	enum packet_kind kind;
	uint8_t destination_mac[PACKET_MAC_BYTES], source_mac[PACKET_MAC_BYTES];
	uint16_t vlan;                               /**< 0: untagged (or priority-tagged) */
	struct ip_address source_ip, destination_ip; /**< not of ARP */
	struct bytes payload; /**< from the TCP or ICMP header to the end of the IP packet, Ethernet padding left out; a
				 view */
	union {
		struct packet_arp arp;
		struct packet_nd nd;
		struct packet_too_big too_big;
	};
};

/**
 * Check and classify a frame.
 *
 * @param frame       one whole frame in one piece, without the frame check sequence.
 * @param trusted     PACKET_*_GOOD
 * @param out         written only when true is returned; its views point into frame. Of TCP, 20 octets are there at
 * least.
 * @param out_reason  written only when false is returned.
 * @return true if the frame is one of enum packet_kind. Whether it is for us is local_address' business.
 * Threads: any. Cost: O(1) apart from the checksums.
 */
bool packet_parse(struct bytes frame, unsigned trusted, struct packet *out, enum drop_reason *out_reason)
	__attribute__((warn_unused_result));

static inline uint16_t packet_get_16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t packet_get_32(const uint8_t *at)
{
	return (uint32_t)packet_get_16(at) << 16 | packet_get_16(at + 2);
}

#endif
