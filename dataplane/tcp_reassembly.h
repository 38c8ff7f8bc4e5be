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

/**
 * A FIN has arrived before octets that belong in front of it: remember that the stream ends there. It is SACKed like
 * an octet, and takes none of the buffer.
 * @param end  sequence number of the FIN, beyond rcv_nxt.
 * @return TCP_DELIVERED, or the drop reason. A FIN in front of octets that have arrived contradicts them: dropped.
 */
int tcp_reassembly_receive_fin(struct tcp_conn *conn, uint32_t end);

/** @return how much of data at seq lies before the end of the stream, where that is known. */
uint32_t tcp_reassembly_clip(const struct tcp_conn *conn, uint32_t seq, uint32_t len);

/** rcv_nxt has moved without tcp_reassembly_receive(): islands that it has reached belong to it. */
void tcp_reassembly_join(struct tcp_conn *conn);

/**
 * @return true, once, if rcv_nxt has come to a FIN that arrived out of order.
 */
bool tcp_reassembly_take_fin(struct tcp_conn *conn);

/** Fill in the SACK blocks of an outgoing acknowledgement: a duplicate first (RFC 2883), then the latest islands. */
void tcp_reassembly_write_sack(struct tcp_conn *conn, struct tcp_segment_options *out, unsigned max_blocks);

/** @return true if out-of-order data waits. */
bool tcp_reassembly_has_islands(const struct tcp_conn *conn);

/** Drop both, the readable and the waiting bytes. */
void tcp_reassembly_clear(struct tcp_conn *conn);

#endif
