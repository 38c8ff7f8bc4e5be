/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_scoreboard.h"

#include "tcp_buffer.h"
#include "tcp_seq.h"

#include <assert.h>
#include <string.h>

/* One range more is needed while a lost part is sent again piece by piece, and one for a cut at each of its ends. */
#define RESERVED_RANGES 2u
/* What is in flight may have been sent in smaller segments than those of now; none but a last one was smaller than this
 * (an MTU of 576, RFC 1122 section 3.3.3) unless the peer's MSS is. */
#define MIN_SEGMENT_BYTES 536u
#define BLOCK_RANGES      (BLOCK_POOL_DATA_BYTES / sizeof(struct tcp_range))

static struct tcp_range *ranges_of(const struct tcp_conn *conn)
{
	struct tcp_range *all = conn->range_block != NULL ? (struct tcp_range *)(void *)conn->range_block->data
							  : (struct tcp_range *)(uintptr_t)conn->inline_ranges;
	return all + conn->first_range;
}

static unsigned capacity_of(const struct tcp_conn *conn)
{
	return conn->range_block != NULL ? BLOCK_RANGES : TCP_INLINE_RANGES;
}

static uint32_t start_of(const struct tcp_conn *conn, unsigned i)
{
	return i == 0 ? conn->snd_una : ranges_of(conn)[i - 1].end;
}

static uint32_t length_of(const struct tcp_conn *conn, unsigned i)
{
	return ranges_of(conn)[i].end - start_of(conn, i);
}

static struct tcp_scoreboard_part part_of(const struct tcp_conn *conn, unsigned i)
{
	const struct tcp_range *range = &ranges_of(conn)[i];
	return (struct tcp_scoreboard_part){start_of(conn, i), range->end, range->sent_us, range->transmissions};
}

/* Move from the connection to a block of its own once the inline ranges do not do. */
static bool grow(struct tcp_conn *conn)
{
	if (conn->range_block != NULL)
		return false;
	struct block_pool_block *block = tcp_buffer_get_block(conn->stack);
	if (block == NULL)
		return false;
	memcpy(block->data, ranges_of(conn), conn->n_ranges * sizeof(struct tcp_range));
	conn->range_block = block;
	conn->first_range = 0;
	return true;
}

bool tcp_scoreboard_has_room(struct tcp_conn *conn)
{
	return conn->n_ranges + RESERVED_RANGES < capacity_of(conn) || grow(conn);
}

/* Make room for some ranges at index i: first from what is free before the table, then from behind it. */
static bool open_gap(struct tcp_conn *conn, unsigned i, unsigned count)
{
	if (conn->n_ranges + count > capacity_of(conn) && !grow(conn))
		return false;
	struct tcp_range *ranges = ranges_of(conn);
	unsigned before = conn->first_range < count ? conn->first_range : count, behind = count - before;
	if (behind > 0)
		memmove(ranges + i + behind, ranges + i, (conn->n_ranges - i) * sizeof(*ranges));
	if (before > 0)
		memmove(ranges - before, ranges, i * sizeof(*ranges));
	conn->first_range = (uint16_t)(conn->first_range - before);
	conn->n_ranges = (uint16_t)(conn->n_ranges + count);
	return true;
}

static void close_gap(struct tcp_conn *conn, unsigned i)
{
	struct tcp_range *ranges = ranges_of(conn);
	if (i == 0)
		conn->first_range++;
	else
		memmove(ranges + i, ranges + i + 1, (conn->n_ranges - i - 1) * sizeof(*ranges));
	conn->n_ranges--;
	if (conn->n_ranges == 0)
		tcp_scoreboard_clear(conn);
}

/* Cut range i at seq, which lies inside it: it becomes two alike. */
static bool split(struct tcp_conn *conn, unsigned i, uint32_t seq)
{
	if (!open_gap(conn, i, 1))
		return false;
	struct tcp_range *ranges = ranges_of(conn);
	ranges[i] = ranges[i + 1];
	ranges[i].end = seq;
	return true;
}

/* Time matters only for what is in flight. */
static bool alike(const struct tcp_range *a, const struct tcp_range *b)
{
	if (a->state != b->state)
		return false;
	return a->state == TCP_RANGE_SACKED || (a->sent_us == b->sent_us && a->transmissions == b->transmissions) ||
	       (a->state == TCP_RANGE_LOST && a->transmissions == b->transmissions);
}

/* Join range i with the one after it if they have fared alike. */
static bool join(struct tcp_conn *conn, unsigned i)
{
	struct tcp_range *ranges = ranges_of(conn);
	if (i + 1 >= conn->n_ranges || !alike(&ranges[i], &ranges[i + 1]))
		return false;
	ranges[i].end = ranges[i + 1].end;
	close_gap(conn, i + 1);
	return true;
}

