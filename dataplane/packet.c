/* SPDX-License-Identifier: BSD-3-Clause */
#include "packet.h"

#include "checksum.h"

#include <string.h>

enum {
	ETHERNET_BYTES = 14,
	VLAN_TAG_BYTES = 4,
	ARP_BYTES = 28,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	TCP_BYTES = 20,
	ICMP_BYTES = 8,
	ND_BYTES = 24,
	/* RFC 792 and RFC 4443 section 3.2: what an error quotes of TCP is at least its ports and sequence number. */
	QUOTED_TCP_BYTES = 8,
};

enum {
	IPV6_HOP_BY_HOP = 0,
	IPV6_ROUTING = 43,
	IPV6_FRAGMENT = 44,
	IPV6_DESTINATION_OPTIONS = 60,
	/* RFC 8200 section 4.1: hop-by-hop once, destination options twice at most. */
	IPV6_MAX_EXTENSIONS = 3,
};

/* RFC 4861: a hop limit of 255 cannot have come through a router. */
#define ND_HOP_LIMIT 255

/* What is passed on from one header to the next. */
struct parse {
	struct packet *packet;
	enum drop_reason *reason;
	unsigned trusted;
	uint8_t hop_limit;
};

static bool drop(const struct parse *parse, enum drop_reason reason)
{
	*parse->reason = reason;
	return false;
}

static struct bytes skip(struct bytes from, size_t n)
{
	return (struct bytes){from.data + n, from.len - n};
}

static bool mac_is_unicast(const uint8_t mac[PACKET_MAC_BYTES])
{
	static const uint8_t zero[PACKET_MAC_BYTES];
	return (mac[0] & 1) == 0 && memcmp(mac, zero, sizeof(zero)) != 0;
}

static bool is_unspecified(const struct ip_address *ip)
{
	static const struct ip_address zero;
	return ip_address_equal(ip, &zero);
}

static struct ip_address read_ipv6(const uint8_t *octets)
{
	struct ip_address ip;
	memcpy(ip.octets, octets, sizeof(ip.octets));
	return ip;
}

/* --- ARP (RFC 826) ----------------------------------------------------------------------------------------------- */

static bool parse_arp(const struct parse *parse, struct bytes arp)
{
	static const uint8_t ethernet_ipv4[] = {0, 1, 8, 0, 6, 4};
	if (arp.len < ARP_BYTES)
		return drop(parse, DROP_FRAME_SHORT);
	uint16_t operation = packet_get_16(arp.data + 6);
	if (memcmp(arp.data, ethernet_ipv4, sizeof(ethernet_ipv4)) != 0 || (operation != 1 && operation != 2))
		return drop(parse, DROP_ARP_BAD);
	struct packet_arp *out = &parse->packet->arp;
	out->is_request = operation == 1;
	memcpy(out->sender_mac, arp.data + 8, PACKET_MAC_BYTES);
	out->sender_ip = ip_address_from_v4(arp.data + 14);
	out->target_ip = ip_address_from_v4(arp.data + 24);
	if (!mac_is_unicast(out->sender_mac))
		return drop(parse, DROP_ARP_BAD);
	parse->packet->kind = PACKET_ARP;
	parse->packet->payload = (struct bytes){arp.data, ARP_BYTES};
	return true;
}

/* --- TCP and ICMP ------------------------------------------------------------------------------------------------ */

static bool transport_checksum_good(const struct packet *packet, uint8_t protocol)
{
	uint64_t sum = checksum_add_pseudo(
		0, &packet->source_ip, &packet->destination_ip, protocol, (uint32_t)packet->payload.len);
	return checksum_finish(checksum_add(sum, packet->payload)) == 0;
}

static bool parse_tcp(const struct parse *parse)
{
	struct packet *packet = parse->packet;
	if (packet->payload.len < TCP_BYTES)
		return drop(parse, DROP_TCP_HEADER);
	if (!(parse->trusted & PACKET_TCP_CHECKSUM_GOOD) && !transport_checksum_good(packet, PACKET_PROTOCOL_TCP))
		return drop(parse, DROP_TCP_CHECKSUM);
	packet->kind = PACKET_TCP;
	return true;
}

/* The ports and sequence number of the segment that an error quotes. The quoted header is not checked further: routers
 * change it on the way, and TCP believes it only if the sequence number is in flight. */
static bool parse_quoted_tcp(const struct parse *parse, struct bytes tcp)
{
	if (tcp.len < QUOTED_TCP_BYTES)
		return drop(parse, DROP_ICMP_BAD);
	struct packet_too_big *out = &parse->packet->too_big;
	out->source_port = packet_get_16(tcp.data);
	out->destination_port = packet_get_16(tcp.data + 2);
	out->sequence = packet_get_32(tcp.data + 4);
	parse->packet->kind = PACKET_TOO_BIG;
	return true;
}

