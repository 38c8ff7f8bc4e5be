/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A simulated network between two TCP stacks, or a stack and a test: packets as octets with a checksum, virtual time, a
 * seeded generator. Header only: the unit tests, the simulator and the fuzz target share it.
 */
#ifndef HANDFAST_TCP_NET_H
#define HANDFAST_TCP_NET_H

#include "tcp_seq.h"
#include "tcp_stack.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TCP_NET_MAX_PACKET 10000

/** SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t tcp_net_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/** @return 0 to n - 1; n at least 1. */
static inline uint32_t tcp_net_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)(tcp_net_random(state) % n);
}

static inline bool tcp_net_chance(uint64_t *state, uint32_t per_million)
{
	return tcp_net_below(state, 1000000) < per_million;
}

/** Faults, per million packets; delays in microseconds. */
struct tcp_net_faults {
	uint32_t loss, duplicate, reorder, corrupt;
	uint32_t delay_us, jitter_us, reorder_us;
	uint32_t bytes_per_ms; /**< 0: no bottleneck */
	uint32_t queue_us;     /**< a packet that would wait longer at the bottleneck is lost */
	uint64_t cut_from_us, cut_to_us;
	uint32_t mtu_bytes;    /**< a larger packet vanishes without a word (IPv4 header counted); 0: none does */
	uint64_t mtu_until_us; /**< 0: for ever */
};

struct tcp_net_packet {
	uint64_t due_us, order;
	struct flow_key key; /**< as the receiver sees it */
	unsigned to;
	uint32_t len;
	uint8_t *octets;
};

/** Two ends: 0 and 1. */
struct tcp_net {
	uint64_t now_us, random, order;
	struct tcp_net_faults faults;
	struct tcp_net_packet *heap;
	size_t count, capacity;
	uint64_t busy_until_us[2]; /**< the bottleneck's queue, by direction */
	uint64_t sent, lost, corrupted;
	/** Sees each packet sent, and what became of it ("", "lost", ...); may be NULL. */
	void (*trace)(void *context, const struct tcp_net_packet *packet, const char *fate);
	void *trace_context;
	/** A test's own idea of what is lost; may be NULL. */
	bool (*drop)(void *context, unsigned to, const struct tcp_segment *segment);
	void *drop_context;
};

static inline bool tcp_net_earlier(const struct tcp_net_packet *a, const struct tcp_net_packet *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static inline void tcp_net_push(struct tcp_net *net, struct tcp_net_packet packet)
{
	if (net->count == net->capacity) {
		net->capacity = net->capacity == 0 ? 64 : net->capacity * 2;
		net->heap = realloc(net->heap, net->capacity * sizeof(*net->heap));
		assert(net->heap != NULL);
	}
	size_t i = net->count++;
	while (i > 0 && tcp_net_earlier(&packet, &net->heap[(i - 1) / 2])) {
		net->heap[i] = net->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	net->heap[i] = packet;
}

/** The packet due first; its octets are the caller's to free. Only if count > 0. */
static inline struct tcp_net_packet tcp_net_pop(struct tcp_net *net)
{
	struct tcp_net_packet top = net->heap[0], last = net->heap[--net->count];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= net->count)
			break;
		if (child + 1 < net->count && tcp_net_earlier(&net->heap[child + 1], &net->heap[child]))
			child++;
		if (!tcp_net_earlier(&net->heap[child], &last))
			break;
		net->heap[i] = net->heap[child];
		i = child;
	}
	net->heap[i] = last;
	return top;
}

static inline void tcp_net_fini(struct tcp_net *net)
{
	while (net->count > 0)
		free(tcp_net_pop(net).octets);
	free(net->heap);
	net->heap = NULL;
	net->capacity = 0;
}

static inline uint64_t tcp_net_next_us(const struct tcp_net *net)
{
	return net->count > 0 ? net->heap[0].due_us : UINT64_MAX;
}

/** RFC 1071 over the segment alone: the simulated network has no pseudo-header. */
static inline uint16_t tcp_net_checksum(const uint8_t *octets, uint32_t len)
{
	uint32_t sum = 0;
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)octets[i] << 8 : octets[i];
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static inline struct flow_key tcp_net_reverse(const struct flow_key *key)
{
	struct flow_key other = *key;
	other.local_ip = key->remote_ip;
	other.remote_ip = key->local_ip;
	other.local_port = key->remote_port;
	other.remote_port = key->local_port;
	return other;
}

/* When a packet of this size gets through the bottleneck; 0: the queue is full. */
static inline uint64_t tcp_net_queue(struct tcp_net *net, unsigned to, uint32_t len)
{
	if (net->faults.bytes_per_ms == 0)
		return net->now_us;
	uint64_t *busy = &net->busy_until_us[to];
	if (*busy < net->now_us)
		*busy = net->now_us;
	if (*busy - net->now_us > net->faults.queue_us)
		return 0;
	*busy += (uint64_t)(len + 40) * 1000 / net->faults.bytes_per_ms;
	return *busy;
}

