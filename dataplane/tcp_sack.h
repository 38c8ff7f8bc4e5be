/* SPDX-License-Identifier: BSD-3-Clause */
/** Reading the SACK option (RFC 2018, RFC 2883): what can be believed of it goes to the scoreboard. */
#ifndef HANDFAST_TCP_SACK_H
#define HANDFAST_TCP_SACK_H

#include "tcp_scoreboard.h"

/**
 * Take in the SACK blocks of a segment, after its cumulative acknowledgement.
 * @return true if the first block is a D-SACK: the peer has received something twice.
 */
bool tcp_sack_receive(struct tcp_conn *conn, const struct tcp_segment *segment, struct tcp_scoreboard_news *news);

#endif
