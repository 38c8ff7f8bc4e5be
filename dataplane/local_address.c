/* SPDX-License-Identifier: BSD-3-Clause */
#include "local_address.h"

#include "packet_build.h"

#include <stdlib.h>
#include <string.h>

/* A distinct prefix, and the gateway that serves addresses in it. */
struct prefix {
	struct ip_address ip; /* one of ours in it */
	unsigned prefix_len;
	uint16_t port_id, vlan;
	bool has_gateway;
	struct ip_address gateway;
};

struct local_address_table {
	struct local_address *addresses; /* sorted as octets */
	size_t n_addresses;
	struct prefix *prefixes;
	size_t n_prefixes;
	struct local_address_link *links;
	size_t n_links;
};

_Static_assert(sizeof(struct local_address) == 20, "no padding: compared as octets");

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct local_address));
}

static bool is_link_local(const struct ip_address *ip)
{
	return ip->octets[0] == 0xfe && (ip->octets[1] & 0xc0) == 0x80;
}

static struct prefix *find_prefix(const struct local_address_table *table, const struct prefix *like)
{
	for (size_t i = 0; i < table->n_prefixes; i++) {
		struct prefix *prefix = &table->prefixes[i];
		if (prefix->port_id == like->port_id && prefix->vlan == like->vlan &&
			prefix->prefix_len == like->prefix_len &&
			ip_address_same_prefix(&prefix->ip, &like->ip, like->prefix_len))
			return prefix;
	}
	return NULL;
}

static void add_prefix(struct local_address_table *table, const struct prefix *prefix)
{
	struct prefix *known = find_prefix(table, prefix);
	if (!known)
		table->prefixes[table->n_prefixes++] = *prefix;
	else if (!known->has_gateway && prefix->has_gateway)
		*known = *prefix;
}

static void add_address(struct local_address_table *table, const struct local_address *address)
{
	for (size_t i = 0; i < table->n_addresses; i++)
		if (compare_addresses(&table->addresses[i], address) == 0)
			return;
	table->addresses[table->n_addresses++] = *address;
}

static void add_link(struct local_address_table *table, const struct local_address_link *link)
{
	struct ip_address link_local = packet_build_link_local(link->mac);
	table->links[table->n_links++] = *link;
	for (size_t i = 0; i < link->config->n_addresses; i++) {
		const struct config_address *from = &link->config->addresses[i];
		struct local_address address = {.ip = from->ip, .port_id = link->port_id, .vlan = from->vlan};
		struct prefix prefix = {.ip = from->ip,
			.prefix_len = from->prefix_len,
			.port_id = link->port_id,
			.vlan = from->vlan,
			.has_gateway = from->has_gateway,
			.gateway = from->gateway};
		add_address(table, &address);
		add_prefix(table, &prefix);
		if (ip_address_is_v4(&from->ip))
			continue;
		address.ip = link_local;
		add_address(table, &address);
	}
}

struct local_address_table *local_address_create(const struct local_address_link *links, size_t n_links)
{
	size_t n = 0;
	for (size_t i = 0; i < n_links; i++)
		n += links[i].config->n_addresses;
	struct local_address_table *table = calloc(1, sizeof(*table));
	if (!table)
		return NULL;
	table->addresses = calloc(2 * n + 1, sizeof(*table->addresses)); /* twice: a link-local one beside each */
	table->prefixes = calloc(n + 1, sizeof(*table->prefixes));
	table->links = calloc(n_links + 1, sizeof(*table->links));
	if (!table->addresses || !table->prefixes || !table->links) {
		local_address_destroy(table);
		return NULL;
	}
	for (size_t i = 0; i < n_links; i++)
		add_link(table, &links[i]);
	qsort(table->addresses, table->n_addresses, sizeof(*table->addresses), compare_addresses);
	return table;
}

void local_address_destroy(struct local_address_table *table)
{
	if (!table)
		return;
	free(table->addresses);
	free(table->prefixes);
	free(table->links);
	free(table);
}

bool local_address_contains(
	const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const struct ip_address *ip)
{
	struct local_address key = {.ip = *ip, .port_id = port_id, .vlan = vlan};
	return bsearch(&key, table->addresses, table->n_addresses, sizeof(key), compare_addresses) != NULL;
}

static const struct prefix *prefix_of(
	const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const struct ip_address *ip)
{
	for (size_t i = 0; i < table->n_prefixes; i++) {
		const struct prefix *prefix = &table->prefixes[i];
		if (prefix->port_id == port_id && prefix->vlan == vlan &&
			ip_address_same_prefix(&prefix->ip, ip, prefix->prefix_len))
			return prefix;
	}
	return NULL;
}

