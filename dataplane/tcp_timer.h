/* SPDX-License-Identifier: BSD-3-Clause */
/** A connection's deadlines: retransmission (and what shares its timer), delayed acknowledgement, idleness. */
#ifndef HANDFAST_TCP_TIMER_H
#define HANDFAST_TCP_TIMER_H

#include "tcp_types.h"

/** RFC 9293 section 3.8.6.3 allows 500 ms; as Linux, we wait for less. */
#define TCP_TIMER_DELAYED_ACK_US 40000
/** A connection without a user is reset after so long without progress. */
#define TCP_TIMER_ORPHAN_US 60000000

/** A round trip was measured: RFC 6298 section 2. */
void tcp_timer_rtt_sample(struct tcp_conn *conn, uint32_t rtt_us);

/**
 * The handshake took about so long: better than RFC 6298's second, where it is less. Only the RTO and the tail loss
 * probe go by it.
 */
void tcp_timer_rtt_guess(struct tcp_conn *conn, uint32_t rtt_us);

/** A SYN had to be sent again and no round trip could be measured: RFC 6298 rule 5.7. */
void tcp_timer_distrust(struct tcp_conn *conn);

/** Start the retransmission timer afresh, as what is in flight or waiting needs: probe, RTO, persist or none. */
void tcp_timer_restart(struct tcp_conn *conn);

/** New data was sent: RFC 6298 rule 5.1, and the probe timeout counts from the last segment sent. */
void tcp_timer_data_sent(struct tcp_conn *conn);

/** Look again for losses after so long (RFC 8985 section 6.2 step 5). */
void tcp_timer_set_reorder(struct tcp_conn *conn, uint32_t after_us);

/** Nothing is in flight and something waits for the peer's window: probe it. Nothing if already so. */
void tcp_timer_need_persist(struct tcp_conn *conn);

/** An acknowledgement is owed, and may wait for company (RFC 9293 section 3.8.6.3). */
void tcp_timer_set_delayed_ack(struct tcp_conn *conn);
/** It has left. */
void tcp_timer_stop_delayed_ack(struct tcp_conn *conn);

/** @param after_us  0: never. */
void tcp_timer_set_idle(struct tcp_conn *conn, uint64_t after_us);

/** The peer was heard, or the state has changed: keepalive or orphan time starts again. */
void tcp_timer_touch(struct tcp_conn *conn);

/** A SYN goes out: retransmit it after the initial RTO. */
void tcp_timer_start_connect(struct tcp_conn *conn);

/** The send queue wanted a block and there was none: raise TCP_EVENT_WRITABLE after a while. */
void tcp_timer_set_memory_retry(struct tcp_conn *conn);

/** Nothing is in flight any more. */
void tcp_timer_stop_retransmit(struct tcp_conn *conn);
/** The connection is closed. */
void tcp_timer_stop_all(struct tcp_conn *conn);

/** The wheel says so: run what is due. */
void tcp_timer_expired(struct tcp_conn *conn);

#endif
