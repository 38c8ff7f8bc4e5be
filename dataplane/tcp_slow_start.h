/* SPDX-License-Identifier: BSD-3-Clause */
/** When to leave slow start before it overflows the path: HyStart++ (RFC 9406). */
#ifndef HANDFAST_TCP_SLOW_START_H
#define HANDFAST_TCP_SLOW_START_H

#include "tcp_types.h"

/** Slow start begins: nothing is known yet. */
void tcp_slow_start_begin(struct tcp_conn *conn);

/** A round trip was measured; nothing outside of slow start. */
void tcp_slow_start_rtt_sample(struct tcp_conn *conn, uint32_t rtt_us);

/**
 * New data was acknowledged in slow start (cwnd below ssthresh).
 * @return octets to grow by; 0 if slow start has just ended: ssthresh is then cwnd.
 */
uint32_t tcp_slow_start_acked(struct tcp_conn *conn, uint32_t bytes);

#endif
