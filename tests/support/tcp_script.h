/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Packet scripts in the manner of packetdrill: one server stack, virtual time, a text of what comes in and what must go
 * out.
 *
 *   +0    < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>      a segment arrives
 *   +0    > S. 0:0(0) ack 1 <mss 1460,sackOK>                  this must be sent now
 *   +.1   < . 1:1001(1000) ack 1 win 257
 *   +0    write 1000          | read N | close | release | abort | open (active) | mss N | refuse N (packet buffers
 * out) +0    state established   | readable N | closed reset | drops tcp_paws 1 | silence
 *
 * Sequence numbers are relative: the peer's to its SYN, ours to our SYN. A segment sent and not expected fails the
 * script. What an expected segment does not mention (win, options) is not looked at; a time is met within 2 ms.
 */
#ifndef HANDFAST_TCP_SCRIPT_H
#define HANDFAST_TCP_SCRIPT_H

#include "tcp_net.h"

#include <CUnit/Basic.h>

#define TCP_SCRIPT_PEER_ISN 5000u
#define TCP_SCRIPT_QUEUE    256

/** A handshake with window scaling and SACK; without any option; with timestamps. It ends with the connection
 * established. */
#define TCP_SCRIPT_OPEN                                                                                                \
	"+0 < S 0:0(0) win 65535 <mss 1460,sackOK,wscale 7>\n"                                                         \
	"+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,wscale 2>\n"                                                            \
	"+.1 < . 1:1(0) ack 1 win 512\n"                                                                               \
	"+0 state established\n"

#define TCP_SCRIPT_OPEN_PLAIN                                                                                          \
	"+0 < S 0:0(0) win 65535 <mss 1460>\n"                                                                         \
	"+0 > S. 0:0(0) ack 1 <mss 1460>\n"                                                                            \
	"+.1 < . 1:1(0) ack 1 win 65535\n"

#define TCP_SCRIPT_OPEN_TIMESTAMPS                                                                                     \
	"+0 < S 0:0(0) win 65535 <mss 1460,sackOK,TS val 1000 ecr 0,wscale 7>\n"                                       \
	"+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 0 ecr 0,wscale 2>\n"                                             \
	"+.1 < . 1:1(0) ack 1 win 512 <TS val 1100>\n"

struct tcp_script_sent {
	uint64_t at_us;
	struct tcp_segment segment;
};

struct tcp_script {
	const char *line;
	struct tcp_stack *stack;
	struct stats stats;
	struct tcp_conn *conn;
	struct flow_key key;
	uint64_t now_us, inputs;
	uint32_t our_isn, last_ts_value;
	bool isn_known, failed;
	uint32_t events; /* all that were raised */
	unsigned refuse;
	struct tcp_script_sent queue[TCP_SCRIPT_QUEUE];
	unsigned n_queue;
	struct tcp_stack_settings settings;
};

static inline void tcp_script_fail(struct tcp_script *script, const char *why)
{
	if (!script->failed)
		printf("\n    script fails: %s\n      at: %.100s\n", why, script->line);
	script->failed = true;
}

static inline bool tcp_script_emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct tcp_script *script = context;
	(void)key;
	(void)conn;
	if (script->refuse > 0) {
		script->refuse--;
		return false;
	}
	if ((segment->flags & TCP_SYN) != 0) {
		script->our_isn = segment->seq;
		script->isn_known = true;
	}
	if (segment->options.has_timestamps)
		script->last_ts_value = segment->options.ts_value;
	/* As on the wire, unless the script is about trains. */
	uint32_t at = 0, most = script->settings.train_segments > 1 ? UINT32_MAX : 0;
	do {
		struct tcp_segment piece = tcp_segment_cut(segment, at, most);
		if (script->n_queue < TCP_SCRIPT_QUEUE)
			script->queue[script->n_queue++] = (struct tcp_script_sent){script->now_us, piece};
		at += piece.payload_len;
	} while (at < segment->payload_len);
	return true;
}

static inline bool tcp_script_listens(void *context, const struct flow_key *key)
{
	(void)context;
	return key->local_port == 443;
}

static inline void tcp_script_serve(struct tcp_script *script)
{
	struct tcp_conn *conn;
	while ((conn = tcp_stack_next_event(script->stack)) != NULL) {
		script->conn = conn;
		script->events |= tcp_conn_take_events(conn);
	}
	tcp_stack_output(script->stack, script->now_us);
}

