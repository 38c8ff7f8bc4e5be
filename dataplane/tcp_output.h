/* SPDX-License-Identifier: BSD-3-Clause */
/** What a connection has to send, through the stack's emit callback. */
#ifndef HANDFAST_TCP_OUTPUT_H
#define HANDFAST_TCP_OUTPUT_H

#include "tcp_types.h"

/**
 * Send all that may be sent now.
 * @return false if the callback refused a segment: the connection stays scheduled. Nothing refused counts as sent.
 */
bool tcp_output_run(struct tcp_conn *conn);

/** The user has read: tell the peer if the window has grown by enough (RFC 9293 section 3.8.6.2.2). */
void tcp_output_window_opened(struct tcp_conn *conn);

/** @return bytes of receive window there is room for now. */
uint32_t tcp_output_receive_room(const struct tcp_conn *conn);

/** Answer a segment that belongs to no connection with RST (RFC 9293 section 3.10.7.1); nothing in answer to a RST. */
void tcp_output_refuse(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment);

/** The acknowledgement that RFC 5961 answers suspicious segments with; at most TCP_OUTPUT_CHALLENGES_PER_S per
 * connection. */
void tcp_output_challenge(struct tcp_conn *conn);
#define TCP_OUTPUT_CHALLENGES_PER_S 10

#endif
