/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_scoreboard.h"
#include "tcp_seq.h"
#include "unit.h"

#include <string.h>

static bool refuse(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	(void)context;
	(void)key;
	(void)conn;
	(void)segment;
	return false;
}

static bool nobody(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return false;
}

struct rig {
	struct tcp_stack *stack;
	struct stats stats;
	struct tcp_conn conn;
};

/* A connection that begins at a number just below the wrap. */
static void start(struct rig *rig)
{
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = 1;
	settings.buffer_memory_bytes = 16 * 2048;
	struct tcp_stack_callbacks callbacks = {NULL, refuse, nobody};
	uint8_t seed[32] = {0};
	memset(rig, 0, sizeof(*rig));
	rig->stack = tcp_stack_create(&settings, &callbacks, seed, &rig->stats, 1000);
	rig->conn.stack = rig->stack;
	rig->conn.snd_una = UINT32_MAX - 999;
	rig->conn.snd_nxt = rig->conn.snd_una;
}

static void finish(struct rig *rig)
{
	tcp_scoreboard_clear(&rig->conn);
	CU_ASSERT_EQUAL(stats_get_mt(&rig->stats, STAT_TCP_BLOCKS_NOW), 0);
	tcp_stack_destroy(rig->stack);
}

static void send_bytes(struct rig *rig, uint32_t bytes)
{
	CU_ASSERT_TRUE(tcp_scoreboard_has_room(&rig->conn));
	tcp_scoreboard_sent(&rig->conn, rig->conn.snd_nxt + bytes);
	rig->conn.snd_nxt += bytes;
}

static uint32_t at(const struct rig *rig, uint32_t offset)
{
	return rig->conn.snd_una + offset;
}

static void test_one_burst_is_one_range(void)
{
	struct rig rig;
	start(&rig);
	for (unsigned i = 0; i < 10; i++)
		send_bytes(&rig, 1000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 1);
	CU_ASSERT_PTR_NULL(rig.conn.range_block);
	CU_ASSERT_EQUAL(tcp_scoreboard_pipe(&rig.conn), 10000);
	finish(&rig);
}

static void test_sack_and_acknowledgement(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	send_bytes(&rig, 10000);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 2000), at(&rig, 3000), &news);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 5000), at(&rig, 6000), &news);
	CU_ASSERT_EQUAL(news.delivered_bytes, 2000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 5);
	CU_ASSERT_EQUAL(tcp_scoreboard_pipe(&rig.conn), 8000);
	/* Said again: nothing new. What lies between joins. */
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 2000), at(&rig, 6000), &news);
	CU_ASSERT_EQUAL(news.delivered_bytes, 4000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 3);
	news = (struct tcp_scoreboard_news){0};
	tcp_scoreboard_acked(&rig.conn, at(&rig, 4000), &news);
	rig.conn.snd_una += 4000;
	CU_ASSERT_EQUAL(news.delivered_bytes, 2000); /* the rest of it was known */
	CU_ASSERT_EQUAL(rig.conn.sacked_bytes, 2000);
	tcp_scoreboard_acked(&rig.conn, rig.conn.snd_nxt, &news);
	rig.conn.snd_una = rig.conn.snd_nxt;
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 0);
	CU_ASSERT_EQUAL(rig.conn.sacked_bytes, 0);
	finish(&rig);
}

/* Nothing smaller than a segment is cut out of a range's middle; it says all the same that something has arrived. */
static void test_slivers_are_not_recorded(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	rig.conn.snd_mss = 1460;
	send_bytes(&rig, 10000);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 5000), at(&rig, 5001), &news);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 0), at(&rig, 535), &news);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 7000), at(&rig, 7535), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 1);
	CU_ASSERT_EQUAL(news.delivered_bytes, 0);
	CU_ASSERT_TRUE(news.has_newest);
	/* A segment of the smallest path; a write's short end; the rest between two SACKed parts. */
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 7000), at(&rig, 7536), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 3);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 9999), at(&rig, 10000), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 4);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 6999), at(&rig, 10000), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 2);
	CU_ASSERT_EQUAL(news.delivered_bytes, 3001);
	finish(&rig);
}

/* A peer whose MSS is small sends and gets small segments. */
static void test_small_segments_are_no_slivers(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	rig.conn.snd_mss = 76;
	send_bytes(&rig, 760);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 76), at(&rig, 151), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 1);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 76), at(&rig, 152), &news);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 3);
	finish(&rig);
}

