/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The receive queue: in-order bytes for the user, and islands of out-of-order bytes that wait for what is missing.
 * Bytes go straight to their place; an island is only a pair of sequence numbers, at most TCP_REASSEMBLY_MAX_ISLANDS of
 * them, so tiny segments (SegmentSmack) cost neither memory of their own nor time that grows with their number.
 */
#ifndef HANDFAST_TCP_REASSEMBLY_H
#define HANDFAST_TCP_REASSEMBLY_H

#include "tcp_types.h"

#define TCP_REASSEMBLY_MAX_ISLANDS 168 /* what one block holds */

/**
 * Take in the payload of an acceptable segment, already trimmed to the window.
 * @return TCP_DELIVERED, or the drop reason. rcv_nxt has moved if data became readable.
 */
int tcp_reassembly_receive(struct tcp_conn *conn, uint32_t seq, struct bytes data);

/** Fill in the SACK blocks of an outgoing acknowledgement: a duplicate first (RFC 2883), then the latest islands. */
void tcp_reassembly_write_sack(struct tcp_conn *conn, struct tcp_segment_options *out, unsigned max_blocks);

/** @return true if out-of-order data waits. */
bool tcp_reassembly_has_islands(const struct tcp_conn *conn);

/** Drop both, the readable and the waiting bytes. */
void tcp_reassembly_clear(struct tcp_conn *conn);

#endif
