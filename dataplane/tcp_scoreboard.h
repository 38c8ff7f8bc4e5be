/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What of [snd_una, snd_nxt) was sent when, arrived, or is lost (RFC 6675 section 3, RFC 8985 section 5.2).
 *
 * Kept as ranges, not as segments: what was sent in one poll and has fared alike is one record. A TLS flight is one
 * record, a full window with many holes some dozens; the number is bounded, so a peer that SACKs every other octet
 * costs no more.
 */
#ifndef HANDFAST_TCP_SCOREBOARD_H
#define HANDFAST_TCP_SCOREBOARD_H

#include "tcp_seq.h"
#include "tcp_types.h"

/** A part of the send sequence space. */
struct tcp_scoreboard_part {
	uint32_t start, end;
	uint32_t sent_us;
	uint8_t transmissions;
};

/** What an acknowledgement has told about our transmissions; zeroed by the caller before the first call. */
struct tcp_scoreboard_news {
	uint32_t delivered_bytes;          /**< newly acknowledged or SACKed */
	bool has_newest;                   /**< newest is set */
	struct tcp_scoreboard_part newest; /**< of the newly delivered parts the one sent last */
	bool has_rtt;                      /**< a part that was sent once only has arrived */
	uint32_t rtt_sent_us;              /**< when the latest such part was sent */
	bool resent;                       /**< so has one that was sent again: times are ambiguous (Karn's rule) */
	bool below_fack;                   /**< one sent once only lay below rack_fack: reordering */
};

/** Of two parts a was sent later: by time; within one poll, by sequence number (RFC 8985 section 5.2). */
static inline bool tcp_scoreboard_sent_after(uint32_t sent_a, uint32_t end_a, uint32_t sent_b, uint32_t end_b)
{
	return tcp_seq_gt(sent_a, sent_b) || (sent_a == sent_b && tcp_seq_gt(end_a, end_b));
}

/** @return true if another part can be recorded: ask before sending. May take a block from the pool. */
bool tcp_scoreboard_has_room(struct tcp_conn *conn);

/** Record the first transmission of [snd_nxt, end); the caller then moves snd_nxt. */
void tcp_scoreboard_sent(struct tcp_conn *conn, uint32_t end);

/** Record the retransmission of [start, end), the first octets of a lost part. */
void tcp_scoreboard_resent(struct tcp_conn *conn, uint32_t start, uint32_t end);

/** Everything before ack has arrived: call before snd_una moves. */
void tcp_scoreboard_acked(struct tcp_conn *conn, uint32_t ack, struct tcp_scoreboard_news *news);

/** [left, right), inside [snd_una, snd_nxt], has arrived out of order. */
void tcp_scoreboard_sacked(struct tcp_conn *conn, uint32_t left, uint32_t right, struct tcp_scoreboard_news *news);

/** Believe [left, right) lost, where it is in flight. */
void tcp_scoreboard_lose(struct tcp_conn *conn, uint32_t left, uint32_t right);

/** A retransmission timeout: all is lost, SACKs too, for the peer may have dropped what it SACKed (RFC 6675
 * section 5.1). */
void tcp_scoreboard_lose_all(struct tcp_conn *conn);

/** What was believed lost and not sent again is in flight after all. */
void tcp_scoreboard_unlose(struct tcp_conn *conn);

/** @return true and the first lost part, or false if nothing is to be retransmitted. */
bool tcp_scoreboard_first_lost(const struct tcp_conn *conn, struct tcp_scoreboard_part *out);

/** @return true and the last part that has not arrived, or false if there is none. For the tail loss probe. */
bool tcp_scoreboard_last_unsacked(const struct tcp_conn *conn, struct tcp_scoreboard_part *out);

/**
 * Believe lost what is in flight (neither SACKed nor lost), was sent before the newest part that has arrived
 * (rack_sent_us, rack_end), and not after late_us.
 * @return 0, or microseconds from late_us to when the last of what was sent before that part was sent.
 */
uint32_t tcp_scoreboard_lose_late(struct tcp_conn *conn, uint32_t late_us);

/** Octets believed to be in the network: RFC 6675's pipe. */
uint32_t tcp_scoreboard_pipe(const struct tcp_conn *conn);

/** Forget all ranges and give the block back. */
void tcp_scoreboard_clear(struct tcp_conn *conn);

#endif
