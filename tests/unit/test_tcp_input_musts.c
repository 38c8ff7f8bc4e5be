/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RFCs say an implementation MUST do and no other test here holds, a packet script each; docs/tcp.md has them
 * all. How to read the scripts: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "tcp_types.h"
#include "unit.h"

/* --- RFC 9293: options and segment sizes ------------------------------------------------------------------------- */

static void test_an_mss_in_mid_connection_says_nothing(void) /* 3.7.1: only in SYN */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < . 1:101(100) ack 1 win 512 <mss 100>\n"
					"+0 > . 1:1(0) ack 101\n"
					"+0 write 1460\n"
					"+0 > P. 1:1461(1460) ack 101\n");
}

static void test_no_mss_over_ipv6_means_1220(void) /* 3.7.1, MUST-16 */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.key.local_ip = (struct ip_address){{0x20, 1, 0xd, 0xb8, [15] = 1}};
	script.key.remote_ip = (struct ip_address){{0x20, 1, 0xd, 0xb8, [15] = 2}};
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535\n"
				"+0 > S. 0:0(0) ack 1 <mss 1440>\n"
				"+0 < . 1:1(0) ack 1 win 65535\n"
				"+0 write 1300\n"
				"+0 > . 1:1221(1220) ack 1\n"
				"+0 > P. 1221:1301(80) ack 1\n");
	tcp_script_fini(&script);
}

/* --- RFC 9293: opening ------------------------------------------------------------------------------------------- */

static void test_close_and_abort_in_syn_sent_are_silent(void) /* 3.10.4, 3.10.5 */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 close\n"
			"+0 closed aborted\n"
			"+9 silence\n");
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 abort\n"
			"+0 closed aborted\n"
			"+9 silence\n");
}

static void test_abort_in_syn_received_resets(void) /* 3.10.5 */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 abort\n"
			"+0 > R. 1:1(0) ack 1\n");
}

static void test_simultaneous_open_carries_data(void) /* 3.5, MUST-10 */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 write 100\n"
			"+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+1 > S. 0:0(0) ack 1\n" /* lost: by the timer */
			"+0 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
			"+0 > P. 1:101(100) ack 1\n"
			"+0 < P. 1:51(50) ack 101 win 65535\n"
			"+0 > . 101:101(0) ack 51\n"
			"+0 readable 50\n"
			"+0 state established\n");
}

/* 3.5.1: the peer has lost its memory and opens anew: its SYN is challenged, its RST ends the old connection. */
static void test_half_open_connection_is_found_out(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < S 77000:77000(0) win 65535 <mss 1460>\n"
					"+0 > . 1:1(0) ack 1\n"
					"+0 < R 1:1(0) win 0\n"
					"+0 closed reset\n");
}

/* 3.8.3, MUST-23: a SYN is retried for three minutes at least. */
static void test_syn_is_retried_for_three_minutes(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 open\n+0 > S 0:0(0)\n");
	tcp_script_advance(&script, script.now_us + 181000000);
	CU_ASSERT_EQUAL(script.n_queue, 7); /* after 1, 3, 7, 15, 31, 63 and 127 s */
	script.n_queue = 0;
	tcp_script_run(&script, "+0 state syn-sent\n");
	tcp_script_fini(&script);
}

/* --- RFC 9293: windows ------------------------------------------------------------------------------------------- */

static void test_shrunken_window_is_survived(void) /* 3.8.6, MUST-34 */
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 4380\n"
					      "+0 > . 1:1461(1460) ack 1\n"
					      "+0 > . 1461:2921(1460) ack 1\n"
					      "+0 > P. 2921:4381(1460) ack 1\n"
					      "+.1 < . 1:1(0) ack 1 win 1000\n" /* half of it is taken back */
					      "+0 write 1000\n"
					      "+0 silence\n"
					      "+0 < . 1:1(0) ack 4381 win 65535\n"
					      "+0 > P. 4381:5381(1000) ack 1\n");
}

