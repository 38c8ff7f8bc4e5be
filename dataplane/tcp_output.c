/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_output.h"

#include "tcp_buffer.h"
#include "tcp_congestion.h"
#include "tcp_lifecycle.h"
#include "tcp_path_mtu.h"
#include "tcp_reassembly.h"
#include "tcp_scoreboard.h"
#include "tcp_seq.h"
#include "tcp_timer.h"
#include "tcp_undo.h"

uint32_t tcp_output_receive_room(const struct tcp_conn *conn)
{
	uint32_t held = conn->rcv_nxt - conn->rcv_read;
	uint32_t buffer = conn->stack->settings.receive_buffer_bytes;
	uint32_t room = held < buffer ? buffer - held : 0;
	/* What the field cannot say is no room: each read would else look like a window worth telling of. */
	uint32_t most = (uint32_t)UINT16_MAX << conn->rcv_wscale;
	return room < most ? room : most;
}

/* The window to announce, as it goes on the wire. The right edge never moves left (RFC 9293 section 3.8.6.2.1,
 * SHLD-14). */
static uint16_t announce(const struct tcp_conn *conn, bool is_syn)
{
	unsigned shift = is_syn ? 0 : conn->rcv_wscale;
	uint32_t announced = conn->rcv_adv - conn->rcv_nxt;
	uint32_t room = tcp_output_receive_room(conn);
	/* Receiver's silly window: a right edge that would creep forward by less than a segment stays. */
	uint32_t step = conn->stack->settings.receive_buffer_bytes / 2;
	if (step > conn->rcv_mss)
		step = conn->rcv_mss;
	if (room < announced + step && announced <= room)
		room = announced;
	uint32_t field = room >> shift;
	if (field << shift < announced)
		field = (announced + (1u << shift) - 1) >> shift;
	return field < UINT16_MAX ? (uint16_t)field : UINT16_MAX;
}

static void fill_options(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp_segment_options *options = &segment->options;
	if ((segment->flags & TCP_SYN) != 0) {
		bool offer = (segment->flags & TCP_ACK) == 0;
		options->has_mss = true;
		options->mss = tcp_lifecycle_own_mss(conn->stack, &conn->key);
		options->sack_permitted = offer || conn->sack;
		options->has_window_scale = offer || conn->window_scaling;
		options->window_scale = conn->stack->wscale;
		options->has_timestamps = offer || conn->timestamps;
	} else {
		options->has_timestamps = conn->timestamps;
		if (conn->sack && segment->payload_len == 0 && (segment->flags & TCP_RST) == 0)
			tcp_reassembly_write_sack(conn, options, conn->timestamps ? 3 : 4);
	}
	if (options->has_timestamps) {
		options->ts_value = tcp_types_ts_now(conn);
		options->ts_echo = conn->ts_recent;
	}
}

/* Every segment of a connection leaves through here: it carries the acknowledgement and the window. */
static bool emit(struct tcp_conn *conn, struct tcp_segment *segment)
{
	struct tcp_stack *stack = conn->stack;
	bool is_syn = (segment->flags & TCP_SYN) != 0;
	if ((segment->flags & TCP_ACK) != 0)
		segment->ack = conn->rcv_nxt;
	segment->window = announce(conn, is_syn);
	fill_options(conn, segment);
	if (segment->payload_len > 0)
		tcp_buffer_send_seek(conn, segment->seq);
	if (!stack->callbacks.emit(stack->callbacks.context, &conn->key, conn, segment))
		return false;
	if ((segment->flags & TCP_ACK) != 0) {
		uint32_t edge = conn->rcv_nxt + ((uint32_t)segment->window << (is_syn ? 0 : conn->rcv_wscale));
		conn->rcv_adv = tcp_seq_max(conn->rcv_adv, edge);
		conn->ack_sent = conn->rcv_nxt;
		conn->send_ack = false;
		if (segment->payload_len == 0)
			conn->dsack = false;
		tcp_timer_stop_delayed_ack(conn);
	}
	return true;
}