static void count_state(struct tcp_conn *conn, const struct tcp_range *range, uint32_t len, bool add)
{
	uint32_t change = add ? len : 0u - len;
	if (range->state == TCP_RANGE_SACKED)
		conn->sacked_bytes += change;
	else if (range->state == TCP_RANGE_LOST)
		conn->lost_bytes += change;
}

static void set_state(struct tcp_conn *conn, unsigned i, enum tcp_range_state state)
{
	struct tcp_range *range = &ranges_of(conn)[i];
	uint32_t len = length_of(conn, i);
	count_state(conn, range, len, false);
	range->state = (uint8_t)state;
	count_state(conn, range, len, true);
}

/*
 * Many small bursts fill the table: those that lie close together in time become one, as if all were sent with the
 * first. Round trips then seem longer by that little, never shorter, and loss is judged by the same measure. The time
 * of the last would be no bound: each burst would draw the next one in.
 */
static bool can_extend_last(const struct tcp_conn *conn, const struct tcp_range *last, const struct tcp_range *fresh)
{
	if (alike(last, fresh))
		return true;
	bool crowded = conn->n_ranges * 3 > capacity_of(conn) && conn->range_block != NULL;
	return crowded && last->state == TCP_RANGE_SENT && last->transmissions == 1 &&
	       fresh->sent_us - last->sent_us < conn->srtt_us / 32;
}

void tcp_scoreboard_sent(struct tcp_conn *conn, uint32_t end)
{
	struct tcp_range fresh = {
		.end = end, .sent_us = (uint32_t)conn->stack->now_us, .state = TCP_RANGE_SENT, .transmissions = 1};
	unsigned last = conn->n_ranges;
	if (last > 0 && can_extend_last(conn, &ranges_of(conn)[last - 1], &fresh)) {
		ranges_of(conn)[last - 1].end = end;
		return;
	}
	bool room = open_gap(conn, last, 1);
	assert(room);
	(void)room;
	ranges_of(conn)[last] = fresh;
}

/* Index of the first range that ends after seq. Binary search, for a peer may SACK anything, four times in a segment;
 * without branches, for where he SACKs nothing can be foretold. */
static unsigned find_ending_after(const struct tcp_conn *conn, uint32_t seq)
{
	const struct tcp_range *first = ranges_of(conn);
	unsigned n = conn->n_ranges;
	while (n > 1) {
		unsigned half = n / 2;
		first += half & (0u - (unsigned)tcp_seq_leq(first[half - 1].end, seq));
		n -= half;
	}
	unsigned found = (unsigned)(first - ranges_of(conn));
	return n == 1 && tcp_seq_leq(first->end, seq) ? found + 1 : found;
}

/* The first octets of range i, up to end, have fared like fresh: if so has the range before, they go over to it. */
static bool pass_to_previous(struct tcp_conn *conn, unsigned i, uint32_t end, const struct tcp_range *fresh)
{
	struct tcp_range *ranges = ranges_of(conn);
	if (i == 0 || !alike(&ranges[i - 1], fresh))
		return false;
	count_state(conn, &ranges[i], end - start_of(conn, i), false);
	ranges[i - 1].end = end;
	if (ranges[i].end == end) {
		close_gap(conn, i);
		join(conn, i - 1);
	}
	return true;
}

void tcp_scoreboard_resent(struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	unsigned i = find_ending_after(conn, start);
	assert(i < conn->n_ranges);
	if (start_of(conn, i) != start && split(conn, i, start))
		i++;
	struct tcp_range fresh = ranges_of(conn)[i];
	end = tcp_seq_min(end, fresh.end);
	fresh.sent_us = (uint32_t)conn->stack->now_us;
	fresh.state = TCP_RANGE_SENT;
	if (fresh.transmissions < UINT8_MAX)
		fresh.transmissions++;
	if (pass_to_previous(conn, i, end, &fresh))
		return;
	if (tcp_seq_lt(end, fresh.end))
		split(conn, i, end);
	set_state(conn, i, TCP_RANGE_SENT);
	fresh.end = ranges_of(conn)[i].end; /* further, where there was no room to cut */
	ranges_of(conn)[i] = fresh;
	join(conn, i);
}

static void note_newest(struct tcp_scoreboard_news *news, const struct tcp_scoreboard_part *part)
{
	struct tcp_scoreboard_part *newest = &news->newest;
	if (news->has_newest && !tcp_scoreboard_sent_after(part->sent_us, part->end, newest->sent_us, newest->end))
		return;
	*newest = *part;
	news->has_newest = true;
}

