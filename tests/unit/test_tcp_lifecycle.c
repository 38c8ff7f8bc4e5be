/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts; how to read them: tests/support/tcp_script.h. */
#include "tcp_types.h"
#include "tcp_script.h"
#include "unit.h"

/* Without a user: what arrives is swallowed, so that the peer gets what we sent last; where nothing goes on it ends
 * with RST. */
static void test_released_connection_lingers(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 write 100\n"
					      "+0 > P. 1:101(100) ack 1\n"
					      "+0 release\n"
					      "+0 > F. 101:101(0) ack 1\n"
					      "+0 < . 1:501(500) ack 102 win 65535\n"
					      "+0 > . 102:102(0) ack 501\n"
					      "+0 drops tcp_after_close 1\n"
					      "+60 > R. 102:102(0) ack 501\n");
}

/* It swallows a window beyond the one that it had announced, and not an octet more. */
static void test_released_connection_swallows_one_window(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.receive_buffer_bytes = 4000;
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1460>\n"
				"+0 > S. 0:0(0) ack 1\n"
				"+.1 < . 1:1(0) ack 1 win 65535\n"
				"+0 release\n"
				"+0 > F. 1:1(0) ack 1\n");
	for (unsigned at = 1; at < 8001; at += 1000) {
		char text[128];
		snprintf(text, sizeof(text), "+0 < . %u:%u(1000) ack 2 win 65535\n+0 > . 2:2(0) ack %u\n", at,
			at + 1000, at + 1000);
		tcp_script_run(&script, text);
	}
	tcp_script_run(&script, "+0 < . 8001:8002(1) ack 2 win 65535\n"
				"+0 > R. 2:2(0) ack 8002\n"
				"+0 drops tcp_after_close 9\n");
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_CONNECTIONS_NOW), 0);
	tcp_script_fini(&script);
}

/* RFC 6191: the tuple again, during TIME-WAIT. */
static void test_time_wait_is_reused(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN_PLAIN "+0 close\n"
					      "+0 > F. 1:1(0) ack 1\n"
					      "+0 < F. 1:1(0) ack 2 win 65535\n"
					      "+0 > . 2:2(0) ack 2\n"
					      "+0 release\n"
					      "+0 < S 0:0(0) win 65535 <mss 1460>\n" /* an old SYN */
					      "+0 > . 2:2(0) ack 2\n"
					      "+0 < S 100000:100000(0) win 65535 <mss 1460>\n"
					      "+0 > S. 0:0(0) ack 100001\n"
					      "+0 < . 100001:100001(0) ack 1 win 65535\n"
					      "+0 state established\n"
					      "+0 < P. 100001:100011(10) ack 1 win 65535\n"
					      "+0 > . 1:1(0) ack 100011\n");
}

/* The limit counts TIME-WAIT too, but no new client is turned away for its sake. */
static void test_time_wait_gives_way(void)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	script.settings.max_connections = 1;
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN_PLAIN);
	script.key.remote_port++;
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1460>\n"
				"+0 > S. 0:0(0) ack 1\n"
				"+0 < . 1:1(0) ack 1 win 65535\n" /* the only place is taken */
				"+0 drops tcp_connections_full 1\n");
	script.key.remote_port--;
	script.our_isn = script.conn->iss;
	tcp_script_run(&script, "+0 close\n"
				"+0 > F. 1:1(0) ack 1\n"
				"+0 < F. 1:1(0) ack 2 win 65535\n"
				"+0 > . 2:2(0) ack 2\n"
				"+0 release\n");
	script.key.remote_port++;
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1460>\n"
				"+0 > S. 0:0(0) ack 1\n"
				"+0 < . 1:1(0) ack 1 win 65535\n"
				"+0 state established\n");
	CU_ASSERT_EQUAL(stats_get_mt(&script.stats, STAT_TCP_CONNECTIONS_NOW), 1);
	tcp_script_fini(&script);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"released connection lingers", test_released_connection_lingers},
		{"released connection swallows one window", test_released_connection_swallows_one_window},
		{"RFC 6191: TIME-WAIT is reused", test_time_wait_is_reused},
		{"TIME-WAIT gives way", test_time_wait_gives_way},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_lifecycle", tests);
}