static bool parse_icmp_too_big(const struct parse *parse, struct bytes icmp)
{
	struct bytes quoted = skip(icmp, ICMP_BYTES);
	if (quoted.len < IPV4_BYTES || quoted.data[0] >> 4 != 4 || quoted.data[9] != PACKET_PROTOCOL_TCP)
		return drop(parse, DROP_ICMP_BAD);
	size_t header = (size_t)(quoted.data[0] & 15U) * 4;
	if (header < IPV4_BYTES || quoted.len < header)
		return drop(parse, DROP_ICMP_BAD);
	struct packet_too_big *out = &parse->packet->too_big;
	out->source_ip = ip_address_from_v4(quoted.data + 12);
	out->destination_ip = ip_address_from_v4(quoted.data + 16);
	out->mtu_bytes = packet_get_16(icmp.data + 6);
	return parse_quoted_tcp(parse, skip(quoted, header));
}

static bool parse_icmp(const struct parse *parse)
{
	struct bytes icmp = parse->packet->payload;
	if (icmp.len < ICMP_BYTES || checksum_finish(checksum_add(0, icmp)) != 0)
		return drop(parse, DROP_ICMP_BAD);
	if (icmp.data[0] == PACKET_ICMP_UNREACHABLE && icmp.data[1] == PACKET_ICMP_FRAGMENTATION_NEEDED)
		return parse_icmp_too_big(parse, icmp);
	if (icmp.data[0] != PACKET_ICMP_ECHO_REQUEST)
		return drop(parse, DROP_ICMP_IGNORED);
	if (icmp.data[1] != 0)
		return drop(parse, DROP_ICMP_BAD);
	parse->packet->kind = PACKET_ECHO_REQUEST;
	return true;
}

static bool parse_icmpv6_too_big(const struct parse *parse, struct bytes icmp)
{
	struct bytes quoted = skip(icmp, ICMP_BYTES);
	if (quoted.len < IPV6_BYTES || quoted.data[0] >> 4 != 6 || quoted.data[6] != PACKET_PROTOCOL_TCP)
		return drop(parse, DROP_ICMP_BAD);
	struct packet_too_big *out = &parse->packet->too_big;
	out->source_ip = read_ipv6(quoted.data + 8);
	out->destination_ip = read_ipv6(quoted.data + 24);
	if (ip_address_is_v4(&out->source_ip) || ip_address_is_v4(&out->destination_ip))
		return drop(parse, DROP_ICMP_BAD);
	out->mtu_bytes = packet_get_32(icmp.data + 4);
	return parse_quoted_tcp(parse, skip(quoted, IPV6_BYTES));
}

/* RFC 4861 section 4.6: options are counted in units of 8 octets, and one of length 0 makes the message invalid. */
static bool parse_nd_options(struct bytes options, uint8_t wanted_type, struct packet_nd *out)
{
	out->has_mac = false;
	while (options.len > 0) {
		size_t length = options.len >= 2 ? (size_t)options.data[1] * 8 : 0;
		if (length == 0 || length > options.len)
			return false;
		if (options.data[0] == wanted_type && length == 8) {
			memcpy(out->mac, options.data + 2, PACKET_MAC_BYTES);
			out->has_mac = true;
		}
		options = skip(options, length);
	}
	return !out->has_mac || mac_is_unicast(out->mac);
}

/* RFC 4861 sections 7.1.1 and 7.1.2. */
static bool nd_is_valid(const struct parse *parse, bool is_solicitation)
{
	const struct packet *packet = parse->packet;
	const struct packet_nd *nd = &packet->nd;
	if (parse->hop_limit != ND_HOP_LIMIT || packet->payload.data[1] != 0)
		return false;
	if (nd->target.octets[0] == 0xff || is_unspecified(&nd->target) || ip_address_is_v4(&nd->target))
		return false;
	if (!is_solicitation)
		return !(packet->destination_ip.octets[0] == 0xff && nd->solicited);
	/* Duplicate address detection: nobody to be learned from. */
	return !is_unspecified(&packet->source_ip) || (!nd->has_mac && packet->destination_ip.octets[0] == 0xff);
}