/** Let time pass: timers run when they are due. */
static inline void tcp_script_advance(struct tcp_script *script, uint64_t to_us)
{
	for (;;) {
		uint64_t next = tcp_stack_next_timer_us(script->stack);
		if (next > to_us || next < script->now_us)
			break;
		/* Packet buffers ran out: the worker polls again a little later. */
		script->now_us = next > script->now_us ? next : script->now_us + 1;
		tcp_stack_advance(script->stack, script->now_us);
		tcp_script_serve(script);
	}
	if (to_us > script->now_us)
		script->now_us = to_us;
	tcp_stack_advance(script->stack, script->now_us);
	tcp_script_serve(script);
}

static inline void tcp_script_init(struct tcp_script *script)
{
	static const uint8_t local[4] = {198, 51, 100, 1}, remote[4] = {192, 0, 2, 1};
	memset(script, 0, sizeof(*script));
	script->key.local_ip = ip_address_from_v4(local);
	script->key.remote_ip = ip_address_from_v4(remote);
	script->key.local_port = 443;
	script->key.remote_port = 40000;
	script->now_us = 1000000000;
	tcp_stack_settings_default(&script->settings);
	script->settings.max_connections = 16;
	script->settings.buffer_memory_bytes = 4 << 20;
}

/** Create the stack, once settings are as the test wants them. */
static inline void tcp_script_start(struct tcp_script *script)
{
	struct tcp_stack_callbacks callbacks = {script, tcp_script_emit, tcp_script_listens};
	uint8_t seed[32] = "a seed of thirty-two octets ....";
	script->stack = tcp_stack_create(&script->settings, &callbacks, seed, &script->stats, script->now_us);
}

/** What holds in every test: received = delivered + dropped, and nothing is left. */
static inline void tcp_script_fini(struct tcp_script *script)
{
	uint64_t counted = stats_get_mt(&script->stats, STAT_RX_DELIVERED_PKTS);
	for (unsigned i = 0; i < DROP_REASONS; i++)
		counted += stats_get_drop_mt(&script->stats, (enum drop_reason)i);
	CU_ASSERT_EQUAL(counted, script->inputs);
	tcp_stack_destroy(script->stack);
	CU_ASSERT_EQUAL(stats_get_mt(&script->stats, STAT_TCP_CONNECTIONS_NOW), 0);
	CU_ASSERT_EQUAL(stats_get_mt(&script->stats, STAT_TCP_BLOCKS_NOW), 0);
}

static inline void tcp_script_input(struct tcp_script *script, const struct tcp_segment *segment)
{
	script->inputs++;
	tcp_stack_input(script->stack, &script->key, segment, script->now_us);
}

/* --- reading a line
 * ----------------------------------------------------------------------------------------------------- */

static inline const char *tcp_script_skip(const char *at)
{
	while (*at == ' ' || *at == '\t' || *at == ',')
		at++;
	return at;
}

static inline bool tcp_script_word(const char **at, const char *word)
{
	size_t len = strlen(word);
	const char *from = tcp_script_skip(*at);
	if (strncmp(from, word, len) != 0)
		return false;
	*at = from + len;
	return true;
}

static inline uint32_t tcp_script_number(const char **at)
{
	const char *from = tcp_script_skip(*at);
	bool negative = *from == '-';
	from += negative;
	uint32_t value = 0;
	while (*from >= '0' && *from <= '9')
		value = value * 10 + (uint32_t)(*from++ - '0');
	*at = from;
	return negative ? 0u - value : value;
}

static inline uint8_t tcp_script_flags(const char **at)
{
	static const char letters[] = "FSRP.U";
	static const uint8_t values[] = {TCP_FIN, TCP_SYN, TCP_RST, TCP_PSH, TCP_ACK, TCP_URG};
	uint8_t flags = 0;
	const char *from = tcp_script_skip(*at), *found;
	while (*from != '\0' && *from != ' ' && (found = strchr(letters, *from)) != NULL) {
		flags |= values[found - letters];
		from++;
	}
	if (*from == '-')
		from++;
	*at = from;
	return flags;
}

/* What a line says; a member is meant only if its has_ is set. */
struct tcp_script_pattern {
	struct tcp_segment segment;
	uint32_t len;
	bool has_ack, has_window, has_options;
};

/* Options: whose SACK numbers they are depends on the direction. */
static inline void tcp_script_options(
	const char **at, struct tcp_segment_options *out, uint32_t sack_base, uint32_t last_ts_value)
{
	while (**at != '\0' && **at != '>' && **at != '\n') {
		if (tcp_script_word(at, "mss")) {
			out->has_mss = true;
			out->mss = (uint16_t)tcp_script_number(at);
		} else if (tcp_script_word(at, "sackOK")) {
			out->sack_permitted = true;
		} else if (tcp_script_word(at, "wscale")) {
			out->has_window_scale = true;
			out->window_scale = (uint8_t)tcp_script_number(at);
		} else if (tcp_script_word(at, "TS val")) {
			out->has_timestamps = true;
			out->ts_value = tcp_script_number(at);
			out->ts_echo = last_ts_value;
			if (tcp_script_word(at, "ecr"))
				out->ts_echo = tcp_script_number(at);
		} else if (tcp_script_word(at, "sack")) {
			while (*tcp_script_skip(*at) >= '0' && *tcp_script_skip(*at) <= '9') {
				struct tcp_segment_sack *sack = &out->sack[out->n_sack++];
				sack->left = sack_base + tcp_script_number(at);
				(*at)++;
				sack->right = sack_base + tcp_script_number(at);
			}
		} else {
			(*at)++;
		}
	}
}

