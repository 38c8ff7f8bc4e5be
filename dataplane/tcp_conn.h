/* SPDX-License-Identifier: BSD-3-Clause */
/** One TCP connection as its user (the worker's TLS and relay) sees it. */
#ifndef HANDFAST_TCP_CONN_H
#define HANDFAST_TCP_CONN_H

#include "bytes.h"
#include "flow_table.h"
#include "tcp_segment.h"

#include <stdbool.h>
#include <stdint.h>

/** RFC 9293 section 3.3.2. */
enum tcp_conn_state {
	TCP_CLOSED,
	TCP_SYN_SENT,
	TCP_SYN_RECEIVED,
	TCP_ESTABLISHED,
	TCP_FIN_WAIT_1,
	TCP_FIN_WAIT_2,
	TCP_CLOSE_WAIT,
	TCP_CLOSING,
	TCP_LAST_ACK,
	TCP_TIME_WAIT,
};

/** What has happened to a connection since its user last asked. */
enum {
	TCP_EVENT_ACCEPTED = 1,  /**< a new passive connection: give it a user with tcp_conn_set_user() */
	TCP_EVENT_CONNECTED = 2, /**< an active open succeeded */
	TCP_EVENT_READABLE = 4,  /**< more bytes can be read */
	TCP_EVENT_WRITABLE = 8,  /**< room in the send buffer, after tcp_conn_send() had taken too little */
	TCP_EVENT_EOF = 16,      /**< the peer's FIN has been reached: no more bytes will come */
	TCP_EVENT_CLOSED =
		32, /**< over, for the reason of tcp_conn_close_reason(); release it with tcp_conn_release() */
};

enum tcp_conn_close_reason {
	TCP_CLOSE_NONE,
	TCP_CLOSE_NORMAL,  /**< both FINs acknowledged */
	TCP_CLOSE_RESET,   /**< RST from the peer */
	TCP_CLOSE_REFUSED, /**< RST to our SYN */
	TCP_CLOSE_TIMEOUT, /**< retransmissions or keepalive probes unanswered */
	TCP_CLOSE_ABORTED, /**< tcp_conn_abort() */
};

struct tcp_conn;

/** Take and clear the events. */
uint32_t tcp_conn_take_events(struct tcp_conn *conn);

/** Keep a pointer of the user's with the connection; NULL at first. */
void tcp_conn_set_user(struct tcp_conn *conn, void *user);
/** @return that pointer. */
void *tcp_conn_user(const struct tcp_conn *conn);
/** @return the four-tuple; valid until tcp_conn_release(). */
const struct flow_key *tcp_conn_key(const struct tcp_conn *conn);
/** @return the state (RFC 9293 section 3.3.2). */
enum tcp_conn_state tcp_conn_get_state(const struct tcp_conn *conn);
/** @return "established", …; a constant. */
const char *tcp_conn_state_name(enum tcp_conn_state state);
/** @return why it was closed; TCP_CLOSE_NONE while it is open. */
enum tcp_conn_close_reason tcp_conn_close_reason(const struct tcp_conn *conn);
/** @return the smoothed round-trip time (RFC 6298), 0 before it was measured. */
uint32_t tcp_conn_srtt_us(const struct tcp_conn *conn);

/** @return bytes that can be read now. */
uint32_t tcp_conn_readable_bytes(const struct tcp_conn *conn);

/**
 * A view of received bytes, from `offset` bytes after the first unread one to the end of the buffer block they lie in.
 * @return len 0 if there are none. Valid until the next call that consumes, or the next poll.
 */
struct bytes tcp_conn_peek(const struct tcp_conn *conn, uint32_t offset);

/** Drop the first n received bytes and open the window by as much. n is at most tcp_conn_readable_bytes(). */
void tcp_conn_consume(struct tcp_conn *conn, uint32_t n);

/** Copy bytes into the send buffer. @return how many were taken; fewer than given: wait for TCP_EVENT_WRITABLE. */
uint32_t tcp_conn_send(struct tcp_conn *conn, struct bytes data);

/** @return bytes in the send buffer, not yet acknowledged. */
uint32_t tcp_conn_unacked_bytes(const struct tcp_conn *conn);

/**
 * Send FIN after what is in the send buffer: a half-close (shutdown for writing). What the peer sends is still received
 * and read, until tcp_conn_release().
 */
void tcp_conn_close(struct tcp_conn *conn);

/** Drop both buffers and send RST. TCP_EVENT_CLOSED follows. */
void tcp_conn_abort(struct tcp_conn *conn);

/**
 * The user is done with it: no more events, unread bytes are dropped. A connection that is not over yet goes on closing
 * by itself (FIN sent, TIME-WAIT) without its user; data that arrives from then on is answered with RST (RFC 9293
 * section 3.10.7.1, RFC 1122 section 4.2.2.13). The pointer is invalid after this.
 */
void tcp_conn_release(struct tcp_conn *conn);

/**
 * Copy an outgoing segment's payload out of the send queue: called by the emit callback.
 * @param data  segment->payload_len bytes
 */
void tcp_conn_copy_payload(const struct tcp_conn *conn, const struct tcp_segment *segment, uint8_t *data);

#endif
