/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_input.h"

#include "tcp_ack.h"
#include "tcp_lifecycle.h"
#include "tcp_listen.h"
#include "tcp_output.h"
#include "tcp_reassembly.h"
#include "tcp_seq.h"
#include "tcp_timer.h"

/* RFC 7323 section 5.5: a timestamp this old says nothing any more. */
#define TS_RECENT_LIFE_H (24 * 24)

static uint32_t segment_length(const struct tcp_segment *segment)
{
	uint32_t len = (uint32_t)segment->payload.len;
	len += (segment->flags & TCP_SYN) != 0;
	len += (segment->flags & TCP_FIN) != 0;
	return len;
}

/* --- SYN-SENT: 3.10.7.3
 * ------------------------------------------------------------------------------------------------ */

static void accept_options(struct tcp_conn *conn, const struct tcp_segment_options *options)
{
	uint16_t default_mss = ip_address_is_v4(&conn->key.remote_ip) ? TCP_DEFAULT_MSS_V4 : TCP_DEFAULT_MSS_V6;
	struct syn_cookie_options agreed = {
		.mss = options->has_mss ? options->mss : default_mss,
		.timestamps = options->has_timestamps,
		.sack = options->sack_permitted,
		.has_window_scale = options->has_window_scale,
		.window_scale = options->window_scale < 14 ? options->window_scale : 14, /* RFC 7323 section 2.3 */
	};
	tcp_lifecycle_set_options(conn, &agreed);
	conn->ts_recent = options->ts_value;
	conn->ts_recent_h = tcp_types_now_h(conn->stack);
}

static void become_established(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->state = conn->fin_queued ? TCP_FIN_WAIT_1 : TCP_ESTABLISHED;
	conn->snd_una = segment->ack;
	/* The window of a SYN is never scaled (RFC 7323 section 2.2). */
	bool is_syn = (segment->flags & TCP_SYN) != 0;
	conn->snd_wnd = (uint32_t)segment->window << (is_syn ? 0 : conn->snd_wscale);
	conn->snd_wnd_max = conn->snd_wnd;
	conn->snd_wl1 = segment->seq;
	conn->snd_wl2 = segment->ack;
	/* RFC 6298 rule 5.7. */
	if (conn->retries > 0 && conn->srtt_us == 0)
		tcp_timer_distrust(conn);
	/* RFC 6928 section 2: one lost SYN may be a time-out too short for the path; more are a sign of congestion. */
	if (conn->retries > 1)
		conn->cwnd = conn->snd_mss;
	conn->retries = 0;
	conn->backoff = 0;
	conn->send_syn = false;
	tcp_timer_stop_retransmit(conn);
	tcp_timer_touch(conn);
	stats_add(conn->stack->stats, STAT_TCP_CONNECTED, 1);
	tcp_lifecycle_raise(conn, TCP_EVENT_CONNECTED);
}

/* Karn: the time of a SYN that was sent again is ambiguous, unless the echo tells which one was answered. */
static void measure_syn(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t elapsed_us = (uint32_t)conn->stack->now_us - conn->rack_sent_us;
	uint32_t echo_ms = tcp_types_ts_now(conn) - segment->options.ts_echo;
	if (conn->retries == 0)
		tcp_timer_rtt_sample(conn, elapsed_us);
	else if (conn->timestamps && echo_ms <= elapsed_us / 1000 + 1)
		tcp_timer_rtt_sample(conn, (echo_ms > 0 ? echo_ms : 1) * 1000);
}

static int receive_text_and_fin(struct tcp_conn *conn, const struct tcp_segment *segment);

