/* SPDX-License-Identifier: BSD-3-Clause */
/** Segments for no connection: RFC 9293 sections 3.10.7.1 (CLOSED) and 3.10.7.2 (LISTEN), the latter without any state.
 */
#ifndef HANDFAST_TCP_LISTEN_H
#define HANDFAST_TCP_LISTEN_H

#include "tcp_types.h"

/** Answer a SYN by a cookie, make a connection of a good ACK, refuse the rest. @return TCP_DELIVERED or the drop
 * reason. */
int tcp_listen_input(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment);

/** @return true if tcp_listen_input() would make a connection of this ACK, as far as its cookie goes. */
bool tcp_listen_is_new(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment);

#endif
