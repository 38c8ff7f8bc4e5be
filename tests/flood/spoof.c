/* SPDX-License-Identifier: BSD-3-Clause */
#include "spoof.h"

#include "checksum.h"
#include "packet_build.h"
#include "tcp_segment.h"

#include <string.h>

enum {
	IP_AT = 14,
	IP_CHECKSUM_AT = IP_AT + 10,
	SOURCE_AT = IP_AT + 12,
	TCP_AT = IP_AT + 20,
	SEQUENCE_AT = TCP_AT + 4,
	TCP_CHECKSUM_AT = TCP_AT + 16,
	/* Behind 20 octets of header: MSS, SACK permitted and the timestamps' kind take 4 each. */
	TIMESTAMP_AT = TCP_AT + 32,
	TCP_BYTES = 44,
	IP_BYTES = 20,
	HOP_LIMIT = 57, /* has come a long way */
};

/* xorshift64*. */
static uint64_t next_random(struct spoof *spoof)
{
	spoof->random ^= spoof->random >> 12;
	spoof->random ^= spoof->random << 25;
	spoof->random ^= spoof->random >> 27;
	return spoof->random * UINT64_C(0x2545f4914f6cdd1d);
}

void spoof_init(struct spoof *spoof, const struct spoof_target *target, uint64_t seed)
{
	static const uint8_t nobody[4];
	struct packet_build_link link = {0};
	struct packet_build_ip ip = {.source = ip_address_from_v4(nobody),
		.destination = target->ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = HOP_LIMIT,
		.payload_len = TCP_BYTES};
	struct tcp_segment syn = {.flags = TCP_SYN,
		.window = 64240,
		.options = {.has_mss = true,
			.mss = 1460,
			.sack_permitted = true,
			.has_timestamps = true,
			.has_window_scale = true,
			.window_scale = 7}};
	memset(spoof, 0, sizeof(*spoof));
	spoof->random = seed;
	memcpy(link.destination_mac, target->mac, sizeof(link.destination_mac));
	memcpy(link.source_mac, target->our_mac, sizeof(link.source_mac));
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	packet_build_ethernet(spoof->frame, &link, PACKET_ETHERTYPE_IPV4);
	packet_build_ip(spoof->frame + IP_AT, &ip);
	tcp_segment_write_header(&syn, 0, target->port, header);
	memcpy(spoof->frame + TCP_AT, header, TCP_BYTES);
	memset(spoof->frame + IP_CHECKSUM_AT, 0, 2);
	spoof->ip_sum = checksum_add(0, (struct bytes){spoof->frame + IP_AT, IP_BYTES});
	spoof->tcp_sum = checksum_add_pseudo(0, &ip.source, &ip.destination, PACKET_PROTOCOL_TCP, TCP_BYTES);
	spoof->tcp_sum = checksum_add(spoof->tcp_sum, (struct bytes){spoof->frame + TCP_AT, TCP_BYTES});
}

/* One's complement sums do not care for the order or the width of words: what is random is added to what is constant.
 */
static void put(uint8_t *at, uint32_t value, uint64_t *sum)
{
	memcpy(at, &value, sizeof(value));
	*sum = checksum_add(*sum, (struct bytes){at, sizeof(value)});
}

static void put_checksum(uint8_t *at, uint64_t sum)
{
	uint16_t checksum = checksum_finish(sum);
	memcpy(at, &checksum, sizeof(checksum));
}

/* An address that its host could have: no loopback, multicast or "this network", and no neighbour of the target. */
static uint32_t random_source(struct spoof *spoof)
{
	for (;;) {
		uint32_t source = (uint32_t)next_random(spoof);
		uint8_t octets[4];
		memcpy(octets, &source, sizeof(octets));
		bool near = memcmp(octets, spoof->frame + SOURCE_AT + 4, 2) == 0;
		if (octets[0] != 0 && octets[0] != 127 && octets[0] < 224 && !near)
			return source;
	}
}

void spoof_next(struct spoof *spoof, uint8_t out[SPOOF_FRAME_BYTES])
{
	uint64_t ip_sum = spoof->ip_sum, tcp_sum = spoof->tcp_sum;
	uint32_t source = random_source(spoof);
	uint64_t random = next_random(spoof);
	memcpy(out, spoof->frame, SPOOF_FRAME_BYTES);
	put(out + SOURCE_AT, source, &ip_sum);
	put_checksum(out + IP_CHECKSUM_AT, ip_sum);
	tcp_sum = checksum_add(tcp_sum, (struct bytes){out + SOURCE_AT, sizeof(source)});
	uint16_t port = (uint16_t)(random >> 48 | 1);
	memcpy(out + TCP_AT, &port, sizeof(port));
	tcp_sum = checksum_add(tcp_sum, (struct bytes){out + TCP_AT, sizeof(port)});
	put(out + SEQUENCE_AT, (uint32_t)random, &tcp_sum);
	put(out + TIMESTAMP_AT, (uint32_t)(random >> 16), &tcp_sum);
	put_checksum(out + TCP_CHECKSUM_AT, tcp_sum);
}
