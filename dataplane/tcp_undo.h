/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A reduction that was for nothing is taken back: the segment was late, not lost. Told by the timestamp that the peer
 * echoes (Eifel, RFC 3522 and 4015), or by reports that everything sent again came twice (D-SACK, RFC 3708).
 */
#ifndef HANDFAST_TCP_UNDO_H
#define HANDFAST_TCP_UNDO_H

#include "tcp_types.h"

/** Loss is believed and the window about to be reduced: remember what it was. */
void tcp_undo_begin(struct tcp_conn *conn);

/** So many octets were sent again. */
void tcp_undo_retransmitted(struct tcp_conn *conn, uint32_t bytes);

/**
 * An acknowledgement has been taken in: snd_una has moved by `acked`.
 * @return true if the reduction was taken back: recovery is over.
 */
bool tcp_undo_check(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked, bool reports_duplicate);

#endif
