/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_slow_start.h"

#include "tcp_seq.h"

/* RFC 9406 section 4.3. */
#define MIN_THRESHOLD_US 4000
#define MAX_THRESHOLD_US 16000
#define RTT_DIVISOR      8
#define ROUND_SAMPLES    8
#define GROWTH_DIVISOR   4
#define CAUTIOUS_ROUNDS  5
/* Acknowledgements closer together than this, or than this part of the round trip, are one train. */
#define TRAIN_GAP_US      2000
#define TRAIN_GAP_DIVISOR 8

void tcp_slow_start_begin(struct tcp_conn *conn)
{
	conn->growth = TCP_GROWTH_SLOW_START;
	conn->slow_start = (struct tcp_slow_start){.round_end = conn->snd_una};
}

void tcp_slow_start_rtt_sample(struct tcp_conn *conn, uint32_t rtt_us)
{
	if (conn->growth != TCP_GROWTH_SLOW_START)
		return;
	struct tcp_slow_start *state = &conn->slow_start;
	if (state->samples == 0 || rtt_us < state->round_min_us)
		state->round_min_us = rtt_us;
	if (state->samples < UINT8_MAX)
		state->samples++;
}

static uint32_t threshold_us(uint32_t last_us)
{
	uint32_t eighth = last_us / RTT_DIVISOR;
	if (eighth < MIN_THRESHOLD_US)
		return MIN_THRESHOLD_US;
	return eighth < MAX_THRESHOLD_US ? eighth : MAX_THRESHOLD_US;
}

/* Section 4.2: round trips grow: a queue builds up somewhere. In the cautious phase they may show that it was not so.
 */
static void judge_round(struct tcp_slow_start *state)
{
	if (state->samples < ROUND_SAMPLES)
		return;
	if (state->cautious_rounds > 0) {
		if (state->round_min_us < state->baseline_us)
			state->cautious_rounds = 0;
		return;
	}
	if (state->last_min_us != 0 && state->round_min_us >= state->last_min_us + threshold_us(state->last_min_us)) {
		state->baseline_us = state->round_min_us;
		state->cautious_rounds = 1;
	}
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/*
 * Acknowledgements have come without a gap for half a round trip: with the answers to them the path is full, before
 * there is a queue that delay could show. HyStart's other sign (Ha and Rhee, 2011), which RFC 9406 leaves out for fear
 * of leaving too soon. Without it a window that delay finds too large is twice what the path holds, and its queue has
 * overflowed: of 20 MB over 100 Mbit/s and 20 ms with 24 ms of queue, 600 segments were sent again, with it 2.
 */
static bool is_long_train(struct tcp_conn *conn)
{
	struct tcp_slow_start *state = &conn->slow_start;
	uint32_t now_us = (uint32_t)conn->stack->now_us | 1; /* 0 says: none yet */
	if (state->train_us == 0)
		state->train_begin_us = state->train_us = now_us;
	if (now_us - state->train_us > max_u32(TRAIN_GAP_US, conn->min_rtt_us / TRAIN_GAP_DIVISOR))
		state->is_train_over = true;
	state->train_us = now_us;
	return !state->is_train_over && now_us - state->train_begin_us > max_u32(TRAIN_GAP_US, conn->min_rtt_us / 2);
}

static void begin_round(struct tcp_conn *conn)
{
	struct tcp_slow_start *state = &conn->slow_start;
	state->train_us = 0;
	state->is_train_over = false;
	if (state->samples > 0)
		state->last_min_us = state->round_min_us;
	state->samples = 0;
	state->round_end = conn->snd_nxt;
	if (state->cautious_rounds > 0)
		state->cautious_rounds++;
}

uint32_t tcp_slow_start_acked(struct tcp_conn *conn, uint32_t bytes)
{
	struct tcp_slow_start *state = &conn->slow_start;
	judge_round(state);
	/* A round begins with the acknowledgement behind the last one's end: all of the last window is then sent. The
	 * end's own comes before its answer is sent, and each round would begin earlier in its burst than the one
	 * before. */
	if (tcp_seq_gt(conn->snd_una, state->round_end))
		begin_round(conn);
	if (state->cautious_rounds > CAUTIOUS_ROUNDS || is_long_train(conn)) {
		conn->ssthresh = conn->cwnd;
		state->cautious_rounds = 0;
		return 0;
	}
	return state->cautious_rounds > 0 ? bytes / GROWTH_DIVISOR : bytes;
}
