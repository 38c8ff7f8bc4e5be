/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* --- closing
 * ------------------------------------------------------------------------------------------------------------ */

static void test_active_close(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 state fin-wait-1\n"
					      "+0 < . 1:1(0) ack 2 win 65535\n"
					      "+0 state fin-wait-2\n"
					      "+0 < F. 1:1(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+0 state time-wait\n"
					      "+0 closed normal\n"
					      "+1 < F. 1:1(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+11 state closed\n");
}

static void test_passive_close(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < F. 1:1(0) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 2\n"
					      "+0 state close-wait\n"
					      "+0 write 10\n"
					      "+0 > P. 1:11(10) ack 2\n"
					      "+0 close\n"
					      "+0 > F. 11:11(0) ack 2\n"
					      "+0 state last-ack\n"
					      "+0 < . 2:2(0) ack 12 win 65535\n"
					      "+0 closed normal\n");
}

static void test_simultaneous_close(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < F. 1:1(0) ack 1 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+0 state closing\n"
					      "+0 < . 2:2(0) ack 2 win 65535\n"
					      "+0 state time-wait\n");
}

/* Found by the simulator: what had arrived before the end was lost to a user who reads slowly. */
static void test_data_can_be_read_after_the_end(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 < FP. 1:101(100) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 102\n"
					      "+0 close\n"
					      "+0 > F. 1:1(0) ack 102\n"
					      "+0 < . 102:102(0) ack 2 win 65535\n"
					      "+0 closed normal\n"
					      "+0 readable 100\n");
}

static void test_half_close_still_receives(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < . 1:501(500) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 501\n"
					      "+0 readable 500\n");
}

static void test_abort(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
					      "+0 > P. 1:101(100) ack 1\n"
					      "+0 abort\n"
					      "+0 > R. 101:101(0) ack 1\n"
					      "+0 closed aborted\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"active close", test_active_close},
		{"passive close", test_passive_close},
		{"simultaneous close", test_simultaneous_close},
		{"data can be read after the end", test_data_can_be_read_after_the_end},
		{"half close still receives", test_half_close_still_receives},
		{"abort", test_abort},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_conn", tests);
}
