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

void tcp_slow_start_rtt_sample(struct tcp_conn *conn, uint32_t rtt_us)
{
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

static void begin_round(struct tcp_conn *conn)
{
	struct tcp_slow_start *state = &conn->slow_start;
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
	if (tcp_seq_geq(conn->snd_una, state->round_end))
		begin_round(conn);
	if (state->cautious_rounds > CAUTIOUS_ROUNDS) {
		conn->ssthresh = conn->cwnd;
		state->cautious_rounds = 0;
		return 0;
	}
	return state->cautious_rounds > 0 ? bytes / GROWTH_DIVISOR : bytes;
}
