/* SPDX-License-Identifier: BSD-3-Clause */
/** An acknowledgement arrives: RFC 9293 section 3.10.7.4, fifth step; RFC 5961 section 5; RFC 6675, 8985, 6582. */
#ifndef HANDFAST_TCP_ACK_H
#define HANDFAST_TCP_ACK_H

#include "tcp_types.h"

/**
 * Process SEG.ACK, SEG.WND and the SACK and timestamp options of an acceptable segment on a synchronized connection.
 * @return TCP_DELIVERED, or DROP_TCP_ACK if it is not believable: then nothing has changed.
 */
int tcp_ack_process(struct tcp_conn *conn, const struct tcp_segment *segment);

/** @return true if our FIN was sent and acknowledged. */
bool tcp_ack_fin_acked(const struct tcp_conn *conn);

#endif
