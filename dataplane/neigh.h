/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Neighbours: next hop → MAC address, by ARP (RFC 826) and neighbour discovery (RFC 4861). Answers for our addresses,
 * asks for others, keeps what it learns for 30 s and asks again while it is in use.
 *
 * Each worker has its own table. What one worker learns it tells its fellows (neigh_learn()), as a NIC gives an ARP
 * reply to one queue only. Pure: frames leave through a callback, packets that wait are opaque.
 *
 * Bounds: NEIGH_MAX_ENTRIES neighbours, of which NEIGH_MAX_ASKED are being asked for, NEIGH_MAX_HELD packets waiting
 * for each. Nothing is learned from TCP; an entry is made only because we ask, or because an on-link neighbour asks for
 * us (RFC 826, RFC 4861 section 7.2.3). There is no duplicate address detection: addresses come from the configuration;
 * a neighbour that claims one of ours is dropped and counted.
 */
#ifndef HANDFAST_NEIGH_H
#define HANDFAST_NEIGH_H

#include "local_address.h"
#include "packet.h"
#include "stats.h"

/** A /22 full of hosts; a server has mostly its gateways as neighbours. */
#define NEIGH_MAX_ENTRIES 1024
/** Addresses asked for at one time: what an address scan or spoofed sources can take of the table. */
#define NEIGH_MAX_ASKED 256
/** Packets waiting for one neighbour: RFC 4861 section 7.2.2 asks for one at least. */
#define NEIGH_MAX_HELD 4

struct neigh;

/** A neighbour's address, as told to the other workers; copied by value. */
struct neigh_news {
	struct ip_address ip;
	struct ip_address asked_ip; /**< create: which of ours it asked for; we shall ask from it */
	uint16_t port_id, vlan;
	uint8_t mac[PACKET_MAC_BYTES];
	bool create;   /**< it asked for us: make an entry where there is none */
	bool override; /**< replaces a MAC address that is known already */
};

struct neigh_callbacks {
	void *context;
	/** Send a finished frame; a copy is made. */
	void (*transmit)(void *context, uint16_t port_id, struct bytes frame);
	/** Send a packet given to neigh_send(), now that the destination MAC address is known; takes the packet over.
	 */
	void (*send)(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES]);
	/** Free a packet given to neigh_send(); neigh has counted the drop. */
	void (*drop)(void *context, void *packet);
	/**
	 * A neighbour was learned or has moved, or has answered a question that is not ours: tell the fellows.
	 * @return false if there are none.
	 */
	bool (*learned)(void *context, const struct neigh_news *news);
};

/**
 * @param addresses  must outlive it.
 * @param key        16 random bytes for the table's hash.
 * @param stats      must outlive it.
 * @return NULL if memory is out.
 * Owner:   the caller; neigh_destroy() drops what is held.
 * Threads: created anywhere, then one worker alone.
 */
struct neigh *neigh_create(const struct local_address_table *addresses, const struct neigh_callbacks *callbacks,
	const uint8_t key[16], struct stats *stats);
/** Drop what is held and free. NULL is allowed. */
void neigh_destroy(struct neigh *neigh);

/**
 * Send an IP packet from one of our addresses: at once (callback send, before this returns), when the next hop has
 * answered, or never (callback drop).
 * Owner: takes the packet over in every case.
 */
void neigh_send(struct neigh *neigh, const struct local_address *local, const struct ip_address *remote, void *packet,
	uint64_t now_us);

/** An ARP packet, solicitation or advertisement that is for us. Counts it as delivered or as one drop reason. */
void neigh_input(struct neigh *neigh, uint16_t port_id, const struct packet *packet, uint64_t now_us);

/** Another worker has learned a neighbour. */
void neigh_learn(struct neigh *neigh, const struct neigh_news *news, uint64_t now_us);

/** Tell the neighbours our addresses, twice, 2 s apart (RFC 5227 section 2.3, RFC 4861 section 7.2.6); paced. */
void neigh_announce(struct neigh *neigh, uint64_t now_us);

/** Ask again, forget, announce. Cost: a look at the clock; every 100 ms, O(NEIGH_MAX_ENTRIES). */
void neigh_advance(struct neigh *neigh, uint64_t now_us);

/** @return neighbours known or asked for. */
size_t neigh_count(const struct neigh *neigh);

#endif
