/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_ack.h"

#include "tcp_buffer.h"
#include "tcp_congestion.h"
#include "tcp_lifecycle.h"
#include "tcp_output.h"
#include "tcp_path_mtu.h"
#include "tcp_rack.h"
#include "tcp_sack.h"
#include "tcp_scoreboard.h"
#include "tcp_seq.h"
#include "tcp_timer.h"
#include "tcp_undo.h"

/* RFC 5681 section 2. */
#define DUP_THRESHOLD 3
/* An echoed timestamp that gives a longer round trip than this is not ours. */
#define RTT_MAX_MS 120000

bool tcp_ack_fin_acked(const struct tcp_conn *conn)
{
	return conn->fin_queued && conn->snd_una == conn->snd_end + 1;
}

/* RFC 5961 section 5.2: an old ACK is believed as far back as the largest window we were given. */
static bool is_believable(const struct tcp_conn *conn, uint32_t ack)
{
	return tcp_seq_leq(ack, conn->snd_nxt) && tcp_seq_geq(ack, conn->snd_una - conn->snd_wnd_max);
}

/* RFC 9293 section 3.10.7.4: SND.WL1 and SND.WL2 keep old segments from setting the window, as does an old ACK. */
static bool update_window(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (tcp_seq_lt(segment->ack, conn->snd_una))
		return false;
	bool newer = tcp_seq_lt(conn->snd_wl1, segment->seq) ||
		     (conn->snd_wl1 == segment->seq && tcp_seq_leq(conn->snd_wl2, segment->ack));
	if (!newer)
		return false;
	uint32_t window = (uint32_t)segment->window << conn->snd_wscale;
	bool changed = window != conn->snd_wnd;
	conn->snd_wnd = window;
	conn->snd_wl1 = segment->seq;
	conn->snd_wl2 = segment->ack;
	if (window > conn->snd_wnd_max)
		conn->snd_wnd_max = window;
	return changed;
}

/* Everything before ack has arrived. @return how many octets are newly acknowledged. */
static uint32_t advance(struct tcp_conn *conn, uint32_t ack, struct tcp_scoreboard_news *news)
{
	if (tcp_seq_leq(ack, conn->snd_una))
		return 0;
	uint32_t acked = ack - conn->snd_una;
	tcp_scoreboard_acked(conn, ack, news);
	tcp_buffer_send_trim(conn, ack);
	conn->snd_una = ack;
	tcp_path_mtu_acked(conn);
	conn->retries = 0;
	conn->dup_acks = 0;
	return acked;
}

/*
 * RFC 6298 section 3 (Karn), with RFC 7323 section 4 where something was sent again. What was sent once counts only if
 * nothing acknowledged with it was sent again: it may have arrived long ago and waited for that.
 */
static void measure_rtt(struct tcp_conn *conn, const struct tcp_segment *segment, uint32_t acked,
	const struct tcp_scoreboard_news *news)
{
	if (news->has_rtt && !news->resent) {
		tcp_timer_rtt_sample(conn, (uint32_t)conn->stack->now_us - news->rtt_sent_us);
		conn->backoff = 0;
		return;
	}
	if (acked == 0)
		return;
	uint32_t rtt_ms = tcp_types_ts_now(conn) - segment->options.ts_echo;
	if (!conn->timestamps || !segment->options.has_timestamps || segment->options.ts_echo == 0 ||
		rtt_ms > RTT_MAX_MS) {
		/*
		 * No sample, but progress: back off less. RFC 6298 would wait for a sample; on a bad path without
		 * timestamps none comes while anything is resent, and each loss then costs two minutes (found by the
		 * simulator).
		 */
		if (conn->backoff > 0)
			conn->backoff--;
		return;
	}
	tcp_timer_rtt_sample(conn, (rtt_ms > 0 ? rtt_ms : 1) * 1000);
	conn->backoff = 0;
}

static void lose_first(struct tcp_conn *conn)
{
	uint32_t end = conn->snd_una + tcp_path_mtu_first_segment(conn);
	tcp_scoreboard_lose(conn, conn->snd_una, tcp_seq_min(end, conn->snd_nxt));
}