/* 3.8.6.1, MUST-35, MUST-36, MUST-37: as long as the probes are answered. */
static void test_closed_window_may_stay_closed(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.max_rto_us = 4000000;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 < . 1:1(0) ack 1 win 0\n"
						      "+0 write 1000\n"
						      "+1 > . 0:0(0) ack 1\n"
						      "+0 < . 1:1(0) ack 1 win 0\n"
						      "+2 > . 0:0(0) ack 1\n"
						      "+0 < . 1:1(0) ack 1 win 0\n");
	for (unsigned i = 0; i < 50; i++)
		tcp_script_run(&script, "+4 > . 0:0(0) ack 1\n+0 < . 1:1(0) ack 1 win 0\n");
	tcp_script_run(&script, "+0 state established\n"
				"+0 < . 1:1(0) ack 1 win 2000\n"
				"+0 > P. 1:1001(1000) ack 1\n");
	tcp_script_fini(&script);
}

static void test_closed_window_without_answers_is_given_up(void) /* 3.8.3 */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.retries = 3;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 < . 1:1(0) ack 1 win 0\n"
						      "+0 write 1000\n"
						      "+1 > . 0:0(0) ack 1\n"
						      "+2 > . 0:0(0) ack 1\n"
						      "+4 > . 0:0(0) ack 1\n"
						      "+8 > R. 1:1(0) ack 1\n"
						      "+0 closed timeout\n");
	tcp_script_fini(&script);
}

/* 3.10.7.4: SND.UNA =< SEG.ACK, or the window is of the past. Its text is taken all the same. */
static void test_old_ack_does_not_set_the_window(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 1000\n"
						      "+0 > P. 1:1001(1000) ack 1\n"
						      "+0 < . 1:1(0) ack 1001 win 5000\n"
						      "+0 < P. 11:21(10) ack 501 win 100\n"
						      "+0 > . 1001:1001(0) ack 1\n"
						      "+0 < P. 1:11(10) ack 501 win 100\n"
						      "+0 > . 1001:1001(0) ack 21\n"
						      "+0 readable 20\n");
	CU_ASSERT_EQUAL(script.conn->snd_wnd, 5000);
	tcp_script_fini(&script);
}

/* --- RFC 9293: keepalive and the end ----------------------------------------------------------------------------- */

static void test_no_keepalive_unless_asked_for(void) /* 3.8.4, MUST-25 */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+86400 silence\n+0 state established\n");
}

static void test_keepalive_leaves_data_in_flight_alone(void) /* 3.8.4, MUST-26 */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.keepalive_idle_us = 1500000;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
						      "+0 > P. 1:101(100) ack 1\n"
						      "+1 > P. 1:101(100) ack 1\n"
						      "+2 > P. 1:101(100) ack 1\n"
						      "+.1 < . 1:1(0) ack 101 win 65535\n"
						      "+1.5 > . 100:100(0) ack 1\n");
	tcp_script_fini(&script);
}

/* 3.10.7.4, TIME-WAIT: the peer's FIN again means that our ACK was lost; the time begins anew (10 s here). */
static void test_time_wait_begins_anew_with_the_fin(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < F. 1:1(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+9 < F. 1:1(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+9 state time-wait\n"
					      "+2 state closed\n");
}

/* --- RFC 6298, RFC 6928 ------------------------------------------------------------------------------------------ */

static void test_rto_after_a_lost_syn(void) /* 6298 5.7: three seconds, for there is no sample */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+1 > S 0:0(0)\n"
			"+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 write 100\n"
			"+0 > P. 1:101(100) ack 1\n"
			"+3 > P. 1:101(100) ack 1\n");
}

static void test_echo_tells_which_syn_was_answered(
	void) /* 7323 4.1: then there is a sample: 100 ms + 200 ms at least */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 open\n"
				"+0 > S 0:0(0)\n"
				"+1 > S 0:0(0)\n"
				"+.1 < S. 0:0(0) ack 1 win 65535 <mss 1460,TS val 5>\n"
				"+0 > . 1:1(0) ack 1\n");
	CU_ASSERT_TRUE(script.conn->srtt_us >= 100000 && script.conn->srtt_us <= 103000);
	tcp_script_fini(&script);
}

