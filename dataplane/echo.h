/* SPDX-License-Identifier: BSD-3-Clause */
/** Answers to ICMP and ICMPv6 echo requests, at a bounded rate. Pure: the answer leaves through neigh's kind of
 * callback. */
#ifndef HANDFAST_ECHO_H
#define HANDFAST_ECHO_H

#include "packet.h"
#include "stats.h"

/** Answers per second and worker, and how many may come at once: enough for monitoring, too few to load a link. */
#define ECHO_RATE_PER_S 1000
#define ECHO_BURST      100
/** Longest answer: a jumbo frame. */
#define ECHO_MAX_FRAME_BYTES 9728

/** A token bucket; zero-initialised it is empty and fills in 100 ms. Owner lcore only. */
struct echo {
	uint64_t filled_us; /**< up to when tokens have been added */
	uint32_t tokens;
};

/**
 * Build the answer to an echo request that is for us, and count it as delivered or as dropped.
 *
 * @param frame  ECHO_MAX_FRAME_BYTES octets
 * @return the frame's length, 0 if there is no answer.
 * The reply goes back to the MAC address the request came from: it carries nothing that its sender has not sent.
 */
size_t echo_reply(struct echo *echo, const struct packet *request, const uint8_t our_mac[PACKET_MAC_BYTES],
	struct stats *stats, uint64_t now_us, uint8_t *frame);

#endif