static bool has_vlan(const struct local_address_table *table, uint16_t port_id, uint16_t vlan)
{
	for (size_t i = 0; i < table->n_prefixes; i++)
		if (table->prefixes[i].port_id == port_id && table->prefixes[i].vlan == vlan)
			return true;
	return false;
}

bool local_address_on_link(
	const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const struct ip_address *ip)
{
	return prefix_of(table, port_id, vlan, ip) != NULL || (is_link_local(ip) && has_vlan(table, port_id, vlan));
}

const uint8_t *local_address_mac(const struct local_address_table *table, uint16_t port_id)
{
	for (size_t i = 0; i < table->n_links; i++)
		if (table->links[i].port_id == port_id)
			return table->links[i].mac;
	return NULL;
}

/* Group addresses: broadcast for ARP, IPv6 multicast for neighbour discovery. */
static bool group_mac_is_for_us(const struct packet *packet)
{
	static const uint8_t broadcast[PACKET_MAC_BYTES] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const uint8_t *mac = packet->destination_mac;
	if (packet->kind == PACKET_ARP)
		return memcmp(mac, broadcast, sizeof(broadcast)) == 0;
	return (packet->kind == PACKET_SOLICITATION || packet->kind == PACKET_ADVERTISEMENT) && mac[0] == 0x33 &&
	       mac[1] == 0x33;
}

static bool multicast_ip_is_for_us(const struct packet *packet)
{
	static const struct ip_address all_nodes = {.octets = {0xff, 2, [15] = 1}};
	if (packet->kind == PACKET_ADVERTISEMENT)
		return ip_address_equal(&packet->destination_ip, &all_nodes);
	struct ip_address group = packet_build_solicited_node(&packet->nd.target);
	return packet->kind == PACKET_SOLICITATION && ip_address_equal(&packet->destination_ip, &group);
}

static bool ip_is_for_us(const struct local_address_table *table, uint16_t port_id, const struct packet *packet)
{
	if (packet->kind == PACKET_ARP)
		return true;
	if (packet->destination_ip.octets[0] == 0xff)
		return multicast_ip_is_for_us(packet);
	return local_address_contains(table, port_id, packet->vlan, &packet->destination_ip);
}

bool local_address_accepts(const struct local_address_table *table, uint16_t port_id, const struct packet *packet,
	enum drop_reason *out_reason)
{
	const uint8_t *mac = local_address_mac(table, port_id);
	bool ours = mac && memcmp(packet->destination_mac, mac, PACKET_MAC_BYTES) == 0;
	*out_reason = DROP_FRAME_NOT_FOR_US;
	if (!mac || (!ours && !group_mac_is_for_us(packet)) || !has_vlan(table, port_id, packet->vlan))
		return false;
	*out_reason = DROP_IP_NOT_FOR_US;
	if (!ip_is_for_us(table, port_id, packet))
		return false;
	/* RFC 1122 section 3.2.1.3 (land attack): nobody else sends from an address of ours. */
	*out_reason = DROP_IP_SOURCE;
	return packet->kind == PACKET_ARP || !local_address_contains(table, port_id, packet->vlan, &packet->source_ip);
}

static const struct prefix *gateway_of(const struct local_address_table *table, const struct local_address *local)
{
	const struct prefix *own = prefix_of(table, local->port_id, local->vlan, &local->ip);
	if (own && own->has_gateway)
		return own;
	for (size_t i = 0; i < table->n_prefixes; i++) {
		const struct prefix *prefix = &table->prefixes[i];
		if (prefix->has_gateway && prefix->port_id == local->port_id && prefix->vlan == local->vlan &&
			ip_address_is_v4(&prefix->gateway) == ip_address_is_v4(&local->ip))
			return prefix;
	}
	return NULL;
}

bool local_address_next_hop(const struct local_address_table *table, const struct local_address *local,
	const struct ip_address *remote, struct local_address_hop *out)
{
	struct local_address_hop hop = {
		.ip = *remote, .source = local->ip, .port_id = local->port_id, .vlan = local->vlan};
	if (local_address_on_link(table, local->port_id, local->vlan, remote)) {
		*out = hop;
		return true;
	}
	const struct prefix *via = gateway_of(table, local);
	if (!via)
		return false;
	hop.ip = via->gateway;
	hop.source = via->ip; /* a neighbour answers an asker of its own prefix more surely */
	*out = hop;
	return true;
}

size_t local_address_count(const struct local_address_table *table)
{
	return table->n_addresses;
}

const struct local_address *local_address_get(const struct local_address_table *table, size_t i)
{
	return &table->addresses[i];
}
