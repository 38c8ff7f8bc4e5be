/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench_peer.h"

#include "checksum.h"
#include "packet_build.h"

#include <string.h>

enum {
	IP_AT = 14,
	TCP_AT = IP_AT + 20,
	PROTOCOL_AT = IP_AT + 9,
	SEQUENCE_AT = TCP_AT + 4,
	OFFSET_AT = TCP_AT + 12,
	FLAGS_AT = TCP_AT + 13,
	TCP_CHECKSUM_AT = 16,
};

static struct tcp_segment segment_of(const struct bench_peer *peer, uint8_t flags)
{
	struct tcp_segment segment = {.seq = peer->seq, .ack = peer->ack, .flags = flags, .window = UINT16_MAX};
	if ((flags & TCP_SYN) != 0)
		segment.options = (struct tcp_segment_options){.has_mss = true,
			.mss = 1460,
			.sack_permitted = true,
			.has_window_scale = true,
			.window_scale = 8};
	return segment;
}

size_t bench_peer_send(struct bench_peer *peer, uint8_t flags, uint16_t payload_len, uint8_t out[BENCH_PEER_MAX_FRAME])
{
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	struct packet_build_link link = {0};
	struct packet_build_ip ip = {
		.source = peer->ip, .destination = peer->target_ip, .protocol = PACKET_PROTOCOL_TCP, .hop_limit = 64};
	struct tcp_segment segment = segment_of(peer, flags);
	memcpy(link.source_mac, peer->mac, sizeof(link.source_mac));
	memcpy(link.destination_mac, peer->target_mac, sizeof(link.destination_mac));
	size_t header_len = tcp_segment_write_header(&segment, peer->port, peer->target_port, header);
	ip.payload_len = (uint16_t)(header_len + payload_len);
	packet_build_ethernet(out, &link, PACKET_ETHERTYPE_IPV4);
	packet_build_ip(out + IP_AT, &ip);
	uint8_t *tcp = out + TCP_AT;
	memcpy(tcp, header, header_len);
	memset(tcp + header_len, 0, payload_len);
	uint64_t sum = checksum_add_pseudo(0, &ip.source, &ip.destination, PACKET_PROTOCOL_TCP, ip.payload_len);
	uint16_t checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, ip.payload_len}));
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
	peer->seq += payload_len + (uint32_t)((flags & TCP_SYN) != 0) + (uint32_t)((flags & TCP_FIN) != 0);
	return TCP_AT + (size_t)ip.payload_len;
}

uint8_t bench_peer_hear(struct bench_peer *peer, struct bytes frame, size_t frame_len)
{
	if (frame.len < TCP_AT + 20 || packet_get_16(frame.data + 12) != PACKET_ETHERTYPE_IPV4 ||
		frame.data[PROTOCOL_AT] != PACKET_PROTOCOL_TCP)
		return 0;
	uint8_t flags = frame.data[FLAGS_AT];
	uint32_t len = (uint32_t)(frame_len - TCP_AT - (size_t)(frame.data[OFFSET_AT] >> 4) * 4);
	len += (uint32_t)((flags & TCP_SYN) != 0) + (uint32_t)((flags & TCP_FIN) != 0);
	if (len > 0)
		peer->ack = packet_get_32(frame.data + SEQUENCE_AT) + len;
	return flags;
}