static bool send_reset(struct tcp_conn *conn)
{
	/* RFC 9293 section 3.10.5: SEQ=SND.NXT; with ACK, so that a peer in any state takes it. */
	struct tcp_segment segment = {.seq = conn->snd_nxt, .flags = TCP_RST | TCP_ACK};
	if (!emit(conn, &segment))
		return false;
	conn->send_reset = false;
	stats_add(conn->stack->stats, STAT_TCP_RESETS_SENT, 1);
	return true;
}

static bool send_syn(struct tcp_conn *conn)
{
	struct tcp_segment segment = {.seq = conn->iss, .flags = TCP_SYN};
	if (conn->state == TCP_SYN_RECEIVED)
		segment.flags |= TCP_ACK;
	if (!emit(conn, &segment))
		return false;
	conn->send_syn = false;
	if (conn->retries > 0)
		stats_add(conn->stack->stats, STAT_TCP_RETRANSMITS, 1);
	return true;
}

/* A segment of the send queue, [seq, seq + len): FIN is the octet behind the last one. */
static struct tcp_segment data_segment(const struct tcp_conn *conn, uint32_t seq, uint32_t len)
{
	struct tcp_segment segment = {.seq = seq, .flags = TCP_ACK};
	uint32_t data = tcp_seq_lt(seq, conn->snd_end) ? conn->snd_end - seq : 0;
	segment.payload_len = len < data ? len : data;
	segment.payload_offset = seq - conn->snd_una;
	if (segment.payload_len > 0 && segment.payload_len == data)
		segment.flags |= TCP_PSH;
	if (conn->fin_queued && len > segment.payload_len)
		segment.flags |= TCP_FIN;
	return segment;
}

static bool retransmit(struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	struct tcp_segment segment = data_segment(conn, start, end - start);
	if (!emit(conn, &segment))
		return false;
	tcp_scoreboard_resent(conn, start, end);
	tcp_path_mtu_resent(conn, start, end);
	tcp_undo_retransmitted(conn, end - start);
	tcp_congestion_sent(conn, end - start);
	conn->last_send_ms = tcp_types_now_ms(conn->stack);
	stats_add(conn->stack->stats, STAT_TCP_RETRANSMITS, 1);
	return true;
}

/* A piece of at most a segment; FIN does not count, it rides along. */
static uint32_t piece_end(const struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	uint32_t most = start + conn->snd_mss;
	if (conn->fin_queued && most == conn->snd_end)
		most++;
	return tcp_seq_min(most, end);
}

static bool retransmit_lost(struct tcp_conn *conn)
{
	struct tcp_scoreboard_part lost;
	while (tcp_scoreboard_first_lost(conn, &lost)) {
		if (tcp_scoreboard_pipe(conn) >= conn->cwnd) {
			conn->cwnd_limited = true;
			return true;
		}
		if (!retransmit(conn, lost.start, piece_end(conn, lost.start, lost.end)))
			return false;
		if (conn->timer_kind == TCP_TIMER_NONE)
			tcp_timer_restart(conn);
	}
	return true;
}

/* Octets of the next new segment, FIN included; 0: nothing may be sent now. */
static uint32_t next_new(struct tcp_conn *conn)
{
	uint32_t queue_end = tcp_types_queue_end(conn);
	uint32_t unsent = queue_end - conn->snd_nxt;
	if (unsent == 0)
		return 0;
	uint32_t window_end = conn->snd_una + conn->snd_wnd;
	uint32_t usable = tcp_seq_gt(window_end, conn->snd_nxt) ? window_end - conn->snd_nxt : 0;
	uint32_t len = piece_end(conn, conn->snd_nxt, queue_end) - conn->snd_nxt;
	if (usable < len) {
		/* Sender's silly window (RFC 9293 section 3.8.6.2.1): wait for a segment's or half a window's room. */
		len = usable;
		if (len == 0 || (len < conn->snd_wnd_max / 2 && !conn->send_window_probe))
			return 0;
	}
	uint32_t pipe = tcp_scoreboard_pipe(conn);
	bool fits = conn->recovery == TCP_RECOVERY_FAST ? pipe < conn->cwnd : pipe + len <= conn->cwnd;
	if (!fits && pipe > 0) {
		conn->cwnd_limited = true;
		return 0;
	}
	return len;
}