static inline void tcp_net_deliver_later(struct tcp_net *net, struct tcp_net_packet packet)
{
	const struct tcp_net_faults *faults = &net->faults;
	bool cut = net->now_us >= faults->cut_from_us && net->now_us < faults->cut_to_us;
	uint64_t out_us = tcp_net_queue(net, packet.to, packet.len);
	bool narrow = faults->mtu_until_us == 0 || net->now_us < faults->mtu_until_us;
	bool too_big = faults->mtu_bytes != 0 && narrow && packet.len + 20 > faults->mtu_bytes;
	const char *fate = "";
	if (cut || out_us == 0 || tcp_net_chance(&net->random, faults->loss))
		fate = cut ? "cut" : "lost";
	if (too_big)
		fate = "too big";
	if (net->trace != NULL)
		net->trace(net->trace_context, &packet, fate);
	if (fate[0] != '\0') {
		net->lost++;
		free(packet.octets);
		return;
	}
	packet.due_us = out_us + faults->delay_us;
	if (faults->jitter_us > 0)
		packet.due_us += tcp_net_below(&net->random, faults->jitter_us);
	if (tcp_net_chance(&net->random, faults->reorder))
		packet.due_us += tcp_net_below(&net->random, faults->reorder_us + 1);
	packet.order = net->order++;
	if (tcp_net_chance(&net->random, faults->corrupt) && packet.len > 0)
		packet.octets[tcp_net_below(&net->random, packet.len)] ^=
			(uint8_t)(1u << tcp_net_below(&net->random, 8));
	tcp_net_push(net, packet);
}

/** Send octets (without checksum) to one end. @param key  as the sender sees it */
static inline void tcp_net_send(
	struct tcp_net *net, unsigned to, const struct flow_key *key, const uint8_t *octets, uint32_t len)
{
	unsigned copies = tcp_net_chance(&net->random, net->faults.duplicate) ? 2 : 1;
	for (unsigned i = 0; i < copies; i++) {
		struct tcp_net_packet packet = {
			.key = tcp_net_reverse(key), .to = to, .len = len, .octets = malloc(len)};
		assert(packet.octets != NULL);
		memcpy(packet.octets, octets, len);
		uint16_t checksum = tcp_net_checksum(packet.octets, len);
		packet.octets[16] = (uint8_t)(checksum >> 8);
		packet.octets[17] = (uint8_t)checksum;
		net->sent++;
		tcp_net_deliver_later(net, packet);
	}
}

static inline void tcp_net_emit_piece(struct tcp_net *net, unsigned to, const struct flow_key *key,
	const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint8_t octets[TCP_NET_MAX_PACKET];
	size_t len = tcp_segment_write_header(segment, key->local_port, key->remote_port, octets);
	assert(len + segment->payload_len <= sizeof(octets));
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, octets + len);
	if (net->drop != NULL && net->drop(net->drop_context, to, segment)) {
		net->lost++;
		return;
	}
	tcp_net_send(net, to, key, octets, (uint32_t)(len + segment->payload_len));
}

/** An emit callback's work: a segment of a stack, piece by piece, to octets to the other end. */
static inline void tcp_net_emit(struct tcp_net *net, unsigned to, const struct flow_key *key,
	const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint32_t at = 0;
	do {
		struct tcp_segment piece = tcp_segment_cut(segment, at, 0);
		tcp_net_emit_piece(net, to, key, conn, &piece);
		at += piece.payload_len;
	} while (at < segment->payload_len);
}

/** @return true if the packet is sound; *out is then a view of its octets. */
static inline bool tcp_net_parse(struct tcp_net *net, const struct tcp_net_packet *packet, struct tcp_segment *out)
{
	uint16_t source, destination;
	if (tcp_net_checksum(packet->octets, packet->len) != 0) {
		net->corrupted++;
		return false;
	}
	return tcp_segment_parse((struct bytes){packet->octets, packet->len}, out, &source, &destination) ==
	       TCP_SEGMENT_OK;
}

/** One line in the manner of tcpdump; sequence numbers as they are. */
static inline void tcp_net_format(char *line, size_t size, const struct tcp_segment *segment)
{
	static const struct {
		uint8_t flag;
		char letter;
	} letters[] = {{TCP_SYN, 'S'}, {TCP_FIN, 'F'}, {TCP_RST, 'R'}, {TCP_PSH, 'P'}, {TCP_URG, 'U'}};
	char flags[8] = "";
	size_t n = 0;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
		if ((segment->flags & letters[i].flag) != 0)
			flags[n++] = letters[i].letter;
	}
	if ((segment->flags & TCP_ACK) != 0 || n == 0)
		flags[n++] = '.';
	flags[n] = '\0';
	int at = snprintf(line, size, "Flags [%s], seq %u:%u, ack %u, win %u", flags, segment->seq,
		segment->seq + segment->payload_len, segment->ack, segment->window);
	const struct tcp_segment_options *options = &segment->options;
	for (unsigned i = 0; i < options->n_sack && at > 0 && (size_t)at < size; i++)
		at += snprintf(
			line + at, size - (size_t)at, " sack {%u:%u}", options->sack[i].left, options->sack[i].right);
	if (options->has_timestamps && at > 0 && (size_t)at < size)
		at += snprintf(line + at, size - (size_t)at, " TS %u/%u", options->ts_value, options->ts_echo);
	if (at > 0 && (size_t)at < size)
		snprintf(line + at, size - (size_t)at, " length %u", segment->payload_len);
}

#endif