static void test_lost_is_sent_again_piece_by_piece(void)
{
	struct rig rig;
	struct tcp_scoreboard_part part;
	start(&rig);
	send_bytes(&rig, 3000);
	CU_ASSERT_FALSE(tcp_scoreboard_first_lost(&rig.conn, &part));
	tcp_scoreboard_lose(&rig.conn, at(&rig, 1000), at(&rig, 3000));
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 2000);
	rig.stack->now_us += 50;
	tcp_scoreboard_resent(&rig.conn, at(&rig, 1000), at(&rig, 2000));
	CU_ASSERT_TRUE(tcp_scoreboard_first_lost(&rig.conn, &part));
	CU_ASSERT_EQUAL(part.start, at(&rig, 2000));
	CU_ASSERT_EQUAL(part.end, at(&rig, 3000));
	CU_ASSERT_EQUAL(tcp_scoreboard_pipe(&rig.conn), 2000);
	/* Its arrival says nothing of the round trip. */
	struct tcp_scoreboard_news news = {0};
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 1000), at(&rig, 2000), &news);
	CU_ASSERT_TRUE(news.resent);
	CU_ASSERT_FALSE(news.has_rtt);
	finish(&rig);
}

static void test_timeout_distrusts_sacks(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	send_bytes(&rig, 3000);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 1000), at(&rig, 2000), &news);
	tcp_scoreboard_lose_all(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 1);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 3000);
	CU_ASSERT_EQUAL(rig.conn.sacked_bytes, 0);
	tcp_scoreboard_unlose(&rig.conn);
	CU_ASSERT_EQUAL(tcp_scoreboard_pipe(&rig.conn), 3000);
	finish(&rig);
}

/* A peer that SACKs every other octet: bounded, one block, and progress is still made. */
static void test_every_other_octet(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	send_bytes(&rig, 60000);
	for (uint32_t i = 1; i < 60000; i += 2)
		tcp_scoreboard_sacked(&rig.conn, at(&rig, i), at(&rig, i + 1), &news);
	CU_ASSERT_EQUAL(stats_get_mt(&rig.stats, STAT_TCP_BLOCKS_NOW), 1);
	CU_ASSERT_TRUE(rig.conn.n_ranges <= 169);
	CU_ASSERT_TRUE(rig.conn.sacked_bytes > 0 && rig.conn.sacked_bytes < 100);
	tcp_scoreboard_lose_all(&rig.conn);
	struct tcp_scoreboard_part part;
	uint32_t again = 0;
	while (tcp_scoreboard_first_lost(&rig.conn, &part)) {
		uint32_t len = part.end - part.start < 1000 ? part.end - part.start : 1000;
		tcp_scoreboard_resent(&rig.conn, part.start, part.start + len);
		again += len;
	}
	CU_ASSERT_EQUAL(again, 60000);
	finish(&rig);
}

/* What was sent before the newest that has arrived is late by its time; what lies side by side becomes one. */
static void test_what_is_late_is_lost(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	uint32_t first_us = (uint32_t)rig.stack->now_us;
	for (unsigned i = 0; i < 10; i++) {
		rig.stack->now_us = first_us + i * 10;
		send_bytes(&rig, 1000);
	}
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 10);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 2000), at(&rig, 3000), &news);
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 7000), at(&rig, 8000), &news);
	rig.conn.rack_sent_us = news.newest.sent_us;
	rig.conn.rack_end = news.newest.end;
	CU_ASSERT_EQUAL(tcp_scoreboard_lose_late(&rig.conn, first_us - 1), 61);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 0);
	/* 0 and 1, then 3 and 4: not 5 and 6, which have time, nor 8 and 9, which were sent after. */
	CU_ASSERT_EQUAL(tcp_scoreboard_lose_late(&rig.conn, first_us + 40), 20);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 4000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 8);
	CU_ASSERT_EQUAL(tcp_scoreboard_lose_late(&rig.conn, first_us + 1000), 0);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 6000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 6);
	CU_ASSERT_EQUAL(tcp_scoreboard_pipe(&rig.conn), 2000);
	struct tcp_scoreboard_part last;
	CU_ASSERT_TRUE(tcp_scoreboard_last_unsacked(&rig.conn, &last));
	CU_ASSERT_EQUAL(last.start, at(&rig, 9000));
	finish(&rig);
}

/* What has arrived behind parts that become one stays what it was. */
static void test_a_tail_behind_what_is_joined(void)
{
	struct rig rig;
	struct tcp_scoreboard_news news = {0};
	start(&rig);
	uint32_t first_us = (uint32_t)rig.stack->now_us;
	for (unsigned i = 0; i < 4; i++) {
		rig.stack->now_us = first_us + i * 10;
		send_bytes(&rig, 1000);
	}
	tcp_scoreboard_sacked(&rig.conn, at(&rig, 3000), at(&rig, 4000), &news);
	rig.conn.rack_sent_us = news.newest.sent_us;
	rig.conn.rack_end = news.newest.end;
	CU_ASSERT_EQUAL(tcp_scoreboard_lose_late(&rig.conn, first_us + 1000), 0);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 2);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 3000);
	struct tcp_scoreboard_part last;
	CU_ASSERT_TRUE(tcp_scoreboard_last_unsacked(&rig.conn, &last));
	CU_ASSERT_EQUAL(last.start, at(&rig, 0));
	CU_ASSERT_EQUAL(last.end, at(&rig, 3000));
	tcp_scoreboard_acked(&rig.conn, at(&rig, 3000), &news);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 0);
	CU_ASSERT_EQUAL(rig.conn.sacked_bytes, 1000);
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 1);
	finish(&rig);
}

