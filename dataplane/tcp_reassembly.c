/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_reassembly.h"

#include "tcp_buffer.h"
#include "tcp_seq.h"

#include <string.h>

/* Stamps tell which island changed last: it is reported first (RFC 2018 section 4). */
struct island {
	uint32_t start, end;
	uint32_t stamp;
};

/* Lives in one block of the pool; sorted by start, disjoint, not adjacent. */
struct islands {
	uint32_t count;
	uint32_t last_stamp;
	uint32_t fin; /* its sequence number: an island holds it as its last octet */
	bool has_fin;
	struct island island[TCP_REASSEMBLY_MAX_ISLANDS];
};
_Static_assert(sizeof(struct islands) <= BLOCK_POOL_DATA_BYTES, "one block");

static struct islands *islands_of(const struct tcp_conn *conn)
{
	return conn->islands == NULL ? NULL : (struct islands *)(void *)conn->islands->data;
}

bool tcp_reassembly_has_islands(const struct tcp_conn *conn)
{
	return conn->islands != NULL;
}

static void free_islands(struct tcp_conn *conn)
{
	if (conn->islands == NULL)
		return;
	tcp_buffer_put_block(conn->stack, conn->islands);
	conn->islands = NULL;
}

static struct islands *need_islands(struct tcp_conn *conn)
{
	if (conn->islands != NULL)
		return islands_of(conn);
	if (!tcp_buffer_may_take(conn->stack, TCP_BUFFER_OUT_OF_ORDER))
		return NULL;
	conn->islands = tcp_buffer_get_block(conn->stack);
	if (conn->islands == NULL)
		return NULL;
	struct islands *all = islands_of(conn);
	all->count = 0;
	all->last_stamp = 0;
	all->has_fin = false;
	return all;
}

