/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

static void test_rfc_8985_sack_finds_the_hole(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 5840\n"
					"+0 > . 1:1461(1460) ack 1\n"
					"+0 > . 1461:2921(1460) ack 1\n"
					"+0 > . 2921:4381(1460) ack 1\n"
					"+0 > P. 4381:5841(1460) ack 1\n"
					"+.1 < . 1:1(0) ack 1 win 512 <sack 1461:5841>\n"
					"+0 > . 1:1461(1460) ack 1\n"
					"+.1 < . 1:1(0) ack 5841 win 512\n"
					"+3 silence\n");
}

/* RFC 8985 6.2: a single SACK may be reordering: a quarter of the round trip is waited. */
static void test_rfc_8985_waits_for_reordering(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 2920\n"
					"+0 > . 1:1461(1460) ack 1\n"
					"+0 > P. 1461:2921(1460) ack 1\n"
					"+.1 < . 1:1(0) ack 1 win 512 <sack 1461:2921>\n"
					"+.025 > . 1:1461(1460) ack 1\n");
}

/* RFC 8985 7.2: two round trips after the last segment, that segment again. */
static void test_rfc_8985_tail_loss_probe(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 100\n"
					"+0 > P. 1:101(100) ack 1\n"
					"+.1 < . 1:1(0) ack 101 win 512\n"
					"+0 write 4380\n"
					"+0 > . 101:1561(1460) ack 1\n"
					"+0 > . 1561:3021(1460) ack 1\n"
					"+0 > P. 3021:4481(1460) ack 1\n"
					"+.2 > P. 3021:4481(1460) ack 1\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 6675, 8985: SACK finds the hole", test_rfc_8985_sack_finds_the_hole},
		{"RFC 8985 6.2: reordering window", test_rfc_8985_waits_for_reordering},
		{"RFC 8985 7.2: tail loss probe", test_rfc_8985_tail_loss_probe},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_rack", tests);
}
