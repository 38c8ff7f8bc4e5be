/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/* --- loss
 * --------------------------------------------------------------------------------------------------------------- */

static void test_rfc_6298_timeout_and_backoff(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 500\n"
					      "+0 > P. 1:501(500) ack 1\n"
					      "+1 > P. 1:501(500) ack 1\n"
					      "+2 > P. 1:501(500) ack 1\n"
					      "+4 > P. 1:501(500) ack 1\n"
					      "+0 < . 1:1(0) ack 501 win 65535\n"
					      "+9 silence\n");
}

static void test_rfc_6298_minimum_rto(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
					      "+0 > P. 1:101(100) ack 1\n"
					      "+.01 < . 1:1(0) ack 101 win 65535\n"
					      "+0 write 100\n"
					      "+0 > P. 101:201(100) ack 1\n"
					      "+.21 > P. 101:201(100) ack 1\n"); /* 10 ms + max(4 * 5 ms, 200 ms) */
}

static void test_gives_up_after_retries(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.retries = 2;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 write 10\n"
						      "+0 > P. 1:11(10) ack 1\n"
						      "+1 > P. 1:11(10) ack 1\n"
						      "+2 > P. 1:11(10) ack 1\n"
						      "+4 > R. 11:11(0) ack 1\n"
						      "+0 closed timeout\n");
	tcp_script_fini(&script);
}

static void test_keepalive(void) /* RFC 9293 3.8.4 */
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.keepalive_idle_us = 10000000;
	script.settings.keepalive_interval_us = 1000000;
	script.settings.keepalive_probes = 2;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+10 > . 0:0(0) ack 1\n"
						      "+0 < . 1:1(0) ack 1 win 65535\n"
						      "+10 > . 0:0(0) ack 1\n"
						      "+1 > . 0:0(0) ack 1\n"
						      "+1 > R. 1:1(0) ack 1\n"
						      "+0 closed timeout\n");
	tcp_script_fini(&script);
}

/* Found by the simulator: the probes stopped once our FIN was sent, and a peer that had vanished was waited for for
 * ever. */
static void test_keepalive_goes_on_after_our_fin(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.keepalive_idle_us = 10000000;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
						      "+0 > F. 1:1(0) ack 1\n"
						      "+.01 < . 1:1(0) ack 2 win 65535\n"
						      "+10 > . 1:1(0) ack 1\n");
	tcp_script_fini(&script);
}

/* RFC 9293 3.8.6.3: every second full segment; the rest within half a second. */
static void test_delayed_ack(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN);
	for (unsigned i = 0; i < 16; i++) {
		char text[128];
		snprintf(text, sizeof(text), "+0 < . %u:%u(100) ack 1 win 512\n+0 > . 1:1(0) ack %u\n", 1 + 100 * i,
			101 + 100 * i, 101 + 100 * i);
		tcp_script_run(&script, text);
	}
	tcp_script_run(&script, "+0 < . 1601:2601(1000) ack 1 win 512\n"
				"+.04 > . 1:1(0) ack 2601\n"
				"+0 < . 2601:3601(1000) ack 1 win 512\n"
				"+0 < . 3601:4601(1000) ack 1 win 512\n"
				"+0 > . 1:1(0) ack 4601\n");
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"RFC 6298: timeout and backoff", test_rfc_6298_timeout_and_backoff},
		{"RFC 6298: minimum RTO", test_rfc_6298_minimum_rto},
		{"gives up after its retries", test_gives_up_after_retries},
		{"RFC 9293 3.8.4: keepalive", test_keepalive},
		{"keepalive after our FIN", test_keepalive_goes_on_after_our_fin},
		{"RFC 9293 3.8.6.3: delayed ACK", test_delayed_ack},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_timer", tests);
}