static inline struct tcp_script_pattern tcp_script_pattern(struct tcp_script *script, const char *at, bool incoming)
{
	struct tcp_script_pattern pattern = {0};
	uint32_t from = incoming ? TCP_SCRIPT_PEER_ISN : script->our_isn;
	uint32_t to = incoming ? script->our_isn : TCP_SCRIPT_PEER_ISN;
	pattern.segment.flags = tcp_script_flags(&at);
	pattern.segment.seq = from + tcp_script_number(&at);
	at = strchr(at, '(') + 1;
	pattern.len = tcp_script_number(&at);
	at++;
	if (tcp_script_word(&at, "ack")) {
		pattern.has_ack = true;
		pattern.segment.ack = to + tcp_script_number(&at);
	}
	if (tcp_script_word(&at, "win")) {
		pattern.has_window = true;
		pattern.segment.window = (uint16_t)tcp_script_number(&at);
	}
	if (tcp_script_word(&at, "<")) {
		pattern.has_options = true;
		tcp_script_options(&at, &pattern.segment.options, to, script->last_ts_value);
	}
	return pattern;
}

static inline void tcp_script_arrives(struct tcp_script *script, const char *at)
{
	static const uint8_t payload[65536];
	struct tcp_script_pattern pattern = tcp_script_pattern(script, at, true);
	pattern.segment.payload = (struct bytes){payload, pattern.len};
	tcp_script_input(script, &pattern.segment);
	tcp_script_serve(script);
}

static inline bool tcp_script_same_sacks(const struct tcp_segment_options *a, const struct tcp_segment_options *b)
{
	return a->n_sack == b->n_sack && memcmp(a->sack, b->sack, a->n_sack * sizeof(a->sack[0])) == 0;
}

static inline void tcp_script_expect(struct tcp_script *script, const char *at, uint64_t target_us)
{
	if (script->n_queue == 0)
		tcp_script_advance(script, script->now_us + 2000);
	if (script->n_queue == 0) {
		tcp_script_fail(script, "nothing was sent");
		return;
	}
	struct tcp_script_sent sent = script->queue[0];
	memmove(&script->queue[0], &script->queue[1], --script->n_queue * sizeof(sent));
	struct tcp_script_pattern want = tcp_script_pattern(script, at, false);
	char line[320];
	struct tcp_segment shown = sent.segment;
	shown.seq -= script->our_isn;
	shown.ack -= TCP_SCRIPT_PEER_ISN;
	tcp_net_format(line, sizeof(line), &shown);
	const struct tcp_segment_options *got_options = &sent.segment.options, *want_options = &want.segment.options;
	bool same = sent.segment.flags == want.segment.flags && sent.segment.seq == want.segment.seq &&
		    sent.segment.payload_len == want.len && (!want.has_ack || sent.segment.ack == want.segment.ack) &&
		    (!want.has_window || sent.segment.window == want.segment.window);
	if (same && want.has_options)
		same = got_options->has_mss == want_options->has_mss && got_options->mss == want_options->mss &&
		       got_options->sack_permitted == want_options->sack_permitted &&
		       got_options->has_window_scale == want_options->has_window_scale &&
		       (!want_options->has_window_scale || got_options->window_scale == want_options->window_scale) &&
		       got_options->has_timestamps == want_options->has_timestamps &&
		       tcp_script_same_sacks(got_options, want_options);
	if (!same) {
		tcp_script_fail(script, "another segment was sent:");
		printf("      got: %s\n", line);
	}
	if (sent.at_us + 2000 < target_us || sent.at_us > target_us + 2000) {
		tcp_script_fail(script, "at another time");
		printf("      got: %s, %.4f s from expected\n", line, ((double)sent.at_us - (double)target_us) / 1e6);
	}
}

static inline void tcp_script_check_drops(struct tcp_script *script, const char *at)
{
	for (unsigned i = 0; i < DROP_REASONS; i++) {
		const char *rest = at;
		if (!tcp_script_word(&rest, stats_drop_name((enum drop_reason)i)) || *rest != ' ')
			continue;
		if (stats_get_drop_mt(&script->stats, (enum drop_reason)i) != tcp_script_number(&rest))
			tcp_script_fail(script, "dropped another number for this reason");
		return;
	}
	tcp_script_fail(script, "no such drop reason");
}

