/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

static void test_rfc_5681_fast_retransmit_without_sack(void)
{
	tcp_script_test(
		TCP_SCRIPT_OPEN_PLAIN "+0 write 7300\n"
				      "+0 > . 1:1461(1460) ack 1\n"
				      "+0 > . 1461:2921(1460) ack 1\n"
				      "+0 > . 2921:4381(1460) ack 1\n"
				      "+0 > . 4381:5841(1460) ack 1\n"
				      "+0 > P. 5841:7301(1460) ack 1\n"
				      "+.1 < . 1:1(0) ack 1 win 65535\n"
				      "+0 < . 1:1(0) ack 1 win 65535\n"
				      "+0 silence\n"
				      "+0 < . 1:1(0) ack 1 win 65535\n"
				      "+0 > . 1:1461(1460) ack 1\n"
				      /* RFC 6582 3.2 step 3: a partial acknowledgement, the next hole at once */
				      "+.1 < . 1:1(0) ack 2921 win 65535\n"
				      "+0 > . 2921:4381(1460) ack 1\n"
				      "+.1 < . 1:1(0) ack 7301 win 65535\n");
}

static void test_rfc_5961_blind_data(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < . 1:11(10) ack 100 win 512\n" /* acknowledges what was never sent */
					"+0 > . 1:1(0) ack 1\n"
					"+0 < . 1:11(10) ack -100000 win 512\n" /* older than the largest window */
					"+0 > . 1:1(0) ack 1\n"
					"+0 drops tcp_ack 2\n"
					"+0 readable 0\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 5681, 6582: no SACK", test_rfc_5681_fast_retransmit_without_sack},
		{"RFC 5961 5: blind data", test_rfc_5961_blind_data},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_ack", tests);
}