static int syn_sent_take_syn(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	conn->irs = segment->seq;
	conn->rcv_nxt = segment->seq + 1;
	conn->rcv_read = conn->rcv_nxt;
	conn->rcv_adv = conn->rcv_nxt;
	conn->ack_sent = conn->rcv_nxt;
	accept_options(conn, &segment->options);
	if ((segment->flags & TCP_ACK) == 0) {
		/* Simultaneous open (RFC 9293 section 3.5, figure 7). */
		conn->state = TCP_SYN_RECEIVED;
		conn->send_syn = true;
		tcp_lifecycle_schedule(conn);
		return TCP_DELIVERED;
	}
	measure_syn(conn, segment);
	become_established(conn, segment);
	tcp_lifecycle_ack_now(conn);
	struct tcp_segment rest = *segment;
	rest.seq++;
	rest.flags &= (uint8_t)~TCP_SYN;
	conn->rcv_adv = conn->rcv_nxt + tcp_output_receive_room(conn);
	if (segment_length(&rest) > 0)
		receive_text_and_fin(conn, &rest);
	return TCP_DELIVERED;
}

static int input_syn_sent(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	bool has_ack = (segment->flags & TCP_ACK) != 0;
	/* First, the ACK bit: only our SYN can be acknowledged. */
	if (has_ack && segment->ack != conn->iss + 1) {
		tcp_output_refuse(conn->stack, &conn->key, segment);
		return DROP_TCP_ACK;
	}
	/* Second, the RST bit. */
	if ((segment->flags & TCP_RST) != 0) {
		if (!has_ack)
			return DROP_TCP_SEQUENCE;
		stats_add(conn->stack->stats, STAT_TCP_RESETS_RECEIVED, 1);
		tcp_lifecycle_close(conn, TCP_CLOSE_REFUSED);
		return TCP_DELIVERED;
	}
	/* Fourth, the SYN bit. Fifth: neither SYN nor RST. */
	if ((segment->flags & TCP_SYN) == 0 || (segment->flags & TCP_FIN) != 0)
		return DROP_TCP_FLAGS;
	return syn_sent_take_syn(conn, segment);
}

/* --- all synchronized states: 3.10.7.4
 * --------------------------------------------------------------------------------- */

/* RFC 7323 section 5.3, R1. */
static bool fails_paws(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (!conn->timestamps || !segment->options.has_timestamps || (segment->flags & TCP_RST) != 0)
		return false;
	return tcp_seq_lt(segment->options.ts_value, conn->ts_recent) &&
	       (uint16_t)(tcp_types_now_h(conn->stack) - conn->ts_recent_h) < TS_RECENT_LIFE_H;
}

/*
 * First, check sequence number: the four cases of table 6, in which an empty segment may also lie at the right edge: a
 * peer that has filled our window acknowledges from there. A segment that is longer than a closed window is taken for
 * its ACK.
 */
static bool is_in_window(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t len = segment_length(segment);
	uint32_t right = conn->rcv_adv;
	if (len == 0)
		return tcp_seq_geq(segment->seq, conn->rcv_nxt) && tcp_seq_leq(segment->seq, right);
	if (right == conn->rcv_nxt)
		return segment->seq == conn->rcv_nxt;
	return tcp_seq_lt(segment->seq, right) && tcp_seq_gt(segment->seq + len, conn->rcv_nxt);
}

static int refuse_out_of_window(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if ((segment->flags & TCP_RST) != 0)
		return DROP_TCP_SEQUENCE;
	uint32_t len = (uint32_t)segment->payload.len;
	bool is_old = len > 0 && tcp_seq_leq(segment->seq + len, conn->rcv_nxt);
	if (is_old && conn->sack) {
		conn->dsack = true;
		conn->dsack_left = segment->seq;
		conn->dsack_right = segment->seq + len;
	}
	/* RFC 9293 section 3.10.7.4: the peer's FIN again: it has not got our ACK. */
	if (conn->state == TCP_TIME_WAIT && (segment->flags & TCP_FIN) != 0 && segment->seq + len + 1 == conn->rcv_nxt)
		tcp_lifecycle_time_wait(conn);
	/* Data again means that our acknowledgement was lost; what is empty may be forged, and two hosts must not loop.
	 */
	if (is_old || (segment->flags & TCP_FIN) != 0)
		tcp_lifecycle_ack_now(conn);
	else
		tcp_output_challenge(conn);
	return is_old ? DROP_TCP_DUPLICATE : DROP_TCP_SEQUENCE;
}

