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

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 2018 4: SACK, latest first", test_out_of_order_is_sacked_at_once},
		{"RFC 2883: D-SACK", test_duplicate_is_reported},
		{"overlap is trimmed", test_overlap_is_trimmed},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_reassembly", tests);
}
