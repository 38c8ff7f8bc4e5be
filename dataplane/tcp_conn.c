/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_conn.h"

#include "tcp_buffer.h"
#include "tcp_lifecycle.h"
#include "tcp_output.h"
#include "tcp_reassembly.h"
#include "tcp_seq.h"
#include "tcp_timer.h"

uint32_t tcp_conn_take_events(struct tcp_conn *conn)
{
	uint32_t events = conn->events;
	conn->events = 0;
	return events;
}

void tcp_conn_set_user(struct tcp_conn *conn, void *user)
{
	conn->user = user;
}

void *tcp_conn_user(const struct tcp_conn *conn)
{
	return conn->user;
}

const struct flow_key *tcp_conn_key(const struct tcp_conn *conn)
{
	return &conn->key;
}

enum tcp_conn_state tcp_conn_get_state(const struct tcp_conn *conn)
{
	return (enum tcp_conn_state)conn->state;
}

const char *tcp_conn_state_name(enum tcp_conn_state state)
{
	static const char *const names[] = {
		[TCP_CLOSED] = "closed",
		[TCP_SYN_SENT] = "syn-sent",
		[TCP_SYN_RECEIVED] = "syn-received",
		[TCP_ESTABLISHED] = "established",
		[TCP_FIN_WAIT_1] = "fin-wait-1",
		[TCP_FIN_WAIT_2] = "fin-wait-2",
		[TCP_CLOSE_WAIT] = "close-wait",
		[TCP_CLOSING] = "closing",
		[TCP_LAST_ACK] = "last-ack",
		[TCP_TIME_WAIT] = "time-wait",
	};
	return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

enum tcp_conn_close_reason tcp_conn_close_reason(const struct tcp_conn *conn)
{
	return (enum tcp_conn_close_reason)conn->close_reason;
}

uint32_t tcp_conn_srtt_us(const struct tcp_conn *conn)
{
	return conn->srtt_us;
}

/* The FIN occupies a sequence number, but it is nothing to read. */
static uint32_t readable_end(const struct tcp_conn *conn)
{
	return conn->rcv_nxt - (conn->fin_received ? 1 : 0);
}

uint32_t tcp_conn_readable_bytes(const struct tcp_conn *conn)
{
	uint32_t end = readable_end(conn);
	return tcp_seq_gt(end, conn->rcv_read) ? end - conn->rcv_read : 0;
}

struct bytes tcp_conn_peek(const struct tcp_conn *conn, uint32_t offset)
{
	uint32_t readable = tcp_conn_readable_bytes(conn);
	if (offset >= readable)
		return (struct bytes){NULL, 0};
	uint32_t seq = conn->rcv_read + offset;
	const struct block_pool_block *block = conn->rcv_head;
	while (block != NULL && seq - block->seq >= BLOCK_POOL_DATA_BYTES)
		block = block->next;
	if (block == NULL)
		return (struct bytes){NULL, 0};
	uint32_t at = seq - block->seq;
	uint32_t len = BLOCK_POOL_DATA_BYTES - at;
	if (len > readable - offset)
		len = readable - offset;
	return (struct bytes){block->data + at, len};
}

void tcp_conn_consume(struct tcp_conn *conn, uint32_t n)
{
	uint32_t readable = tcp_conn_readable_bytes(conn);
	conn->rcv_read += n < readable ? n : readable;
	tcp_buffer_receive_trim(conn);
	tcp_output_window_opened(conn);
}

static bool may_send(const struct tcp_conn *conn)
{
	return conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED || conn->state == TCP_ESTABLISHED ||
	       conn->state == TCP_CLOSE_WAIT;
}

uint32_t tcp_conn_send(struct tcp_conn *conn, struct bytes data)
{
	if (!may_send(conn) || conn->fin_queued)
		return 0;
	uint32_t queued = tcp_conn_unacked_bytes(conn);
	uint32_t buffer = conn->stack->settings.send_buffer_bytes;
	size_t room = queued < buffer ? buffer - queued : 0;
	struct bytes part = {data.data, data.len < room ? data.len : room};
	uint32_t taken = tcp_buffer_send_append(conn, part);
	conn->wants_write = taken < data.len;
	/* Refused for want of memory and not of room: no acknowledgement will come to wake the user, so time does. */
	if (taken < part.len)
		tcp_timer_set_memory_retry(conn);
	if (taken > 0)
		tcp_lifecycle_schedule(conn);
	return taken;
}

uint32_t tcp_conn_unacked_bytes(const struct tcp_conn *conn)
{
	uint32_t from = conn->snd_una;
	/* Before it is acknowledged, the SYN lies in front of the first byte. */
	if (conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED)
		from = conn->iss + 1;
	return tcp_seq_gt(conn->snd_end, from) ? conn->snd_end - from : 0;
}

void tcp_conn_close(struct tcp_conn *conn)
{
	switch (conn->state) {
	case TCP_SYN_SENT:
		/* RFC 9293 section 3.10.4: nothing exists yet that could be closed in order. */
		tcp_lifecycle_close(conn, TCP_CLOSE_ABORTED);
		return;
	case TCP_SYN_RECEIVED:
		/* Queued until the open is complete. */
		break;
	case TCP_ESTABLISHED:
		conn->state = TCP_FIN_WAIT_1;
		break;
	case TCP_CLOSE_WAIT:
		conn->state = TCP_LAST_ACK;
		break;
	default:
		return;
	}
	conn->fin_queued = true;
	conn->wants_write = false;
	tcp_lifecycle_schedule(conn);
}

void tcp_conn_abort(struct tcp_conn *conn)
{
	tcp_lifecycle_reset(conn, TCP_CLOSE_ABORTED);
}

void tcp_conn_release(struct tcp_conn *conn)
{
	tcp_conn_close(conn);
	tcp_lifecycle_release(conn);
}

void tcp_conn_copy_payload(const struct tcp_conn *conn, const struct tcp_segment *segment, uint8_t *data)
{
	tcp_buffer_send_copy(conn, conn->snd_una + segment->payload_offset, data, segment->payload_len);
}
