/* SPDX-License-Identifier: BSD-3-Clause */
/** The other end of a connection, by frames: what a client sends, and what it understands of the answers. IPv4. */
#ifndef HANDFAST_BENCH_PEER_H
#define HANDFAST_BENCH_PEER_H

#include "ip_address.h"
#include "packet.h"
#include "tcp_segment.h"

/** Ethernet, IPv4 and TCP without options. */
#define BENCH_PEER_HEADER_BYTES (14 + 20 + 20)
#define BENCH_PEER_MAX_FRAME    1514

/** One client; seq is what it sends next, ack what it has heard. */
struct bench_peer {
	uint8_t mac[PACKET_MAC_BYTES], target_mac[PACKET_MAC_BYTES];
	struct ip_address ip, target_ip;
	uint16_t port, target_port;
	uint32_t seq, ack;
};

/**
 * Build the next frame; seq moves. A SYN offers MSS 1460, SACK and a window scale. The payload is zeros.
 * @return its length.
 */
size_t bench_peer_send(struct bench_peer *peer, uint8_t flags, uint16_t payload_len, uint8_t out[BENCH_PEER_MAX_FRAME]);

/** A frame has come, of which the first octets are enough: ack follows. @return its TCP flags, 0: not TCP. */
uint8_t bench_peer_hear(struct bench_peer *peer, struct bytes frame, size_t frame_len);

#endif
