/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_congestion.h"
#include "tcp_slow_start.h"
#include "unit.h"

#include <string.h>

struct rig {
	struct tcp_stack stack;
	struct tcp_conn conn;
};

static void start(struct rig *rig, uint16_t mss)
{
	memset(rig, 0, sizeof(*rig));
	rig->conn.stack = &rig->stack;
	rig->stack.now_us = 1000000;
	rig->conn.snd_mss = mss;
	rig->conn.cwnd_limited = true;
	rig->conn.srtt_us = 100000;
	rig->conn.rto_us = 300000;
	tcp_congestion_init(&rig->conn);
}

static void test_rfc_6928_initial_window(void)
{
	static const struct {
		uint16_t mss;
		uint32_t window;
	} rows[] = {{536, 5360}, {1448, 14480}, {1460, 14600}, {2000, 14600}, {8940, 17880}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;
		start(&rig, rows[i].mss);
		CU_ASSERT_EQUAL(rig.conn.cwnd, rows[i].window);
	}
}

static void test_slow_start_doubles(void)
{
	struct rig rig;
	start(&rig, 1000);
	tcp_congestion_acked(&rig.conn, 10000);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 20000);
	/* A window that is not used does not grow. */
	rig.conn.cwnd_limited = false;
	tcp_congestion_acked(&rig.conn, 10000);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 20000);
}

static void test_rfc_9438_decrease(void)
{
	struct rig rig;
	start(&rig, 1000);
	rig.conn.cwnd = 100000;
	tcp_congestion_reduce(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.ssthresh, 70000);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 70000);
	CU_ASSERT_EQUAL(rig.conn.cubic_w_max, 100000);
	/* Fast convergence: another flow is taking its share. */
	tcp_congestion_reduce(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.cubic_w_max, 59500);
	rig.conn.cwnd = 1000;
	tcp_congestion_reduce(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.ssthresh, 2000);
}

/* Section 4.2: back at W_max after K = cbrt(W_max * 0.3 / C) seconds: 4.2 s for 100 segments; then beyond. */
static void test_rfc_9438_curve(void)
{
	struct rig rig;
	start(&rig, 1000);
	rig.conn.cwnd = 100000;
	tcp_congestion_reduce(&rig.conn);
	uint32_t at_2s = 0, at_4s = 0;
	for (unsigned ms = 0; ms < 8000; ms += 100) {
		rig.stack.now_us += 100000;
		tcp_congestion_acked(&rig.conn, rig.conn.cwnd);
		if (ms == 2000)
			at_2s = rig.conn.cwnd;
		if (ms == 4000)
			at_4s = rig.conn.cwnd;
	}
	CU_ASSERT_TRUE(at_2s > 90000 && at_2s < 100000);
	CU_ASSERT_TRUE(at_4s > 97000 && at_4s < 103000);
	CU_ASSERT_TRUE(rig.conn.cwnd > 110000 && rig.conn.cwnd < 160000);
}

static void test_timeout(void)
{
	struct rig rig;
	start(&rig, 1000);
	rig.conn.cwnd = 100000;
	rig.conn.snd_nxt = 50000;
	tcp_congestion_timeout(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 1000);
	CU_ASSERT_EQUAL(rig.conn.ssthresh, 70000);
	/* RFC 5681 section 3.1: the same data again does not lower it further. */
	tcp_congestion_timeout(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.ssthresh, 70000);
}

/* RFC 6937: while more is in flight than ssthresh, less is sent than is delivered, in that proportion. */
static void test_proportional_rate_reduction(void)
{
	struct rig rig;
	start(&rig, 1000);
	rig.conn.cwnd = 20000;
	rig.conn.snd_nxt = 20000;
	tcp_congestion_enter_recovery(&rig.conn);
	rig.conn.lost_bytes = 1000;
	rig.conn.sacked_bytes = 1000;
	tcp_congestion_recovery_acked(&rig.conn, 1000);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 18000 + 1000); /* the first retransmission is not held back */
	rig.conn.prr.out = 1000;
	rig.conn.lost_bytes = 0;
	uint32_t sent = 1000;
	for (unsigned i = 2; i <= 10; i++) {
		rig.conn.sacked_bytes = i * 1000;
		tcp_congestion_recovery_acked(&rig.conn, 1000);
		uint32_t pipe = 20000 - rig.conn.sacked_bytes;
		uint32_t allowed = rig.conn.cwnd > pipe ? rig.conn.cwnd - pipe : 0;
		if (pipe > rig.conn.ssthresh)
			CU_ASSERT_TRUE(sent + allowed <= i * 700 + 1000);
		sent += allowed;
		rig.conn.prr.out += allowed;
	}
	tcp_congestion_exit_recovery(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 14000);
}

static void test_restart_after_idle(void)
{
	struct rig rig;
	start(&rig, 1000);
	rig.conn.cwnd = 100000;
	rig.conn.last_send_ms = 1000;
	rig.stack.now_us = 1100000;
	tcp_congestion_restart_after_idle(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 100000);
	rig.stack.now_us = 1400000;
	tcp_congestion_restart_after_idle(&rig.conn);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 10000);
}

/* One round trip: a window's worth is acknowledged in ten steps, and as much is sent. */
static void one_round(struct rig *rig, uint32_t rtt_us)
{
	uint32_t cwnd = rig->conn.cwnd;
	for (unsigned i = 0; i < 10; i++) {
		rig->conn.snd_una += cwnd / 10;
		tcp_slow_start_rtt_sample(&rig->conn, rtt_us);
		tcp_congestion_acked(&rig->conn, cwnd / 10);
		rig->conn.snd_nxt = rig->conn.snd_una + rig->conn.cwnd;
	}
}

/* RFC 9406: round trips that grow by an eighth end slow start after five cautious rounds. */
static void test_rfc_9406_growing_round_trips_end_slow_start(void)
{
	struct rig rig;
	start(&rig, 1000);
	unsigned rounds = 0;
	for (; rig.conn.cwnd < rig.conn.ssthresh && rounds < 30; rounds++)
		one_round(&rig, 100000 + (rounds >= 3 ? (rounds - 2) * 20000 : 0));
	CU_ASSERT_TRUE(rounds >= 7 && rounds < 14);
	CU_ASSERT_TRUE(rig.conn.ssthresh < 1000000);
}

static void test_rfc_9406_steady_round_trips_do_not(void)
{
	struct rig rig;
	start(&rig, 1000);
	for (unsigned round = 0; round < 10; round++)
		one_round(&rig, 100000 + round % 2 * 3000);
	CU_ASSERT_EQUAL(rig.conn.cwnd, 10240000);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 6928: initial window", test_rfc_6928_initial_window},
		{"slow start doubles", test_slow_start_doubles},
		{"RFC 9438: decrease", test_rfc_9438_decrease},
		{"RFC 9438: the curve", test_rfc_9438_curve},
		{"timeout", test_timeout},
		{"RFC 6937: proportional rate reduction", test_proportional_rate_reduction},
		{"RFC 5681 4.1: restart after idle", test_restart_after_idle},
		{"RFC 9406: growing round trips", test_rfc_9406_growing_round_trips_end_slow_start},
		{"RFC 9406: steady round trips", test_rfc_9406_steady_round_trips_do_not},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_congestion", tests);
}