static void test_initial_window_after_lost_syns(void) /* 6928 2, 5681 3.1 */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+1 > S 0:0(0)\n"
			"+2 > S 0:0(0)\n"
			"+.1 < S. 0:0(0) ack 1 win 65535 <mss 1000>\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 write 3000\n"
			"+0 > . 1:1001(1000) ack 1\n"
			"+.1 < . 1:1(0) ack 1001 win 65535\n"
			"+0 > . 1001:2001(1000) ack 1\n"
			"+0 > P. 2001:3001(1000) ack 1\n");
}

static void test_no_sample_from_what_was_sent_twice(void) /* 6298 3: Karn */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
						      "+0 > P. 1:101(100) ack 1\n"
						      "+1 > P. 1:101(100) ack 1\n"
						      "+.01 < . 1:1(0) ack 101 win 65535\n");
	CU_ASSERT_EQUAL(script.conn->srtt_us, 0);
	tcp_script_fini(&script);
}

/* --- RFC 7323 ---------------------------------------------------------------------------------------------------- */

static void test_window_of_a_syn_is_not_scaled(void) /* 2.2 */
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < S. 0:0(0) ack 1 win 2920 <mss 1460,wscale 7>\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 write 5000\n"
			"+0 > . 1:1461(1460) ack 1\n"
			"+0 > . 1461:2921(1460) ack 1\n"
			"+0 < . 1:1(0) ack 2921 win 20\n" /* 2,560 */
			"+0 > . 2921:4381(1460) ack 1\n"
			"+0 > P. 4381:5001(620) ack 1\n");
}

static void test_scale_above_14_is_14(void) /* 2.3 */
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 open\n"
				"+0 > S 0:0(0)\n"
				"+0 < S. 0:0(0) ack 1 win 2920 <mss 1460,wscale 200>\n"
				"+0 > . 1:1(0) ack 1\n"
				"+0 < . 1:1(0) ack 1 win 1\n");
	CU_ASSERT_EQUAL(script.conn->snd_wnd, 16384);
	tcp_script_fini(&script);
}

static void test_old_timestamp_does_not_save_from_a_reset(void) /* 5.2: PAWS is not for RST */
{
	tcp_script_test(TCP_SCRIPT_OPEN_TIMESTAMPS "+0 < R. 1:1(0) ack 1 win 0 <TS val 1>\n"
						   "+0 closed reset\n");
}

static void test_a_timestamp_grows_old(void) /* 5.5: after 24 days it says nothing */
{
	tcp_script_test(TCP_SCRIPT_OPEN_TIMESTAMPS "+2070000 < . 1:11(10) ack 1 win 512 <TS val 5>\n"
						   "+0 > . 1:1(0) ack 1\n"
						   "+0 drops tcp_paws 1\n"
						   "+10000 < . 1:11(10) ack 1 win 512 <TS val 5>\n"
						   "+0 > . 1:1(0) ack 11\n"
						   "+0 readable 10\n");
}

/* 4.3: of segments that one acknowledgement answers the first one's is echoed, so that the delay counts. */
static void test_the_first_timestamp_is_echoed(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_TIMESTAMPS);
	script.conn->quick_acks = 0;
	tcp_script_run(&script, "+0 < . 1:101(100) ack 1 win 512 <TS val 2000>\n"
				"+.02 < . 101:201(100) ack 1 win 512 <TS val 2020>\n"
				"+.02 > . 1:1(0) ack 201\n");
	CU_ASSERT_EQUAL(script.conn->ts_recent, 2000);
	tcp_script_fini(&script);
}

/* --- RFC 2018, RFC 6528 ------------------------------------------------------------------------------------------ */

static void test_no_sack_unless_permitted(void) /* 2018 2, 4 */
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < . 1001:2001(1000) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 1 <->\n"
					      "+0 < . 1001:2001(1000) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 1 <->\n");
}

