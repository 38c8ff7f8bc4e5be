/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * All TCP of one worker: connections, listeners, timers, buffers. Pure: the clock, randomness and the way out are
 * arguments, so it runs in a unit test, in the simulator and under packetdrill as it does on a NIC.
 *
 * The worker's loop: tcp_stack_input() for each segment, tcp_stack_advance() for timers, then tcp_stack_next_event()
 * until NULL to serve connections, then tcp_stack_output() once.
 */
#ifndef HANDFAST_TCP_STACK_H
#define HANDFAST_TCP_STACK_H

#include "flow_table.h"
#include "stats.h"
#include "tcp_conn.h"
#include "tcp_segment.h"

#include <stdbool.h>
#include <stdint.h>

struct tcp_stack;

/** Bounds and times; all from the configuration, with RFC defaults (tcp_stack_settings_default()). */
struct tcp_stack_settings {
	uint32_t max_connections;
	uint32_t receive_buffer_bytes, send_buffer_bytes; /**< per connection */
	uint64_t buffer_memory_bytes;                     /**< all connections together */
	uint16_t mss_v4, mss_v6;                         /**< what the link takes: MTU less headers; announced in SYN */
	uint32_t min_rto_us, max_rto_us, initial_rto_us; /**< RFC 6298; 200 ms, 120 s, 1 s */
	uint32_t time_wait_us;
	uint32_t keepalive_idle_us, keepalive_interval_us; /**< idle 0: no keepalive */
	uint8_t keepalive_probes;
	uint8_t retries;         /**< retransmissions before giving up */
	uint16_t train_segments; /**< full segments given to emit as one, at most (tcp_segment.piece_len); 1: each by
				    itself */
};

/** Where segments go, and what the stack asks its owner. */
struct tcp_stack_callbacks {
	void *context;
	/**
	 * Send one segment.
	 * @param conn  whose segment, for its payload (tcp_segment_copy_payload()); NULL for a cookie SYN-ACK or a RST.
	 * @return false if it cannot be sent now (no packet buffer): the stack keeps it for its next output.
	 */
	bool (*emit)(void *context, const struct flow_key *key, const struct tcp_conn *conn,
		const struct tcp_segment *segment);
	/** @return true if a SYN to key's local address and port is to be answered. */
	bool (*listens)(void *context, const struct flow_key *key);
};

/** What a stack has where nobody says otherwise. */
void tcp_stack_settings_default(struct tcp_stack_settings *out);

/**
 * @param seed   32 random bytes: sequence numbers (RFC 6528), cookies, flow hash.
 * @param stats  where segments, drops and gauges are counted; must outlive the stack.
 * @return the stack, or NULL if memory is out.
 * Owner:   the caller; tcp_stack_destroy().
 * Threads: created anywhere, then one worker alone.
 */
struct tcp_stack *tcp_stack_create(const struct tcp_stack_settings *settings,
	const struct tcp_stack_callbacks *callbacks, const uint8_t seed[32], struct stats *stats, uint64_t now_us);

/** Free the stack and what is left of its connections, silently. */
void tcp_stack_destroy(struct tcp_stack *stack);

/**
 * A segment has arrived; checksum and addresses are checked already.
 * Counts it as delivered (STAT_RX_DELIVERED_PKTS) or as exactly one drop reason.
 */
void tcp_stack_input(
	struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment, uint64_t now_us);

/**
 * A "packet too big" has arrived (RFC 1191, RFC 8201): believed only with a sequence number in flight.
 * @param sequence  of the quoted segment
 * @param mtu_bytes next-hop MTU; floors of 576 and 1280 apply.
 * @return true if it was believed.
 */
bool tcp_stack_packet_too_big(
	struct tcp_stack *stack, const struct flow_key *key, uint32_t sequence, uint32_t mtu_bytes, uint64_t now_us);

/** Run the timers due. Cost: O(timers due). */
void tcp_stack_advance(struct tcp_stack *stack, uint64_t now_us);

/** @return when the next timer is due, or UINT64_MAX: how long an adaptive worker may sleep. */
uint64_t tcp_stack_next_timer_us(const struct tcp_stack *stack);

/**
 * @return a connection with events to serve, each connection once per call sequence, or NULL. Its events are taken with
 *         tcp_conn_take_events().
 */
struct tcp_conn *tcp_stack_next_event(struct tcp_stack *stack);

/** Send what is to be sent: data, acknowledgements, probes, resets. Once per poll. */
void tcp_stack_output(struct tcp_stack *stack, uint64_t now_us);

/**
 * Open a connection (active open).
 * @return the connection in SYN-SENT, or NULL if the limit is reached or the four-tuple is in use. TCP_EVENT_CONNECTED
 * or TCP_EVENT_CLOSED follows.
 */
struct tcp_conn *tcp_stack_connect(struct tcp_stack *stack, const struct flow_key *key, uint64_t now_us);

#endif
