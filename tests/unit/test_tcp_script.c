/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet scripts: one for each rule, with its section in the name. How to read them: tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

#define HANDSHAKE                                                                                                      \
	"+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"                                                         \
	"+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,wscale 2>\n"                                                            \
	"+.1 < . 1:1(0) ack 1 win 512\n"                                                                               \
	"+0 state established\n"

#define HANDSHAKE_NO_SACK                                                                                              \
	"+0 < S 0:0(0) win 65535 <mss 1460>\n"                                                                         \
	"+0 > S. 0:0(0) ack 1 <mss 1460>\n"                                                                            \
	"+.1 < . 1:1(0) ack 1 win 65535\n"

#define HANDSHAKE_TIMESTAMPS                                                                                           \
	"+0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,wscale 7>\n"                                       \
	"+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 0,wscale 2>\n"                                             \
	"+.1 < . 1:1(0) ack 1 win 512 <TS val 1100>\n"

/* --- opening
 * ------------------------------------------------------------------------------------------------------------ */

static void test_passive_open(void)
{
	tcp_script_test(HANDSHAKE);
}

static void test_syn_options_are_answered_only_if_offered(void)
{
	tcp_script_test("+0 < S 0:0(0) win 1000\n"
			"+0 > S. 0:0(0) ack 1 win 65535 <mss 1460>\n"
			"+0 < . 1:1(0) ack 1 win 1000\n"
			"+0 write 600\n"
			"+0 > . 1:537(536) ack 1\n" /* RFC 9293 3.7.1: no MSS option means 536 */
			"+0 > P. 537:601(64) ack 1\n");
}

static void test_timestamps_are_kept_without_state(void)
{
	tcp_script_test(HANDSHAKE_TIMESTAMPS "+0 write 2000\n"
					     "+0 > . 1:1449(1448) ack 1 <TS val 0 ecr 0>\n"
					     "+0 > P. 1449:2001(552) ack 1 <TS val 0 ecr 0>\n");
}

static void test_data_with_the_last_ack_of_the_handshake(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < P. 1:501(500) ack 1 win 65535\n"
			"+0 > . 1:1(0) ack 501\n"
			"+0 readable 500\n");
}

/* The final ACK was lost: the first data segment opens the connection as well. */
static void test_first_data_opens_if_the_ack_was_lost(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+30 < P. 1:101(100) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 101\n"
			"+0 state established\n");
}

/* Found by the simulator: with the client's number hashed into the cookie, one reordering in 8,192 began in mid-stream.
 */
static void test_data_that_overtakes_the_first_segment_is_dropped_without_reset(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < . 1461:2921(1460) ack 1 win 512\n"
			"+0 silence\n"
			"+0 drops tcp_cookie 1\n"
			"+0 < . 1:1461(1460) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 1461\n");
}

/* Found by the simulator: a client that waits for us to speak first probes one octet below. */
static void test_keepalive_opens_if_the_ack_was_lost(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+30 < . 0:0(0) ack 1 win 512\n"
			"+0 > . 1:1(0) ack 1\n"
			"+0 state established\n");
}

static void test_old_cookie_is_refused(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+121 < . 1:1(0) ack 1 win 512\n"
			"+0 > R 1:1(0)\n"
			"+0 drops tcp_cookie 1\n");
}

static void test_syn_again_gets_the_same_answer(void)
{
	tcp_script_test("+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+1 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"
			"+0 > S. 0:0(0) ack 1\n"
			"+0 < . 1:1(0) ack 1 win 512\n"
			"+0 state established\n");
}

/* RFC 9293 3.10.7.1, 3.10.7.2. */
static void test_closed_and_listen_refuse(void)
{
	tcp_script_test("+0 < . 1:1(0) ack 777 win 512\n"
			"+0 > R 777:777(0)\n"
			"+0 < R 1:1(0) win 0\n"
			"+0 < R. 1:1(0) ack 5 win 0\n"
			"+0 < S. 0:0(0) ack 9 win 512\n"
			"+0 > R 9:9(0)\n"
			"+0 < FS 0:0(0) win 512\n"
			"+0 < F 0:0(0) win 512\n"
			"+0 < - 0:10(10) win 512\n"
			"+0 drops tcp_flags 3\n"
			"+0 drops tcp_no_connection 3\n");
}

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

/* --- data
 * --------------------------------------------------------------------------------------------------------------- */