static inline void tcp_script_write(struct tcp_script *script, uint32_t len)
{
	static const uint8_t zeros[1 << 20];
	if (tcp_conn_send(script->conn, (struct bytes){zeros, len}) != len)
		tcp_script_fail(script, "not all was taken");
}

static inline void tcp_script_check_closed(struct tcp_script *script, const char *at)
{
	static const char *const names[] = {"none", "normal", "reset", "refused", "timeout", "aborted"};
	if ((script->events & TCP_EVENT_CLOSED) == 0)
		tcp_script_fail(script, "not closed");
	else if (!tcp_script_word(&at, names[tcp_conn_close_reason(script->conn)]))
		tcp_script_fail(script, names[tcp_conn_close_reason(script->conn)]);
}

static inline void tcp_script_command(struct tcp_script *script, const char *at)
{
	if (tcp_script_word(&at, "write")) {
		tcp_script_write(script, tcp_script_number(&at));
	} else if (tcp_script_word(&at, "readable")) {
		if (tcp_conn_readable_bytes(script->conn) != tcp_script_number(&at))
			tcp_script_fail(script, "another number of bytes is readable");
	} else if (tcp_script_word(&at, "read")) {
		tcp_conn_consume(script->conn, tcp_script_number(&at));
	} else if (tcp_script_word(&at, "closed")) {
		tcp_script_check_closed(script, at);
	} else if (tcp_script_word(&at, "close")) {
		tcp_conn_close(script->conn);
	} else if (tcp_script_word(&at, "release")) {
		tcp_conn_release(script->conn);
	} else if (tcp_script_word(&at, "abort")) {
		tcp_conn_abort(script->conn);
	} else if (tcp_script_word(&at, "open")) {
		script->conn = tcp_stack_connect(script->stack, &script->key, script->now_us);
	} else if (tcp_script_word(&at, "mtu")) {
		uint32_t seq = script->our_isn + tcp_script_number(&at);
		tcp_stack_packet_too_big(script->stack, &script->key, seq, tcp_script_number(&at), script->now_us);
	} else if (tcp_script_word(&at, "refuse")) {
		script->refuse = tcp_script_number(&at);
	} else if (tcp_script_word(&at, "state")) {
		const char *name = tcp_conn_state_name(tcp_conn_get_state(script->conn));
		if (strncmp(tcp_script_skip(at), name, strlen(name)) != 0)
			tcp_script_fail(script, name);
	} else if (tcp_script_word(&at, "drops")) {
		tcp_script_check_drops(script, at);
	} else if (!tcp_script_word(&at, "silence")) {
		tcp_script_fail(script, "unknown command");
	}
	tcp_script_serve(script);
}

static inline void tcp_script_line(struct tcp_script *script, const char *line)
{
	script->line = line;
	char *rest;
	double seconds = strtod(line, &rest);
	uint64_t target_us = script->now_us + (uint64_t)(seconds * 1e6 + 0.5);
	const char *at = tcp_script_skip(rest);
	if (*at == '>') {
		/* What was sent before its time fails the time check. */
		if (script->n_queue == 0 && seconds > 0)
			tcp_script_advance(script, target_us);
		tcp_script_expect(script, at + 1, target_us);
		return;
	}
	if (seconds > 0)
		tcp_script_advance(script, target_us);
	if (script->n_queue > 0) {
		char got[320];
		struct tcp_segment shown = script->queue[0].segment;
		shown.seq -= script->our_isn;
		shown.ack -= TCP_SCRIPT_PEER_ISN;
		tcp_net_format(got, sizeof(got), &shown);
		tcp_script_fail(script, "a segment was sent that nobody expected before this line:");
		printf("      got: %s\n", got);
	}
	if (*at == '<')
		tcp_script_arrives(script, at + 1);
	else
		tcp_script_command(script, at);
}

/** Run all lines of a text. */
static inline void tcp_script_run(struct tcp_script *script, const char *text)
{
	char line[256];
	while (*text != '\0' && !script->failed) {
		size_t len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		const char *begin = tcp_script_skip(line);
		if (*begin == '+')
			tcp_script_line(script, begin + 1);
		text += len + (text[len] == '\n');
	}
	if (!script->failed && script->n_queue > 0)
		tcp_script_fail(script, "segments were sent after the last line");
	CU_ASSERT_FALSE(script->failed);
}

/** A whole test: default settings, one text. */
static inline void tcp_script_test(const char *text)
{
	static struct tcp_script script;
	tcp_script_init(&script);
	tcp_script_start(&script);
	tcp_script_run(&script, text);
	tcp_script_fini(&script);
}

#endif
