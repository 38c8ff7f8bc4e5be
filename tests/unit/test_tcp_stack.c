/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* RFC 9293 3.10.7.3. */
static void test_active_open(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0) <mss 1460,sackOK,TS val 0 ecr 0,wscale 2>\n"
			"+.05 < S. 0:0(0) ack 1 win 65535 <mss 1000,sackOK,wscale 3>\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 state established\n"
			"+0 write 1500\n"
			"+0 > . 1:1001(1000) ack 1\n"
			"+0 > P. 1001:1501(500) ack 1\n");
}

static void test_active_open_retries_as_rfc_6298_says(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+1 > S 0:0(0)\n"
			"+2 > S 0:0(0)\n"
			"+4 > S 0:0(0)\n");
}

static void test_active_open_refused(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < R 0:0(0) win 0\n"
			"+0 state syn-sent\n"
			"+0 < R. 0:0(0) ack 7 win 0\n" /* not our SYN */
			"+0 state syn-sent\n"
			"+0 < R. 0:0(0) ack 1 win 0\n"
			"+0 closed refused\n");
}

static void test_active_open_answers_a_wrong_ack_with_reset(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < S. 0:0(0) ack 55 win 1000\n"
			"+0 > R 55:55(0)\n"
			"+0 state syn-sent\n");
}

/* RFC 9293 3.5, figure 7. */
static void test_simultaneous_open(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 state syn-received\n"
			"+0 < S. 0:0(0) ack 1 win 65535\n"
			"+0 state established\n");
}

static void test_close_in_syn_received_waits_for_the_open(void)
{
	tcp_script_test("+0 open\n"
			"+0 > S 0:0(0)\n"
			"+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 close\n"
			"+0 state syn-received\n"
			"+0 < . 1:1(0) ack 1 win 65535\n"
			"+0 > F. 1:1(0) ack 1\n"
			"+0 state fin-wait-1\n");
}

static void test_refused_segment_is_sent_later(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 refuse 1\n"
					      "+0 write 1000\n"
					      "+0 silence\n"
					      "+0.001 > P. 1:1001(1000) ack 1\n"
					      "+0 < . 1:1(0) ack 1001 win 65535\n"
					      "+3 silence\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 9293 3.10.7.3: active open", test_active_open},
		{"RFC 6298: SYN is retried", test_active_open_retries_as_rfc_6298_says},
		{"active open refused", test_active_open_refused},
		{"RFC 9293 3.10.7.3: wrong ACK", test_active_open_answers_a_wrong_ack_with_reset},
		{"RFC 9293 3.5: simultaneous open", test_simultaneous_open},
		{"close in SYN-RECEIVED", test_close_in_syn_received_waits_for_the_open},
		{"refused segment is sent later", test_refused_segment_is_sent_later},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_stack", tests);
}