static void test_out_of_order_is_sacked_at_once(void)
{
	tcp_script_test(HANDSHAKE "+0 < . 1001:2001(1000) ack 1 win 512\n"
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
	tcp_script_test(HANDSHAKE "+0 < . 1:1001(1000) ack 1 win 512\n"
				  "+0 > . 1:1(0) ack 1001\n"
				  "+0 < . 501:1001(500) ack 1 win 512\n"
				  "+0 > . 1:1(0) ack 1001 <sack 501:1001>\n"
				  "+0 drops tcp_duplicate 1\n");
}

static void test_overlap_is_trimmed(void)
{
	tcp_script_test(HANDSHAKE "+0 < . 1:1001(1000) ack 1 win 512\n"
				  "+0 > . 1:1(0) ack 1001\n"
				  "+0 < . 501:1501(1000) ack 1 win 512\n"
				  "+0 > . 1:1(0) ack 1501 <sack 501:1001>\n"
				  "+0 readable 1500\n");
}

/* RFC 9293 3.8.6.3: every second full segment; the rest within half a second. */
static void test_delayed_ack(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, HANDSHAKE);
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

/* RFC 9293 3.8.6.2.2: the window opens by two segments or not at all, and its right edge never moves left. */
static void test_receiver_avoids_silly_windows(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.receive_buffer_bytes = 4000;
	tcp_script_start(&script);
	tcp_script_run(&script, "+0 < S 0:0(0) win 65535 <mss 1000>\n"
				"+0 > S. 0:0(0) ack 1 win 4000\n"
				"+0 < . 1:1(0) ack 1 win 65535\n"
				"+0 < . 1:2001(2000) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 2001 win 2000\n"
				"+0 < . 2001:4001(2000) ack 1 win 65535\n"
				"+0 > . 1:1(0) ack 4001 win 0\n"
				"+0 read 100\n"
				"+0 silence\n"
				"+0 < . 4001:4002(1) ack 1 win 65535\n" /* a probe of the closed window */
				"+0 > . 1:1(0) ack 4001 win 0\n"
				"+0 read 3900\n"
				"+0 > . 1:1(0) ack 4001 win 4000\n");
	tcp_script_fini(&script);
}

/* RFC 9293 3.8.6.1: the probe, its backoff, and the window's opening. */
static void test_zero_window_is_probed(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 < . 1:1(0) ack 1 win 0\n"
					  "+0 write 1000\n"
					  "+1 > . 0:0(0) ack 1\n"
					  "+0 < . 1:1(0) ack 1 win 0\n"
					  "+2 > . 0:0(0) ack 1\n"
					  "+0 < . 1:1(0) ack 1 win 0\n"
					  "+4 > . 0:0(0) ack 1\n"
					  "+0 < . 1:1(0) ack 1 win 5000\n"
					  "+0 > P. 1:1001(1000) ack 1\n");
}

/* RFC 9293 3.8.6.2.1: not a segment's worth of window: wait, and send it after the persist time. */
static void test_sender_avoids_silly_windows(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 < . 1:1(0) ack 1 win 100\n"
					  "+0 write 1000\n"
					  "+0 silence\n"
					  "+1 > . 1:101(100) ack 1\n");
}

static void test_refused_segment_is_sent_later(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 refuse 1\n"
					  "+0 write 1000\n"
					  "+0 silence\n"
					  "+0.001 > P. 1:1001(1000) ack 1\n"
					  "+0 < . 1:1(0) ack 1001 win 65535\n"
					  "+3 silence\n");
}

/* --- loss
 * --------------------------------------------------------------------------------------------------------------- */

static void test_rfc_6298_timeout_and_backoff(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 write 1000\n"
					  "+0 > P. 1:1001(1000) ack 1\n"
					  "+1 > P. 1:1001(1000) ack 1\n"
					  "+2 > P. 1:1001(1000) ack 1\n"
					  "+4 > P. 1:1001(1000) ack 1\n"
					  "+0 < . 1:1(0) ack 1001 win 65535\n"
					  "+9 silence\n");
}

static void test_rfc_6298_minimum_rto(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 write 100\n"
					  "+0 > P. 1:101(100) ack 1\n"
					  "+.01 < . 1:1(0) ack 101 win 65535\n"
					  "+0 write 100\n"
					  "+0 > P. 101:201(100) ack 1\n"
					  "+.21 > P. 101:201(100) ack 1\n"); /* 10 ms + max(4 * 5 ms, 200 ms) */
}

