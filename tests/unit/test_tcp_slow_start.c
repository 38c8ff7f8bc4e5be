/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_slow_start.h"

#include "unit.h"

#include <string.h>

#define MSS    1000u
#define RTT_US 20000u
#define NEVER  (UINT32_C(1) << 30)

/* A sender whose peer acknowledges two segments at a time. */
static struct tcp_stack stack;
static struct tcp_conn conn;

static void begin(uint32_t iss)
{
	memset(&stack, 0, sizeof(stack));
	memset(&conn, 0, sizeof(conn));
	stack.now_us = 5000000;
	conn.stack = &stack;
	conn.snd_una = iss;
	conn.snd_nxt = iss + 10 * MSS;
	tcp_slow_start_begin(&conn);
	conn.cwnd = 10 * MSS;
	conn.ssthresh = NEVER;
	conn.min_rtt_us = RTT_US;
}

static void acknowledge(uint32_t rtt_us)
{
	conn.snd_una += 2 * MSS;
	tcp_slow_start_rtt_sample(&conn, rtt_us);
	conn.cwnd += tcp_slow_start_acked(&conn, 2 * MSS);
	conn.snd_nxt = conn.snd_una + conn.cwnd;
}

/* One round: acknowledgements for a window, gap_us apart, then silence for the rest of the round trip. */
static void run_round(uint32_t rtt_us, uint32_t gap_us)
{
	uint64_t end_us = stack.now_us + rtt_us;
	uint32_t n = (conn.snd_nxt - conn.snd_una) / (2 * MSS);
	for (uint32_t i = 0; i < n && conn.ssthresh == NEVER; i++) {
		acknowledge(rtt_us);
		stack.now_us += gap_us;
	}
	if (stack.now_us < end_us)
		stack.now_us = end_us;
}

static void test_window_doubles_while_nothing_is_queued(void)
{
	begin(77);
	for (unsigned i = 0; i < 4; i++)
		run_round(RTT_US, 1);
	CU_ASSERT_EQUAL(conn.cwnd, 160 * MSS);
	CU_ASSERT_EQUAL(conn.ssthresh, NEVER);
}

static void check_growing_delay(uint32_t iss)
{
	begin(iss);
	for (unsigned i = 0; i < 3; i++)
		run_round(RTT_US, 1);
	uint32_t before = conn.cwnd;
	run_round(RTT_US + 5000, 1);
	CU_ASSERT_TRUE(conn.slow_start.cautious_rounds > 0);
	CU_ASSERT_TRUE(conn.cwnd < 2 * before);
	for (unsigned i = 0; i < 6; i++)
		run_round(RTT_US + 5000, 1);
	CU_ASSERT_EQUAL(conn.ssthresh, conn.cwnd);
}

/* RFC 9406 section 4.2, wherever the sequence numbers begin: with half of all initial ones no round ever began. */
static void test_growing_delay_ends_slow_start_at_any_sequence_number(void)
{
	check_growing_delay(77);
	check_growing_delay(UINT32_C(0x90000000));
	check_growing_delay(UINT32_MAX - 5 * MSS);
}

static void test_shorter_delay_ends_caution(void)
{
	begin(77);
	for (unsigned i = 0; i < 3; i++)
		run_round(RTT_US, 1);
	run_round(RTT_US + 5000, 1);
	CU_ASSERT_TRUE(conn.slow_start.cautious_rounds > 0);
	run_round(RTT_US, 1);
	run_round(RTT_US, 1);
	CU_ASSERT_EQUAL(conn.slow_start.cautious_rounds, 0);
	CU_ASSERT_EQUAL(conn.ssthresh, NEVER);
}

/* 100 segments fill the path: acknowledgements 400 us apart. */
static void test_train_over_half_a_round_trip_ends_slow_start(void)
{
	begin(77);
	for (unsigned i = 0; i < 10 && conn.ssthresh == NEVER; i++)
		run_round(RTT_US, 2 * RTT_US / 100);
	CU_ASSERT_EQUAL(conn.ssthresh, conn.cwnd);
	CU_ASSERT_TRUE(conn.cwnd >= 80 * MSS);
	CU_ASSERT_TRUE(conn.cwnd <= 150 * MSS);
}

/* Acknowledgements that come now and then tell of a slow reader or a short burst, not of a full path. */
static void test_gaps_are_no_train(void)
{
	begin(77);
	for (unsigned i = 0; i < 4; i++)
		run_round(RTT_US, RTT_US / 4);
	CU_ASSERT_EQUAL(conn.ssthresh, NEVER);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"window doubles while nothing is queued", test_window_doubles_while_nothing_is_queued},
		{"growing delay ends slow start at any sequence number",
			test_growing_delay_ends_slow_start_at_any_sequence_number},
		{"shorter delay ends caution", test_shorter_delay_ends_caution},
		{"train over half a round trip ends slow start", test_train_over_half_a_round_trip_ends_slow_start},
		{"gaps are no train", test_gaps_are_no_train},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_slow_start", tests);
}
