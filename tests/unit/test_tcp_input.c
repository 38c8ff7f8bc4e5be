/* SPDX-License-Identifier: BSD-3-Clause */
/* Every state against every kind of segment, and attacks, as packet scripts; how to read them:
 * tests/support/tcp_script.h. */
#include "tcp_script.h"
#include "unit.h"

/*
 * Every state × {SYN, SYN-ACK, ACK, FIN, RST, data, SYN-FIN} × {left of, in, right of the window}: RFC 9293
 * section 3.10.7, with the answers of RFC 5961 and RFC 1337.
 */
enum kind { SYN, SYN_ACK, ACK, FIN, RST, DATA, SYN_FIN, KINDS };
enum position { LEFT, IN, RIGHT, POSITIONS };

static const char *const kind_names[KINDS] = {"SYN", "SYN-ACK", "ACK", "FIN", "RST", "data", "SYN-FIN"};
static const char *const position_names[POSITIONS] = {"left", "in", "right"};

#define OPEN                                                                                                           \
	"+0 < S 0:0(0) win 65535 <mss 1460>\n"                                                                         \
	"+0 > S. 0:0(0) ack 1\n"                                                                                       \
	"+.1 < . 1:1(0) ack 1 win 65535\n"

struct start {
	const char *name;
	const char *text;          /* how to get there */
	uint32_t rcv_nxt, snd_nxt; /* relative, once there */
	/* By kind and position: what is answered ("-" nothing, "A" ACK, "R" RST, "S" SYN-ACK), and the state if it
	 * changes. */
	const char *expected[KINDS][POSITIONS];
};

