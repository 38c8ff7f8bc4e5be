/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* RFC 6675 5.1: after a timeout SACKed data is not trusted: the peer may have dropped it. */
static void test_rfc_2018_reneging_is_survived(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 2920\n"
					"+0 > . 1:1461(1460) ack 1\n"
					"+0 > P. 1461:2921(1460) ack 1\n"
					"+.1 < . 1:1(0) ack 1 win 512 <sack 1461:2921>\n"
					"+.025 > . 1:1461(1460) ack 1\n"
					"+.3 > . 1:1461(1460) ack 1\n"
					"+.1 < . 1:1(0) ack 1461 win 512\n"
					"+0 > P. 1461:2921(1460) ack 1\n");
}

/* SACKs for what was never sent, or is acknowledged, are not believed. */
static void test_false_sacks_are_ignored(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 1000\n"
					"+0 > P. 1:1001(1000) ack 1\n"
					"+0 < . 1:1(0) ack 1 win 512 <sack 5001:9001>\n"
					"+0 < . 1:1(0) ack 1 win 512 <sack 900:100>\n"
					"+0 < . 1:1(0) ack 1 win 512 <sack 0:500>\n"
					"+0 silence\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 6675 5.1: reneging", test_rfc_2018_reneging_is_survived},
		{"false SACKs", test_false_sacks_are_ignored},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_sack", tests);
}
