/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_undo.h"
#include "tcp_script.h"
#include "unit.h"

/* RFC 3522: the first acknowledgement echoes a time before the retransmission: the original was late, not lost. */
static void test_a_late_original_takes_the_reduction_back(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_TIMESTAMPS "+0 write 5792\n"
							   "+0 > . 1:1449(1448) ack 1\n"
							   "+0 > . 1449:2897(1448) ack 1\n"
							   "+0 > . 2897:4345(1448) ack 1\n"
							   "+0 > P. 4345:5793(1448) ack 1\n");
	uint32_t before = script.conn->cwnd, echo = script.last_ts_value;
	tcp_script_run(&script, "+.1 < . 1:1(0) ack 1 win 512 <TS val 1200,sack 1449:5793>\n"
				"+0 > . 1:1449(1448) ack 1\n");
	CU_ASSERT_TRUE(script.conn->ssthresh < before);
	char late[128];
	snprintf(late, sizeof(late), "+.01 < . 1:1(0) ack 5793 win 512 <TS val 1210 ecr %u>\n", echo);
	tcp_script_run(&script, late);
	CU_ASSERT_TRUE(script.conn->cwnd >= before);
	CU_ASSERT_EQUAL(script.conn->recovery, TCP_RECOVERY_NONE);
	tcp_script_fini(&script);
}

/* The acknowledgement of the retransmission itself: the loss was real, the reduction stays. */
static void test_a_real_loss_is_not_taken_back(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_TIMESTAMPS "+0 write 5792\n"
							   "+0 > . 1:1449(1448) ack 1\n"
							   "+0 > . 1449:2897(1448) ack 1\n"
							   "+0 > . 2897:4345(1448) ack 1\n"
							   "+0 > P. 4345:5793(1448) ack 1\n");
	uint32_t before = script.conn->cwnd;
	tcp_script_run(&script, "+.1 < . 1:1(0) ack 1 win 512 <TS val 1200,sack 1449:5793>\n"
				"+0 > . 1:1449(1448) ack 1\n"
				"+.1 < . 1:1(0) ack 5793 win 512 <TS val 1300>\n");
	CU_ASSERT_TRUE(script.conn->cwnd < before);
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 3522: a late original", test_a_late_original_takes_the_reduction_back},
		{"a real loss", test_a_real_loss_is_not_taken_back},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_undo", tests);
}
