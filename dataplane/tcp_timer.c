/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_timer.h"

#include "tcp_congestion.h"
#include "tcp_lifecycle.h"
#include "tcp_path_mtu.h"
#include "tcp_rack.h"
#include "tcp_scoreboard.h"
#include "tcp_slow_start.h"

/* How long the smallest round trip is believed: the path may change. */
#define MIN_RTT_LIFE_S 300
/* RFC 6298 rule 5.7. */
#define RTO_AFTER_LOST_SYN_US 3000000

static uint64_t earliest(const struct tcp_conn *conn)
{
	uint64_t due = conn->retransmit_due_us < conn->ack_due_us ? conn->retransmit_due_us : conn->ack_due_us;
	return due < conn->idle_due_us ? due : conn->idle_due_us;
}

/* A deadline that moves back does not touch the wheel: expiry finds out. Idle connections cost one expiry a period. */
static void update_wheel(struct tcp_conn *conn)
{
	uint64_t due = earliest(conn);
	if (due == TCP_NEVER)
		return;
	if (!timer_wheel_is_set(&conn->timer) || due < conn->timer.due_tick * TIMER_WHEEL_TICK_US)
		timer_wheel_set(&conn->stack->wheel, &conn->timer, due);
}

static void set_retransmit(struct tcp_conn *conn, enum tcp_timer_kind kind, uint64_t after_us)
{
	conn->timer_kind = (uint8_t)kind;
	conn->retransmit_due_us = conn->stack->now_us + after_us;
	update_wheel(conn);
}

void tcp_timer_stop_retransmit(struct tcp_conn *conn)
{
	conn->timer_kind = TCP_TIMER_NONE;
	conn->retransmit_due_us = TCP_NEVER;
}

/* As Linux: the floor bounds the variance, not the sum, so that a long steady path keeps its margin. */
static uint32_t rto_of(const struct tcp_conn *conn)
{
	const struct tcp_stack_settings *settings = &conn->stack->settings;
	uint64_t margin = 4 * (uint64_t)conn->rttvar_us;
	uint64_t rto = conn->srtt_us + (margin > settings->min_rto_us ? margin : settings->min_rto_us);
	return rto < settings->max_rto_us ? (uint32_t)rto : settings->max_rto_us;
}

/* RFC 6298 rule 2.2. */
static void set_first_rtt(struct tcp_conn *conn, uint32_t rtt_us)
{
	conn->srtt_us = rtt_us;
	conn->rttvar_us = rtt_us / 2;
	conn->rtt_guessed = false;
}

void tcp_timer_rtt_guess(struct tcp_conn *conn, uint32_t rtt_us)
{
	set_first_rtt(conn, rtt_us);
	if (rto_of(conn) >= conn->rto_us) {
		set_first_rtt(conn, 0);
		return;
	}
	conn->rto_us = rto_of(conn);
	conn->rtt_guessed = true;
}

void tcp_timer_rtt_sample(struct tcp_conn *conn, uint32_t rtt_us)
{
	uint16_t now_s = (uint16_t)tcp_types_now_s(conn->stack);
	if (rtt_us == 0)
		rtt_us = 1;
	tcp_slow_start_rtt_sample(conn, rtt_us);
	if (rtt_us <= conn->min_rtt_us || (uint16_t)(now_s - conn->min_rtt_s) > MIN_RTT_LIFE_S) {
		conn->min_rtt_us = rtt_us;
		conn->min_rtt_s = now_s;
	}
	if (conn->srtt_us == 0 || conn->rtt_guessed) {
		set_first_rtt(conn, rtt_us);
	} else {
		uint32_t error = rtt_us > conn->srtt_us ? rtt_us - conn->srtt_us : conn->srtt_us - rtt_us;
		conn->rttvar_us = (uint32_t)((3 * (uint64_t)conn->rttvar_us + error) / 4);
		conn->srtt_us = (uint32_t)((7 * (uint64_t)conn->srtt_us + rtt_us) / 8);
	}
	conn->rto_us = rto_of(conn);
}

void tcp_timer_distrust(struct tcp_conn *conn)
{
	if (conn->rto_us < RTO_AFTER_LOST_SYN_US)
		conn->rto_us = RTO_AFTER_LOST_SYN_US;
}