/* A part that was in flight (or thought lost) has arrived. */
static void note_delivered(
	const struct tcp_conn *conn, struct tcp_scoreboard_news *news, const struct tcp_scoreboard_part *part)
{
	news->delivered_bytes += part->end - part->start;
	note_newest(news, part);
	if (part->transmissions == 1 && (!news->has_rtt || tcp_seq_gt(part->sent_us, news->rtt_sent_us))) {
		news->has_rtt = true;
		news->rtt_sent_us = part->sent_us;
	}
	if (part->transmissions > 1)
		news->resent = true;
	if (part->transmissions == 1 && conn->rack_valid && tcp_seq_lt(part->start, conn->rack_fack))
		news->below_fack = true;
}

void tcp_scoreboard_acked(struct tcp_conn *conn, uint32_t ack, struct tcp_scoreboard_news *news)
{
	uint32_t start = conn->snd_una;
	while (conn->n_ranges > 0 && tcp_seq_lt(start, ack)) {
		struct tcp_range *range = ranges_of(conn);
		uint32_t end = tcp_seq_min(range->end, ack);
		count_state(conn, range, end - start, false);
		if (range->state != TCP_RANGE_SACKED)
			note_delivered(conn, news,
				&(struct tcp_scoreboard_part){start, end, range->sent_us, range->transmissions});
		if (end == range->end)
			close_gap(conn, 0);
		start = end;
	}
}

/* Cut range i so that one ends where [left, right) does, and none reaches over its ends; i becomes the index of what
 * lies inside. @return false if there was no room. */
static bool cut_out(struct tcp_conn *conn, unsigned *i, uint32_t left, uint32_t right)
{
	struct tcp_range whole = ranges_of(conn)[*i];
	bool begins_before = tcp_seq_lt(start_of(conn, *i), left), ends_after = tcp_seq_lt(right, whole.end);
	unsigned cuts = (unsigned)begins_before + ends_after;
	if (cuts == 0)
		return true;
	if (!open_gap(conn, *i, cuts))
		return false;
	struct tcp_range *ranges = ranges_of(conn);
	if (begins_before) {
		ranges[*i] = whole;
		ranges[*i].end = left;
		(*i)++;
	}
	ranges[*i] = whole;
	ranges[*i].end = tcp_seq_min(right, whole.end);
	return true;
}

/* Less than a segment out of a range's middle: nothing we sent arrives like that, and each such cut is one more range
 * to look at and one more small segment to send again (CVE-2019-11478). The end of a range may be short: a write's last
 * segment.
 */
static bool is_sliver(const struct tcp_conn *conn, unsigned i, uint32_t left, uint32_t right)
{
	uint32_t start = start_of(conn, i), end = ranges_of(conn)[i].end;
	if (tcp_seq_leq(left, start) && tcp_seq_leq(end, right))
		return false;
	uint32_t segment = conn->snd_mss < MIN_SEGMENT_BYTES ? conn->snd_mss : MIN_SEGMENT_BYTES;
	return tcp_seq_lt(right, end) && right - tcp_seq_max(left, start) < segment;
}

void tcp_scoreboard_sacked(struct tcp_conn *conn, uint32_t left, uint32_t right, struct tcp_scoreboard_news *news)
{
	for (unsigned i = find_ending_after(conn, left); i < conn->n_ranges; i++) {
		if (tcp_seq_geq(start_of(conn, i), right))
			return;
		const struct tcp_range *range = &ranges_of(conn)[i];
		if (range->state == TCP_RANGE_SACKED)
			continue;
		/* Too small, or out of ranges: not recorded, so it may be sent once too often. But it has arrived: what
		 * was sent before is late. */
		bool full = conn->n_ranges + 2 + RESERVED_RANGES > capacity_of(conn);
		if (is_sliver(conn, i, left, right) || (full && !grow(conn))) {
			note_newest(
				news, &(struct tcp_scoreboard_part){left, right, range->sent_us, range->transmissions});
			return;
		}
		if (!cut_out(conn, &i, left, right))
			return;
		struct tcp_scoreboard_part part = part_of(conn, i);
		note_delivered(conn, news, &part);
		set_state(conn, i, TCP_RANGE_SACKED);
		join(conn, i);
		if (i > 0 && join(conn, i - 1))
			i--;
	}
}

