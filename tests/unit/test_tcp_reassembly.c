/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* --- data
 * --------------------------------------------------------------------------------------------------------------- */

static void test_out_of_order_is_sacked_at_once(void)
{
	tcp_script_test(
		TCP_SCRIPT_OPEN "+0 < . 1001:2001(1000) ack 1 win 512\n"
				"+0 > . 1:1(0) ack 1 <sack 1001:2001>\n"
				"+0 < . 3001:4001(1000) ack 1 win 512\n"
				"+0 > . 1:1(0) ack 1 <sack 3001:4001 1001:2001>\n" /* RFC 2018 4: the latest first */
				"+0 readable 0\n"
				"+0 < . 1:1001(1000) ack 1 win 512\n"
				"+0 > . 1:1(0) ack 2001 <sack 3001:4001>\n"
				"+0 readable 2000\n"
				"+0 < . 2001:3001(1000) ack 1 win 512\n"
				"+0 > . 1:1(0) ack 4001 <->\n");
}

static void test_duplicate_is_reported(void) /* RFC 2883 */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < . 1:1001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1001\n"
					"+0 < . 501:1001(500) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1001 <sack 501:1001>\n"
					"+0 drops tcp_duplicate 1\n");
}

static void test_overlap_is_trimmed(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < . 1:1001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1001\n"
					"+0 < . 501:1501(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1501 <sack 501:1001>\n"
					"+0 readable 1500\n");
}

/* --- a FIN that comes before what it ends
 * ------------------------------------------------------------------------------------------- */

static void test_early_fin_is_kept(void) /* RFC 9293 3.10.7.4: segments with higher beginning sequence numbers */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < F. 1001:1001(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:1002>\n"
					"+0 state established\n"
					"+0 < F. 1001:1001(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:1002>\n"
					"+0 drops tcp_duplicate 1\n"
					"+0 < . 1:1001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1002 <->\n"
					"+0 readable 1000\n"
					"+0 state close-wait\n"
					"+0 read 1000\n"
					"+0 readable 0\n");
}

static void test_early_fin_behind_data_is_kept(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < F. 2001:3001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 2001:3002>\n"
					"+0 < . 1:1001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1001 <sack 2001:3002>\n"
					"+0 state established\n"
					"+0 < . 1001:2001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 3002 <->\n"
					"+0 readable 3000\n"
					"+0 state close-wait\n");
}

/* Without SACK it is kept as well. */
static void test_early_fin_ends_fin_wait_2(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < . 1:1(0) ack 2 win 65535\n"
					      "+0 < F. 101:101(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 1\n"
					      "+0 state fin-wait-2\n"
					      "+0 < . 1:101(100) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 102\n"
					      "+0 state time-wait\n"
					      "+0 readable 100\n");
}

/* Nobody reads any more, but the end is still kept: the connection does not linger for the sake of a lost octet. */
static void test_early_fin_after_release(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 release\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < F. 101:101(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 1\n"
					      "+0 < . 1:101(100) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 102\n"
					      "+0 drops tcp_after_close 1\n"
					      "+0 state time-wait\n");
}

/* What a peer sends beyond its own FIN is not part of the stream. */
static void test_nothing_lies_behind_the_fin(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < F. 1001:1001(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:1002>\n"
					"+0 < . 1001:1501(500) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:1002>\n"
					"+0 drops tcp_sequence 1\n"
					"+0 < . 1:1501(1500) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1002 <->\n"
					"+0 readable 1000\n"
					"+0 state close-wait\n");
}

/* A FIN in front of what has arrived, or a second one elsewhere, is not believed. */
static void test_fin_that_contradicts_is_dropped(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < . 1001:2001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:2001>\n"
					"+0 < F. 501:501(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:2001>\n"
					"+0 drops tcp_sequence 1\n"
					"+0 < F. 2001:2001(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:2002>\n"
					"+0 < F. 2501:2501(0) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 1 <sack 1001:2002>\n"
					"+0 drops tcp_sequence 2\n"
					"+0 < . 1:1001(1000) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 2002 <->\n"
					"+0 readable 2000\n");
}

/* It needs no room: the window is used up to the octet. */
static void test_fin_behind_a_full_window(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.receive_buffer_bytes = 1000;
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1460>\n"
				"+0 > S. 0:0(0) ack 1\n"
				"+.1 < . 1:1(0) ack 1 win 65535\n"
				"+0 < . 1:1001(1000) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 1001 win 0\n"
				"+0 < F. 1001:1001(0) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 1002 win 0\n"
				"+0 state close-wait\n"
				"+0 write 100\n"
				"+0 > P. 1:101(100) ack 1002\n"
				"+0 < . 1002:1002(0) ack 101 win 65535\n"
				"+0 close\n"
				"+0 > F. 101:101(0) ack 1002\n");
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 2018 4: SACK, latest first", test_out_of_order_is_sacked_at_once},
		{"RFC 2883: D-SACK", test_duplicate_is_reported},
		{"overlap is trimmed", test_overlap_is_trimmed},
		{"RFC 9293 3.10.7.4: an early FIN is kept", test_early_fin_is_kept},
		{"RFC 9293 3.10.7.4: an early FIN behind data", test_early_fin_behind_data_is_kept},
		{"an early FIN ends FIN-WAIT-2", test_early_fin_ends_fin_wait_2},
		{"an early FIN after release", test_early_fin_after_release},
		{"nothing lies behind the FIN", test_nothing_lies_behind_the_fin},
		{"a FIN that contradicts is dropped", test_fin_that_contradicts_is_dropped},
		{"RFC 9293 3.4: a FIN behind a full window", test_fin_behind_a_full_window},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_reassembly", tests);
}
