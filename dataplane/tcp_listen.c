/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_listen.h"

#include "tcp_input.h"
#include "tcp_lifecycle.h"
#include "tcp_output.h"
#include "tcp_timer.h"

#include "siphash.h"

static struct syn_cookie_options options_of(const struct flow_key *key, const struct tcp_segment_options *options)
{
	uint16_t default_mss = ip_address_is_v4(&key->remote_ip) ? TCP_DEFAULT_MSS_V4 : TCP_DEFAULT_MSS_V6;
	return (struct syn_cookie_options){
		.mss = options->has_mss ? options->mss : default_mss,
		.timestamps = options->has_timestamps,
		.sack = options->sack_permitted,
		.has_window_scale = options->has_window_scale,
		.window_scale = options->window_scale,
	};
}

/* The timestamp clock that the connection will have, before there is one. */
static uint32_t timestamp_now(const struct tcp_stack *stack, const struct flow_key *key)
{
	return (uint32_t)(stack->now_us / 1000) + tcp_lifecycle_timestamp_offset(stack, key);
}

static uint16_t first_window(const struct tcp_stack *stack)
{
	uint32_t buffer = stack->settings.receive_buffer_bytes;
	return buffer < UINT16_MAX ? (uint16_t)buffer : UINT16_MAX;
}

static int answer_syn(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *syn)
{
	struct syn_cookie_options kept = options_of(key, &syn->options);
	uint32_t cookie = syn_cookie_make(&stack->cookie_secret, key, syn->seq, &kept, stack->now_us);
	struct tcp_segment answer = {
		.seq = cookie,
		.ack = syn->seq + 1,
		.flags = TCP_SYN | TCP_ACK,
		.window = first_window(stack),
		.options =
			{
				.has_mss = true,
				.mss = tcp_lifecycle_own_mss(stack, key),
				.sack_permitted = kept.sack,
				.has_window_scale = kept.has_window_scale,
				.window_scale = stack->wscale,
				.has_timestamps = kept.timestamps,
				.ts_echo = syn->options.ts_value,
			},
	};
	if (kept.timestamps)
		answer.options.ts_value = syn_cookie_to_timestamp(timestamp_now(stack, key), &kept);
	if (stack->callbacks.emit(stack->callbacks.context, key, NULL, &answer)) {
		stack->last_cookie_us = stack->now_us;
		stats_add(stack->stats, STAT_TCP_SYNS, 1);
	}
	return TCP_DELIVERED;
}

/* What the cookie, and the timestamp beside it, say of an ACK. */
static enum syn_cookie_result check_cookie(struct tcp_stack *stack, const struct flow_key *key,
	const struct tcp_segment *segment, struct syn_cookie_options *out)
{
	/* Where no cookie was given out lately, none can be good: a blind guess fails without luck. */
	if (stack->last_cookie_us == 0 || stack->now_us - stack->last_cookie_us > SYN_COOKIE_LIFE_US)
		return SYN_COOKIE_INVALID;
	enum syn_cookie_result result =
		syn_cookie_check(&stack->cookie_secret, key, segment->seq - 1, segment->ack - 1, stack->now_us, out);
	bool good = result == SYN_COOKIE_VALID || result == SYN_COOKIE_PROBE;
	if (!good || !out->timestamps)
		return result;
	/* RFC 7323 section 3.2: timestamps agreed on are in every segment; the echo must be of one we can have sent. */
	uint32_t age_ms = timestamp_now(stack, key) - segment->options.ts_echo;
	if (!segment->options.has_timestamps || age_ms > SYN_COOKIE_LIFE_US / 1000)
		return SYN_COOKIE_INVALID;
	syn_cookie_from_timestamp(segment->options.ts_echo, out);
	return result;
}

bool tcp_listen_is_new(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment)
{
	struct syn_cookie_options options;
	return stack->callbacks.listens(stack->callbacks.context, key) &&
	       check_cookie(stack, key, segment, &options) == SYN_COOKIE_VALID;
}

/*
 * The timestamp beside the cookie comes back: its age is the round trip, and up to 31 ms more for the bits it carries
 * (RFC 7323 section 4.1). Without it the first flight, which is a handshake's largest, would wait a second when lost.
 */
static void measure_handshake(struct tcp_conn *conn, const struct tcp_segment *ack)
{
	uint32_t age_ms = tcp_types_ts_now(conn) - ack->options.ts_echo;
	if (conn->timestamps && age_ms < conn->rto_us / 1000)
		tcp_timer_rtt_guess(conn, (age_ms > 0 ? age_ms : 1) * 1000);
}

static void establish(
	struct tcp_conn *conn, const struct tcp_segment *ack, uint32_t irs, const struct syn_cookie_options *options)
{
	uint32_t first = irs + 1;
	conn->state = TCP_ESTABLISHED;
	conn->iss = ack->ack - 1;
	conn->snd_una = ack->ack;
	conn->snd_nxt = ack->ack;
	conn->snd_end = ack->ack;
	conn->irs = irs;
	conn->rcv_nxt = first;
	conn->rcv_read = first;
	conn->ack_sent = first;
	conn->rcv_adv = first + first_window(conn->stack);
	tcp_lifecycle_set_options(conn, options);
	conn->snd_wnd = (uint32_t)ack->window << conn->snd_wscale;
	conn->snd_wnd_max = conn->snd_wnd;
	conn->snd_wl1 = ack->seq;
	conn->snd_wl2 = ack->ack;
	conn->ts_recent = ack->options.ts_value;
	conn->ts_recent_h = tcp_types_now_h(conn->stack);
	measure_handshake(conn, ack);
	tcp_timer_touch(conn);
	stats_add(conn->stack->stats, STAT_TCP_ACCEPTED, 1);
	tcp_lifecycle_raise(conn, TCP_EVENT_ACCEPTED);
}

static int take_ack(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment)
{
	struct syn_cookie_options options = {0};
	enum syn_cookie_result result = check_cookie(stack, key, segment, &options);
	if (result == SYN_COOKIE_INVALID)
		tcp_output_refuse(stack, key, segment);
	if (result == SYN_COOKIE_INVALID || result == SYN_COOKIE_EARLY)
		return DROP_TCP_COOKIE;
	struct tcp_conn *conn = tcp_lifecycle_create(stack, key);
	if (conn == NULL)
		return DROP_TCP_CONNECTIONS_FULL;
	establish(conn, segment, result == SYN_COOKIE_PROBE ? segment->seq : segment->seq - 1, &options);
	return tcp_input_segment(conn, segment);
}

int tcp_listen_input(struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment)
{
	uint8_t kind = segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN);
	if ((kind & TCP_RST) != 0)
		return DROP_TCP_NO_CONNECTION;
	if (!stack->callbacks.listens(stack->callbacks.context, key)) {
		tcp_output_refuse(stack, key, segment);
		return (kind & TCP_SYN) != 0 ? DROP_TCP_NO_LISTENER : DROP_TCP_NO_CONNECTION;
	}
	if (kind == TCP_SYN)
		return answer_syn(stack, key, segment);
	if ((kind & (TCP_SYN | TCP_ACK)) == TCP_ACK)
		return take_ack(stack, key, segment);
	if ((kind & TCP_ACK) != 0) {
		tcp_output_refuse(stack, key, segment);
		return DROP_TCP_NO_CONNECTION;
	}
	return DROP_TCP_FLAGS;
}
