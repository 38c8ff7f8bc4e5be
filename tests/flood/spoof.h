/* SPDX-License-Identifier: BSD-3-Clause */
/** SYNs as a flood sends them: random source addresses, ports, sequence numbers and timestamps, right checksums. */
#ifndef HANDFAST_FLOOD_SPOOF_H
#define HANDFAST_FLOOD_SPOOF_H

#include "ip_address.h"
#include "packet.h"

#include <stddef.h>
#include <stdint.h>

/** Ethernet, IPv4, and TCP with the options of a Linux client: MSS, SACK, timestamps, window scale. */
#define SPOOF_FRAME_BYTES (14 + 20 + 44)

/** All SYNs go there. */
struct spoof_target {
	uint8_t mac[PACKET_MAC_BYTES], our_mac[PACKET_MAC_BYTES];
	struct ip_address ip; /**< IPv4 */
	uint16_t port;
};

/** The frame without what is random, and the sums over it. */
struct spoof {
	uint8_t frame[SPOOF_FRAME_BYTES];
	uint64_t ip_sum, tcp_sum;
	uint64_t random;
};

/** @param seed  not 0: same seed, same SYNs. */
void spoof_init(struct spoof *spoof, const struct spoof_target *target, uint64_t seed);

/** Write the next SYN. Sources are unicast addresses anywhere, the target's own /16 left out. Cost: about 30 ns. */
void spoof_next(struct spoof *spoof, uint8_t out[SPOOF_FRAME_BYTES]);

#endif
