/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_rack.h"

#include "tcp_congestion.h"
#include "tcp_seq.h"

/* Section 6.2: DupThresh of RFC 5681, and how many recoveries a widened window is kept. */
#define DUP_THRESHOLD      3
#define WIDENED_RECOVERIES 16
#define REO_WND_MULT_MAX   64
/* Section 7.2: the peer may hold back a single segment's acknowledgement; and the PTO before any RTT sample. */
#define WORST_DELAYED_ACK_US 200000
#define INITIAL_PROBE_US     1000000
#define MIN_PROBE_US         10000

void tcp_rack_update(struct tcp_conn *conn, const struct tcp_scoreboard_news *news)
{
	if (!news->has_newest)
		return;
	const struct tcp_scoreboard_part *newest = &news->newest;
	uint32_t rtt_us = (uint32_t)conn->stack->now_us - newest->sent_us;
	/* Step 2: an answer quicker than the path was to an earlier transmission. */
	if (newest->transmissions > 1 && rtt_us < conn->min_rtt_us)
		return;
	if (!conn->rack_valid ||
		tcp_scoreboard_sent_after(newest->sent_us, newest->end, conn->rack_sent_us, conn->rack_end)) {
		conn->rack_sent_us = newest->sent_us;
		conn->rack_end = newest->end;
	}
	conn->rack_rtt_us = rtt_us;
	if (news->below_fack)
		conn->reordering_seen = true;
	if (!conn->rack_valid || tcp_seq_gt(newest->end, conn->rack_fack))
		conn->rack_fack = newest->end;
	conn->rack_valid = true;
}

static uint32_t reordering_window_us(const struct tcp_conn *conn)
{
	bool many_sacked = conn->sacked_bytes >= DUP_THRESHOLD * (uint32_t)conn->snd_mss;
	if (!conn->reordering_seen && (conn->recovery != TCP_RECOVERY_NONE || many_sacked))
		return 0;
	if (conn->min_rtt_us == UINT32_MAX)
		return 0;
	uint64_t window = (uint64_t)conn->reo_wnd_mult * conn->min_rtt_us / 4;
	return window < conn->srtt_us ? (uint32_t)window : conn->srtt_us;
}

uint32_t tcp_rack_detect_loss(struct tcp_conn *conn)
{
	if (!conn->rack_valid)
		return 0;
	uint32_t late_us = (uint32_t)conn->stack->now_us - conn->rack_rtt_us - reordering_window_us(conn);
	return tcp_scoreboard_lose_late(conn, late_us);
}

void tcp_rack_duplicate_seen(struct tcp_conn *conn)
{
	if (tcp_seq_lt(conn->snd_una, conn->reo_round_end) && conn->reo_wnd_mult > 1)
		return;
	if (conn->reo_wnd_mult < REO_WND_MULT_MAX)
		conn->reo_wnd_mult++;
	conn->reo_wnd_persist = WIDENED_RECOVERIES;
	conn->reo_round_end = conn->snd_nxt;
}

void tcp_rack_recovery_ended(struct tcp_conn *conn)
{
	if (conn->reo_wnd_persist > 0)
		conn->reo_wnd_persist--;
	else
		conn->reo_wnd_mult = 1;
}

bool tcp_rack_may_probe(const struct tcp_conn *conn)
{
	return conn->sack && conn->recovery == TCP_RECOVERY_NONE && conn->sacked_bytes == 0 && !conn->tail_probe_out &&
	       conn->backoff == 0;
}

uint32_t tcp_rack_probe_timeout_us(const struct tcp_conn *conn)
{
	if (conn->srtt_us == 0)
		return INITIAL_PROBE_US;
	uint32_t timeout = 2 * conn->srtt_us;
	if (tcp_types_flight(conn) <= conn->snd_mss)
		timeout += WORST_DELAYED_ACK_US;
	return timeout < MIN_PROBE_US ? MIN_PROBE_US : timeout;
}

void tcp_rack_probe_acked(struct tcp_conn *conn, uint32_t ack, bool is_duplicate, bool reports_duplicate)
{
	if (!conn->tail_probe_out || tcp_seq_lt(ack, conn->tail_probe_end))
		return;
	if (!conn->tail_probe_is_retransmission || reports_duplicate) {
		conn->tail_probe_out = false;
	} else if (tcp_seq_gt(ack, conn->tail_probe_end)) {
		/* Nobody says that it came twice: the original was lost, and that is a sign of congestion. */
		conn->tail_probe_out = false;
		if (conn->recovery == TCP_RECOVERY_NONE)
			tcp_congestion_reduce(conn);
	} else if (is_duplicate) {
		conn->tail_probe_out = false;
	}
}