/* Second, check the RST bit: RFC 5961 section 3.2. In TIME-WAIT it is ignored (RFC 1337). */
static int take_reset(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (conn->state == TCP_TIME_WAIT)
		return DROP_TCP_SEQUENCE;
	if (segment->seq != conn->rcv_nxt) {
		tcp_output_challenge(conn);
		return DROP_TCP_RST_CHALLENGED;
	}
	stats_add(conn->stack->stats, STAT_TCP_RESETS_RECEIVED, 1);
	tcp_lifecycle_close(conn, conn->state == TCP_SYN_RECEIVED ? TCP_CLOSE_REFUSED : TCP_CLOSE_RESET);
	return TCP_DELIVERED;
}

/* RFC 7323 section 4.3. */
static void update_ts_recent(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (!conn->timestamps || !segment->options.has_timestamps)
		return;
	bool stale = (uint16_t)(tcp_types_now_h(conn->stack) - conn->ts_recent_h) >= TS_RECENT_LIFE_H;
	bool newer = tcp_seq_geq(segment->options.ts_value, conn->ts_recent) || stale;
	if (!newer || tcp_seq_gt(segment->seq, conn->ack_sent))
		return;
	conn->ts_recent = segment->options.ts_value;
	conn->ts_recent_h = tcp_types_now_h(conn->stack);
}

/* Fifth, check the ACK field: SYN-RECEIVED. */
static int syn_received_take_ack(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (segment->ack != conn->iss + 1) {
		tcp_output_refuse(conn->stack, &conn->key, segment);
		return DROP_TCP_ACK;
	}
	become_established(conn, segment);
	tcp_lifecycle_schedule(conn);
	return TCP_DELIVERED;
}

/* Fifth, check the ACK field: what our FIN's acknowledgement leads to. */
static void step_after_ack(struct tcp_conn *conn)
{
	if (!tcp_ack_fin_acked(conn))
		return;
	switch (conn->state) {
	case TCP_FIN_WAIT_1:
		conn->state = TCP_FIN_WAIT_2;
		break;
	case TCP_CLOSING:
		tcp_lifecycle_time_wait(conn);
		break;
	case TCP_LAST_ACK:
		tcp_lifecycle_close(conn, TCP_CLOSE_NORMAL);
		break;
	default:
		break;
	}
}

/* Acknowledge every second full segment at once, others after a while (RFC 9293 section 3.8.6.3, RFC 5681 section 4.2).
 */
static void schedule_ack(struct tcp_conn *conn, bool at_once)
{
	if (conn->quick_acks > 0)
		conn->quick_acks--;
	else if (!at_once && conn->rcv_nxt - conn->ack_sent < 2u * conn->rcv_mss) {
		tcp_timer_set_delayed_ack(conn);
		return;
	}
	tcp_lifecycle_ack_now(conn);
}

/* Nobody reads any more: swallow a window's worth so that what we sent last is not destroyed by a RST, then reset. */
static int discard_text(struct tcp_conn *conn, uint32_t seq, uint32_t len)
{
	if (seq == conn->rcv_nxt) {
		conn->rcv_nxt += len;
		tcp_reassembly_join(conn);
		conn->rcv_read = conn->rcv_nxt;
	}
	tcp_lifecycle_ack_now(conn);
	if (tcp_seq_gt(conn->rcv_nxt, conn->linger_end))
		tcp_lifecycle_reset(conn, TCP_CLOSE_ABORTED);
	return DROP_TCP_AFTER_CLOSE;
}

