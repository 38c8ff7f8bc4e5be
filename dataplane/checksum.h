/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The Internet checksum (RFC 1071). Sums are kept 64 bits wide and in memory order: byte order does not matter to a
 * one's complement sum (RFC 1071 section 2), so nothing is swapped on the way.
 */
#ifndef HANDFAST_CHECKSUM_H
#define HANDFAST_CHECKSUM_H

#include "bytes.h"
#include "ip_address.h"

#include <stdint.h>

/**
 * Add octets to a sum.
 *
 * @param sum   0, or what an earlier call returned over an even number of octets.
 * @return the new sum.
 * Threads: any. Cost: one addition per 8 octets.
 */
uint64_t checksum_add(uint64_t sum, struct bytes data);

/**
 * Add the pseudo header of TCP or ICMPv6 (RFC 9293 section 3.1, RFC 8200 section 8.1).
 *
 * @param source, destination  both of one family, which decides the layout.
 * @param length               octets of the transport header and its payload.
 */
uint64_t checksum_add_pseudo(uint64_t sum, const struct ip_address *source, const struct ip_address *destination,
	uint8_t protocol, uint32_t length);

/**
 * Fold a sum to 16 bits, not complemented: what a NIC wants to find in the checksum field when it finishes the sum
 * itself.
 * @return in memory order: store it with memcpy().
 */
uint16_t checksum_fold(uint64_t sum);

/**
 * Fold and complement: what goes into the checksum field; over data that holds a right checksum it is 0.
 * @return in memory order: store it with memcpy().
 */
static inline uint16_t checksum_finish(uint64_t sum)
{
	return (uint16_t)~checksum_fold(sum);
}

#endif