/* RFC 6298 rule 5.5. */
static uint64_t backed_off(const struct tcp_conn *conn)
{
	uint64_t timeout = (uint64_t)conn->rto_us << (conn->backoff < 16 ? conn->backoff : 16);
	return timeout < conn->stack->settings.max_rto_us ? timeout : conn->stack->settings.max_rto_us;
}

void tcp_timer_need_persist(struct tcp_conn *conn)
{
	if (conn->timer_kind != TCP_TIMER_PERSIST)
		set_retransmit(conn, TCP_TIMER_PERSIST, backed_off(conn));
}

void tcp_timer_restart(struct tcp_conn *conn)
{
	if (tcp_types_flight(conn) == 0) {
		tcp_timer_stop_retransmit(conn);
		return;
	}
	uint64_t timeout = backed_off(conn);
	uint64_t probe = tcp_rack_may_probe(conn) ? tcp_rack_probe_timeout_us(conn) : TCP_NEVER;
	if (probe < timeout)
		set_retransmit(conn, TCP_TIMER_PROBE, probe);
	else
		set_retransmit(conn, TCP_TIMER_RETRANSMIT, timeout);
}

void tcp_timer_data_sent(struct tcp_conn *conn)
{
	bool running = conn->timer_kind == TCP_TIMER_RETRANSMIT || conn->timer_kind == TCP_TIMER_REORDER;
	if (!running || (conn->timer_kind == TCP_TIMER_RETRANSMIT && tcp_rack_may_probe(conn)))
		tcp_timer_restart(conn);
}

void tcp_timer_set_reorder(struct tcp_conn *conn, uint32_t after_us)
{
	set_retransmit(conn, TCP_TIMER_REORDER, after_us);
}

void tcp_timer_start_connect(struct tcp_conn *conn)
{
	set_retransmit(conn, TCP_TIMER_RETRANSMIT, backed_off(conn));
}

void tcp_timer_set_memory_retry(struct tcp_conn *conn)
{
	conn->wants_memory = true;
	tcp_timer_set_delayed_ack(conn);
}

void tcp_timer_set_delayed_ack(struct tcp_conn *conn)
{
	if (conn->ack_due_us != TCP_NEVER)
		return;
	conn->ack_due_us = conn->stack->now_us + TCP_TIMER_DELAYED_ACK_US;
	update_wheel(conn);
}

void tcp_timer_stop_delayed_ack(struct tcp_conn *conn)
{
	if (!conn->wants_memory)
		conn->ack_due_us = TCP_NEVER;
}

void tcp_timer_set_idle(struct tcp_conn *conn, uint64_t after_us)
{
	conn->idle_due_us = after_us == 0 ? TCP_NEVER : conn->stack->now_us + after_us;
	update_wheel(conn);
}

void tcp_timer_touch(struct tcp_conn *conn)
{
	conn->keepalive_sent = 0;
	if (conn->state == TCP_TIME_WAIT || conn->state == TCP_CLOSED)
		return;
	tcp_timer_set_idle(conn, conn->released ? TCP_TIMER_ORPHAN_US : conn->stack->settings.keepalive_idle_us);
}

void tcp_timer_stop_all(struct tcp_conn *conn)
{
	conn->timer_kind = TCP_TIMER_NONE;
	conn->retransmit_due_us = TCP_NEVER;
	conn->ack_due_us = TCP_NEVER;
	conn->idle_due_us = TCP_NEVER;
	timer_wheel_stop(&conn->stack->wheel, &conn->timer);
}

/* RFC 6298 rules 5.4 to 5.7. @return false if that was once too often. */
static bool count_expiry(struct tcp_conn *conn)
{
	if (conn->retries >= conn->stack->settings.retries) {
		stats_add(conn->stack->stats, STAT_TCP_TIMEOUTS, 1);
		tcp_lifecycle_reset(conn, TCP_CLOSE_TIMEOUT);
		return false;
	}
	conn->retries++;
	if (conn->backoff < UINT8_MAX)
		conn->backoff++;
	return true;
}

static void retransmission_timeout(struct tcp_conn *conn)
{
	if (!count_expiry(conn))
		return;
	if (conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED) {
		conn->send_syn = true;
	} else {
		tcp_congestion_timeout(conn);
		tcp_scoreboard_lose_all(conn);
		tcp_path_mtu_timeout(conn);
		conn->tail_probe_out = false;
	}
	set_retransmit(conn, TCP_TIMER_RETRANSMIT, backed_off(conn));
	tcp_lifecycle_schedule(conn);
}

