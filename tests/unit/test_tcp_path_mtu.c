/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "tcp_types.h"
#include "unit.h"

static void test_packet_too_big(void) /* RFC 1191, RFC 8201 */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 1460\n"
					"+0 > P. 1:1461(1460) ack 1\n"
					"+0 mtu 1461 1000\n" /* not in flight: a stranger */
					"+0 silence\n"
					"+0 mtu 1 100\n" /* floor 576 */
					"+0 > . 1:537(536) ack 1\n"
					"+0 > . 537:1073(536) ack 1\n"
					"+0 > P. 1073:1461(388) ack 1\n");
}

/* --- a black hole: what is large vanishes, and nobody says so
 * ---------------------------------------------------------------------- */

static void test_large_segments_vanish(void) /* RFC 4821 7.7, RFC 8201 4 */
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 1460\n"
					      "+0 > P. 1:1461(1460) ack 1\n"
					      "+1 > P. 1:1461(1460) ack 1\n"
					      "+2 > . 1:1241(1240) ack 1\n" /* what most tunnels take */
					      "+.05 < . 1:1(0) ack 1241 win 65535\n"
					      "+0 > P. 1241:1461(220) ack 1\n"
					      "+.05 < . 1:1(0) ack 1461 win 65535\n"
					      "+0 write 1300\n"
					      "+0 > . 1461:2701(1240) ack 1\n"
					      "+0 > P. 2701:2761(60) ack 1\n");
}

static void test_down_to_what_every_path_takes(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+2 < . 1:1(0) ack 1 win 512 <TS val 3000>\n" /* too late to tell of the path */
			"+0 write 1448\n"
			"+0 > P. 1:1449(1448) ack 1\n"
			"+1 > P. 1:1449(1448) ack 1\n"
			"+2 > . 1:1229(1228) ack 1\n"
			"+4 > . 1:525(524) ack 1\n"
			"+8 > . 1:525(524) ack 1\n");
}

/* Between the floor and what tunnels take: size may be why as well. */
static void test_a_segment_that_is_not_full_may_vanish_too(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 1000\n"
					      "+0 > P. 1:1001(1000) ack 1\n"
					      "+1 > P. 1:1001(1000) ack 1\n"
					      "+2 > . 1:537(536) ack 1\n");
}

/* A small segment that is lost says nothing about size. */
static void test_small_segments_are_not_suspect(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
						      "+0 > P. 1:101(100) ack 1\n"
						      "+1 > P. 1:101(100) ack 1\n"
						      "+2 > P. 1:101(100) ack 1\n"
						      "+4 > P. 1:101(100) ack 1\n");
	CU_ASSERT_EQUAL(script.conn->snd_mss, 1460);
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_BLACK_HOLES), 0);
	tcp_script_fini(&script);
}

/* A suspicion was wrong, or the path has mended: after a minute a full segment is tried. */
static void test_a_suspicion_is_looked_into(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 1460\n"
						      "+0 > P. 1:1461(1460) ack 1\n"
						      "+1 > P. 1:1461(1460) ack 1\n"
						      "+2 > . 1:1241(1240) ack 1\n"
						      "+.05 < . 1:1(0) ack 1241 win 65535\n"
						      "+0 > P. 1241:1461(220) ack 1\n"
						      "+.05 < . 1:1(0) ack 1461 win 65535\n"
						      "+60 write 5200\n"
						      "+0 > . 1461:2921(1460) ack 1\n"
						      "+.05 < . 1:1(0) ack 2921 win 65535\n"
						      "+0 > . 2921:4381(1460) ack 1\n"
						      "+0 > . 4381:5841(1460) ack 1\n"
						      "+0 > P. 5841:6661(820) ack 1\n");
	CU_ASSERT_EQUAL(script.conn->snd_mss, 1460);
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_BLACK_HOLES), 1);
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_MTU_RAISED), 1);
	tcp_script_fini(&script);
}

/* --- probing upwards
 * ------------------------------------------------------------------------------------------------------------- */

#define REDUCED                                                                                                        \
	TCP_SCRIPT_OPEN "+0 write 1460\n"                                                                              \
			"+0 > P. 1:1461(1460) ack 1\n"                                                                 \
			"+0 mtu 1 1280\n"                                                                              \
			"+0 > . 1:1241(1240) ack 1\n"                                                                  \
			"+0 > P. 1241:1461(220) ack 1\n"                                                               \
			"+.05 < . 1:1(0) ack 1461 win 512\n"

static void test_no_probe_within_ten_minutes(void) /* RFC 8201 4: not within five, ten are advised */
{
	tcp_script_test(REDUCED "+599 write 5200\n"
				"+0 > . 1461:2701(1240) ack 1\n"
				"+0 > . 2701:3941(1240) ack 1\n"
				"+0 > . 3941:5181(1240) ack 1\n"
				"+0 > . 5181:6421(1240) ack 1\n"
				"+0 > P. 6421:6661(240) ack 1\n");
}

