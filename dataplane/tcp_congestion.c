/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_congestion.h"

#include "tcp_path_mtu.h"
#include "tcp_scoreboard.h"
#include "tcp_slow_start.h"
#include "tcp_undo.h"

/* RFC 9438 section 4.6: multiplicative decrease 0.7; section 5: C = 0.4. */
#define BETA_TENTHS 7
/* Beyond this distance from the plateau the curve is steeper than the growth allowed in any case. */
#define CUBIC_MAX_MS 100000
#define WINDOW_MAX   (UINT32_C(1) << 30)

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* RFC 6928 section 2. */
static uint32_t initial_window(const struct tcp_conn *conn)
{
	return min_u32(10u * conn->snd_mss, max_u32(2u * conn->snd_mss, 14600));
}

void tcp_congestion_init(struct tcp_conn *conn)
{
	conn->cwnd = initial_window(conn);
	conn->ssthresh = WINDOW_MAX;
	tcp_slow_start_begin(conn);
}

static uint32_t cube_root(uint64_t x)
{
	uint32_t low = 0, high = 1u << 21;
	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;
		if (middle * middle * middle <= x)
			low = (uint32_t)middle;
		else
			high = (uint32_t)middle;
	}
	return low;
}

/* RFC 9438 section 4.2: K = cbrt((W_max - cwnd) / C), in milliseconds. */
static void begin_epoch(struct tcp_conn *conn)
{
	conn->growth = TCP_GROWTH_CUBIC;
	conn->cubic.epoch_ms = tcp_types_now_ms(conn->stack);
	conn->cubic.w_est = conn->cwnd;
	conn->cubic.origin = max_u32(conn->cubic_w_max, conn->cwnd);
	uint64_t below_segments = (conn->cubic.origin - conn->cwnd) / conn->snd_mss;
	conn->cubic.k_ms = cube_root(below_segments * UINT64_C(2500000000));
}

/* W_cubic(t + RTT), bounded as section 4.2 says. */
static uint32_t cubic_target(const struct tcp_conn *conn)
{
	uint64_t t_ms = (uint64_t)(tcp_types_now_ms(conn->stack) - conn->cubic.epoch_ms) + conn->srtt_us / 1000;
	bool after = t_ms >= conn->cubic.k_ms;
	uint64_t distance = after ? t_ms - conn->cubic.k_ms : conn->cubic.k_ms - t_ms;
	if (distance > CUBIC_MAX_MS)
		distance = CUBIC_MAX_MS;
	/* 0.4 segments at one second: thousandths of a segment at distance^3 * 4 / 10^7. */
	uint64_t milli_segments = distance * distance * distance * 4 / 10000000;
	uint64_t bytes = milli_segments * conn->snd_mss / 1000;
	uint64_t target = conn->cubic.origin;
	target = after ? target + bytes : (bytes < target ? target - bytes : 0);
	uint64_t most = (uint64_t)conn->cwnd + conn->cwnd / 2;
	if (target > most)
		target = most;
	return target < conn->cwnd ? conn->cwnd : (uint32_t)target;
}

static void avoid_congestion(struct tcp_conn *conn, uint32_t bytes)
{
	if (conn->growth != TCP_GROWTH_CUBIC)
		begin_epoch(conn);
	uint32_t target = cubic_target(conn);
	/* Section 4.3: not slower than Reno would be: alpha = 3 (1 - beta) / (1 + beta) = 9/17, 1 once W_max is passed.
	 */
	uint64_t reno = (uint64_t)conn->snd_mss * bytes / conn->cwnd;
	conn->cubic.w_est += (uint32_t)(conn->cubic.w_est < conn->cubic_w_max ? reno * 9 / 17 : reno);
	if (target < conn->cubic.w_est)
		target = conn->cubic.w_est;
	uint64_t increase = (uint64_t)(target - conn->cwnd) * bytes / conn->cwnd;
	conn->cwnd = min_u32(conn->cwnd + (uint32_t)increase, WINDOW_MAX);
}