/* Full segments of new data that may follow the first one at once: the emitter makes one of them, or one train. In fast
 * recovery each is weighed by itself. */
static uint32_t more_alike(const struct tcp_conn *conn, uint32_t len)
{
	uint32_t most = conn->stack->settings.train_segments;
	if (most <= 1 || len != conn->snd_mss || conn->recovery == TCP_RECOVERY_FAST)
		return 0;
	/* FIN rides on the last segment, which goes by itself. */
	uint32_t data_end = conn->fin_queued ? conn->snd_end - 1 : conn->snd_end;
	data_end = tcp_seq_min(data_end, conn->snd_una + conn->snd_wnd);
	uint32_t data = tcp_seq_gt(data_end, conn->snd_nxt) ? data_end - conn->snd_nxt : 0;
	uint32_t pipe = tcp_scoreboard_pipe(conn), room = conn->cwnd > pipe ? conn->cwnd - pipe : 0;
	uint32_t segments = (data < room ? data : room) / len;
	if (segments <= 1)
		return 0;
	return (segments < most ? segments - 1 : most - 1) * len;
}

/* @param piece_len  len may be several segments of that; 0: it is one, whatever its size */
static bool send_new_segment(struct tcp_conn *conn, uint32_t len, uint16_t piece_len)
{
	struct tcp_segment segment = data_segment(conn, conn->snd_nxt, len);
	segment.piece_len = piece_len;
	if (!emit(conn, &segment))
		return false;
	tcp_scoreboard_sent(conn, conn->snd_nxt + len);
	conn->snd_nxt += len;
	tcp_congestion_sent(conn, len);
	conn->last_send_ms = tcp_types_now_ms(conn->stack);
	conn->send_window_probe = false;
	tcp_timer_data_sent(conn);
	return true;
}

/*
 * One larger segment among the others, if it is time for one and the peer's window has room. Where cwnd has room for a
 * segment it may be this one: acknowledgements that free less than its size at a time would put it off for ever.
 * @return false: refused.
 */
static bool probe_path_mtu(struct tcp_conn *conn)
{
	uint32_t unsent = conn->snd_end - conn->snd_nxt;
	uint32_t len = tcp_seq_gt(conn->snd_end, conn->snd_nxt) ? tcp_path_mtu_wanted(conn, unsent) : 0;
	if (len == 0 || tcp_seq_gt(conn->snd_nxt + len, conn->snd_una + conn->snd_wnd) ||
		tcp_scoreboard_pipe(conn) + conn->snd_mss > conn->cwnd || !tcp_scoreboard_has_room(conn))
		return true;
	if (!send_new_segment(conn, len, 0))
		return false;
	tcp_path_mtu_probe_sent(conn, len);
	return true;
}

/* RFC 7661 in short: a window that is not used must not grow. In slow start half of it counts as used, for it doubles.
 */
static void note_cwnd_use(struct tcp_conn *conn)
{
	uint32_t used = tcp_scoreboard_pipe(conn);
	if (conn->cwnd < conn->ssthresh)
		used *= 2;
	if (conn->snd_nxt == tcp_types_queue_end(conn) && used < conn->cwnd)
		conn->cwnd_limited = false;
	else if (used >= conn->cwnd)
		conn->cwnd_limited = true;
}

static bool send_new(struct tcp_conn *conn)
{
	if (tcp_types_flight(conn) == 0)
		tcp_congestion_restart_after_idle(conn);
	if (conn->snd_mss < conn->path_mtu.max && !probe_path_mtu(conn))
		return false;
	for (;;) {
		uint32_t len = next_new(conn);
		if (len == 0 || !tcp_scoreboard_has_room(conn))
			break;
		if (!send_new_segment(conn, len + more_alike(conn, len), conn->snd_mss))
			return false;
	}
	uint32_t queue_end = tcp_types_queue_end(conn);
	if (tcp_types_flight(conn) == 0 && conn->snd_nxt != queue_end)
		tcp_timer_need_persist(conn);
	note_cwnd_use(conn);
	return true;
}

