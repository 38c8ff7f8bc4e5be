/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_lifecycle.h"

#include "tcp_buffer.h"
#include "tcp_congestion.h"
#include "tcp_path_mtu.h"
#include "tcp_reassembly.h"
#include "tcp_scoreboard.h"
#include "tcp_timer.h"

#include "siphash.h"

#include <string.h>

static struct tcp_conn *take_slot(struct tcp_stack *stack)
{
	bool full = TAILQ_EMPTY(&stack->free_list) && stack->touched == stack->settings.max_connections;
	/* A new client is worth more than the end of an old one's TIME-WAIT. */
	if (full && !TAILQ_EMPTY(&stack->time_wait))
		tcp_lifecycle_destroy(TAILQ_FIRST(&stack->time_wait));
	struct tcp_conn *conn = TAILQ_FIRST(&stack->free_list);
	if (conn != NULL) {
		TAILQ_REMOVE(&stack->free_list, conn, pending_link);
		return conn;
	}
	return stack->touched < stack->settings.max_connections ? &stack->slab[stack->touched++] : NULL;
}

uint32_t tcp_lifecycle_timestamp_offset(const struct tcp_stack *stack, const struct flow_key *key)
{
	return (uint32_t)(siphash(key, sizeof(*key), stack->sequence_key) >> 32);
}

struct tcp_conn *tcp_lifecycle_create(struct tcp_stack *stack, const struct flow_key *key)
{
	struct tcp_conn *conn = take_slot(stack);
	if (conn == NULL)
		return NULL;
	memset(conn, 0, sizeof(*conn));
	conn->key = *key;
	conn->stack = stack;
	conn->in_use = true;
	conn->retransmit_due_us = TCP_NEVER;
	conn->ack_due_us = TCP_NEVER;
	conn->idle_due_us = TCP_NEVER;
	conn->rto_us = stack->settings.initial_rto_us;
	conn->min_rtt_us = UINT32_MAX;
	conn->reo_wnd_mult = 1;
	conn->ts_offset = tcp_lifecycle_timestamp_offset(stack, key);
	flow_table_insert(stack->flows, &conn->key);
	stats_add(stack->stats, STAT_TCP_CONNECTIONS_NOW, 1);
	return conn;
}

uint16_t tcp_lifecycle_own_mss(const struct tcp_stack *stack, const struct flow_key *key)
{
	return ip_address_is_v4(&key->remote_ip) ? stack->settings.mss_v4 : stack->settings.mss_v6;
}

void tcp_lifecycle_set_options(struct tcp_conn *conn, const struct syn_cookie_options *options)
{
	uint16_t mss = tcp_lifecycle_own_mss(conn->stack, &conn->key);
	if (options->mss < mss)
		mss = options->mss < TCP_MIN_MSS ? TCP_MIN_MSS : options->mss;
	conn->timestamps = options->timestamps;
	conn->sack = options->sack;
	conn->window_scaling = options->has_window_scale;
	conn->snd_wscale = options->has_window_scale ? options->window_scale : 0;
	conn->rcv_wscale = options->has_window_scale ? conn->stack->wscale : 0;
	/* RFC 6691 section 2: the MSS counts no options; we deduct what every segment of ours carries. */
	conn->snd_mss = (uint16_t)(mss - (conn->timestamps ? TCP_TIMESTAMPS_BYTES : 0));
	tcp_path_mtu_init(conn);
	conn->rcv_mss = TCP_DEFAULT_MSS_V4;
	conn->quick_acks = TCP_QUICK_ACKS;
	tcp_congestion_init(conn);
}

void tcp_lifecycle_raise(struct tcp_conn *conn, unsigned events)
{
	if (conn->released)
		return;
	conn->events |= (uint8_t)events;
	if (conn->in_events)
		return;
	conn->in_events = true;
	TAILQ_INSERT_TAIL(&conn->stack->events, conn, event_link);
}

void tcp_lifecycle_schedule(struct tcp_conn *conn)
{
	if (conn->in_pending)
		return;
	conn->in_pending = true;
	TAILQ_INSERT_TAIL(&conn->stack->pending, conn, pending_link);
}

void tcp_lifecycle_ack_now(struct tcp_conn *conn)
{
	conn->send_ack = true;
	tcp_lifecycle_schedule(conn);
}

