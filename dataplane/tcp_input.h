/* SPDX-License-Identifier: BSD-3-Clause */
/** A segment arrives for a connection: RFC 9293 sections 3.10.7.3 (SYN-SENT) and 3.10.7.4 (all other states), in its
 * steps. */
#ifndef HANDFAST_TCP_INPUT_H
#define HANDFAST_TCP_INPUT_H

#include "tcp_types.h"

/**
 * @return TCP_DELIVERED or the drop reason. The connection may be over afterwards, but is not freed:
 * tcp_lifecycle_reap().
 */
int tcp_input_segment(struct tcp_conn *conn, const struct tcp_segment *segment);

#endif