static void probe_timeout(struct tcp_conn *conn)
{
	conn->send_tail_probe = true;
	set_retransmit(conn, TCP_TIMER_RETRANSMIT, backed_off(conn));
	tcp_lifecycle_schedule(conn);
}

static void reorder_timeout(struct tcp_conn *conn)
{
	tcp_timer_restart(conn);
	uint32_t again_us = tcp_rack_detect_loss(conn);
	if (conn->lost_bytes > 0 && conn->recovery == TCP_RECOVERY_NONE)
		tcp_congestion_enter_recovery(conn);
	if (conn->recovery == TCP_RECOVERY_FAST)
		tcp_congestion_recovery_acked(conn, 0);
	if (again_us > 0)
		tcp_timer_set_reorder(conn, again_us);
	tcp_lifecycle_schedule(conn);
}

/* RFC 9293 section 3.8.6.1: as long as the peer answers, never give up because of its window. Answers reset retries. */
static void persist_timeout(struct tcp_conn *conn)
{
	if (!count_expiry(conn))
		return;
	conn->send_window_probe = true;
	set_retransmit(conn, TCP_TIMER_PERSIST, backed_off(conn));
	tcp_lifecycle_schedule(conn);
}

static void retransmit_expired(struct tcp_conn *conn)
{
	switch (conn->timer_kind) {
	case TCP_TIMER_RETRANSMIT:
		retransmission_timeout(conn);
		break;
	case TCP_TIMER_PROBE:
		probe_timeout(conn);
		break;
	case TCP_TIMER_REORDER:
		reorder_timeout(conn);
		break;
	case TCP_TIMER_PERSIST:
		persist_timeout(conn);
		break;
	default:
		tcp_timer_stop_retransmit(conn);
		break;
	}
}

/* RFC 9293 section 3.8.4. */
static void keepalive_expired(struct tcp_conn *conn)
{
	const struct tcp_stack_settings *settings = &conn->stack->settings;
	/* While data is unacknowledged the retransmission timer finds a dead peer. */
	bool silent = conn->snd_una == tcp_types_queue_end(conn);
	if (!silent) {
		tcp_timer_set_idle(conn, settings->keepalive_idle_us);
		return;
	}
	if (conn->keepalive_sent >= settings->keepalive_probes) {
		stats_add(conn->stack->stats, STAT_TCP_TIMEOUTS, 1);
		tcp_lifecycle_reset(conn, TCP_CLOSE_TIMEOUT);
		return;
	}
	conn->keepalive_sent++;
	conn->send_window_probe = true;
	tcp_timer_set_idle(conn, settings->keepalive_interval_us);
	tcp_lifecycle_schedule(conn);
}

static void idle_expired(struct tcp_conn *conn)
{
	conn->idle_due_us = TCP_NEVER;
	if (conn->state == TCP_TIME_WAIT)
		tcp_lifecycle_close(conn, TCP_CLOSE_NORMAL);
	else if (conn->released)
		tcp_lifecycle_reset(conn, TCP_CLOSE_TIMEOUT);
	else if (conn->state != TCP_SYN_SENT && conn->state != TCP_SYN_RECEIVED)
		keepalive_expired(conn);
}

/* The delayed acknowledgement shares its deadline with a user who waits for memory. */
static void short_timer_expired(struct tcp_conn *conn)
{
	if (conn->wants_memory) {
		conn->wants_memory = false;
		tcp_lifecycle_raise(conn, TCP_EVENT_WRITABLE);
	}
	if (conn->rcv_nxt != conn->ack_sent)
		tcp_lifecycle_ack_now(conn);
}

void tcp_timer_expired(struct tcp_conn *conn)
{
	uint64_t now_us = conn->stack->now_us;
	if (conn->ack_due_us <= now_us) {
		conn->ack_due_us = TCP_NEVER;
		short_timer_expired(conn);
	}
	if (conn->retransmit_due_us <= now_us)
		retransmit_expired(conn);
	if (conn->idle_due_us <= now_us)
		idle_expired(conn);
	update_wheel(conn);
}
