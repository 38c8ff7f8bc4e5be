/* SPDX-License-Identifier: BSD-3-Clause */
/** Four-tuple → connection: open addressing under a keyed hash (SipHash-2-4), bounded. */
#ifndef HANDFAST_FLOW_TABLE_H
#define HANDFAST_FLOW_TABLE_H

#include "ip_address.h"

#include <stdbool.h>
#include <stdint.h>

/** A connection's name. Compared and hashed as 40 octets: no padding. Ports in host order. */
struct flow_key {
	struct ip_address local_ip, remote_ip;
	uint16_t local_port, remote_port;
	uint16_t port_id; /**< DPDK port the flow lives on */
	uint16_t vlan;    /**< 0: untagged */
};
_Static_assert(sizeof(struct flow_key) == 40, "no padding: hashed as octets");

struct flow_table;

/**
 * @param max_flows  how many keys will be in it at most; slots are twice that or more, so a probe stays short.
 * @param hash_key   16 random octets: a peer that chooses its ports must not be able to make keys collide.
 * @return the table, or NULL if memory is out. Owner: the caller. Threads: one worker.
 */
struct flow_table *flow_table_create(uint32_t max_flows, const uint8_t hash_key[16]);
/** Free the table; the keys are their owners'. NULL is allowed. */
void flow_table_destroy(struct flow_table *table);

/** @return the key that was inserted, equal to this one, from which its owner finds the connection; or NULL. */
struct flow_key *flow_table_find(const struct flow_table *table, const struct flow_key *key);

/**
 * @param key  not in the table yet; kept by reference until flow_table_remove().
 * @return false if max_flows keys are in it.
 */
bool flow_table_insert(struct flow_table *table, struct flow_key *key);

/** Take out a key that is in the table. Cost: O(probe length); no tombstones are left. */
void flow_table_remove(struct flow_table *table, const struct flow_key *key);

/** @return keys in the table. */
uint32_t flow_table_count(const struct flow_table *table);

#endif