/* Seventh, process the segment text. */
static int receive_text(struct tcp_conn *conn, uint32_t seq, struct bytes data)
{
	uint32_t end = seq + (uint32_t)data.len;
	if (tcp_seq_lt(seq, conn->rcv_nxt)) {
		uint32_t old = conn->rcv_nxt - seq;
		if (conn->sack) {
			conn->dsack = true;
			conn->dsack_left = seq;
			conn->dsack_right = tcp_seq_min(conn->rcv_nxt, end);
		}
		if (old >= data.len) {
			tcp_lifecycle_ack_now(conn);
			return DROP_TCP_DUPLICATE;
		}
		data = (struct bytes){data.data + old, data.len - old};
		seq = conn->rcv_nxt;
	}
	if (data.len > conn->rcv_mss)
		conn->rcv_mss = data.len < UINT16_MAX ? (uint16_t)data.len : UINT16_MAX;
	if (conn->released)
		return discard_text(conn, seq, (uint32_t)data.len);
	uint32_t before = conn->rcv_nxt;
	bool had_hole = tcp_reassembly_has_islands(conn);
	int verdict = tcp_reassembly_receive(conn, seq, data);
	if (conn->rcv_nxt != before)
		tcp_lifecycle_raise(conn, TCP_EVENT_READABLE);
	schedule_ack(conn, had_hole || conn->rcv_nxt == before);
	return verdict;
}

/* Eighth, check the FIN bit. */
static void take_fin(struct tcp_conn *conn)
{
	if (conn->state == TCP_TIME_WAIT) {
		tcp_lifecycle_time_wait(conn);
		return;
	}
	if (conn->fin_received)
		return;
	conn->fin_received = true;
	conn->rcv_nxt++;
	/* It needs no room in the buffer: where the window was used up, the right edge gives way by the one. */
	conn->rcv_adv = tcp_seq_max(conn->rcv_adv, conn->rcv_nxt);
	if (conn->released)
		conn->rcv_read = conn->rcv_nxt;
	tcp_lifecycle_ack_now(conn);
	tcp_lifecycle_raise(conn, TCP_EVENT_EOF);
	switch (conn->state) {
	case TCP_ESTABLISHED:
		conn->state = TCP_CLOSE_WAIT;
		break;
	case TCP_FIN_WAIT_1:
		conn->state = TCP_CLOSING;
		break;
	case TCP_FIN_WAIT_2:
		tcp_lifecycle_time_wait(conn);
		break;
	default:
		break;
	}
}

static bool may_receive(const struct tcp_conn *conn)
{
	return conn->state == TCP_ESTABLISHED || conn->state == TCP_FIN_WAIT_1 || conn->state == TCP_FIN_WAIT_2;
}

/* The FIN's turn: it is next, or it has waited until now. One that is early is kept. */
static int receive_fin(struct tcp_conn *conn, uint32_t seq)
{
	if (seq == conn->rcv_nxt || conn->state == TCP_TIME_WAIT) {
		take_fin(conn);
		return TCP_DELIVERED;
	}
	if (!may_receive(conn) || tcp_seq_lt(seq, conn->rcv_nxt))
		return TCP_DELIVERED;
	tcp_lifecycle_ack_now(conn);
	return tcp_reassembly_receive_fin(conn, seq);
}

/*
 * Sixth (URG) has no step of its own: urgent data stays in line (RFC 6093 section 4). Text and FIN are trimmed to the
 * window, and the text to where an earlier segment has told that the stream ends.
 */
static int receive_text_and_fin(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct bytes data = segment->payload;
	bool has_fin = (segment->flags & TCP_FIN) != 0;
	uint32_t fin_seq = segment->seq + (uint32_t)data.len;
	if (tcp_seq_lt(conn->rcv_adv, fin_seq)) {
		data.len = conn->rcv_adv - segment->seq;
		has_fin = false;
	}
	data.len = tcp_reassembly_clip(conn, segment->seq, (uint32_t)data.len);
	int verdict = TCP_DELIVERED;
	if (!may_receive(conn)) {
		if (segment_length(segment) > 0)
			tcp_lifecycle_ack_now(conn);
	} else if (data.len > 0) {
		verdict = receive_text(conn, segment->seq, data);
	} else if (segment->payload.len > 0) {
		/* A closed window, or the stream is over: say again where it stands. */
		tcp_lifecycle_ack_now(conn);
		verdict = DROP_TCP_SEQUENCE;
	}
	if (conn->state == TCP_CLOSED)
		return verdict;
	int fin_verdict = has_fin ? receive_fin(conn, fin_seq) : TCP_DELIVERED;
	if (tcp_reassembly_take_fin(conn))
		take_fin(conn);
	return segment->payload.len > 0 ? verdict : fin_verdict;
}