/* A probe needs company: nothing is risked for a few octets. */
static void test_no_probe_alone(void)
{
	tcp_script_test(REDUCED "+600 write 2000\n"
				"+0 > . 1461:2701(1240) ack 1\n"
				"+0 > P. 2701:3461(760) ack 1\n");
}

/* The probe is lost: sent again in smaller segments, the window stays (RFC 4821 7.6.1), and halfway is tried next. */
static void test_lost_probe_is_no_congestion(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, REDUCED "+600 write 8000\n"
					"+0 > . 1461:2921(1460) ack 1\n"
					"+0 > . 2921:4161(1240) ack 1\n"
					"+0 > . 4161:5401(1240) ack 1\n"
					"+0 > . 5401:6641(1240) ack 1\n"
					"+0 > . 6641:7881(1240) ack 1\n"
					"+0 > . 7881:9121(1240) ack 1\n"
					"+0 > P. 9121:9461(340) ack 1\n");
	uint32_t cwnd = script.conn->cwnd;
	tcp_script_run(&script, "+.05 < . 1:1(0) ack 1461 win 512 <sack 2921:6641>\n"
				"+0 > . 1461:2701(1240) ack 1\n"
				"+0 > . 2701:2921(220) ack 1\n"
				"+.05 < . 1:1(0) ack 9461 win 512\n");
	CU_ASSERT_TRUE(script.conn->cwnd >= cwnd);
	CU_ASSERT_EQUAL(script.conn->snd_mss, 1240);
	tcp_script_run(&script, "+1 write 5200\n"
				"+0 > . 9461:10811(1350) ack 1\n"
				"+0 > . 10811:12051(1240) ack 1\n"
				"+0 > . 12051:13291(1240) ack 1\n"
				"+0 > . 13291:14531(1240) ack 1\n"
				"+0 > P. 14531:14661(130) ack 1\n"
				"+.05 < . 1:1(0) ack 14661 win 512\n");
	CU_ASSERT_EQUAL(script.conn->snd_mss, 1350);
	tcp_script_fini(&script);
}

/* Without SACK the third duplicate tells. */
static void test_lost_probe_without_sack(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 1460\n"
						      "+0 > P. 1:1461(1460) ack 1\n"
						      "+0 mtu 1 1280\n"
						      "+0 > . 1:1241(1240) ack 1\n"
						      "+0 > P. 1241:1461(220) ack 1\n"
						      "+.05 < . 1:1(0) ack 1461 win 65535\n"
						      "+600 write 5200\n"
						      "+0 > . 1461:2921(1460) ack 1\n"
						      "+0 > . 2921:4161(1240) ack 1\n"
						      "+0 > . 4161:5401(1240) ack 1\n"
						      "+0 > . 5401:6641(1240) ack 1\n"
						      "+0 > P. 6641:6661(20) ack 1\n");
	uint32_t cwnd = script.conn->cwnd;
	tcp_script_run(&script, "+.05 < . 1:1(0) ack 1461 win 65535\n"
				"+0 < . 1:1(0) ack 1461 win 65535\n"
				"+0 < . 1:1(0) ack 1461 win 65535\n"
				"+0 > . 1461:2701(1240) ack 1\n"
				"+0 > . 2701:2921(220) ack 1\n"
				"+.05 < . 1:1(0) ack 6661 win 65535\n");
	CU_ASSERT_TRUE(script.conn->cwnd >= cwnd);
	tcp_script_fini(&script);
}

/* A router answers the probe: what it says is no news of what gets through, and ends the attempt at once. */
static void test_too_big_for_the_probe(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, REDUCED "+600 write 5200\n"
					"+0 > . 1461:2921(1460) ack 1\n"
					"+0 > . 2921:4161(1240) ack 1\n"
					"+0 > . 4161:5401(1240) ack 1\n"
					"+0 > . 5401:6641(1240) ack 1\n"
					"+0 > P. 6641:6661(20) ack 1\n"
					"+0 mtu 1461 1280\n"
					"+0 > . 1461:2701(1240) ack 1\n"
					"+0 > . 2701:2921(220) ack 1\n");
	CU_ASSERT_EQUAL(script.conn->snd_mss, 1240);
	CU_ASSERT_EQUAL(script.conn->path_mtu.probe, 0);
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 1191, 8201: packet too big", test_packet_too_big},
		{"RFC 4821 7.7: large segments vanish", test_large_segments_vanish},
		{"down to what every path takes", test_down_to_what_every_path_takes},
		{"a segment that is not full may vanish too", test_a_segment_that_is_not_full_may_vanish_too},
		{"small segments are not suspect", test_small_segments_are_not_suspect},
		{"RFC 4821 7.3: a suspicion is looked into", test_a_suspicion_is_looked_into},
		{"RFC 8201 4: no probe within ten minutes", test_no_probe_within_ten_minutes},
		{"no probe alone", test_no_probe_alone},
		{"RFC 4821 7.6.1: a lost probe is no congestion", test_lost_probe_is_no_congestion},
		{"a lost probe without SACK", test_lost_probe_without_sack},
		{"RFC 1191: too big for the probe", test_too_big_for_the_probe},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_path_mtu", tests);
}
