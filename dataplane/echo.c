/* SPDX-License-Identifier: BSD-3-Clause */
#include "echo.h"

#include "packet_build.h"

static bool take_token(struct echo *echo, uint64_t now_us)
{
	uint64_t new_tokens = (now_us - echo->filled_us) * ECHO_RATE_PER_S / 1000000;
	if (new_tokens >= ECHO_BURST - echo->tokens) {
		echo->tokens = ECHO_BURST;
		echo->filled_us = now_us;
	} else {
		echo->tokens += (uint32_t)new_tokens;
		echo->filled_us += new_tokens * 1000000 / ECHO_RATE_PER_S;
	}
	if (echo->tokens == 0)
		return false;
	echo->tokens--;
	return true;
}

size_t echo_reply(struct echo *echo, const struct packet *request, const uint8_t our_mac[PACKET_MAC_BYTES],
	struct stats *stats, uint64_t now_us, uint8_t *frame)
{
	if (packet_build_echo_reply_bytes(request) > ECHO_MAX_FRAME_BYTES) {
		stats_drop(stats, DROP_ICMP_BAD);
		return 0;
	}
	if (!take_token(echo, now_us)) {
		stats_drop(stats, DROP_ICMP_RATE);
		return 0;
	}
	stats_add(stats, STAT_RX_DELIVERED_PKTS, 1);
	return packet_build_echo_reply(frame, our_mac, request);
}
