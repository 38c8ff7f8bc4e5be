/* SPDX-License-Identifier: BSD-3-Clause */
/** A connection's birth, its place on the stack's lists, and its end. */
#ifndef HANDFAST_TCP_LIFECYCLE_H
#define HANDFAST_TCP_LIFECYCLE_H

#include "tcp_types.h"

/** @return a connection in the flow table, all else zero; NULL if the limit is reached and none is in TIME-WAIT. */
struct tcp_conn *tcp_lifecycle_create(struct tcp_stack *stack, const struct flow_key *key);

/** Take over what both sides' SYNs have agreed on. mss is the peer's, not yet bounded by ours. */
void tcp_lifecycle_set_options(struct tcp_conn *conn, const struct syn_cookie_options *options);

/** @return the MSS we announce to this peer. */
uint16_t tcp_lifecycle_own_mss(const struct tcp_stack *stack, const struct flow_key *key);

/** RFC 7323 section 7.1: the clock's offset is keyed by the four-tuple, so that a tuple's next connection goes on from
 * it. */
uint32_t tcp_lifecycle_timestamp_offset(const struct tcp_stack *stack, const struct flow_key *key);

/** Tell the user, if there is one. */
void tcp_lifecycle_raise(struct tcp_conn *conn, unsigned events);

/** Put on the list that tcp_stack_output() works off. */
void tcp_lifecycle_schedule(struct tcp_conn *conn);

/** Acknowledge at the end of this poll. */
void tcp_lifecycle_ack_now(struct tcp_conn *conn);

/** Over: out of the flow table, buffers given back, TCP_EVENT_CLOSED raised. The connection itself stays until reaped.
 */
void tcp_lifecycle_close(struct tcp_conn *conn, enum tcp_conn_close_reason reason);

/** Over, and the peer is told so by a RST at the end of this poll. */
void tcp_lifecycle_reset(struct tcp_conn *conn, enum tcp_conn_close_reason reason);

/** Enter TIME-WAIT, or start its time again (RFC 9293 section 3.10.7.4, eighth step). */
void tcp_lifecycle_time_wait(struct tcp_conn *conn);

/** The user lets go of a connection that is closed or closing: it goes on alone, and is freed when it is over. */
void tcp_lifecycle_release(struct tcp_conn *conn);

/** Free the connection if it is over, its user has let go of it, and nothing is left to send. Call last. */
void tcp_lifecycle_reap(struct tcp_conn *conn);

/** Free the connection as it is. */
void tcp_lifecycle_destroy(struct tcp_conn *conn);

#endif
