/* SPDX-License-Identifier: BSD-3-Clause */
/** A worker's stages from rx to tx, around one TCP stack and a ring for a port: frames are put in and taken out by
 * hand. */
#ifndef HANDFAST_BENCH_WIRE_H
#define HANDFAST_BENCH_WIRE_H

#include "port.h"
#include "rx.h"
#include "tx.h"

/** Every port answers; this one is meant. */
#define BENCH_WIRE_PORT 443

/** The gateway's address on the link, behind which everybody is. */
extern const uint8_t BENCH_WIRE_PEER_MAC[PACKET_MAC_BYTES];

struct rte_ring;

struct bench_wire {
	struct config_address address;
	struct config_port config;
	struct port *port;
	struct rte_ring *ring; /* both ways: what is sent is received unless it is taken */
	struct local_address_table *addresses;
	struct neigh *neigh;
	struct tcp_stack *tcp;
	struct fellow fellow;
	struct tx tx;
	struct rx rx;
	struct stats stats;
	uint64_t now_us;
	char error[256];
};

/** @param wire  zeroed. @return false with wire->error set. Once per process. */
bool bench_wire_start(struct bench_wire *wire);
void bench_wire_stop(struct bench_wire *wire);

/** A new TCP stack in the place of the old one. @return false if memory is out. */
bool bench_wire_renew_tcp(struct bench_wire *wire, uint16_t train_segments);

/** Where frames for us go. */
void bench_wire_target(const struct bench_wire *wire, uint8_t out_mac[PACKET_MAC_BYTES], struct ip_address *out_ip);

/** A frame to be received. */
void bench_wire_put(struct bench_wire *wire, struct bytes frame);
/** @return the next frame sent, or NULL; free it with rte_pktmbuf_free(). */
struct rte_mbuf *bench_wire_take(struct bench_wire *wire);
/** Free what was sent. @return packets. */
unsigned bench_wire_drop_all(struct bench_wire *wire);

/** One burst in, TCP's output, everything out. */
void bench_wire_poll(struct bench_wire *wire);

#endif
