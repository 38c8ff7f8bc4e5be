/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The state that the TCP modules share: one connection (RFC 9293's TCB) and the stack it lives in. Only tcp_*.c include
 * this; users see tcp_stack.h and tcp_conn.h.
 *
 *   tcp_stack ─ slab of connections, flow_table, timer_wheel, block_pool, lists of connections with something to do
 *     tcp_listen    segment without connection → cookie SYN-ACK, new connection, RST
 *     tcp_input     segment arrives (3.10.7.3, 3.10.7.4)  → tcp_ack, tcp_reassembly
 *     tcp_ack       acknowledgement → tcp_scoreboard, tcp_sack, tcp_rack, tcp_undo, tcp_congestion, tcp_slow_start
 *     tcp_output    what is to be sent → the emit callback
 *     tcp_timer     deadlines → tcp_output
 *     tcp_path_mtu  a smaller snd_mss, by a router's word or because what is large vanishes; probes for a larger one
 */
#ifndef HANDFAST_TCP_TYPES_H
#define HANDFAST_TCP_TYPES_H

#include "block_pool.h"
#include "flow_table.h"
#include "syn_cookie.h"
#include "tcp_conn.h"
#include "tcp_stack.h"
#include "timer_wheel.h"

#include <sys/queue.h>

/** No deadline. */
#define TCP_NEVER UINT64_MAX
/** Smallest MSS taken from a peer's SYN, so that a packet carries more than headers (tiny-MSS attack). */
#define TCP_MIN_MSS 64
/** RFC 9293 section 3.7.1: where the SYN has no MSS option. */
#define TCP_DEFAULT_MSS_V4 536
#define TCP_DEFAULT_MSS_V6 1220
/** Octets that the timestamps option takes of every segment, padded. */
#define TCP_TIMESTAMPS_BYTES 12
/** At the start the peer's window is small and every acknowledgement opens it: this many are not held back. */
#define TCP_QUICK_ACKS 16
/** Records of sent ranges kept inside the connection; more go to a block. A TLS flight needs one or two. */
#define TCP_INLINE_RANGES 4
/** Sentinel beside the drop reasons: the segment was taken. */
#define TCP_DELIVERED DROP_REASONS

/** What is known of a range of sequence numbers in flight; it begins where the one before it ends. */
struct tcp_range {
	uint32_t end;
	uint32_t sent_us; /**< low 32 bits of the time of its last transmission */
	uint8_t state;    /**< enum tcp_range_state */
	uint8_t transmissions;
	uint16_t unused;
};

enum tcp_range_state {
	TCP_RANGE_SENT,   /**< in flight */
	TCP_RANGE_SACKED, /**< the peer says it has it */
	TCP_RANGE_LOST,   /**< believed lost and not sent again yet */
};

/** What the one retransmission timer stands for. */
enum tcp_timer_kind {
	TCP_TIMER_NONE,
	TCP_TIMER_RETRANSMIT, /**< RFC 6298 */
	TCP_TIMER_PROBE,      /**< tail loss probe, RFC 8985 section 7 */
	TCP_TIMER_REORDER,    /**< RACK's reordering window, RFC 8985 section 6.2 */
	TCP_TIMER_PERSIST,    /**< zero-window probe, RFC 9293 section 3.8.6.1 */
};

enum tcp_recovery {
	TCP_RECOVERY_NONE,
	TCP_RECOVERY_FAST, /**< RFC 6675 with proportional rate reduction */
	TCP_RECOVERY_LOSS, /**< after a retransmission timeout */
};

/** Which member of tcp_conn's union is meant: each way to set cwnd starts afresh when its turn comes. */
enum tcp_growth {
	TCP_GROWTH_NONE,
	TCP_GROWTH_SLOW_START,
	TCP_GROWTH_CUBIC,
	TCP_GROWTH_PRR,
};

/** HyStart++ (tcp_slow_start.c). */
struct tcp_slow_start {
	uint32_t round_end;                /**< the round ends when this is acknowledged */
	uint32_t last_min_us;              /**< smallest round trip of the round before; 0: none */
	uint32_t round_min_us;             /**< of this round */
	uint32_t baseline_us;              /**< when the cautious phase began */
	uint32_t train_begin_us, train_us; /**< first and last acknowledgement of the round's train; 0: none yet */
	uint8_t samples;
	uint8_t cautious_rounds; /**< 0: not cautious */
	bool is_train_over;
};

/** An epoch of congestion avoidance: RFC 9438 section 4.1. */
struct tcp_cubic {
	uint32_t w_est, k_ms, origin;
	uint32_t epoch_ms; /**< when it began */
};

/** Proportional rate reduction: RFC 6937 section 3. */
struct tcp_prr {
	uint32_t flight; /**< RecoverFS */
	uint32_t delivered, out;
};

/** What is known of the path's MTU beyond snd_mss (tcp_path_mtu.c). All payload octets, as snd_mss is. */
struct tcp_path_mtu {
	uint16_t max;   /**< as agreed on in the SYNs */
	uint16_t high;  /**< nothing above this is tried in the present search */
	uint16_t probe; /**< size of the segment in flight that tries for more; 0: none */
	uint32_t probe_end;
	uint32_t due_s; /**< no probe before */
};

/** What a reduction can be taken back to (tcp_undo.c). */
struct tcp_undo {
	uint32_t cwnd, ssthresh, cubic_w_max;
	uint32_t marker;       /**< snd_una when the reduction came; up to recovery_point was in flight */
	uint32_t resent_bytes; /**< and not yet reported as having come twice */
	uint32_t resent_ts;    /**< our timestamp when the first of it was sent again */
	bool active, resent;
};

struct tcp_conn {
	struct flow_key key; /**< first: the flow table gives back a pointer to it */
	struct tcp_stack *stack;
	void *user;
	TAILQ_ENTRY(tcp_conn) pending_link, event_link;
	struct timer_wheel_node timer; /**< set for the earliest of the deadlines below, or before it */
	uint64_t retransmit_due_us, ack_due_us, idle_due_us;

	uint8_t state;        /**< enum tcp_conn_state */
	uint8_t close_reason; /**< enum tcp_conn_close_reason */
	uint8_t events;
	uint8_t timer_kind; /**< enum tcp_timer_kind of retransmit_due_us */
	uint8_t recovery;   /**< enum tcp_recovery */
	uint8_t backoff;    /**< doublings of the RTO, or of the persist interval */
	uint8_t retries;    /**< expiries without an answer */
	uint8_t keepalive_sent;
	uint8_t snd_wscale, rcv_wscale;
	uint8_t dup_acks;
	uint8_t quick_acks; /**< acknowledgements still to be sent without delay at the start */
	uint8_t growth;     /**< enum tcp_growth */
	uint8_t challenges; /**< challenge ACKs (RFC 5961) sent in the second challenge_s */
	uint8_t reo_wnd_mult, reo_wnd_persist;

	bool timestamps : 1, sack : 1, window_scaling : 1;
	bool in_use : 1, released : 1;
	bool in_pending : 1, in_events : 1, in_serving : 1;
	bool in_time_wait : 1; /* on that list, by event_link: without a user it has no events */
	bool send_syn : 1, send_reset : 1, send_ack : 1, send_window_probe : 1, send_tail_probe : 1;
	bool fin_queued : 1, fin_received : 1;
	bool fin_reached : 1; /**< one that came out of order: its turn has come */
	bool wants_write : 1, wants_memory : 1;
	bool cwnd_limited : 1;
	bool dsack : 1; /**< dsack_left/right are to be reported */
	bool reordering_seen : 1, tail_probe_out : 1, tail_probe_is_retransmission : 1;
	bool rack_valid : 1;
	bool rtt_guessed : 1; /**< srtt_us is of the handshake's cookie: the first sample replaces it */

	/* Send sequence space (RFC 9293 section 3.3.1); snd_end is where the user's next byte, or FIN, goes. */
	uint32_t iss, snd_una, snd_nxt, snd_end;
	uint32_t snd_wnd, snd_wl1, snd_wl2, snd_wnd_max;
	/* Receive sequence space; rcv_adv: right edge announced; rcv_read: the user's next byte. */
	uint32_t irs, rcv_nxt, rcv_adv, rcv_read;
	uint32_t ack_sent;   /**< rcv_nxt as last announced */
	uint32_t linger_end; /**< released: up to where the peer may still send, to be discarded */
	uint16_t snd_mss;    /**< payload bytes per segment, options deducted */
	uint16_t rcv_mss;    /**< estimate of the peer's segment size, for the second-segment rule */
	struct tcp_path_mtu path_mtu;

	/* RFC 7323. */
	uint32_t ts_offset, ts_recent;
	uint16_t ts_recent_h; /**< when ts_recent was set: hours, it is good for weeks */

	/* RFC 6298. */
	uint16_t min_rtt_s; /**< when min_rtt_us was measured; wraps, which at worst keeps one five minutes longer */
	uint32_t srtt_us, rttvar_us, rto_us, min_rtt_us;

	/* Congestion control: RFC 5681, RFC 9438, PRR. All in bytes. */
	uint32_t cwnd, ssthresh;
	uint32_t recovery_point; /**< snd_nxt when recovery began */
	uint32_t cubic_w_max;
	union { /* by growth */
		struct tcp_slow_start slow_start;
		struct tcp_cubic cubic;
		struct tcp_prr prr;
	};
	struct tcp_undo undo;
	uint32_t last_send_ms; /**< 0: never */
	uint32_t reno_sacked;  /**< bytes that duplicate ACKs stand for where the peer has no SACK */

	/* Scoreboard (tcp_scoreboard.c). */
	uint32_t sacked_bytes, lost_bytes;
	uint16_t first_range, n_ranges;
	struct tcp_range inline_ranges[TCP_INLINE_RANGES];

	/* RACK-TLP (RFC 8985). */
	uint32_t rack_sent_us, rack_end, rack_rtt_us, rack_fack;
	uint32_t reo_round_end, tail_probe_end;

	/* Buffers: chains of blocks (tcp_send_queue.c, tcp_reassembly.c). */
	struct block_pool_block *snd_head, *snd_tail, *snd_cursor;
	struct block_pool_block *rcv_head, *rcv_cursor;
	struct block_pool_block *islands;     /**< out-of-order ranges, or NULL */
	struct block_pool_block *range_block; /**< the scoreboard's ranges, or NULL: inline_ranges */
	uint32_t dsack_left, dsack_right;

	uint16_t challenge_s; /**< low bits of the second that challenges counts in */
};
_Static_assert(sizeof(struct tcp_conn) <= 512, "a million connections in half a gigabyte");

TAILQ_HEAD(tcp_conn_list, tcp_conn);

struct tcp_stack {
	struct tcp_stack_settings settings;
	struct tcp_stack_callbacks callbacks;
	struct stats *stats;
	uint64_t now_us; /**< of the last call that told the time */
	uint8_t wscale;  /**< announced: what receive_buffer_bytes needs */
	struct block_pool *blocks;
	struct flow_table *flows;
	struct timer_wheel wheel;
	struct syn_cookie_secret cookie_secret;
	uint8_t sequence_key[16];
	uint64_t last_cookie_us; /**< when the last SYN was answered; 0: never */

	struct tcp_conn *slab;
	TAILQ_HEAD(, tcp_conn) free_list;
	uint32_t touched;               /**< connections ever used; those above were never committed */
	struct tcp_conn_list pending;   /**< with something to send */
	struct tcp_conn_list events;    /**< with events raised since the present call sequence began */
	struct tcp_conn_list serving;   /**< of the present call sequence */
	struct tcp_conn_list time_wait; /**< without a user, the oldest first: given up when connections run out */
	bool in_sequence;
};

/** The clock where 32 bits are enough. */
static inline uint32_t tcp_types_now_ms(const struct tcp_stack *stack)
{
	return (uint32_t)(stack->now_us / 1000);
}

static inline uint32_t tcp_types_now_s(const struct tcp_stack *stack)
{
	return (uint32_t)(stack->now_us / 1000000);
}

/** @return what tcp_conn's ts_recent_h counts. */
static inline uint16_t tcp_types_now_h(const struct tcp_stack *stack)
{
	return (uint16_t)(stack->now_us / UINT64_C(3600000000));
}

/** Bytes in flight by sequence number, SYN and FIN included. */
static inline uint32_t tcp_types_flight(const struct tcp_conn *conn)
{
	return conn->snd_nxt - conn->snd_una;
}

/** Where all that the user has given ends, FIN included. */
static inline uint32_t tcp_types_queue_end(const struct tcp_conn *conn)
{
	return conn->snd_end + (conn->fin_queued ? 1 : 0);
}

/** RFC 7323 timestamp clock: 1 ms, offset by connection (section 7.1: it must not tell the uptime). */
static inline uint32_t tcp_types_ts_now(const struct tcp_conn *conn)
{
	return (uint32_t)(conn->stack->now_us / 1000) + conn->ts_offset;
}

#endif
