/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet_build.h"

#include "checksum.h"

#include <string.h>

enum {
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	/* Header of 24 octets and one link-layer address option of 8. */
	ND_BYTES = 32,
	ND_OPTION_SOURCE_MAC = 1,
	ND_OPTION_TARGET_MAC = 2,
	ND_SOLICITED = 0x40,
	ND_OVERRIDE = 0x20,
	ND_HOP_LIMIT = 255,
	ECHO_HOP_LIMIT = 64,
};

static void put_16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Checksums are kept in memory order. */
static void put_checksum(uint8_t *at, uint16_t checksum)
{
	memcpy(at, &checksum, sizeof(checksum));
}

size_t packet_build_ethernet(uint8_t *out, const struct packet_build_link *link, uint16_t ethertype)
{
	memcpy(out, link->destination_mac, PACKET_MAC_BYTES);
	memcpy(out + 6, link->source_mac, PACKET_MAC_BYTES);
	if (link->vlan == 0) {
		put_16(out + 12, ethertype);
		return 14;
	}
	put_16(out + 12, PACKET_ETHERTYPE_VLAN);
	put_16(out + 14, link->vlan);
	put_16(out + 16, ethertype);
	return 18;
}

static size_t build_ipv4(uint8_t *out, const struct packet_build_ip *ip)
{
	memset(out, 0, IPV4_BYTES);
	out[0] = 0x45;
	put_16(out + 2, (uint16_t)(IPV4_BYTES + ip->payload_len));
	out[6] = 0x40;
	out[8] = ip->hop_limit;
	out[9] = ip->protocol;
	memcpy(out + 12, &ip->source.octets[12], 4);
	memcpy(out + 16, &ip->destination.octets[12], 4);
	put_checksum(out + 10, checksum_finish(checksum_add(0, (struct bytes){out, IPV4_BYTES})));
	return IPV4_BYTES;
}

size_t packet_build_ip(uint8_t *out, const struct packet_build_ip *ip)
{
	if (ip_address_is_v4(&ip->source))
		return build_ipv4(out, ip);
	memset(out, 0, 8);
	out[0] = 0x60;
	put_16(out + 4, ip->payload_len);
	out[6] = ip->protocol;
	out[7] = ip->hop_limit;
	memcpy(out + 8, ip->source.octets, 16);
	memcpy(out + 24, ip->destination.octets, 16);
	return IPV6_BYTES;
}

size_t packet_build_arp(uint8_t *out, const struct packet_build_link *link, bool is_request,
	const struct ip_address *sender_ip, const uint8_t target_mac[PACKET_MAC_BYTES],
	const struct ip_address *target_ip)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4, 0};
	size_t n = packet_build_ethernet(out, link, PACKET_ETHERTYPE_ARP);
	uint8_t *arp = out + n;
	memcpy(arp, ethernet_ipv4, sizeof(ethernet_ipv4));
	arp[7] = is_request ? 1 : 2;
	memcpy(arp + 8, link->source_mac, PACKET_MAC_BYTES);
	memcpy(arp + 14, &sender_ip->octets[12], 4);
	memcpy(arp + 18, target_mac, PACKET_MAC_BYTES);
	memcpy(arp + 24, &target_ip->octets[12], 4);
	return n + 28;
}

/* ICMPv6 checksum over the message at `message`, whose checksum field is zero. */
static void finish_icmpv6(uint8_t *message, size_t len, const struct packet_build_ip *ip)
{
	uint64_t sum = checksum_add_pseudo(0, &ip->source, &ip->destination, PACKET_PROTOCOL_ICMPV6, (uint32_t)len);
	put_checksum(message + 2, checksum_finish(checksum_add(sum, (struct bytes){message, len})));
}

/* What solicitation and advertisement have in common. */
struct nd {
	uint8_t type, flags, option;
	const struct ip_address *source, *destination, *target;
};