/* 6528 3: a clock of 4 µs for one tuple; another tuple's numbers tell nothing of it. */
static void test_initial_sequence_numbers(void)
{
	static struct tcp_script script;
	uint32_t isn[3];
	for (unsigned i = 0; i < 3; i++) {
		tcp_script_init(&script);
		script.now_us += i == 1 ? 4000000 : 0;
		script.key.remote_port = i == 2 ? 40001 : 40000;
		tcp_script_start(&script);
		tcp_script_run(&script, "+0 open\n+0 > S 0:0(0)\n");
		isn[i] = script.our_isn;
		tcp_script_fini(&script);
	}
	CU_ASSERT_EQUAL(isn[1] - isn[0], 1000000);
	CU_ASSERT_TRUE(isn[2] - isn[0] > 1000000 && isn[0] - isn[2] > 1000000);
}

static void test_timestamps_do_not_tell_the_uptime(void) /* 7323 7.1: each tuple has an offset of its own */
{
	static struct tcp_script script;
	uint32_t value[2];
	for (unsigned i = 0; i < 2; i++) {
		tcp_script_init(&script);
		script.key.remote_port = (uint16_t)(40000 + i);
		tcp_script_start(&script);
		tcp_script_run(&script, "+0 open\n+0 > S 0:0(0) <mss 1460,sackOK,TS val 0 ecr 0,wscale 2>\n");
		value[i] = script.last_ts_value;
		tcp_script_fini(&script);
	}
	CU_ASSERT_NOT_EQUAL(value[0], value[1]);
	CU_ASSERT_NOT_EQUAL(value[0], script.now_us / 1000);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 9293 3.7.1: an MSS in mid-connection", test_an_mss_in_mid_connection_says_nothing},
		{"RFC 9293 3.7.1: no MSS over IPv6", test_no_mss_over_ipv6_means_1220},
		{"RFC 9293 3.10.4: close in SYN-SENT", test_close_and_abort_in_syn_sent_are_silent},
		{"RFC 9293 3.10.5: abort in SYN-RECEIVED", test_abort_in_syn_received_resets},
		{"RFC 9293 3.5: simultaneous open with data", test_simultaneous_open_carries_data},
		{"RFC 9293 3.5.1: half-open", test_half_open_connection_is_found_out},
		{"RFC 9293 3.8.3: SYN for three minutes", test_syn_is_retried_for_three_minutes},
		{"RFC 9293 3.8.6: shrunken window", test_shrunken_window_is_survived},
		{"RFC 9293 3.8.6.1: closed window, answered", test_closed_window_may_stay_closed},
		{"RFC 9293 3.8.6.1: closed window, given up", test_closed_window_without_answers_is_given_up},
		{"RFC 9293 3.10.7.4: old ACK and window", test_old_ack_does_not_set_the_window},
		{"RFC 9293 3.8.4: no keepalive by default", test_no_keepalive_unless_asked_for},
		{"RFC 9293 3.8.4: keepalive and data", test_keepalive_leaves_data_in_flight_alone},
		{"RFC 9293 3.10.7.4: FIN in TIME-WAIT", test_time_wait_begins_anew_with_the_fin},
		{"RFC 6298 5.7: RTO after a lost SYN", test_rto_after_a_lost_syn},
		{"RFC 7323 4.1: a SYN's echo", test_echo_tells_which_syn_was_answered},
		{"RFC 6928 2: window after lost SYNs", test_initial_window_after_lost_syns},
		{"RFC 6298 3: Karn", test_no_sample_from_what_was_sent_twice},
		{"RFC 7323 2.2: a SYN's window", test_window_of_a_syn_is_not_scaled},
		{"RFC 7323 2.3: scale above 14", test_scale_above_14_is_14},
		{"RFC 7323 5.2: RST and PAWS", test_old_timestamp_does_not_save_from_a_reset},
		{"RFC 7323 5.5: outdated timestamp", test_a_timestamp_grows_old},
		{"RFC 7323 4.3: which timestamp is echoed", test_the_first_timestamp_is_echoed},
		{"RFC 2018 2: no SACK unless permitted", test_no_sack_unless_permitted},
		{"RFC 6528 3: initial sequence numbers", test_initial_sequence_numbers},
		{"RFC 7323 7.1: uptime", test_timestamps_do_not_tell_the_uptime},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_input_musts", tests);
}