/* Pieces of one loss, sent again in one poll, are one range at once; the next poll's are another. */
static void test_pieces_sent_again_together_are_one_range(void)
{
	struct rig rig;
	start(&rig);
	send_bytes(&rig, 5000);
	tcp_scoreboard_lose_all(&rig.conn);
	rig.stack->now_us += 50;
	tcp_scoreboard_resent(&rig.conn, at(&rig, 0), at(&rig, 1000));
	tcp_scoreboard_resent(&rig.conn, at(&rig, 1000), at(&rig, 2000));
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 2);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 3000);
	rig.stack->now_us += 50;
	tcp_scoreboard_resent(&rig.conn, at(&rig, 2000), at(&rig, 3000));
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 3);
	tcp_scoreboard_resent(&rig.conn, at(&rig, 3000), at(&rig, 5000));
	CU_ASSERT_EQUAL(rig.conn.n_ranges, 2);
	CU_ASSERT_EQUAL(rig.conn.lost_bytes, 0);
	finish(&rig);
}

/* Against a plain array of octets: random sends, SACKs, losses, retransmissions and acknowledgements. */
static void test_random_against_a_plain_array(void)
{
	enum { N = 400, SENT = 0, SACKED = 1, LOST = 2 };
	struct rig rig;
	start(&rig);
	static uint8_t state[N];
	uint32_t base = rig.conn.snd_una, random = 3;
	for (unsigned step = 0; step < 4000 && rig.conn.snd_una - base < N - 50; step++) {
		random = random * 1664525 + 1013904223;
		uint32_t una = rig.conn.snd_una - base, next = rig.conn.snd_nxt - base;
		uint32_t a = next > una ? una + (random >> 8) % (next - una) : una, b = a + 1 + (random >> 20) % 9;
		struct tcp_scoreboard_news news = {0};
		b = b < next ? b : next;
		rig.stack->now_us += random >> 30;
		switch ((random >> 4) % 8) {
		case 0:
		case 1:
			if (next + 10 < N)
				send_bytes(&rig, 10);
			break;
		case 2:
		case 3:
			if (a == una || a >= b)
				break;
			tcp_scoreboard_sacked(&rig.conn, base + a, base + b, &news);
			memset(state + a, SACKED, b - a);
			break;
		case 4:
		case 5:
			tcp_scoreboard_lose(&rig.conn, base + a, base + b);
			for (uint32_t i = a; i < b; i++)
				state[i] = state[i] == SENT ? LOST : state[i];
			break;
		case 6: {
			struct tcp_scoreboard_part part;
			if (!tcp_scoreboard_first_lost(&rig.conn, &part))
				break;
			tcp_scoreboard_resent(&rig.conn, part.start, part.start + 1);
			state[part.start - base] = SENT;
			break;
		}
		default:
			if (a - una > 3)
				a = una + 3;
			tcp_scoreboard_acked(&rig.conn, base + a, &news);
			rig.conn.snd_una = base + a;
			break;
		}
		uint32_t sacked = 0, lost = 0;
		for (uint32_t i = rig.conn.snd_una - base; i < rig.conn.snd_nxt - base; i++) {
			sacked += state[i] == SACKED;
			lost += state[i] == LOST;
		}
		CU_ASSERT_EQUAL_FATAL(rig.conn.sacked_bytes, sacked);
		CU_ASSERT_EQUAL_FATAL(rig.conn.lost_bytes, lost);
	}
	finish(&rig);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"one burst is one range", test_one_burst_is_one_range},
		{"SACK and acknowledgement", test_sack_and_acknowledgement},
		{"slivers are not recorded", test_slivers_are_not_recorded},
		{"small segments are no slivers", test_small_segments_are_no_slivers},
		{"lost is sent again piece by piece", test_lost_is_sent_again_piece_by_piece},
		{"a timeout distrusts SACKs", test_timeout_distrusts_sacks},
		{"every other octet", test_every_other_octet},
		{"what is late is lost", test_what_is_late_is_lost},
		{"a tail behind what is joined", test_a_tail_behind_what_is_joined},
		{"pieces sent again together are one range", test_pieces_sent_again_together_are_one_range},
		{"random, against a plain array", test_random_against_a_plain_array},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_scoreboard", tests);
}
