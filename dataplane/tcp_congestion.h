/* SPDX-License-Identifier: BSD-3-Clause */
/** How much may be in the network: slow start (RFC 5681), CUBIC (RFC 9438), proportional rate reduction (RFC 6937). */
#ifndef HANDFAST_TCP_CONGESTION_H
#define HANDFAST_TCP_CONGESTION_H

#include "tcp_types.h"

/** Initial window (RFC 6928). Needs snd_mss. */
void tcp_congestion_init(struct tcp_conn *conn);

/** New data was acknowledged outside of fast recovery: grow, if the window was what held us back. */
void tcp_congestion_acked(struct tcp_conn *conn, uint32_t bytes);

/** Loss was found: reduce once, and begin fast recovery. */
void tcp_congestion_enter_recovery(struct tcp_conn *conn);

/** An acknowledgement in fast recovery: sets cwnd to what may be sent now. */
void tcp_congestion_recovery_acked(struct tcp_conn *conn, uint32_t delivered_bytes);

/** Octets were sent, new ones or again: fast recovery counts them. */
static inline void tcp_congestion_sent(struct tcp_conn *conn, uint32_t bytes)
{
	if (conn->growth == TCP_GROWTH_PRR)
		conn->prr.out += bytes;
}

/** recovery_point was acknowledged. */
void tcp_congestion_exit_recovery(struct tcp_conn *conn);

/** A retransmission timeout: one segment, then slow start. */
void tcp_congestion_timeout(struct tcp_conn *conn);

/** A loss that needed no recovery (repaired by a tail loss probe): reduce once. */
void tcp_congestion_reduce(struct tcp_conn *conn);

/** About to send after a pause: what was known of the path is old (RFC 5681 section 4.1). */
void tcp_congestion_restart_after_idle(struct tcp_conn *conn);

#endif