static size_t build_nd(uint8_t *out, const struct packet_build_link *link, const struct nd *nd)
{
	struct packet_build_ip ip = {.source = *nd->source,
		.destination = *nd->destination,
		.protocol = PACKET_PROTOCOL_ICMPV6,
		.hop_limit = ND_HOP_LIMIT,
		.payload_len = ND_BYTES};
	size_t n = packet_build_ethernet(out, link, PACKET_ETHERTYPE_IPV6);
	n += packet_build_ip(out + n, &ip);
	uint8_t *message = out + n;
	memset(message, 0, ND_BYTES);
	message[0] = nd->type;
	message[4] = nd->flags;
	memcpy(message + 8, nd->target->octets, sizeof(nd->target->octets));
	message[24] = nd->option;
	message[25] = 1; /* length of the option in units of 8 octets */
	memcpy(message + 26, link->source_mac, PACKET_MAC_BYTES);
	finish_icmpv6(message, ND_BYTES, &ip);
	return n + ND_BYTES;
}

size_t packet_build_solicitation(uint8_t *out, const struct packet_build_link *link, const struct ip_address *source,
	const struct ip_address *destination, const struct ip_address *target)
{
	struct nd nd = {.type = PACKET_ICMPV6_SOLICITATION,
		.option = ND_OPTION_SOURCE_MAC,
		.source = source,
		.destination = destination,
		.target = target};
	return build_nd(out, link, &nd);
}

size_t packet_build_advertisement(uint8_t *out, const struct packet_build_link *link,
	const struct ip_address *destination, const struct ip_address *target)
{
	bool solicited = destination->octets[0] != 0xff;
	struct nd nd = {.type = PACKET_ICMPV6_ADVERTISEMENT,
		.flags = solicited ? ND_SOLICITED | ND_OVERRIDE : ND_OVERRIDE,
		.option = ND_OPTION_TARGET_MAC,
		.source = target,
		.destination = destination,
		.target = target};
	return build_nd(out, link, &nd);
}

size_t packet_build_echo_reply_bytes(const struct packet *request)
{
	size_t ethernet = request->vlan == 0 ? 14 : 18;
	size_t ip = ip_address_is_v4(&request->source_ip) ? IPV4_BYTES : IPV6_BYTES;
	return ethernet + ip + request->payload.len;
}

size_t packet_build_echo_reply(uint8_t *out, const uint8_t our_mac[PACKET_MAC_BYTES], const struct packet *request)
{
	bool is_v4 = ip_address_is_v4(&request->source_ip);
	struct packet_build_link link = {.vlan = request->vlan};
	memcpy(link.destination_mac, request->source_mac, PACKET_MAC_BYTES);
	memcpy(link.source_mac, our_mac, PACKET_MAC_BYTES);
	struct packet_build_ip ip = {.source = request->destination_ip,
		.destination = request->source_ip,
		.protocol = is_v4 ? PACKET_PROTOCOL_ICMP : PACKET_PROTOCOL_ICMPV6,
		.hop_limit = ECHO_HOP_LIMIT,
		.payload_len = (uint16_t)request->payload.len};
	size_t n = packet_build_ethernet(out, &link, is_v4 ? PACKET_ETHERTYPE_IPV4 : PACKET_ETHERTYPE_IPV6);
	n += packet_build_ip(out + n, &ip);
	uint8_t *message = out + n;
	memcpy(message, request->payload.data, request->payload.len);
	message[0] = is_v4 ? PACKET_ICMP_ECHO_REPLY : PACKET_ICMPV6_ECHO_REPLY;
	put_16(message + 2, 0);
	if (is_v4)
		put_checksum(
			message + 2, checksum_finish(checksum_add(0, (struct bytes){message, request->payload.len})));
	else
		finish_icmpv6(message, request->payload.len, &ip);
	return n + request->payload.len;
}

struct ip_address packet_build_solicited_node(const struct ip_address *ip)
{
	struct ip_address multicast = {.octets = {0xff, 2, [11] = 1, [12] = 0xff}};
	memcpy(&multicast.octets[13], &ip->octets[13], 3);
	return multicast;
}

void packet_build_multicast_mac(const struct ip_address *ip, uint8_t out_mac[PACKET_MAC_BYTES])
{
	out_mac[0] = 0x33;
	out_mac[1] = 0x33;
	memcpy(out_mac + 2, &ip->octets[12], 4);
}

struct ip_address packet_build_link_local(const uint8_t mac[PACKET_MAC_BYTES])
{
	struct ip_address ip = {.octets = {0xfe, 0x80, [11] = 0xff, [12] = 0xfe}};
	memcpy(&ip.octets[8], mac, 3);
	memcpy(&ip.octets[13], mac + 3, 3);
	ip.octets[8] ^= 2; /* the universal/local bit is inverted */
	return ip;
}