static bool parse_nd(const struct parse *parse, bool is_solicitation)
{
	struct packet *packet = parse->packet;
	struct packet_nd *nd = &packet->nd;
	if (packet->payload.len < ND_BYTES)
		return drop(parse, DROP_ICMP_BAD);
	nd->target = read_ipv6(packet->payload.data + 8);
	nd->solicited = !is_solicitation && (packet->payload.data[4] & 0x40) != 0;
	nd->override = !is_solicitation && (packet->payload.data[4] & 0x20) != 0;
	if (!parse_nd_options(skip(packet->payload, ND_BYTES), is_solicitation ? 1 : 2, nd))
		return drop(parse, DROP_ICMP_BAD);
	if (!nd_is_valid(parse, is_solicitation))
		return drop(parse, DROP_ICMP_BAD);
	packet->kind = is_solicitation ? PACKET_SOLICITATION : PACKET_ADVERTISEMENT;
	return true;
}

static bool parse_icmpv6(const struct parse *parse)
{
	struct bytes icmp = parse->packet->payload;
	if (icmp.len < ICMP_BYTES || !transport_checksum_good(parse->packet, PACKET_PROTOCOL_ICMPV6))
		return drop(parse, DROP_ICMP_BAD);
	switch (icmp.data[0]) {
	case PACKET_ICMPV6_TOO_BIG:
		return parse_icmpv6_too_big(parse, icmp);
	case PACKET_ICMPV6_SOLICITATION:
		return parse_nd(parse, true);
	case PACKET_ICMPV6_ADVERTISEMENT:
		return parse_nd(parse, false);
	case PACKET_ICMPV6_ECHO_REQUEST:
		if (icmp.data[1] != 0)
			return drop(parse, DROP_ICMP_BAD);
		parse->packet->kind = PACKET_ECHO_REQUEST;
		return true;
	default:
		return drop(parse, DROP_ICMP_IGNORED);
	}
}

/* --- IPv4 (RFC 791) ---------------------------------------------------------------------------------------------- */

/* RFC 1122 section 3.2.1.3: never a source: "this network", loopback, multicast, class E and the limited broadcast. */
static bool ipv4_source_is_answerable(const uint8_t octets[4])
{
	return octets[0] != 0 && octets[0] != 127 && octets[0] < 224;
}

static bool parse_ipv4(const struct parse *parse, struct bytes ip)
{
	if (ip.len < IPV4_BYTES)
		return drop(parse, DROP_FRAME_SHORT);
	size_t total = packet_get_16(ip.data + 2);
	/* Version 4 and no options: the only options that change anything are source routes. */
	if (ip.data[0] != 0x45 || total < IPV4_BYTES || total > ip.len)
		return drop(parse, DROP_IP_HEADER);
	if (!(parse->trusted & PACKET_IP_CHECKSUM_GOOD) &&
		checksum_finish(checksum_add(0, (struct bytes){ip.data, IPV4_BYTES})) != 0)
		return drop(parse, DROP_IP_CHECKSUM);
	if ((packet_get_16(ip.data + 6) & 0x3fff) != 0)
		return drop(parse, DROP_IP_FRAGMENT);
	struct packet *packet = parse->packet;
	packet->source_ip = ip_address_from_v4(ip.data + 12);
	packet->destination_ip = ip_address_from_v4(ip.data + 16);
	packet->payload = (struct bytes){ip.data + IPV4_BYTES, total - IPV4_BYTES};
	if (!ipv4_source_is_answerable(ip.data + 12))
		return drop(parse, DROP_IP_SOURCE);
	if (ip.data[9] == PACKET_PROTOCOL_TCP)
		return parse_tcp(parse);
	if (ip.data[9] == PACKET_PROTOCOL_ICMP)
		return parse_icmp(parse);
	return drop(parse, DROP_IP_PROTOCOL);
}

/* --- IPv6 (RFC 8200) --------------------------------------------------------------------------------------------- */

/* RFC 8200 section 4.2: an unknown option whose type begins with 00 is skipped, any other discards the packet. Router
 * alert (5) and the padding begin with 00. */
static bool ipv6_options_are_harmless(struct bytes options)
{
	while (options.len > 0) {
		if (options.data[0] == 0) {
			options = skip(options, 1);
			continue;
		}
		if (options.data[0] >> 6 != 0 || options.len < 2 || options.data[1] + 2U > options.len)
			return false;
		options = skip(options, options.data[1] + 2U);
	}
	return true;
}

