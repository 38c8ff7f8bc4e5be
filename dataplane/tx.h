/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The way out: TCP segments, ARP, neighbour discovery and echo replies become packets, wait in a buffer per port and
 * leave in one burst per poll. What the NIC does not take stays for the next poll; when the buffer is full, TCP keeps
 * its segments (tx_emit() returns false) and the rest is dropped and counted.
 */
#ifndef HANDFAST_TX_H
#define HANDFAST_TX_H

#include "neigh.h"
#include "port.h"
#include "tcp_stack.h"

/** Packets that wait for the burst, per port and worker; one over several buffers counts as so many. */
#define TX_BUFFER_PKTS 256
/** Segments that TCP may give at once (tcp_stack_settings.train_segments): 64 KiB of 1,460 octets. */
#define TX_TRAIN_SEGMENTS 44
/** Packets from workers without a queue to the one that sends for them: ring size, a power of two. */
#define TX_RELAY_PKTS 1024

struct rte_mbuf;

struct tx_port {
	const struct port *port;
	uint16_t n;       /**< packets */
	uint16_t n_mbufs; /**< buffers they take */
	uint16_t n_ready; /**< of the packets, the first so many have been through the driver's tx_prepare */
	struct rte_mbuf *pkts[TX_BUFFER_PKTS];
};

/** Of one worker. */
struct tx {
	unsigned worker;
	struct neigh *neigh; /**< set by the owner before the first packet; neigh's callbacks are the functions below */
	struct stats *stats;
	uint64_t now_us; /**< set by tx_begin() */
	struct tx_port *ports;
	size_t n_ports;
};

/** @return 0 or -ENOMEM. Owner: the caller; tx_fini(). Threads: the main thread. */
int tx_init(struct tx *tx, unsigned worker, struct port *const *ports, size_t n_ports, struct stats *stats);
/** Free the packets that wait, and the buffers. */
void tx_fini(struct tx *tx);

/** A new poll: tell the time. */
void tx_begin(struct tx *tx, uint64_t now_us);

/** tcp_stack_callbacks.emit; context is the struct tx. */
bool tx_emit(void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment);

/** neigh_callbacks.transmit; context is the struct tx. Copies the frame. */
void tx_frame(void *context, uint16_t port_id, struct bytes frame);
/** neigh_callbacks.send: an mbuf that tx_emit() built. */
void tx_packet(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES]);
/** neigh_callbacks.drop. */
void tx_drop(void *context, void *packet);

/**
 * Send what waits, and what workers without a queue have given to ours. Once per poll.
 * @return packets that the ports took.
 */
unsigned tx_flush(struct tx *tx);

#endif