static const struct start starts[] = {
	{"listen", "+0 silence\n", 1, 1,
		{
			[SYN] = {"S", "S", "S"},
			[SYN_ACK] = {"R", "R", "R"},
			[ACK] = {"R", "R", "R"},
			[FIN] = {"R", "R", "R"},
			[RST] = {"-", "-", "-"},
			[DATA] = {"R", "R", "R"},
			[SYN_FIN] = {"-", "-", "-"},
		}},
	/* There is no window yet: only the acknowledgement number counts. */
	{"syn-sent", "+0 open\n+0 > S 0:0(0)\n", 1, 1,
		{
			[SYN] = {"S syn-received", "S syn-received", "S syn-received"},
			[SYN_ACK] = {"A established", "A established", "A established"},
			[ACK] = {"-", "-", "-"},
			[FIN] = {"-", "-", "-"},
			[RST] = {"- closed", "- closed", "- closed"},
			[DATA] = {"-", "-", "-"},
			[SYN_FIN] = {"-", "-", "-"},
		}},
	{"syn-received", "+0 open\n+0 > S 0:0(0)\n+0 < S 0:0(0) win 65535\n+0 > S. 0:0(0) ack 1\n", 1, 1,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"- established", "A", "A"}, /* left is the crossing SYN-ACK itself */
			[ACK] = {"A", "- established", "A"},
			[FIN] = {"A", "A close-wait", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A established", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"established", OPEN, 1, 1,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "-", "A"},
			[FIN] = {"A", "A close-wait", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"fin-wait-1", OPEN "+0 close\n+0 > F. 1:1(0) ack 1\n", 1, 2,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "- fin-wait-2", "A"},
			[FIN] = {"A", "A time-wait", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A fin-wait-2", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"fin-wait-2", OPEN "+0 close\n+0 > F. 1:1(0) ack 1\n+0 < . 1:1(0) ack 2 win 65535\n", 1, 2,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "-", "A"},
			[FIN] = {"A", "A time-wait", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"close-wait", OPEN "+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 1:1(0) ack 2\n", 2, 1,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "-", "A"},
			[FIN] = {"A", "A", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"closing", OPEN "+0 close\n+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 2:2(0) ack 2\n", 2, 2,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "- time-wait", "A"},
			[FIN] = {"A", "A time-wait", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "A time-wait", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	{"last-ack", OPEN "+0 < F. 1:1(0) ack 1 win 65535\n+0 > . 1:1(0) ack 2\n+0 close\n+0 > F. 1:1(0) ack 2\n", 2, 2,
		{
			[SYN] = {"A", "A", "A"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "- closed", "A"},
			[FIN] = {"A", "- closed", "A"},
			[RST] = {"-", "- closed", "-"},
			[DATA] = {"A", "- closed", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
	/* RFC 1337: a RST does not end TIME-WAIT. RFC 6191: a SYN beyond what was received may begin anew. */
	{"time-wait", OPEN "+0 close\n+0 > F. 1:1(0) ack 1\n+0 < F. 1:1(0) ack 2 win 65535\n+0 > . 2:2(0) ack 2\n", 2,
		2,
		{
			[SYN] = {"A", "A", "S"},
			[SYN_ACK] = {"A", "A", "A"},
			[ACK] = {"A", "-", "A"},
			[FIN] = {"A", "A", "A"},
			[RST] = {"-", "-", "-"},
			[DATA] = {"A", "A", "A"},
			[SYN_FIN] = {"A", "A", "A"},
		}},
};

static struct tcp_segment segment_of(
	const struct tcp_script *script, const struct start *start, enum kind kind, enum position position)
{
	static const uint8_t flags[KINDS] = {TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST | TCP_ACK,
		TCP_ACK | TCP_PSH, TCP_SYN | TCP_FIN};
	static const uint8_t octets[10];
	struct tcp_segment segment = {.flags = flags[kind], .window = 65535};
	uint32_t len = kind == DATA ? sizeof(octets) : 0;
	segment.payload = (struct bytes){octets, len};
	segment.seq = TCP_SCRIPT_PEER_ISN + start->rcv_nxt;
	/* Left: it ends where the window begins. Right: well beyond the 131,072 octets of the largest window. */
	if (position == LEFT)
		segment.seq -= len > 0 ? len : 1;
	if (position == RIGHT)
		segment.seq += 300000;
	segment.ack = script->our_isn + start->snd_nxt;
	return segment;
}

static const char *letter_of(const struct tcp_segment *segment)
{
	if ((segment->flags & TCP_RST) != 0)
		return "R";
	return (segment->flags & TCP_SYN) != 0 ? "S" : "A";
}

static void check(const struct start *start, enum kind kind, enum position position)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, start->text);
	struct tcp_conn *conn = script.conn;
	enum tcp_conn_state before = conn != NULL ? tcp_conn_get_state(conn) : TCP_CLOSED;
	struct tcp_segment segment = segment_of(&script, start, kind, position);
	tcp_script_input(&script, &segment);
	tcp_script_serve(&script);
	enum tcp_conn_state after = conn != NULL ? tcp_conn_get_state(conn) : TCP_CLOSED;
	char got[64];
	snprintf(got, sizeof(got), "%s%s%s", script.n_queue > 0 ? letter_of(&script.queue[0].segment) : "-",
		after != before ? " " : "", after != before ? tcp_conn_state_name(after) : "");
	CU_ASSERT_TRUE(script.n_queue <= 1);
	if (strcmp(got, start->expected[kind][position]) != 0) {
		printf("\n    %s, %s %s of window: expected \"%s\", got \"%s\"\n", start->name, kind_names[kind],
			position_names[position], start->expected[kind][position], got);
		CU_FAIL("wrong answer");
	}
	tcp_script_fini(&script);
}

static void check_all(const char *name)
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		if (strcmp(starts[i].name, name) != 0)
			continue;
		for (enum kind kind = 0; kind < KINDS; kind++) {
			for (enum position position = 0; position < POSITIONS; position++)
				check(&starts[i], kind, position);
		}
	}
}

static void test_listen(void)
{
	check_all("listen");
}

static void test_syn_sent(void)
{
	check_all("syn-sent");
}

static void test_syn_received(void)
{
	check_all("syn-received");
}

static void test_established(void)
{
	check_all("established");
}

static void test_fin_wait_1(void)
{
	check_all("fin-wait-1");
}

static void test_fin_wait_2(void)
{
	check_all("fin-wait-2");
}

static void test_close_wait(void)
{
	check_all("close-wait");
}

static void test_closing(void)
{
	check_all("closing");
}

static void test_last_ack(void)
{
	check_all("last-ack");
}

static void test_time_wait(void)
{
	check_all("time-wait");
}

/* --- attacks
 * ------------------------------------------------------------------------------------------------------------ */

static void test_rfc_5961_reset(void)
{
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < R 101:101(0) win 0\n" /* in the window, not exact: challenged */
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
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < S 1:1(0) win 512\n"
					"+0 > . 1:1(0) ack 1\n"
					"+0 drops tcp_syn_challenged 1\n"
					"+0 state established\n");
}

static void test_rfc_5961_challenges_are_limited(void)
{
	struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, TCP_SCRIPT_OPEN);
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
	tcp_script_run(&script, TCP_SCRIPT_OPEN);
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
	tcp_script_test(TCP_SCRIPT_OPEN_TIMESTAMPS "+0 < . 1:101(100) ack 1 win 512 <TS val 1099>\n"
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
	tcp_script_test(TCP_SCRIPT_OPEN "+0 < U. 1:101(100) ack 1 win 512\n"
					"+0 > . 1:1(0) ack 101\n"
					"+0 readable 100\n");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"LISTEN", test_listen},
		{"SYN-SENT", test_syn_sent},
		{"SYN-RECEIVED", test_syn_received},
		{"ESTABLISHED", test_established},
		{"FIN-WAIT-1", test_fin_wait_1},
		{"FIN-WAIT-2", test_fin_wait_2},
		{"CLOSE-WAIT", test_close_wait},
		{"CLOSING", test_closing},
		{"LAST-ACK", test_last_ack},
		{"TIME-WAIT", test_time_wait},
		{"RFC 5961 3: RST", test_rfc_5961_reset},
		{"RFC 5961 4: SYN", test_rfc_5961_syn},
		{"RFC 5961 7: challenges are limited", test_rfc_5961_challenges_are_limited},
		{"a million blind guesses", test_a_million_blind_guesses},
		{"RFC 7323 5: PAWS", test_rfc_7323_paws},
		{"RFC 6093: urgent data", test_urgent_data_is_data},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_input", tests);
}
