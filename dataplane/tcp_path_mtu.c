/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_path_mtu.h"

#include "tcp_lifecycle.h"
#include "tcp_scoreboard.h"
#include "tcp_seq.h"

/* RFC 1191 section 3 has 68; nobody needs less than 576, and less would be an attack (RFC 5927). RFC 8200 section 5. */
#define MTU_FLOOR_V4 576
#define MTU_FLOOR_V6 1280
#define HEADERS_V4   40
#define HEADERS_V6   60
/* Where tunnels, and tunnels in tunnels, leave less than Ethernet's 1500, they leave this: IPv6 needs it. */
#define MTU_OF_TUNNELS 1280
/* A search ends when what is known lies this close to what is known not to be. */
#define SEARCH_END_BYTES 16
/* Segments that must be ready to follow a probe: RACK judges by what was sent later. */
#define PROBE_FOLLOWERS 3u

static uint32_t payload_for(const struct tcp_conn *conn, uint32_t mtu_bytes)
{
	bool v4 = ip_address_is_v4(&conn->key.remote_ip);
	uint32_t lowest = v4 ? MTU_FLOOR_V4 : MTU_FLOOR_V6;
	uint32_t mtu = mtu_bytes < lowest ? lowest : mtu_bytes;
	return mtu - (v4 ? HEADERS_V4 : HEADERS_V6) - (conn->timestamps ? TCP_TIMESTAMPS_BYTES : 0);
}

void tcp_path_mtu_init(struct tcp_conn *conn)
{
	conn->path_mtu = (struct tcp_path_mtu){.max = conn->snd_mss, .high = conn->snd_mss};
}

static void wait_for(struct tcp_conn *conn, uint32_t seconds)
{
	conn->path_mtu.due_s = tcp_types_now_s(conn->stack) + seconds;
}

/* The search goes on, or has come close enough; then all is tried again after a while, for the path may change. */
static void search_on(struct tcp_conn *conn, uint32_t after_s)
{
	struct tcp_path_mtu *path = &conn->path_mtu;
	if (path->high >= conn->snd_mss + SEARCH_END_BYTES) {
		wait_for(conn, after_s);
		return;
	}
	path->high = path->max;
	wait_for(conn, TCP_PATH_MTU_RAISE_S);
}

static void fail_probe(struct tcp_conn *conn, uint32_t high)
{
	struct tcp_path_mtu *path = &conn->path_mtu;
	path->probe = 0;
	path->high = (uint16_t)high;
	search_on(conn, TCP_PATH_MTU_SEARCH_S);
}

/* Not congestion (RFC 8201 section 5.4): what was too big goes again at once, and the window stays. */
static void send_again(struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	tcp_scoreboard_lose(conn, start, end);
	if (conn->recovery == TCP_RECOVERY_NONE) {
		conn->recovery = TCP_RECOVERY_LOSS;
		conn->recovery_point = conn->snd_nxt;
	}
	tcp_lifecycle_schedule(conn);
}

bool tcp_path_mtu_reduce(struct tcp_conn *conn, uint32_t sequence, uint32_t mtu_bytes)
{
	if (conn->state < TCP_ESTABLISHED || tcp_seq_lt(sequence, conn->snd_una) ||
		tcp_seq_geq(sequence, conn->snd_nxt))
		return false;
	struct tcp_path_mtu *path = &conn->path_mtu;
	uint32_t payload = payload_for(conn, mtu_bytes);
	if (path->probe > payload && payload >= conn->snd_mss && path->probe_end - path->probe == sequence) {
		/* What is said of the probe says nothing against the others. */
		fail_probe(conn, payload);
		send_again(conn, sequence, path->probe_end);
		return true;
	}
	if (payload >= conn->snd_mss)
		return false;
	conn->snd_mss = (uint16_t)payload;
	path->probe = 0;
	path->high = path->max;
	wait_for(conn, TCP_PATH_MTU_RAISE_S);
	send_again(conn, conn->snd_una, conn->snd_nxt);
	return true;
}

/* The next size below one that vanishes: what most tunnels take, then what every path takes. */
static uint32_t next_smaller(const struct tcp_conn *conn, uint32_t size)
{
	uint32_t tunnels = payload_for(conn, MTU_OF_TUNNELS);
	return tunnels < size ? tunnels : payload_for(conn, 0);
}

void tcp_path_mtu_timeout(struct tcp_conn *conn)
{
	struct tcp_scoreboard_part lost;
	if (conn->retries < TCP_PATH_MTU_SUSPECT_RETRIES || !tcp_scoreboard_first_lost(conn, &lost))
		return;
	uint32_t size = lost.end - lost.start < conn->snd_mss ? lost.end - lost.start : conn->snd_mss;
	uint32_t smaller = next_smaller(conn, size);
	if (smaller >= size)
		return;
	conn->snd_mss = (uint16_t)smaller;
	conn->cwnd = smaller; /* RFC 5681 section 3.1: one segment */
	conn->path_mtu.probe = 0;
	conn->path_mtu.high = conn->path_mtu.max;
	wait_for(conn, TCP_PATH_MTU_SUSPICION_S);
	stats_add(conn->stack->stats, STAT_TCP_BLACK_HOLES, 1);
}

uint32_t tcp_path_mtu_wanted(const struct tcp_conn *conn, uint32_t unsent)
{
	const struct tcp_path_mtu *path = &conn->path_mtu;
	if (conn->snd_mss >= path->max || path->probe != 0 || conn->recovery != TCP_RECOVERY_NONE ||
		tcp_seq_lt(tcp_types_now_s(conn->stack), path->due_s))
		return 0;
	/* All of it first: paths mend, and suspicions are wrong. Then by halves. */
	uint32_t size = path->high == path->max ? path->max : (conn->snd_mss + path->high + 1u) / 2;
	/* What follows it tells, by being acknowledged, that it was lost. */
	return unsent >= size + PROBE_FOLLOWERS * conn->snd_mss ? size : 0;
}

void tcp_path_mtu_probe_sent(struct tcp_conn *conn, uint32_t len)
{
	conn->path_mtu.probe = (uint16_t)len;
	conn->path_mtu.probe_end = conn->snd_nxt;
}

void tcp_path_mtu_resent(struct tcp_conn *conn, uint32_t start, uint32_t end)
{
	const struct tcp_path_mtu *path = &conn->path_mtu;
	if (path->probe != 0 && tcp_seq_lt(start, path->probe_end) && tcp_seq_gt(end, path->probe_end - path->probe))
		fail_probe(conn, path->probe - 1u);
}

void tcp_path_mtu_acked(struct tcp_conn *conn)
{
	struct tcp_path_mtu *path = &conn->path_mtu;
	if (path->probe == 0 || tcp_seq_lt(conn->snd_una, path->probe_end))
		return;
	conn->snd_mss = path->probe;
	path->probe = 0;
	stats_add(conn->stack->stats, STAT_TCP_MTU_RAISED, 1);
	search_on(conn, 0);
}

uint32_t tcp_path_mtu_first_segment(const struct tcp_conn *conn)
{
	const struct tcp_path_mtu *path = &conn->path_mtu;
	return path->probe != 0 && path->probe_end - path->probe == conn->snd_una ? path->probe : conn->snd_mss;
}

bool tcp_path_mtu_lost_probe_only(const struct tcp_conn *conn)
{
	const struct tcp_path_mtu *path = &conn->path_mtu;
	struct tcp_scoreboard_part lost;
	return path->probe != 0 && conn->lost_bytes == path->probe && tcp_scoreboard_first_lost(conn, &lost) &&
	       lost.end == path->probe_end;
}