static int input_synchronized(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (fails_paws(conn, segment)) {
		refuse_out_of_window(conn, segment);
		return DROP_TCP_PAWS;
	}
	if (!is_in_window(conn, segment))
		return refuse_out_of_window(conn, segment);
	if ((segment->flags & TCP_RST) != 0)
		return take_reset(conn, segment);
	/* Fourth, check the SYN bit: RFC 5961 section 4.2. */
	if ((segment->flags & TCP_SYN) != 0) {
		tcp_output_challenge(conn);
		return DROP_TCP_SYN_CHALLENGED;
	}
	if ((segment->flags & TCP_ACK) == 0)
		return DROP_TCP_FLAGS;
	int verdict = conn->state == TCP_SYN_RECEIVED ? syn_received_take_ack(conn, segment) : TCP_DELIVERED;
	if (verdict == TCP_DELIVERED && conn->state != TCP_TIME_WAIT)
		verdict = tcp_ack_process(conn, segment);
	if (verdict != TCP_DELIVERED)
		return verdict;
	update_ts_recent(conn, segment);
	if (!conn->released)
		tcp_timer_touch(conn);
	step_after_ack(conn);
	if (conn->state == TCP_CLOSED)
		return TCP_DELIVERED;
	return receive_text_and_fin(conn, segment);
}

/* --- TIME-WAIT and its reuse
 * -------------------------------------------------------------------------------------------- */

/* RFC 6191 section 2: a new incarnation is told by a later timestamp, or without timestamps by a later sequence number.
 */
static bool may_reuse(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (conn->timestamps && segment->options.has_timestamps)
		return tcp_seq_gt(segment->options.ts_value, conn->ts_recent) ||
		       (segment->options.ts_value == conn->ts_recent && tcp_seq_gt(segment->seq, conn->rcv_nxt));
	return tcp_seq_gt(segment->seq, conn->rcv_nxt);
}

/* The SYN is answered by a cookie and changes nothing; the old connection goes when the new one's first ACK is good. */
static int input_time_wait(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint8_t kind = segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
	if (kind == TCP_SYN && may_reuse(conn, segment))
		return tcp_listen_input(conn->stack, &conn->key, segment);
	bool ours = segment->ack == conn->snd_nxt;
	if ((kind & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_ACK && !ours &&
		tcp_listen_is_new(conn->stack, &conn->key, segment)) {
		tcp_lifecycle_close(conn, TCP_CLOSE_NORMAL);
		return tcp_listen_input(conn->stack, &conn->key, segment);
	}
	return input_synchronized(conn, segment);
}

/* RFC 9293 section 3.5, figure 7: the peer's SYN-ACK of a simultaneous open. Its SYN we know already. */
static bool is_crossing_syn_ack(const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	return conn->state == TCP_SYN_RECEIVED && segment->seq == conn->irs && segment->ack == conn->iss + 1 &&
	       (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == (TCP_SYN | TCP_ACK);
}

int tcp_input_segment(struct tcp_conn *conn, const struct tcp_segment *segment)
{
	if (conn->state == TCP_SYN_SENT)
		return input_syn_sent(conn, segment);
	if (conn->state == TCP_TIME_WAIT)
		return input_time_wait(conn, segment);
	if (is_crossing_syn_ack(conn, segment)) {
		struct tcp_segment ack = *segment;
		ack.seq++;
		ack.flags = TCP_ACK;
		ack.payload.len = 0;
		/* A SYN's window is not scaled. */
		ack.window = (uint16_t)(ack.window >> conn->snd_wscale);
		return input_synchronized(conn, &ack);
	}
	return input_synchronized(conn, segment);
}