/* Walk the extension headers. @return false with the reason set; else *next_header is an upper layer's. */
static bool skip_ipv6_extensions(const struct parse *parse, struct bytes *payload, uint8_t *next_header)
{
	for (unsigned i = 0;; i++) {
		if (*next_header == IPV6_FRAGMENT)
			return drop(parse, DROP_IP_FRAGMENT);
		if (*next_header == IPV6_ROUTING)
			return drop(parse, DROP_IP_HEADER);
		if (*next_header != IPV6_HOP_BY_HOP && *next_header != IPV6_DESTINATION_OPTIONS)
			return true;
		/* Hop-by-hop options stand first or not at all. */
		if (i == IPV6_MAX_EXTENSIONS || (*next_header == IPV6_HOP_BY_HOP && i > 0) || payload->len < 8)
			return drop(parse, DROP_IP_HEADER);
		size_t length = ((size_t)payload->data[1] + 1) * 8;
		if (length > payload->len || !ipv6_options_are_harmless((struct bytes){payload->data + 2, length - 2}))
			return drop(parse, DROP_IP_HEADER);
		*next_header = payload->data[0];
		*payload = skip(*payload, length);
	}
}

static bool ipv6_source_is_answerable(const struct packet *packet)
{
	const uint8_t *source = packet->source_ip.octets;
	bool high_zero = true;
	for (unsigned i = 0; i < 15; i++)
		high_zero = high_zero && source[i] == 0;
	if (high_zero) /* :: is for duplicate address detection alone, ::1 for nobody */
		return source[15] == 0 && packet->kind == PACKET_SOLICITATION;
	return source[0] != 0xff;
}

static bool parse_ipv6_upper(const struct parse *parse, uint8_t next_header)
{
	if (next_header == PACKET_PROTOCOL_TCP)
		return parse_tcp(parse);
	if (next_header == PACKET_PROTOCOL_ICMPV6)
		return parse_icmpv6(parse);
	return drop(parse, DROP_IP_PROTOCOL);
}

static bool parse_ipv6(struct parse *parse, struct bytes ip)
{
	if (ip.len < IPV6_BYTES)
		return drop(parse, DROP_FRAME_SHORT);
	size_t payload_len = packet_get_16(ip.data + 4);
	if (ip.data[0] >> 4 != 6 || payload_len > ip.len - IPV6_BYTES)
		return drop(parse, DROP_IP_HEADER);
	struct packet *packet = parse->packet;
	packet->source_ip = read_ipv6(ip.data + 8);
	packet->destination_ip = read_ipv6(ip.data + 24);
	packet->payload = (struct bytes){ip.data + IPV6_BYTES, payload_len};
	parse->hop_limit = ip.data[7];
	if (ip_address_is_v4(&packet->source_ip) || ip_address_is_v4(&packet->destination_ip))
		return drop(parse, DROP_IP_SOURCE);
	uint8_t next_header = ip.data[6];
	if (!skip_ipv6_extensions(parse, &packet->payload, &next_header) || !parse_ipv6_upper(parse, next_header))
		return false;
	return ipv6_source_is_answerable(packet) || drop(parse, DROP_IP_SOURCE);
}

/* --- Ethernet ---------------------------------------------------------------------------------------------------- */

static bool parse_network(struct parse *parse, uint16_t ethertype, struct bytes payload)
{
	switch (ethertype) {
	case PACKET_ETHERTYPE_IPV4:
		return parse_ipv4(parse, payload);
	case PACKET_ETHERTYPE_IPV6:
		return parse_ipv6(parse, payload);
	case PACKET_ETHERTYPE_ARP:
		return parse_arp(parse, payload);
	default:
		return drop(parse, DROP_FRAME_ETHERTYPE);
	}
}

bool packet_parse(struct bytes frame, unsigned trusted, struct packet *out, enum drop_reason *out_reason)
{
	struct packet packet = {0};
	struct parse parse = {.packet = &packet, .reason = out_reason, .trusted = trusted};
	if (frame.len < ETHERNET_BYTES)
		return drop(&parse, DROP_FRAME_SHORT);
	memcpy(packet.destination_mac, frame.data, PACKET_MAC_BYTES);
	memcpy(packet.source_mac, frame.data + PACKET_MAC_BYTES, PACKET_MAC_BYTES);
	uint16_t ethertype = packet_get_16(frame.data + 12);
	struct bytes payload = skip(frame, ETHERNET_BYTES);
	if (ethertype == PACKET_ETHERTYPE_VLAN) {
		if (payload.len < VLAN_TAG_BYTES)
			return drop(&parse, DROP_FRAME_SHORT);
		packet.vlan = packet_get_16(payload.data) & 0x0fff;
		ethertype = packet_get_16(payload.data + 2);
		payload = skip(payload, VLAN_TAG_BYTES);
	}
	if (!mac_is_unicast(packet.source_mac))
		return drop(&parse, DROP_FRAME_NOT_FOR_US);
	if (!parse_network(&parse, ethertype, payload))
		return false;
	*out = packet;
	return true;
}
