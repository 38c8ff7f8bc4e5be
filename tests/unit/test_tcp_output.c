/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* RFC 9293 3.8.6.2.2: the window opens by two segments or not at all, and its right edge never moves left. */
static void test_receiver_avoids_silly_windows(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.receive_buffer_bytes = 4000;
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1000>\n"
				"+0 > S. 0:0(0) ack 1 win 4000\n"
				"+0 < . 1:1(0) ack 1 win 65535\n"
				"+0 < . 1:2001(2000) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 2001 win 2000\n"
				"+0 < . 2001:4001(2000) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 4001 win 0\n"
				"+0 read 100\n"
				"+0 silence\n"
				"+0 < . 4001:4002(1) ack 1 win 65535\n" /* a probe of the closed window */
				"+0 > . 1:1(0) ack 4001 win 0\n"
				"+0 read 3900\n"
				"+0 > . 1:1(0) ack 4001 win 4000\n");
	tcp_script_fini(&script);
}

/* Found by the packetdrill adapter: without window scaling a buffer beyond 65,535 octets cannot be announced, and each
 * read was answered with an acknowledgement that said nothing new. */
static void test_no_update_of_a_window_at_its_limit(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < P. 1:8(7) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 8 win 65528\n"
					      "+0 read 7\n"
					      "+.1 silence\n");
}

/* RFC 9293 3.8.6.1: the probe, its backoff, and the window's opening. */
static void test_zero_window_is_probed(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < . 1:1(0) ack 1 win 0\n"
					      "+0 write 1000\n"
					      "+1 > . 0:0(0) ack 1\n"
					      "+0 < . 1:1(0) ack 1 win 0\n"
					      "+2 > . 0:0(0) ack 1\n"
					      "+0 < . 1:1(0) ack 1 win 0\n"
					      "+4 > . 0:0(0) ack 1\n"
					      "+0 < . 1:1(0) ack 1 win 5000\n"
					      "+0 > P. 1:1001(1000) ack 1\n");
}

/* RFC 9293 3.8.6.2.1: not a segment's worth of window: wait, and send it after the persist time. */
static void test_sender_avoids_silly_windows(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < . 1:1(0) ack 1 win 100\n"
					      "+0 write 1000\n"
					      "+0 silence\n"
					      "+1 > . 1:101(100) ack 1\n");
}

/* What may be sent at once leaves as one segment of several pieces, never more than the window or the train takes; the
 * rest, PSH and FIN come by themselves. */
static void test_segments_leave_as_a_train(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.train_segments = 8;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 14000\n"
						      "+0 > . 1:11681(11680) ack 1\n"
						      "+0 > . 11681:13141(1460) ack 1\n"
						      "+0 > P. 13141:14001(860) ack 1\n"
						      "+.1 < . 1:1(0) ack 14001 win 2920\n"
						      "+0 write 4000\n"
						      "+0 > . 14001:16921(2920) ack 1\n"
						      "+.1 < . 1:1(0) ack 16921 win 65535\n"
						      "+0 > P. 16921:18001(1080) ack 1\n"
						      "+.1 < . 1:1(0) ack 18001 win 65535\n"
						      "+0 write 2920\n"
						      "+0 > P. 18001:20921(2920) ack 1\n"
						      "+.1 < . 1:1(0) ack 20921 win 0\n"
						      "+0 write 2920\n"
						      "+0 close\n"
						      "+.1 < . 1:1(0) ack 20921 win 65535\n"
						      "+0 > . 20921:22381(1460) ack 1\n"
						      "+0 > FP. 22381:23841(1460) ack 1\n");
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 9293 3.8.6.2.2: receiver's silly window", test_receiver_avoids_silly_windows},
		{"no update of a window at its limit", test_no_update_of_a_window_at_its_limit},
		{"RFC 9293 3.8.6.1: zero window", test_zero_window_is_probed},
		{"RFC 9293 3.8.6.2.1: sender's silly window", test_sender_avoids_silly_windows},
		{"segments leave as a train", test_segments_leave_as_a_train},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_output", tests);
}
