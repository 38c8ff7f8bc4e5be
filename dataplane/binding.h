/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Which certificate a connection gets: the tiers of docs/bindings.md over an immutable snapshot of the bindings. The
 * walk yields candidates, best first; the caller looks each up and takes the first that is usable. The data path and
 * `handfastctl explain` walk with the same code.
 *
 * Choices where docs/bindings.md leaves one:
 * - The records of flags 1 (SNI) and 2 or 3 (central store) belong to a port, not to an address, as in HTTP.sys: a
 *   binding's ip says where its port listens and, for flags 2, where it names the file of clients without SNI.
 * - A host that is a wildcard counts as equal to the names it covers, after one that is literally equal.
 * - Of several bindings with that host, the first that listens on the connection's address, else the first.
 * - only_bound asks for a binding of flags 2 or 3 on that port whose host is the name or the wildcard over it.
 * - An IPv4 connection never sees [::], neither as a record nor as a listener.
 */
#ifndef HANDFAST_BINDING_H
#define HANDFAST_BINDING_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Snapshot of all bindings. Immutable; published by the control thread, read by workers. */
struct binding_table;

enum binding_tier {
	BINDING_TIER_NONE,
	BINDING_TIER_ADDRESS, /**< 1: exact address and port */
	BINDING_TIER_HOST,    /**< 2: host name and port, exact or one-label wildcard */
	BINDING_TIER_STORE,   /**< 3: the central store on that port */
	BINDING_TIER_ANY_V6,  /**< 4: [::] and port */
	BINDING_TIER_ANY,     /**< 5: * and port */
};

/** What is known of a connection when its certificate is chosen. */
struct binding_query {
	struct ip_address local_ip;
	uint16_t local_port;
	struct host_name name; /**< len 0: the client sent none (or an IP literal) */
};

/** One possible answer. */
struct binding_candidate {
	enum binding_tier tier;
	bool from_store;         /**< the certificate is `name` on the share; else the fixed one of the record */
	struct host_name name;   /**< from_store: the name to look up on the share */
	const char *certificate; /**< fixed: name of the configured certificate */
	const struct config_binding *binding; /**< whose record won: its backend and flags count */
};

/** Where a walk stands; a plain value, no clean-up. */
struct binding_walk {
	const struct binding_table *table;
	struct binding_query query;
	enum binding_tier next_tier;
	unsigned step; /**< within the tier */
};

/**
 * Build the snapshot.
 *
 * @param config  must outlive the table (the table points to its bindings).
 * @param key     16 random bytes for the keyed hash (SipHash-2-4).
 * @return the table, or NULL if memory is out.
 * Owner:   the caller; binding_table_destroy() frees it.
 * Threads: the control thread.
 */
struct binding_table *binding_table_create(const struct config *config, const uint8_t key[16]);
/** NULL is allowed. Threads: the control thread, after a grace period. */
void binding_table_destroy(struct binding_table *table);

/** @return the configuration that the table was made from. Threads: any. */
const struct config *binding_table_config(const struct binding_table *table);

/** @return true if some binding listens on that address and port. Threads: any. Cost: O(1), called per SYN. */
bool binding_listens(const struct binding_table *table, const struct ip_address *local_ip, uint16_t port);

/** Begin a walk. Threads: any. */
void binding_walk_start(const struct binding_table *table, const struct binding_query *query, struct binding_walk *out);

/**
 * The next candidate, in tier order.
 *
 * @return true and *out, or false when no tier is left.
 * Threads: any. Cost: at most 14 look-ups of a small keyed hash in the whole walk, 2 or 3 until the first candidate of
 *          most; besides, one step for each further address that a host has a binding on. No allocation.
 */
bool binding_walk_next(struct binding_walk *walk, struct binding_candidate *out);

/** @return the tier's name for messages: "address", "host", "store", "any-v6", "any". */
const char *binding_tier_name(enum binding_tier tier);

/** @return the tier's number in docs/bindings.md, 1 to 5; 0 for none. */
unsigned binding_tier_number(enum binding_tier tier);

/** Octets of the longest identity: two kinds, address, port, flags, host with its length, the start of the backend. */
#define BINDING_IDENTITY_MAX_BYTES (2 + 16 + 2 + 4 + 1 + HOST_NAME_MAX_LEN + 64)

/**
 * What makes a binding this one: all that the configuration says of it but the certificate. The same after a reload, in
 * every worker and on every machine with that line; another when the line is changed.
 * @return octets written. Threads: any. Cost: no allocation.
 */
size_t binding_identity(const struct config_binding *binding, uint8_t out[BINDING_IDENTITY_MAX_BYTES]);

/**
 * The record that hides another: for each SNI or central-store binding, the address record (flags 0) on the same port
 * that wins over it on that address.
 *
 * @return the hiding binding, or NULL if this one can be reached on every address of its own.
 * Threads: any. Used by warnings at load, `explain` and `show bindings`.
 */
const struct config_binding *binding_hidden_by(const struct binding_table *table, const struct config_binding *binding);

#endif
