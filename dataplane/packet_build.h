/* SPDX-License-Identifier: BSD-3-Clause */
/** Headers and small frames that Handfast sends. Every function writes at `out` and returns how many octets it wrote.
 */
#ifndef HANDFAST_PACKET_BUILD_H
#define HANDFAST_PACKET_BUILD_H

#include "packet.h"

/** Large enough for each ARP and neighbour discovery frame built here. */
#define PACKET_BUILD_MAX_DISCOVERY_BYTES 96
/** Most octets that the headers before TCP can take. */
#define PACKET_BUILD_MAX_HEADER_BYTES (PACKET_MAX_ETHERNET_BYTES + PACKET_MAX_IP_BYTES)

struct packet_build_link {
	uint8_t destination_mac[PACKET_MAC_BYTES], source_mac[PACKET_MAC_BYTES];
	uint16_t vlan; /**< 0: no tag */
};

struct packet_build_ip {
	struct ip_address source, destination; /**< of one family, which decides the header */
	uint8_t protocol, hop_limit;
	uint16_t payload_len;
};

/** Ethernet header, with an 802.1Q tag unless vlan is 0: 14 or 18 octets. */
size_t packet_build_ethernet(uint8_t *out, const struct packet_build_link *link, uint16_t ethertype);

/**
 * IPv4 header with its checksum (identification 0 and DF set: an atomic datagram, RFC 6864 section 4.1), or IPv6
 * header: 20 or 40 octets.
 */
size_t packet_build_ip(uint8_t *out, const struct packet_build_ip *ip);

/** ARP request or reply; the sender is link->source_mac. @param target_mac  all zero in a request. */
size_t packet_build_arp(uint8_t *out, const struct packet_build_link *link, bool is_request,
	const struct ip_address *sender_ip, const uint8_t target_mac[PACKET_MAC_BYTES],
	const struct ip_address *target_ip);

/** Neighbour solicitation with our link-layer address. */
size_t packet_build_solicitation(uint8_t *out, const struct packet_build_link *link, const struct ip_address *source,
	const struct ip_address *destination, const struct ip_address *target);

/** Neighbour advertisement with our link-layer address, override set. @param destination  ff02::1: not solicited. */
size_t packet_build_advertisement(uint8_t *out, const struct packet_build_link *link,
	const struct ip_address *destination, const struct ip_address *target);

/** @return octets that the reply to an echo request takes. */
size_t packet_build_echo_reply_bytes(const struct packet *request);

/** Echo reply, ICMP or ICMPv6. @param out  packet_build_echo_reply_bytes() octets. */
size_t packet_build_echo_reply(uint8_t *out, const uint8_t our_mac[PACKET_MAC_BYTES], const struct packet *request);

/** The solicited-node multicast address of an IPv6 address, RFC 4291 section 2.7.1. */
struct ip_address packet_build_solicited_node(const struct ip_address *ip);

/** The Ethernet address of an IPv6 multicast address, RFC 2464 section 7. */
void packet_build_multicast_mac(const struct ip_address *ip, uint8_t out_mac[PACKET_MAC_BYTES]);

/** The link-local address made from a MAC address, RFC 4291 appendix A. */
struct ip_address packet_build_link_local(const uint8_t mac[PACKET_MAC_BYTES]);

#endif
