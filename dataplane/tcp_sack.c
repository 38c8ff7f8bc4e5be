/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_sack.h"

#include "tcp_rack.h"
#include "tcp_seq.h"

/* RFC 2883 section 4: the first block lies below the cumulative acknowledgement, or inside the second block. */
static bool is_duplicate_report(const struct tcp_segment *segment)
{
	const struct tcp_segment_options *options = &segment->options;
	if (options->n_sack == 0)
		return false;
	const struct tcp_segment_sack *first = &options->sack[0];
	if (tcp_seq_leq(first->right, segment->ack))
		return true;
	if (options->n_sack < 2)
		return false;
	const struct tcp_segment_sack *second = &options->sack[1];
	return tcp_seq_leq(second->left, first->left) && tcp_seq_geq(second->right, first->right);
}

/* Only what is in flight can have arrived: all else is forged, or older than the acknowledgement. */
static bool is_believable(const struct tcp_conn *conn, const struct tcp_segment_sack *sack)
{
	return tcp_seq_lt(sack->left, sack->right) && tcp_seq_gt(sack->left, conn->snd_una) &&
	       tcp_seq_leq(sack->right, conn->snd_nxt);
}

bool tcp_sack_receive(struct tcp_conn *conn, const struct tcp_segment *segment, struct tcp_scoreboard_news *news)
{
	bool duplicate = is_duplicate_report(segment);
	for (unsigned i = duplicate ? 1 : 0; i < segment->options.n_sack; i++) {
		const struct tcp_segment_sack *sack = &segment->options.sack[i];
		if (is_believable(conn, sack))
			tcp_scoreboard_sacked(conn, sack->left, sack->right, news);
	}
	if (duplicate)
		tcp_rack_duplicate_seen(conn);
	return duplicate;
}
