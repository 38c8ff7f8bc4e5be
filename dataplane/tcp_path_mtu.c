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

static uint32_t payload_for(const struct tcp_conn *conn, uint32_t mtu_bytes)
{
	bool v4 = ip_address_is_v4(&conn->key.remote_ip);
	uint32_t lowest = v4 ? MTU_FLOOR_V4 : MTU_FLOOR_V6;
	uint32_t mtu = mtu_bytes < lowest ? lowest : mtu_bytes;
	return mtu - (v4 ? HEADERS_V4 : HEADERS_V6) - (conn->timestamps ? TCP_TIMESTAMPS_BYTES : 0);
}

bool tcp_path_mtu_reduce(struct tcp_conn *conn, uint32_t sequence, uint32_t mtu_bytes)
{
	if (conn->state < TCP_ESTABLISHED || tcp_seq_lt(sequence, conn->snd_una) ||
		tcp_seq_geq(sequence, conn->snd_nxt))
		return false;
	uint32_t payload = payload_for(conn, mtu_bytes);
	if (payload >= conn->snd_mss)
		return false;
	conn->snd_mss = (uint16_t)payload;
	/* Not congestion (RFC 8201 section 5.4): what was too big goes again at once, and the window stays. */
	tcp_scoreboard_lose(conn, conn->snd_una, conn->snd_nxt);
	if (conn->recovery == TCP_RECOVERY_NONE) {
		conn->recovery = TCP_RECOVERY_LOSS;
		conn->recovery_point = conn->snd_nxt;
	}
	tcp_lifecycle_schedule(conn);
	return true;
}
