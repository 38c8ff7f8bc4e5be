/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_lifecycle.h"
#include "tcp_script.h"
#include "tcp_types.h"
#include "unit.h"

/* --- opening
 * ------------------------------------------------------------------------------------------------------------ */

static void test_passive_open(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN);
}

static void test_syn_options_are_answered_only_if_offered(void)
{
	tcp_script_test("+0 < S 0:0(0) win 1000\n"
			"+0 > S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
			"+0 < . 1:1(0) ack 1 win 1000\n"
			"+0 write 600\n"
			"+0 > . 1:537(536) ack 1\n" /* RFC 9293 3.7.1: no MSS option means 536 */
			"+0 > P. 537:601(64) ack 1\n");
}

static void test_timestamps_are_kept_without_state(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_TIMESTAMPS "+0 write 2000\n"
						   "+0 > . 1:1449(1448) ack 1 <TS val 0 ecr 0>\n"
						   "+0 > P. 1449:2001(552) ack 1 <TS val 0 ecr 0>\n");
}

static void test_data_with_the_last_ack_of_the_handshake(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < P. 1:501(500) ack 1 win 65535\n"
			"+0 > . 1:1(0) ack 501\n"
			"+0 readable 500\n");
}

/* The final ACK was lost: the first data segment opens the connection as well. */
static void test_first_data_opens_if_the_ack_was_lost(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+30 < P. 1:101(100) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 101\n"
			"+0 state established\n");
}

/* Found by the simulator: with the client's number hashed into the cookie, one reordering in 8,192 began in mid-stream.
 */
static void test_data_that_overtakes_the_first_segment_is_dropped_without_reset(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < . 1461:2921(1460) ack 1 win 512\n"
			"+0 silence\n"
			"+0 drops tcp_cookie 1\n"
			"+0 < . 1:1461(1460) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 1461\n");
}

/* Found by the simulator: a client that waits for us to speak first probes one octet below. */
static void test_keepalive_opens_if_the_ack_was_lost(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+30 < . 0:0(0) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 state established\n");
}

static void test_old_cookie_is_refused(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+121 < . 1:1(0) ack 1 win 512\n"
			"+0 > R 1:1(0)\n"
			"+0 drops tcp_cookie 1\n");
}

/* The ACK of a SYN-ACK that was never sent: a blind guess that came true. */
static struct tcp_segment lucky_ack(const struct tcp_script *script, bool timestamps)
{
	const uint32_t client_isn = 77;
	struct syn_cookie_options options = {.mss = 1460, .timestamps = timestamps};
	uint32_t cookie =
		syn_cookie_make(&script->stack->cookie_secret, &script->key, client_isn, &options, script->now_us);
	return (struct tcp_segment){.seq = client_isn + 1, .ack = cookie + 1, .flags = TCP_ACK, .window = 65535};
}

static void send_syn(struct tcp_script *script)
{
	struct tcp_segment syn = {.seq = 1, .flags = TCP_SYN, .window = 65535};
	tcp_script_input(script, &syn);
}

static uint64_t accepted(const struct tcp_script *script)
{
	return stats_get_mt(&script->stats, STAT_TCP_ACCEPTED);
}

/* docs/decisions/syn-cookies.md: where no SYN was answered for two minutes, not even luck helps. */
static void test_no_cookie_is_good_where_none_was_given_out(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.now_us = 5000000; /* the clock is young: nothing may be taken for a SYN at time 0 */
	tcp_script_start(&script);
	struct tcp_segment ack = lucky_ack(&script, false);
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 0);
	CU_ASSERT_EQUAL(stats_get_drop_mt(&script.stats, DROP_TCP_COOKIE), 1);
	send_syn(&script);
	script.now_us += SYN_COOKIE_LIFE_US + 1;
	ack = lucky_ack(&script, false);
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 0);
	send_syn(&script);
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 1);
	tcp_script_fini(&script);
}

/* RFC 7323 3.2: with timestamps in the cookie the echo has to be right as well, and not only absent. */
static void test_timestamps_are_half_of_the_cookie(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	/* A time at which an echo of 0 would be a second old. */
	uint32_t offset = tcp_lifecycle_timestamp_offset(script.stack, &script.key);
	script.now_us = ((uint64_t)1 << 32) * 1000 + (uint64_t)(uint32_t)(1000 - offset) * 1000;
	send_syn(&script);
	struct tcp_segment ack = lucky_ack(&script, true);
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 0);
	ack.options.has_timestamps = true;
	ack.options.ts_echo = 1001; /* of the future */
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 0);
	ack.options.ts_echo = 1000 - (uint32_t)(SYN_COOKIE_LIFE_US / 1000) - 1;
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 0);
	ack.options.ts_echo = 990;
	tcp_script_input(&script, &ack);
	CU_ASSERT_EQUAL(accepted(&script), 1);
	tcp_script_fini(&script);
}

