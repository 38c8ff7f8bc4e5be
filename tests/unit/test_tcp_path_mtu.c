/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

static void test_packet_too_big(void) /* RFC 1191, RFC 8201 */
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 write 1460\n"
					"+0 > P. 1:1461(1460) ack 1\n"
					"+0 mtu 1461 1000\n" /* not in flight: a stranger */
					"+0 silence\n"
					"+0 mtu 1 100\n" /* floor 576 */
					"+0 > . 1:537(536) ack 1\n"
					"+0 > . 537:1073(536) ack 1\n"
					"+0 > P. 1073:1461(388) ack 1\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 1191, 8201: packet too big", test_packet_too_big},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_path_mtu", tests);
}
