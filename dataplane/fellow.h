/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What workers send each other: packets of a flow that another worker owns, neighbours learned, "packet too big" for a
 * flow that may be anybody's. Rings with many writers and one reader; a full ring drops and counts, nobody waits.
 *
 * Which worker owns a flow is a keyed hash of its four-tuple, on devices that do not steer flows themselves.
 */
#ifndef HANDFAST_FELLOW_H
#define HANDFAST_FELLOW_H

#include "flow_table.h"
#include "neigh.h"
#include "port.h"

/** Packets handed to one worker and not yet taken: ring size, a power of two. */
#define FELLOW_INBOX_PKTS 1024
/** Messages to one worker and not yet taken: ring size, a power of two. */
#define FELLOW_INBOX_MESSAGES 512

struct rte_mbuf;
struct rte_ring;

enum fellow_message_kind { FELLOW_NEIGHBOUR, FELLOW_TOO_BIG };

/** Copied by value. */
struct fellow_message {
	enum fellow_message_kind kind;
	union {
		struct neigh_news neighbour;
		struct {
			struct flow_key key;
			uint32_t sequence, mtu_bytes;
		} too_big;
	};
};
_Static_assert(sizeof(struct fellow_message) % 4 == 0, "ring elements are counted in units of 4 octets");

/** One worker's letter boxes, and its way to the others'. */
struct fellow {
	unsigned index, n_workers;
	struct rte_ring *packets, *messages; /**< own */
	struct rte_ring *packets_of[PORT_MAX_WORKERS], *messages_of[PORT_MAX_WORKERS];
	uint8_t key[16]; /**< of the hash; the same for all */
};

/**
 * @return 0 or -ENOMEM; nothing is then kept.
 * Threads: the main thread.
 */
int fellow_init(struct fellow *fellow, unsigned index, const uint8_t key[16]);
/** Free the rings and what is in them. Threads: the main thread, when no worker runs. */
void fellow_fini(struct fellow *fellow);
/** Make another one known; it gives its hash key if it is worker 0. Before any of them runs. Threads: the main thread.
 */
void fellow_connect(struct fellow *fellow, const struct fellow *other);

/** @return the index of the worker that owns a flow. */
unsigned fellow_owner(const struct fellow *fellow, const struct flow_key *key);

/** Hand over a packet. @return false if the other's box is full; the packet is then still the caller's. */
bool fellow_hand_over(const struct fellow *fellow, unsigned owner, struct rte_mbuf *mbuf);

/** Tell all others. A message that finds no room is lost: each can be learned again. @return false if there are none.
 */
bool fellow_tell(const struct fellow *fellow, const struct fellow_message *message);

/** Take packets handed over. @return how many. Owner: the caller. */
unsigned fellow_take_packets(const struct fellow *fellow, struct rte_mbuf **mbufs, unsigned n);

/** Take a message. @return false if there is none. */
bool fellow_take_message(const struct fellow *fellow, struct fellow_message *out);

#endif
