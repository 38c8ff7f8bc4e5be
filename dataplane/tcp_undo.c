/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_undo.h"

#include "tcp_congestion.h"
#include "tcp_scoreboard.h"
#include "tcp_seq.h"

void tcp_undo_begin(struct tcp_conn *conn)
{
	struct tcp_undo *undo = &conn->undo;
	undo->active = true;
	undo->cwnd = conn->cwnd;
	undo->ssthresh = conn->ssthresh;
	undo->cubic_w_max = conn->cubic_w_max;
	undo->marker = conn->snd_una;
	undo->resent_bytes = 0;
	undo->resent = false;
}

void tcp_undo_retransmitted(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_undo *undo = &conn->undo;
	if (!undo->resent)
		undo->resent_ts = tcp_types_ts_now(conn);
	undo->resent_bytes += bytes;
	undo->resent = true;
}

/* RFC 3522 section 3.2: the first acknowledgement after the retransmission echoes a time before it. */
static bool original_arrived(const struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked)
{
	return acked > 0 && conn->snd_una - acked == conn->undo.marker && conn->timestamps &&
	       segment->options.has_timestamps && segment->options.ts_echo != 0 &&
	       tcp_seq_lt(segment->options.ts_echo, conn->undo.resent_ts);
}

/* RFC 3708 section 3: all that was sent again came twice. */
static bool all_came_twice(struct tcp_conn *conn, const struct tcp_segment *segment, bool reports_duplicate)
{
	if (!reports_duplicate)
		return false;
	struct tcp_undo *undo = &conn->undo;
	const struct tcp_segment_sack *sack = &segment->options.sack[0];
	if (tcp_seq_lt(sack->left, undo->marker) || tcp_seq_gt(sack->right, conn->recovery_point) ||
		tcp_seq_geq(sack->left, sack->right))
		return false;
	uint32_t len = sack->right - sack->left;
	undo->resent_bytes -= len < undo->resent_bytes ? len : undo->resent_bytes;
	return undo->resent_bytes == 0;
}

bool tcp_undo_check(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked, bool reports_duplicate)
{
	struct tcp_undo *undo = &conn->undo;
	if (!undo->active || !undo->resent)
		return false;
	if (!original_arrived(conn, segment, acked) && !all_came_twice(conn, segment, reports_duplicate))
		return false;
	undo->active = false;
	if (conn->recovery != TCP_RECOVERY_NONE)
		tcp_congestion_exit_recovery(conn);
	tcp_scoreboard_unlose(conn);
	if (conn->cwnd < undo->cwnd)
		conn->cwnd = undo->cwnd;
	if (conn->ssthresh < undo->ssthresh)
		conn->ssthresh = undo->ssthresh;
	conn->cubic_w_max = undo->cubic_w_max;
	conn->growth = TCP_GROWTH_NONE;
	conn->reordering_seen = true;
	return true;
}