/* Index of the first island that ends at or after seq: the first that [seq, ...) can touch. Binary search. */
static uint32_t first_touching(const struct islands *all, uint32_t seq)
{
	uint32_t low = 0, high = all->count;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		if (tcp_seq_lt(all->island[middle].end, seq))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* @return false if [start, end) would be one island too many. */
static bool can_merge(const struct islands *all, uint32_t start, uint32_t end)
{
	uint32_t i = first_touching(all, start);
	return all->count < TCP_REASSEMBLY_MAX_ISLANDS || (i < all->count && tcp_seq_leq(all->island[i].start, end));
}

static void merge(struct islands *all, uint32_t start, uint32_t end)
{
	uint32_t first = first_touching(all, start), last = first;
	while (last < all->count && tcp_seq_leq(all->island[last].start, end)) {
		start = tcp_seq_min(start, all->island[last].start);
		end = tcp_seq_max(end, all->island[last].end);
		last++;
	}
	/* Islands first to last - 1 become one. */
	uint32_t kept = all->count - last;
	memmove(&all->island[first + 1], &all->island[last], kept * sizeof(struct island));
	all->count = first + 1 + kept;
	all->island[first] = (struct island){start, end, ++all->last_stamp};
}

/* What was needed for one segment and holds nothing goes back. */
static void free_if_empty(struct tcp_conn *conn)
{
	if (conn->islands == NULL || islands_of(conn)->count > 0)
		return;
	free_islands(conn);
	tcp_buffer_receive_trim(conn);
}

/* RFC 2883 section 4: tell the sender what came twice. */
static void note_duplicate(struct tcp_conn *conn, uint32_t left, uint32_t right)
{
	conn->dsack = true;
	conn->dsack_left = left;
	conn->dsack_right = right;
}

static int receive_out_of_order(struct tcp_conn *conn, uint32_t seq, struct bytes data)
{
	struct islands *all = need_islands(conn);
	if (all == NULL)
		return DROP_TCP_BUFFERS_FULL;
	uint32_t end = seq + (uint32_t)data.len;
	uint32_t i = first_touching(all, seq);
	if (i < all->count && tcp_seq_leq(all->island[i].start, seq) && tcp_seq_leq(end, all->island[i].end)) {
		note_duplicate(conn, seq, end);
		return DROP_TCP_DUPLICATE;
	}
	int verdict = DROP_TCP_REASSEMBLY_FULL;
	if (can_merge(all, seq, end)) {
		uint32_t written = tcp_buffer_receive_write(conn, seq, data, TCP_BUFFER_OUT_OF_ORDER);
		if (written > 0)
			merge(all, seq, seq + written);
		verdict = written > 0 ? TCP_DELIVERED : DROP_TCP_BUFFERS_FULL;
	}
	free_if_empty(conn);
	return verdict;
}

int tcp_reassembly_receive_fin(struct tcp_conn *conn, uint32_t end)
{
	struct islands *all = need_islands(conn);
	if (all == NULL)
		return DROP_TCP_BUFFERS_FULL;
	if (all->has_fin)
		return all->fin == end ? DROP_TCP_DUPLICATE : DROP_TCP_SEQUENCE;
	int verdict = DROP_TCP_SEQUENCE;
	bool is_last = all->count == 0 || tcp_seq_leq(all->island[all->count - 1].end, end);
	if (is_last && can_merge(all, end, end + 1)) {
		merge(all, end, end + 1);
		all->fin = end;
		all->has_fin = true;
		verdict = TCP_DELIVERED;
	}
	free_if_empty(conn);
	return verdict;
}

uint32_t tcp_reassembly_clip(const struct tcp_conn *conn, uint32_t seq, uint32_t len)
{
	const struct islands *all = islands_of(conn);
	if (all == NULL || !all->has_fin || tcp_seq_leq(seq + len, all->fin))
		return len;
	return tcp_seq_lt(seq, all->fin) ? all->fin - seq : 0;
}

bool tcp_reassembly_take_fin(struct tcp_conn *conn)
{
	bool reached = conn->fin_reached;
	conn->fin_reached = false;
	return reached;
}

/* Islands that rcv_nxt has reached or passed become part of the mainland. It stops in front of the FIN. */
void tcp_reassembly_join(struct tcp_conn *conn)
{
	struct islands *all = islands_of(conn);
	if (all == NULL)
		return;
	uint32_t n = 0;
	while (n < all->count && tcp_seq_leq(all->island[n].start, conn->rcv_nxt)) {
		conn->rcv_nxt = tcp_seq_max(conn->rcv_nxt, all->island[n].end);
		n++;
	}
	if (all->has_fin && conn->rcv_nxt == all->fin + 1) {
		conn->rcv_nxt = all->fin;
		conn->fin_reached = true;
	}
	all->count -= n;
	memmove(&all->island[0], &all->island[n], all->count * sizeof(struct island));
	if (all->count == 0)
		free_islands(conn);
}

/* Memory is short and this connection holds out-of-order data: give that up, it can be sent again (RFC 2018 section 8).
 */
static void renege(struct tcp_conn *conn)
{
	free_islands(conn);
	tcp_buffer_receive_drop_out_of_order(conn);
}

static int receive_in_order(struct tcp_conn *conn, struct bytes data)
{
	uint32_t written = tcp_buffer_receive_write(conn, conn->rcv_nxt, data, TCP_BUFFER_IN_ORDER);
	conn->rcv_nxt += written;
	if (written < data.len && conn->islands != NULL) {
		renege(conn);
		struct bytes rest = {data.data + written, data.len - written};
		uint32_t more = tcp_buffer_receive_write(conn, conn->rcv_nxt, rest, TCP_BUFFER_IN_ORDER);
		conn->rcv_nxt += more;
		written += more;
	}
	tcp_reassembly_join(conn);
	return written > 0 ? TCP_DELIVERED : DROP_TCP_BUFFERS_FULL;
}

int tcp_reassembly_receive(struct tcp_conn *conn, uint32_t seq, struct bytes data)
{
	return seq == conn->rcv_nxt ? receive_in_order(conn, data) : receive_out_of_order(conn, seq, data);
}

/* The islands that changed last, the latest first, in one pass over all. @return how many, at most `most`, not 0 */
static unsigned find_latest(const struct islands *all, const struct island *latest[], unsigned most)
{
	unsigned n = 0;
	for (const struct island *island = all->island; island < all->island + all->count; island++) {
		if (n == most && island->stamp < latest[n - 1]->stamp)
			continue;
		unsigned at = n < most ? n++ : n - 1;
		for (; at > 0 && latest[at - 1]->stamp < island->stamp; at--)
			latest[at] = latest[at - 1];
		latest[at] = island;
	}
	return n;
}

void tcp_reassembly_write_sack(struct tcp_conn *conn, struct tcp_segment_options *out, unsigned max_blocks)
{
	out->n_sack = 0;
	if (conn->dsack)
		out->sack[out->n_sack++] = (struct tcp_segment_sack){conn->dsack_left, conn->dsack_right};
	const struct islands *all = islands_of(conn);
	if (all == NULL || out->n_sack >= max_blocks)
		return;
	const struct island *latest[TCP_SEGMENT_MAX_SACK];
	unsigned n = find_latest(all, latest, max_blocks - out->n_sack);
	for (unsigned i = 0; i < n; i++)
		out->sack[out->n_sack++] = (struct tcp_segment_sack){latest[i]->start, latest[i]->end};
}

void tcp_reassembly_clear(struct tcp_conn *conn)
{
	free_islands(conn);
	tcp_buffer_receive_clear(conn);
	conn->rcv_read = conn->rcv_nxt;
}
