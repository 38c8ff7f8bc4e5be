/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The addresses that are ours, and the way out to the others: which (port, VLAN, address) a packet may be for, and
 * which next hop a packet goes to. Built once from the configuration, then read only.
 */
#ifndef HANDFAST_LOCAL_ADDRESS_H
#define HANDFAST_LOCAL_ADDRESS_H

#include "config.h"
#include "packet.h"

/** A started port: its number, its MAC address and its part of the configuration. */
struct local_address_link {
	uint16_t port_id;
	uint8_t mac[PACKET_MAC_BYTES];
	const struct config_port *config;
};

struct local_address_table;

/** One of our addresses. */
struct local_address {
	struct ip_address ip;
	uint16_t port_id, vlan;
};

/** Where a packet to some destination goes first. */
struct local_address_hop {
	struct ip_address ip;     /**< the destination itself, or a gateway */
	struct ip_address source; /**< what to ask from: an address of ours in ip's family */
	uint16_t port_id, vlan;
};

/**
 * @param links  one per port; config must outlive the table.
 * @return the table, or NULL if memory is out. Each port and VLAN with an IPv6 address also gets its link-local address
 *         (from the MAC address, RFC 4291 appendix A): neighbours solicit from theirs and may ask for ours.
 * Owner:   the caller; local_address_destroy().
 * Threads: created anywhere; then read by any number of threads.
 */
struct local_address_table *local_address_create(const struct local_address_link *links, size_t n_links);
/** NULL is allowed. */
void local_address_destroy(struct local_address_table *table);

/** @return true if the address is ours on that port and VLAN. Threads: any. Cost: O(log n). */
bool local_address_contains(
	const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const struct ip_address *ip);

/** @return true if a neighbour with that address would be on this port's own network. Threads: any. */
bool local_address_on_link(
	const struct local_address_table *table, uint16_t port_id, uint16_t vlan, const struct ip_address *ip);

/**
 * Is a parsed packet for us? Checks the destination MAC address, the VLAN and the destination IP address; multicast
 * only where neighbour discovery needs it, broadcast only for ARP.
 *
 * @param out_reason  written only when false is returned.
 * Threads: any.
 */
bool local_address_accepts(const struct local_address_table *table, uint16_t port_id, const struct packet *packet,
	enum drop_reason *out_reason) __attribute__((warn_unused_result));

/**
 * Where to send what goes from `local` to `remote`.
 *
 * @return false if remote is not on link and there is no gateway; *out is then unchanged.
 * Threads: any. Cost: O(prefixes), the distinct prefixes of all ports.
 */
bool local_address_next_hop(const struct local_address_table *table, const struct local_address *local,
	const struct ip_address *remote, struct local_address_hop *out) __attribute__((warn_unused_result));

/** @return the MAC address of a port, or NULL if there is no such port. Threads: any. */
const uint8_t *local_address_mac(const struct local_address_table *table, uint16_t port_id);

/** @return how many addresses there are, link-local ones included; and the i-th. Threads: any. */
size_t local_address_count(const struct local_address_table *table);
const struct local_address *local_address_get(const struct local_address_table *table, size_t i);

#endif