void tcp_congestion_acked(struct tcp_conn *conn, uint32_t bytes)
{
	if (!conn->cwnd_limited)
		return;
	if (conn->cwnd < conn->ssthresh) {
		if (conn->growth != TCP_GROWTH_SLOW_START)
			tcp_slow_start_begin(conn);
		uint32_t room = conn->ssthresh - conn->cwnd;
		uint32_t step = min_u32(bytes, room);
		bytes -= step;
		conn->cwnd = min_u32(conn->cwnd + tcp_slow_start_acked(conn, step), WINDOW_MAX);
	}
	if (bytes > 0 && conn->cwnd >= conn->ssthresh)
		avoid_congestion(conn, min_u32(bytes, conn->cwnd));
}

/* RFC 9438 sections 4.6 and 4.7 (fast convergence). */
void tcp_congestion_reduce(struct tcp_conn *conn)
{
	uint32_t w_max = conn->cwnd;
	if (w_max < conn->cubic_w_max)
		w_max = (uint32_t)((uint64_t)w_max * (10 + BETA_TENTHS) / 20);
	conn->cubic_w_max = w_max;
	conn->growth = TCP_GROWTH_NONE;
	conn->ssthresh = max_u32((uint32_t)((uint64_t)conn->cwnd * BETA_TENTHS / 10), 2u * conn->snd_mss);
	conn->cwnd = conn->ssthresh;
}

void tcp_congestion_enter_recovery(struct tcp_conn *conn)
{
	conn->recovery_point = conn->snd_nxt;
	if (tcp_path_mtu_lost_probe_only(conn)) {
		conn->recovery = TCP_RECOVERY_LOSS;
		return;
	}
	conn->recovery = TCP_RECOVERY_FAST;
	tcp_undo_begin(conn);
	tcp_congestion_reduce(conn);
	conn->growth = TCP_GROWTH_PRR;
	conn->prr = (struct tcp_prr){.flight = max_u32(tcp_types_flight(conn), 1)};
}

void tcp_congestion_recovery_acked(struct tcp_conn *conn, uint32_t delivered_bytes)
{
	/* RFC 6937 section 3, with the slow start reduction bound. */
	uint32_t pipe = tcp_scoreboard_pipe(conn);
	conn->prr.delivered += delivered_bytes;
	uint64_t allowed;
	if (pipe > conn->ssthresh) {
		uint64_t share = (uint64_t)conn->prr.delivered * conn->ssthresh;
		allowed = (share + conn->prr.flight - 1) / conn->prr.flight;
		allowed = allowed > conn->prr.out ? allowed - conn->prr.out : 0;
	} else {
		uint32_t owed = conn->prr.delivered > conn->prr.out ? conn->prr.delivered - conn->prr.out : 0;
		allowed = (uint64_t)max_u32(owed, delivered_bytes) + conn->snd_mss;
		if (allowed > conn->ssthresh - pipe)
			allowed = conn->ssthresh - pipe;
	}
	/* Section 3: the first retransmission is never held back. */
	if (conn->prr.out == 0 && allowed < conn->snd_mss)
		allowed = conn->snd_mss;
	conn->cwnd = min_u32(pipe + (uint32_t)allowed, WINDOW_MAX);
}

void tcp_congestion_exit_recovery(struct tcp_conn *conn)
{
	if (conn->recovery == TCP_RECOVERY_FAST)
		conn->cwnd = conn->ssthresh;
	conn->recovery = TCP_RECOVERY_NONE;
	conn->reno_sacked = 0;
	conn->dup_acks = 0;
}

void tcp_congestion_timeout(struct tcp_conn *conn)
{
	/* RFC 5681 section 3.1: a second timeout of the same data must not lower ssthresh again. */
	if (conn->recovery == TCP_RECOVERY_NONE)
		tcp_undo_begin(conn);
	if (conn->recovery != TCP_RECOVERY_LOSS)
		tcp_congestion_reduce(conn);
	conn->recovery = TCP_RECOVERY_LOSS;
	conn->recovery_point = conn->snd_nxt;
	conn->cwnd = conn->snd_mss;
	conn->reno_sacked = 0;
	conn->dup_acks = 0;
}

void tcp_congestion_restart_after_idle(struct tcp_conn *conn)
{
	if (conn->last_send_ms == 0 || tcp_types_now_ms(conn->stack) - conn->last_send_ms < conn->rto_us / 1000)
		return;
	conn->cwnd = min_u32(conn->cwnd, initial_window(conn));
	conn->growth = TCP_GROWTH_NONE;
}