/* Octets that the peer has acknowledged already: it must answer (zero-window probe and keepalive alike). */
static bool send_window_probe(struct tcp_conn *conn)
{
	struct tcp_segment segment = {.seq = conn->snd_una - 1, .flags = TCP_ACK};
	if (!emit(conn, &segment))
		return false;
	conn->send_window_probe = false;
	return true;
}

/* RFC 8985 section 7.3: new data if there is some, else the last segment again. */
static bool send_tail_probe(struct tcp_conn *conn)
{
	struct tcp_scoreboard_part last;
	uint32_t before = conn->snd_nxt;
	conn->tail_probe_is_retransmission = false;
	uint32_t queue_end = tcp_types_queue_end(conn);
	uint32_t end = piece_end(conn, before, queue_end);
	bool sent = true;
	if (end != before && tcp_seq_leq(end, conn->snd_una + conn->snd_wnd) && tcp_scoreboard_has_room(conn)) {
		sent = send_new_segment(conn, end - before, conn->snd_mss);
	} else if (tcp_scoreboard_last_unsacked(conn, &last)) {
		conn->tail_probe_is_retransmission = true;
		uint32_t start = last.end - last.start > conn->snd_mss ? last.end - conn->snd_mss : last.start;
		sent = retransmit(conn, start, last.end);
	}
	if (!sent)
		return false;
	conn->send_tail_probe = false;
	conn->tail_probe_out = true;
	conn->tail_probe_end = conn->snd_nxt;
	tcp_timer_restart(conn);
	return true;
}

static bool send_ack(struct tcp_conn *conn)
{
	struct tcp_segment segment = {.seq = conn->snd_nxt, .flags = TCP_ACK};
	return emit(conn, &segment);
}

bool tcp_output_run(struct tcp_conn *conn)
{
	if (conn->send_reset)
		return send_reset(conn);
	if (conn->send_syn)
		return send_syn(conn);
	if (conn->state == TCP_CLOSED || conn->state == TCP_SYN_SENT)
		return true;
	if (conn->state != TCP_SYN_RECEIVED && conn->state != TCP_TIME_WAIT) {
		if (conn->send_tail_probe && tcp_types_flight(conn) > 0 && !send_tail_probe(conn))
			return false;
		conn->send_tail_probe = false;
		if (!retransmit_lost(conn) || !send_new(conn))
			return false;
		if (conn->send_window_probe && !send_window_probe(conn))
			return false;
	}
	return !conn->send_ack || send_ack(conn);
}

void tcp_output_window_opened(struct tcp_conn *conn)
{
	if (conn->state < TCP_ESTABLISHED || conn->fin_received)
		return;
	uint32_t room = tcp_output_receive_room(conn);
	uint32_t announced = conn->rcv_adv - conn->rcv_nxt;
	uint32_t step = conn->stack->settings.receive_buffer_bytes / 2;
	if (step > 2u * conn->rcv_mss)
		step = 2u * conn->rcv_mss;
	if (room >= announced + step)
		tcp_lifecycle_ack_now(conn);
}

void tcp_output_challenge(struct tcp_conn *conn)
{
	uint16_t second = (uint16_t)tcp_types_now_s(conn->stack);
	if (conn->challenge_s != second) {
		conn->challenge_s = second;
		conn->challenges = 0;
	}
	if (conn->challenges >= TCP_OUTPUT_CHALLENGES_PER_S)
		return;
	conn->challenges++;
	tcp_lifecycle_ack_now(conn);
}

void tcp_output_refuse(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment)
{
	if ((segment->flags & TCP_RST) != 0)
		return;
	struct tcp_segment reset = {.flags = TCP_RST};
	if ((segment->flags & TCP_ACK) != 0) {
		reset.seq = segment->ack;
	} else {
		uint32_t len = (uint32_t)segment->payload.len;
		len += (segment->flags & TCP_SYN) != 0;
		len += (segment->flags & TCP_FIN) != 0;
		reset.ack = segment->seq + len;
		reset.flags |= TCP_ACK;
	}
	if (stack->callbacks.emit(stack->callbacks.context, key, NULL, &reset))
		stats_add(stack->stats, STAT_TCP_RESETS_SENT, 1);
}