/* RFC 6582: without SACK, the third duplicate tells of one loss, and each partial acknowledgement of the next. */
static void count_duplicates(struct tcp_conn *conn, bool duplicate, uint32_t acked, struct tcp_scoreboard_news *news)
{
	uint32_t mss = conn->snd_mss;
	if (acked > 0) {
		/* What duplicates stood for is now acknowledged: not delivered a second time. */
		uint32_t counted = conn->reno_sacked < acked ? conn->reno_sacked : acked;
		conn->reno_sacked -= counted;
		news->delivered_bytes -= counted < news->delivered_bytes ? counted : news->delivered_bytes;
		if (conn->recovery == TCP_RECOVERY_FAST)
			lose_first(conn);
		return;
	}
	if (!duplicate)
		return;
	if (conn->dup_acks < UINT8_MAX)
		conn->dup_acks++;
	if (conn->reno_sacked + mss <= tcp_types_flight(conn)) {
		conn->reno_sacked += mss;
		news->delivered_bytes += mss;
	}
	if (conn->dup_acks == DUP_THRESHOLD && conn->recovery == TCP_RECOVERY_NONE)
		lose_first(conn);
}

static void leave_recovery(struct tcp_conn *conn)
{
	if (conn->recovery == TCP_RECOVERY_NONE || tcp_seq_lt(conn->snd_una, conn->recovery_point))
		return;
	if (conn->recovery == TCP_RECOVERY_FAST)
		tcp_rack_recovery_ended(conn);
	tcp_congestion_exit_recovery(conn);
}

static void control_congestion(struct tcp_conn *conn, uint32_t acked, const struct tcp_scoreboard_news *news)
{
	if (conn->lost_bytes > 0 && conn->recovery == TCP_RECOVERY_NONE)
		tcp_congestion_enter_recovery(conn);
	if (conn->recovery == TCP_RECOVERY_FAST)
		tcp_congestion_recovery_acked(conn, news->delivered_bytes);
	else if (acked > 0)
		tcp_congestion_acked(conn, acked);
}

static void set_timer(struct tcp_conn *conn, uint32_t acked, uint32_t reorder_us)
{
	if (conn->timer_kind == TCP_TIMER_PERSIST) {
		conn->retries = 0;
		if (conn->snd_wnd > 0) {
			conn->backoff = 0;
			tcp_timer_stop_retransmit(conn);
		}
	}
	if (acked > 0)
		tcp_timer_restart(conn);
	if (reorder_us > 0)
		tcp_timer_set_reorder(conn, reorder_us);
	else if (conn->timer_kind == TCP_TIMER_REORDER)
		tcp_timer_restart(conn);
}

int tcp_ack_process(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (!is_believable(conn, segment->ack)) {
		tcp_output_challenge(conn);
		return DROP_TCP_ACK;
	}
	struct tcp_scoreboard_news news = {0};
	bool carries = segment->payload.len > 0 || (segment->flags & TCP_FIN) != 0;
	bool window_changed = update_window(conn, segment);
	bool repeats = segment->ack == conn->snd_una && !carries && !window_changed && tcp_types_flight(conn) > 0;
	uint32_t acked = advance(conn, segment->ack, &news);
	bool reports_duplicate = conn->sack && tcp_sack_receive(conn, segment, &news);
	measure_rtt(conn, segment, acked, &news);
	tcp_rack_probe_acked(conn, segment->ack, repeats && segment->options.n_sack == 0, reports_duplicate);
	tcp_undo_check(conn, segment, acked, reports_duplicate);
	leave_recovery(conn);
	uint32_t reorder_us = 0;
	if (conn->sack) {
		tcp_rack_update(conn, &news);
		reorder_us = tcp_rack_detect_loss(conn);
	} else {
		count_duplicates(conn, repeats, acked, &news);
	}
	control_congestion(conn, acked, &news);
	set_timer(conn, acked, reorder_us);
	if (conn->snd_wnd == 0)
		conn->retries = 0;
	if (acked > 0) {
		tcp_timer_touch(conn);
		if (conn->wants_write)
			tcp_lifecycle_raise(conn, TCP_EVENT_WRITABLE);
	}
	tcp_lifecycle_schedule(conn);
	return TCP_DELIVERED;
}