static void leave_time_wait_list(struct tcp_conn *conn)
{
	if (conn->in_time_wait)
		TAILQ_REMOVE(&conn->stack->time_wait, conn, event_link);
	conn->in_time_wait = false;
}

static void join_time_wait_list(struct tcp_conn *conn)
{
	if (conn->state != TCP_TIME_WAIT || !conn->released || conn->in_time_wait)
		return;
	conn->in_time_wait = true;
	TAILQ_INSERT_TAIL(&conn->stack->time_wait, conn, event_link);
}

static void leave_event_list(struct tcp_conn *conn)
{
	struct tcp_stack *stack = conn->stack;
	if (conn->in_events)
		TAILQ_REMOVE(conn->in_serving ? &stack->serving : &stack->events, conn, event_link);
	conn->in_events = false;
	conn->in_serving = false;
}

/* What was received before an orderly end can still be read (RFC 9293 section 3.10.4); a reset flushes it. */
static void drop_buffers(struct tcp_conn *conn)
{
	tcp_scoreboard_clear(conn);
	tcp_buffer_send_clear(conn);
	if (conn->close_reason != TCP_CLOSE_NORMAL)
		tcp_reassembly_clear(conn);
	conn->snd_end = conn->snd_una;
}

void tcp_lifecycle_close(struct tcp_conn *conn, enum tcp_conn_close_reason reason)
{
	if (conn->state == TCP_CLOSED)
		return;
	flow_table_remove(conn->stack->flows, &conn->key);
	leave_time_wait_list(conn);
	conn->state = TCP_CLOSED;
	if (conn->close_reason == TCP_CLOSE_NONE)
		conn->close_reason = (uint8_t)reason;
	conn->send_syn = false;
	conn->send_ack = false;
	drop_buffers(conn);
	tcp_timer_stop_all(conn);
	stats_add(conn->stack->stats, STAT_TCP_CLOSED, 1);
	tcp_lifecycle_raise(conn, TCP_EVENT_CLOSED);
}

void tcp_lifecycle_reset(struct tcp_conn *conn, enum tcp_conn_close_reason reason)
{
	if (conn->state == TCP_CLOSED)
		return;
	/* RFC 9293 section 3.10.5: nothing to tell the peer of a connection it does not know, or that both have closed.
	 */
	conn->send_reset = conn->state != TCP_SYN_SENT && conn->state != TCP_TIME_WAIT;
	tcp_lifecycle_close(conn, reason);
	if (conn->send_reset)
		tcp_lifecycle_schedule(conn);
}

void tcp_lifecycle_time_wait(struct tcp_conn *conn)
{
	if (conn->state != TCP_TIME_WAIT) {
		conn->state = TCP_TIME_WAIT;
		conn->close_reason = TCP_CLOSE_NORMAL;
		tcp_scoreboard_clear(conn);
		tcp_buffer_send_clear(conn);
		tcp_lifecycle_raise(conn, TCP_EVENT_CLOSED);
		join_time_wait_list(conn);
	}
	tcp_timer_stop_retransmit(conn);
	tcp_timer_set_idle(conn, conn->stack->settings.time_wait_us);
}

void tcp_lifecycle_destroy(struct tcp_conn *conn)
{
	struct tcp_stack *stack = conn->stack;
	conn->released = true;
	tcp_lifecycle_close(conn, TCP_CLOSE_ABORTED);
	tcp_reassembly_clear(conn);
	if (conn->in_pending)
		TAILQ_REMOVE(&stack->pending, conn, pending_link);
	leave_event_list(conn);
	conn->in_use = false;
	TAILQ_INSERT_HEAD(&stack->free_list, conn, pending_link);
	stats_sub(stack->stats, STAT_TCP_CONNECTIONS_NOW, 1);
}

void tcp_lifecycle_release(struct tcp_conn *conn)
{
	leave_event_list(conn);
	conn->released = true;
	conn->events = 0;
	conn->user = NULL;
	if (conn->state != TCP_CLOSED) {
		tcp_reassembly_clear(conn);
		conn->linger_end = conn->rcv_adv + conn->stack->settings.receive_buffer_bytes;
		tcp_timer_touch(conn);
		join_time_wait_list(conn);
	}
	tcp_lifecycle_reap(conn);
}

void tcp_lifecycle_reap(struct tcp_conn *conn)
{
	if (conn->state == TCP_CLOSED && conn->released && !conn->send_reset)
		tcp_lifecycle_destroy(conn);
}