void tcp_scoreboard_lose(struct tcp_conn *conn, uint32_t left, uint32_t right)
{
	for (unsigned i = 0; i < conn->n_ranges && tcp_seq_lt(start_of(conn, i), right); i++) {
		const struct tcp_range *range = &ranges_of(conn)[i];
		if (range->state != TCP_RANGE_SENT || tcp_seq_leq(range->end, left))
			continue;
		/* Without room to cut, the whole range is lost: sent once too often rather than never. */
		if (conn->n_ranges + 2 + RESERVED_RANGES <= capacity_of(conn) || grow(conn))
			cut_out(conn, &i, left, right);
		set_state(conn, i, TCP_RANGE_LOST);
		join(conn, i);
		if (i > 0 && join(conn, i - 1))
			i--;
	}
}

void tcp_scoreboard_lose_all(struct tcp_conn *conn)
{
	for (unsigned i = 0; i < conn->n_ranges; i++)
		set_state(conn, i, TCP_RANGE_LOST);
	for (unsigned i = 0; i < conn->n_ranges;) {
		if (!join(conn, i))
			i++;
	}
}

void tcp_scoreboard_unlose(struct tcp_conn *conn)
{
	for (unsigned i = 0; i < conn->n_ranges; i++) {
		if (ranges_of(conn)[i].state == TCP_RANGE_LOST)
			set_state(conn, i, TCP_RANGE_SENT);
	}
}

bool tcp_scoreboard_first_lost(const struct tcp_conn *conn, struct tcp_scoreboard_part *out)
{
	if (conn->lost_bytes == 0)
		return false;
	for (unsigned i = 0; i < conn->n_ranges; i++) {
		if (ranges_of(conn)[i].state != TCP_RANGE_LOST)
			continue;
		*out = part_of(conn, i);
		return true;
	}
	return false;
}

bool tcp_scoreboard_last_unsacked(const struct tcp_conn *conn, struct tcp_scoreboard_part *out)
{
	for (unsigned i = conn->n_ranges; i-- > 0;) {
		if (ranges_of(conn)[i].state == TCP_RANGE_SACKED)
			continue;
		*out = part_of(conn, i);
		return true;
	}
	return false;
}

/* @return true if a part in flight is late by RFC 8985's measure; else *wait_us is at least how long until it is. */
static bool is_late(const struct tcp_conn *conn, const struct tcp_range *range, uint32_t late_us, uint32_t *wait_us)
{
	if (!tcp_scoreboard_sent_after(conn->rack_sent_us, conn->rack_end, range->sent_us, range->end))
		return false;
	if (tcp_seq_leq(range->sent_us, late_us))
		return true;
	uint32_t remaining = range->sent_us - late_us;
	if (remaining > *wait_us)
		*wait_us = remaining;
	return false;
}

/* One pass, whatever is lost: the table closes up as it goes, and what is not in flight behind the last part that is
 * need not be looked at. */
uint32_t tcp_scoreboard_lose_late(struct tcp_conn *conn, uint32_t late_us)
{
	struct tcp_range *ranges = ranges_of(conn);
	uint32_t in_flight = tcp_types_flight(conn) - conn->sacked_bytes - conn->lost_bytes;
	uint32_t start = conn->snd_una, wait_us = 0;
	unsigned i = 0, kept = 0, n = conn->n_ranges;
	for (; in_flight > 0 && i < n; i++) {
		struct tcp_range *range = &ranges[i];
		uint32_t len = range->end - start;
		start = range->end;
		bool late = false;
		if (range->state == TCP_RANGE_SENT) {
			in_flight -= len;
			late = is_late(conn, range, late_us, &wait_us);
		}
		if (late) {
			range->state = TCP_RANGE_LOST;
			conn->lost_bytes += len;
		}
		if (late && kept > 0 && alike(&ranges[kept - 1], range)) {
			ranges[kept - 1].end = range->end;
			continue;
		}
		if (kept != i)
			ranges[kept] = *range;
		kept++;
	}
	if (kept != i)
		memmove(ranges + kept, ranges + i, (n - i) * sizeof(*ranges));
	conn->n_ranges = (uint16_t)(n - (i - kept));
	return wait_us;
}

uint32_t tcp_scoreboard_pipe(const struct tcp_conn *conn)
{
	uint32_t gone = conn->sacked_bytes + conn->lost_bytes + conn->reno_sacked;
	uint32_t flight = tcp_types_flight(conn);
	return flight > gone ? flight - gone : 0;
}

void tcp_scoreboard_clear(struct tcp_conn *conn)
{
	if (conn->range_block != NULL)
		tcp_buffer_put_block(conn->stack, conn->range_block);
	conn->range_block = NULL;
	conn->first_range = 0;
	conn->n_ranges = 0;
	conn->sacked_bytes = 0;
	conn->lost_bytes = 0;
}