static void test_syn_again_gets_the_same_answer(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+1 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < . 1:1(0) ack 1 win 512\n"
			"+0 state established\n");
}

/* RFC 7323 4.1: a first flight that is lost need not wait for RFC 6298's second. */
static void test_cookie_tells_the_round_trip(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_TIMESTAMPS);
	CU_ASSERT_TRUE(script.conn->srtt_us >= 100000 && script.conn->srtt_us <= 132000);
	CU_ASSERT_TRUE(script.conn->rto_us >= 300000 && script.conn->rto_us <= 400000);
	CU_ASSERT_EQUAL(script.conn->min_rtt_us, UINT32_MAX);
	/* The first sample replaces the guess. */
	tcp_script_run(&script, "+0 write 100\n"
				"+0 > P. 1:101(100) ack 1\n"
				"+.01 < . 1:1(0) ack 101 win 512 <TS val 1110>\n");
	CU_ASSERT_TRUE(script.conn->srtt_us >= 10000 && script.conn->srtt_us <= 13000);
	tcp_script_fini(&script);
}

static void test_late_ack_tells_no_round_trip(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,wscale 7>\n"
				"+0 > S. 0:0(0) ack 1\n"
				"+.6 < P. 1:11(10) ack 1 win 512 <TS val 3000>\n" /* its ACK was lost */
				"+0 > . 1:1(0) ack 11\n");
	CU_ASSERT_EQUAL(script.conn->rto_us, 1000000);
	CU_ASSERT_EQUAL(script.conn->srtt_us, 0);
	tcp_script_fini(&script);
}

/* RFC 9293 3.10.7.1, 3.10.7.2. */
static void test_closed_and_listen_refuse(void)
{
	tcp_script_test("+0 < . 1:1(0) ack 777 win 512\n"
			"+0 > R 777:777(0)\n"
			"+0 < R 1:1(0) win 0\n"
			"+0 < R. 1:1(0) ack 5 win 0\n"
			"+0 < S. 0:0(0) ack 9 win 512\n"
			"+0 > R 9:9(0)\n"
			"+0 < FS 0:0(0) win 512\n"
			"+0 < F 0:0(0) win 512\n"
			"+0 < - 0:10(10) win 512\n"
			"+0 drops tcp_flags 3\n"
			"+0 drops tcp_no_connection 3\n");
}

/* RFC 4987: a flood from a million addresses leaves nothing behind, and one answer goes out for one SYN. */
static void test_a_flood_keeps_nothing(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	for (uint32_t i = 0; i < 1000000; i++) {
		struct tcp_segment syn = {.seq = i, .flags = TCP_SYN, .window = 65535};
		memcpy(script.key.remote_ip.octets + 12, &i, sizeof(i));
		tcp_script_input(&script, &syn);
	}
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_SYNS), 1000000);
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_CONNECTIONS_NOW), 0);
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_BLOCKS_NOW), 0);
	CU_ASSERT_EQUAL(tcp_stack_next_timer_us(script.stack), UINT64_MAX);
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"passive open", test_passive_open},
		{"RFC 9293 3.7.1: SYN options", test_syn_options_are_answered_only_if_offered},
		{"timestamps are kept without state", test_timestamps_are_kept_without_state},
		{"data with the handshake's last ACK", test_data_with_the_last_ack_of_the_handshake},
		{"first data opens if the ACK was lost", test_first_data_opens_if_the_ack_was_lost},
		{"data that overtakes the first segment",
			test_data_that_overtakes_the_first_segment_is_dropped_without_reset},
		{"keepalive opens if the ACK was lost", test_keepalive_opens_if_the_ack_was_lost},
		{"RFC 7323 4.1: the cookie tells the round trip", test_cookie_tells_the_round_trip},
		{"a late ACK tells no round trip", test_late_ack_tells_no_round_trip},
		{"old cookie is refused", test_old_cookie_is_refused},
		{"no cookie is good where none was given out", test_no_cookie_is_good_where_none_was_given_out},
		{"RFC 7323 3.2: timestamps are half of the cookie", test_timestamps_are_half_of_the_cookie},
		{"SYN again", test_syn_again_gets_the_same_answer},
		{"RFC 9293 3.10.7.1, 3.10.7.2: refusals", test_closed_and_listen_refuse},
		{"a flood keeps nothing", test_a_flood_keeps_nothing},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_listen", tests);
}