static void test_rfc_5681_fast_retransmit_without_sack(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 write 7300\n"
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

static void test_rfc_8985_sack_finds_the_hole(void)
{
	tcp_script_test(HANDSHAKE "+0 write 5840\n"
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
	tcp_script_test(HANDSHAKE "+0 write 2920\n"
				  "+0 > . 1:1461(1460) ack 1\n"
				  "+0 > P. 1461:2921(1460) ack 1\n"
				  "+.1 < . 1:1(0) ack 1 win 512 <sack 1461:2921>\n"
				  "+.025 > . 1:1461(1460) ack 1\n");
}

/* RFC 8985 7.2: two round trips after the last segment, that segment again. */
static void test_rfc_8985_tail_loss_probe(void)
{
	tcp_script_test(HANDSHAKE "+0 write 100\n"
				  "+0 > P. 1:101(100) ack 1\n"
				  "+.1 < . 1:1(0) ack 101 win 512\n"
				  "+0 write 4380\n"
				  "+0 > . 101:1561(1460) ack 1\n"
				  "+0 > . 1561:3021(1460) ack 1\n"
				  "+0 > P. 3021:4481(1460) ack 1\n"
				  "+.2 > P. 3021:4481(1460) ack 1\n");
}

/* RFC 6675 5.1: after a timeout SACKed data is not trusted: the peer may have dropped it. */
static void test_rfc_2018_reneging_is_survived(void)
{
	tcp_script_test(HANDSHAKE "+0 write 2920\n"
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
	tcp_script_test(HANDSHAKE "+0 write 1000\n"
				  "+0 > P. 1:1001(1000) ack 1\n"
				  "+0 < . 1:1(0) ack 1 win 512 <sack 5001:9001>\n"
				  "+0 < . 1:1(0) ack 1 win 512 <sack 900:100>\n"
				  "+0 < . 1:1(0) ack 1 win 512 <sack 0:500>\n"
				  "+0 silence\n");
}

static void test_gives_up_after_retries(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	script.settings.retries = 2;
	tcp_script_start(&script);
	tcp_script_run(&script, HANDSHAKE_NO_SACK "+0 write 10\n"
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
	tcp_script_run(&script, HANDSHAKE_NO_SACK "+10 > . 0:0(0) ack 1\n"
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
	tcp_script_run(&script, HANDSHAKE_NO_SACK "+0 close\n"
						  "+0 > F. 1:1(0) ack 1\n"
						  "+.01 < . 1:1(0) ack 2 win 65535\n"
						  "+10 > . 1:1(0) ack 1\n");
	tcp_script_fini(&script);
}

static void test_packet_too_big(void) /* RFC 1191, RFC 8201 */
{
	tcp_script_test(HANDSHAKE "+0 write 1460\n"
				  "+0 > P. 1:1461(1460) ack 1\n"
				  "+0 mtu 1461 1000\n" /* not in flight: a stranger */
				  "+0 silence\n"
				  "+0 mtu 1 100\n" /* floor 576 */
				  "+0 > . 1:537(536) ack 1\n"
				  "+0 > . 537:1073(536) ack 1\n"
				  "+0 > P. 1073:1461(388) ack 1\n");
}

/* --- closing
 * ------------------------------------------------------------------------------------------------------------ */

static void test_active_close(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 close\n"
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
	tcp_script_test(HANDSHAKE_NO_SACK "+0 < F. 1:1(0) ack 1 win 65535\n"
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
	tcp_script_test(HANDSHAKE_NO_SACK "+0 close\n"
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
	tcp_script_test(HANDSHAKE_NO_SACK "+0 < FP. 1:101(100) ack 1 win 65535\n"
					  "+0 > . 1:1(0) ack 102\n"
					  "+0 close\n"
					  "+0 > F. 1:1(0) ack 102\n"
					  "+0 < . 102:102(0) ack 2 win 65535\n"
					  "+0 closed normal\n"
					  "+0 readable 100\n");
}

static void test_half_close_still_receives(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 close\n"
					  "+0 > F. 1:1(0) ack 1\n"
					  "+0 < . 1:501(500) ack 2 win 65535\n"
					  "+0 > . 2:2(0) ack 501\n"
					  "+0 readable 500\n");
}

/* Without a user: what arrives is swallowed, so that the peer gets what we sent last; too much of it is answered with
 * RST. */
static void test_released_connection_lingers(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 write 100\n"
					  "+0 > P. 1:101(100) ack 1\n"
					  "+0 release\n"
					  "+0 > F. 101:101(0) ack 1\n"
					  "+0 < . 1:501(500) ack 102 win 65535\n"
					  "+0 > . 102:102(0) ack 501\n"
					  "+0 drops tcp_after_close 1\n"
					  "+60 > R. 102:102(0) ack 501\n");
}

static void test_abort(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 write 100\n"
					  "+0 > P. 1:101(100) ack 1\n"
					  "+0 abort\n"
					  "+0 > R. 101:101(0) ack 1\n"
					  "+0 closed aborted\n");
}

/* RFC 6191: the tuple again, during TIME-WAIT. */
static void test_time_wait_is_reused(void)
{
	tcp_script_test(HANDSHAKE_NO_SACK "+0 close\n"
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

/* --- attacks
 * ------------------------------------------------------------------------------------------------------------ */

static void test_rfc_5961_reset(void)
{
	tcp_script_test(HANDSHAKE "+0 < R 101:101(0) win 0\n" /* in the window, not exact: challenged */
				  "+0 > . 1:1(0) ack 1\n"
				  "+0 < R 0:0(0) win 0\n" /* outside */
				  "+0 < R 900001:900001(0) win 0\n"
				  "+0 state established\n"
				  "+0 drops tcp_rst_challenged 1\n"
				  "+0 < R 1:1(0) win 0\n"
				  "+0 closed reset\n");
}

static void test_rfc_5961_syn(void)
{
	tcp_script_test(HANDSHAKE "+0 < S 1:1(0) win 512\n"
				  "+0 > . 1:1(0) ack 1\n"
				  "+0 drops tcp_syn_challenged 1\n"
				  "+0 state established\n");
}

static void test_rfc_5961_blind_data(void)
{
	tcp_script_test(HANDSHAKE "+0 < . 1:11(10) ack 100 win 512\n" /* acknowledges what was never sent */
				  "+0 > . 1:1(0) ack 1\n"
				  "+0 < . 1:11(10) ack -100000 win 512\n" /* older than the largest window */
				  "+0 > . 1:1(0) ack 1\n"
				  "+0 drops tcp_ack 2\n"
				  "+0 readable 0\n");
}

static void test_rfc_5961_challenges_are_limited(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, HANDSHAKE);
	for (unsigned i = 0; i < 10; i++)
		tcp_script_run(&script, "+0 < S 1:1(0) win 512\n+0 > . 1:1(0) ack 1\n");
	tcp_script_run(&script, "+0 < S 1:1(0) win 512\n"
				"+0 silence\n"
				"+1 < S 1:1(0) win 512\n"
				"+0 > . 1:1(0) ack 1\n");
	tcp_script_fini(&script);
}

/* RFC 5961's measure: off the path, an attacker guesses. Ports and addresses are given to him. */
static void test_a_million_blind_guesses(void)
{
	static const uint8_t octets[100], flags[] = {TCP_RST, TCP_RST | TCP_ACK, TCP_SYN, TCP_ACK | TCP_PSH};
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, HANDSHAKE);
	uint64_t random = 5961;
	for (unsigned i = 0; i < 1000000; i++) {
		struct tcp_segment guess = {
			.seq = (uint32_t)tcp_net_random(&random), .ack = (uint32_t)tcp_net_random(&random)};
		guess.flags = flags[i % 4];
		guess.payload = (struct bytes){octets, i % 4 == 3 ? sizeof(octets) : 0};
		tcp_script_input(&script, &guess);
		script.now_us += 10;
	}
	tcp_script_serve(&script);
	script.n_queue = 0;
	tcp_script_run(&script, "+0 state established\n+0 readable 0\n");
	tcp_script_fini(&script);
}

static void test_rfc_7323_paws(void)
{
	tcp_script_test(HANDSHAKE_TIMESTAMPS "+0 < . 1:101(100) ack 1 win 512 <TS val 1099>\n"
					     "+0 > . 1:1(0) ack 1\n"
					     "+0 drops tcp_paws 1\n"
					     "+0 readable 0\n"
					     "+0 < . 1:101(100) ack 1 win 512 <TS val 1100>\n"
					     "+0 > . 1:1(0) ack 101\n"
					     "+0 readable 100\n");
}

/* Urgent data stays in line (RFC 6093). */
static void test_urgent_data_is_data(void)
{
	tcp_script_test(HANDSHAKE "+0 < U. 1:101(100) ack 1 win 512\n"
				  "+0 > . 1:1(0) ack 101\n"
				  "+0 readable 100\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"passive open", test_passive_open},
		{"RFC 9293 3.7.1: SYN options", test_syn_options_are_answered_only_if_offered},
		{"timestamps are kept without state", test_timestamps_are_kept_without_state},
		{"data with the handshake's last ACK", test_data_with_the_last_ack_of_the_handshake},
		{"first data opens if the ACK was lost", test_first_data_opens_if_the_ack_was_lost},
		{"data that overtakes the first segment",
			test_data_that_overtakes_the_first_segment_is_dropped_without_reset},
		{"keepalive opens if the ACK was lost", test_keepalive_opens_if_the_ack_was_lost},
		{"old cookie is refused", test_old_cookie_is_refused},
		{"SYN again", test_syn_again_gets_the_same_answer},
		{"RFC 9293 3.10.7.1, 3.10.7.2: refusals", test_closed_and_listen_refuse},
		{"RFC 9293 3.10.7.3: active open", test_active_open},
		{"RFC 6298: SYN is retried", test_active_open_retries_as_rfc_6298_says},
		{"active open refused", test_active_open_refused},
		{"RFC 9293 3.10.7.3: wrong ACK", test_active_open_answers_a_wrong_ack_with_reset},
		{"RFC 9293 3.5: simultaneous open", test_simultaneous_open},
		{"close in SYN-RECEIVED", test_close_in_syn_received_waits_for_the_open},
		{"RFC 2018 4: SACK, latest first", test_out_of_order_is_sacked_at_once},
		{"RFC 2883: D-SACK", test_duplicate_is_reported},
		{"overlap is trimmed", test_overlap_is_trimmed},
		{"RFC 9293 3.8.6.3: delayed ACK", test_delayed_ack},
		{"RFC 9293 3.8.6.2.2: receiver's silly window", test_receiver_avoids_silly_windows},
		{"RFC 9293 3.8.6.1: zero window", test_zero_window_is_probed},
		{"RFC 9293 3.8.6.2.1: sender's silly window", test_sender_avoids_silly_windows},
		{"refused segment is sent later", test_refused_segment_is_sent_later},
		{"RFC 6298: timeout and backoff", test_rfc_6298_timeout_and_backoff},
		{"RFC 6298: minimum RTO", test_rfc_6298_minimum_rto},
		{"RFC 5681, 6582: no SACK", test_rfc_5681_fast_retransmit_without_sack},
		{"RFC 6675, 8985: SACK finds the hole", test_rfc_8985_sack_finds_the_hole},
		{"RFC 8985 6.2: reordering window", test_rfc_8985_waits_for_reordering},
		{"RFC 8985 7.2: tail loss probe", test_rfc_8985_tail_loss_probe},
		{"RFC 6675 5.1: reneging", test_rfc_2018_reneging_is_survived},
		{"false SACKs", test_false_sacks_are_ignored},
		{"gives up after its retries", test_gives_up_after_retries},
		{"RFC 9293 3.8.4: keepalive", test_keepalive},
		{"keepalive after our FIN", test_keepalive_goes_on_after_our_fin},
		{"RFC 1191, 8201: packet too big", test_packet_too_big},
		{"active close", test_active_close},
		{"passive close", test_passive_close},
		{"simultaneous close", test_simultaneous_close},
		{"data can be read after the end", test_data_can_be_read_after_the_end},
		{"half close still receives", test_half_close_still_receives},
		{"released connection lingers", test_released_connection_lingers},
		{"abort", test_abort},
		{"RFC 6191: TIME-WAIT is reused", test_time_wait_is_reused},
		{"RFC 5961 3: RST", test_rfc_5961_reset},
		{"RFC 5961 4: SYN", test_rfc_5961_syn},
		{"RFC 5961 5: blind data", test_rfc_5961_blind_data},
		{"RFC 5961 7: challenges are limited", test_rfc_5961_challenges_are_limited},
		{"a million blind guesses", test_a_million_blind_guesses},
		{"RFC 7323 5: PAWS", test_rfc_7323_paws},
		{"RFC 6093: urgent data", test_urgent_data_is_data},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_script", tests);
}
