/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_adversary.h"

static void send_segment(
	struct sim_adversary *adversary, struct tcp_net *net, struct tcp_segment *segment, uint32_t payload)
{
	uint8_t octets[TCP_SEGMENT_MAX_HEADER_BYTES + 3000] = {0};
	segment->options.has_timestamps = adversary->timestamps && (segment->flags & TCP_RST) == 0;
	segment->options.ts_value = adversary->ts_value;
	segment->options.ts_echo = adversary->ts_echo;
	size_t len = tcp_segment_write_header(segment, adversary->key.local_port, adversary->key.remote_port, octets);
	for (uint32_t i = 0; i < payload; i++)
		octets[len + i] = (uint8_t)tcp_net_random(&adversary->random);
	tcp_net_send(net, 1, &adversary->key, octets, (uint32_t)len + payload);
}

static void send_syn(struct sim_adversary *adversary, struct tcp_net *net)
{
	struct tcp_segment syn = {.seq = adversary->seq - 1, .flags = TCP_SYN, .window = 65535};
	syn.options.has_mss = true;
	syn.options.mss = (uint16_t)tcp_net_below(&adversary->random, 2000);
	syn.options.sack_permitted = adversary->sack;
	syn.options.has_window_scale = adversary->scale;
	syn.options.window_scale = (uint8_t)tcp_net_below(&adversary->random, 20);
	send_segment(adversary, net, &syn, 0);
}

void sim_adversary_init(struct sim_adversary *adversary, const struct flow_key *key, uint64_t random, uint64_t now_us)
{
	*adversary = (struct sim_adversary){.random = random, .key = *key, .wake_us = now_us};
	adversary->seq = (uint32_t)tcp_net_random(&adversary->random);
	adversary->ts_value = (uint32_t)tcp_net_random(&adversary->random);
	adversary->timestamps = tcp_net_below(&adversary->random, 2) == 0;
	adversary->sack = tcp_net_below(&adversary->random, 4) != 0;
	adversary->scale = tcp_net_below(&adversary->random, 2) == 0;
	adversary->packets_left = 2000;
}

void sim_adversary_receive(struct sim_adversary *adversary, struct tcp_net *net, const struct tcp_segment *segment)
{
	adversary->ts_echo = segment->options.ts_value;
	if ((segment->flags & TCP_SYN) == 0) {
		uint32_t end = segment->seq + (uint32_t)segment->payload.len;
		if (tcp_seq_gt(end, adversary->ack) && tcp_net_below(&adversary->random, 4) != 0)
			adversary->ack = end;
		return;
	}
	adversary->timestamps = segment->options.has_timestamps;
	adversary->ack = segment->seq + 1;
	struct tcp_segment ack = {.seq = adversary->seq, .ack = adversary->ack, .flags = TCP_ACK, .window = 1000};
	send_segment(adversary, net, &ack, 0);
}

/* A number that is often exact, often a little off, sometimes anything. */
static uint32_t near(struct sim_adversary *adversary, uint32_t value)
{
	static const uint32_t spread[] = {1, 3, 1500, 65536, 1000000};
	switch (tcp_net_below(&adversary->random, 8)) {
	case 0:
		return (uint32_t)tcp_net_random(&adversary->random);
	case 1:
	case 2:
	case 3: {
		uint32_t width = spread[tcp_net_below(&adversary->random, 5)];
		return value + tcp_net_below(&adversary->random, 2 * width + 1) - width;
	}
	default:
		return value;
	}
}

static void add_sacks(struct sim_adversary *adversary, struct tcp_segment *segment)
{
	segment->options.n_sack = (uint8_t)tcp_net_below(&adversary->random, 4);
	for (unsigned i = 0; i < segment->options.n_sack; i++) {
		uint32_t left = near(adversary, adversary->ack + tcp_net_below(&adversary->random, 20000));
		segment->options.sack[i] =
			(struct tcp_segment_sack){left, left + tcp_net_below(&adversary->random, 3000)};
	}
}

void sim_adversary_run(struct sim_adversary *adversary, struct tcp_net *net)
{
	static const uint8_t flags[] = {TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH,
		TCP_ACK | TCP_FIN, TCP_RST, TCP_RST | TCP_ACK, TCP_SYN, TCP_SYN | TCP_ACK, TCP_SYN | TCP_FIN, 0, 0xff,
		TCP_FIN, TCP_ACK | TCP_URG};
	static const uint16_t windows[] = {0, 1, 100, 5000, 65535};
	if (net->now_us < adversary->wake_us)
		return;
	if (adversary->packets_left-- == 0) {
		adversary->packets_left = 0;
		adversary->wake_us = UINT64_MAX;
		return;
	}
	adversary->wake_us = net->now_us + tcp_net_below(&adversary->random, 5000);
	if (adversary->ack == 0 || tcp_net_below(&adversary->random, 200) == 0) {
		send_syn(adversary, net);
		adversary->wake_us = net->now_us + 500000;
		return;
	}
	struct tcp_segment segment = {
		.seq = near(adversary, adversary->seq),
		.ack = near(adversary, adversary->ack),
		.flags = flags[tcp_net_below(&adversary->random, sizeof(flags))],
		.window = windows[tcp_net_below(&adversary->random, 5)],
	};
	adversary->ts_value += tcp_net_below(&adversary->random, 3);
	if (tcp_net_below(&adversary->random, 2) == 0)
		add_sacks(adversary, &segment);
	uint32_t payload = tcp_net_below(&adversary->random, 3) == 0 ? tcp_net_below(&adversary->random, 1400) : 0;
	if (segment.seq == adversary->seq)
		adversary->seq += payload;
	send_segment(adversary, net, &segment, payload);
}
