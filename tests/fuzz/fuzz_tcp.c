/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any sequence of segments, user calls and pauses against a connection in every state. Checked: received = delivered +
 * dropped, memory bounds, no payload beyond what was written, and that all is given back once the peer is silent.
 */
#include "tcp_seq.h"
#include "tcp_stack.h"

#include <stdlib.h>
#include <string.h>

#define MAX_BLOCKS 64
#define HOUR_US    UINT64_C(3600000000)

struct fuzz {
	const uint8_t *data;
	size_t len;
	struct tcp_stack *stack;
	struct stats stats;
	struct tcp_conn *conn;
	struct flow_key key;
	uint64_t now_us, inputs;
	uint32_t our_seq, our_ack, our_ts; /* of the last segment that the stack sent */
	uint32_t written;
	uint8_t refuse_mask;
	unsigned emitted;
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint32_t take(struct fuzz *fuzz, size_t octets)
{
	uint32_t value = 0;
	for (; octets > 0 && fuzz->len > 0; octets--, fuzz->len--)
		value = value << 8 | *fuzz->data++;
	return value;
}

static bool emit(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct fuzz *fuzz = context;
	static uint8_t payload[1 << 16];
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	require(memcmp(key, &fuzz->key, sizeof(*key)) == 0);
	require(tcp_segment_write_header(segment, 1, 2, header) <= sizeof(header));
	require(segment->payload_len <= fuzz->written);
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, payload);
	fuzz->emitted++;
	if ((fuzz->refuse_mask >> (fuzz->emitted % 8) & 1) != 0)
		return false;
	fuzz->our_seq = segment->seq + segment->payload_len + ((segment->flags & (TCP_SYN | TCP_FIN)) != 0);
	fuzz->our_ack = segment->ack;
	fuzz->our_ts = segment->options.ts_value;
	return true;
}

static bool listens(void *context, const struct flow_key *key)
{
	(void)context;
	return key->local_port == 443;
}

static void serve(struct fuzz *fuzz)
{
	struct tcp_conn *conn;
	while ((conn = tcp_stack_next_event(fuzz->stack)) != NULL) {
		uint32_t events = tcp_conn_take_events(conn);
		if (fuzz->conn == NULL && (events & TCP_EVENT_ACCEPTED) != 0)
			fuzz->conn = conn;
		if (conn != fuzz->conn || (events & TCP_EVENT_CLOSED) != 0) {
			if (conn == fuzz->conn)
				fuzz->conn = NULL;
			tcp_conn_release(conn);
		}
	}
	tcp_stack_output(fuzz->stack, fuzz->now_us);
	require(stats_get_mt(&fuzz->stats, STAT_TCP_BLOCKS_NOW) <= MAX_BLOCKS);
}

/* A segment whose numbers lie near ours, so that the states behind the window check are reached. */
static void input(struct fuzz *fuzz)
{
	static const uint8_t payload[2048];
	struct tcp_segment segment = {.flags = (uint8_t)take(fuzz, 1), .window = (uint16_t)take(fuzz, 2)};
	uint8_t form = (uint8_t)take(fuzz, 1);
	segment.seq = fuzz->our_ack + ((form & 1) != 0 ? (uint32_t)(int16_t)take(fuzz, 2) : 0);
	segment.ack = fuzz->our_seq + ((form & 2) != 0 ? (uint32_t)(int16_t)take(fuzz, 2) : 0);
	segment.payload = (struct bytes){payload, (form & 4) != 0 ? take(fuzz, 2) % sizeof(payload) : 0};
	struct tcp_segment_options *options = &segment.options;
	options->has_timestamps = (form & 8) != 0;
	options->ts_value = (uint32_t)(fuzz->now_us / 1000) + ((form & 1) != 0 ? (uint32_t)(int8_t)take(fuzz, 1) : 0);
	options->ts_echo = fuzz->our_ts;
	options->has_mss = (form & 16) != 0;
	options->mss = options->has_mss ? (uint16_t)take(fuzz, 2) : 0;
	options->sack_permitted = (form & 32) != 0;
	options->has_window_scale = (form & 64) != 0;
	options->window_scale = options->has_window_scale ? (uint8_t)take(fuzz, 1) : 0;
	options->n_sack = (form & 128) != 0 ? (uint8_t)(take(fuzz, 1) % 5) : 0;
	for (unsigned i = 0; i < options->n_sack; i++) {
		options->sack[i].left = fuzz->our_seq - take(fuzz, 2);
		options->sack[i].right = options->sack[i].left + take(fuzz, 2);
	}
	fuzz->inputs++;
	tcp_stack_input(fuzz->stack, &fuzz->key, &segment, fuzz->now_us);
}

static void use(struct fuzz *fuzz, uint8_t call)
{
	static const uint8_t octets[8192];
	if (fuzz->conn == NULL)
		return;
	switch (call % 6) {
	case 0:
	case 1:
		fuzz->written += tcp_conn_send(fuzz->conn, (struct bytes){octets, take(fuzz, 2) % sizeof(octets)});
		break;
	case 2: {
		struct bytes view = tcp_conn_peek(fuzz->conn, take(fuzz, 1));
		require(view.len <= tcp_conn_readable_bytes(fuzz->conn));
		tcp_conn_consume(fuzz->conn, (uint32_t)view.len);
		break;
	}
	case 3:
		tcp_conn_close(fuzz->conn);
		break;
	case 4:
		tcp_conn_abort(fuzz->conn);
		break;
	default:
		tcp_conn_release(fuzz->conn);
		fuzz->conn = NULL;
		break;
	}
}

static void step(struct fuzz *fuzz)
{
	uint8_t what = (uint8_t)take(fuzz, 1);
	if (what < 160) {
		input(fuzz);
	} else if (what < 200) {
		use(fuzz, what);
	} else if (what < 204) {
		tcp_stack_packet_too_big(
			fuzz->stack, &fuzz->key, fuzz->our_seq - take(fuzz, 1), take(fuzz, 2), fuzz->now_us);
	} else if (what < 208) {
		fuzz->refuse_mask = (uint8_t)take(fuzz, 1);
	} else if (what < 212 && fuzz->conn == NULL) {
		fuzz->conn = tcp_stack_connect(fuzz->stack, &fuzz->key, fuzz->now_us);
	} else {
		fuzz->now_us += (uint64_t)take(fuzz, 2) << (what % 12);
		tcp_stack_advance(fuzz->stack, fuzz->now_us);
	}
	serve(fuzz);
}

/* The peer is gone: every connection has to end by its own timers. */
static void end(struct fuzz *fuzz)
{
	fuzz->refuse_mask = 0;
	for (unsigned i = 0; i < 100 && stats_get_mt(&fuzz->stats, STAT_TCP_CONNECTIONS_NOW) > 0; i++) {
		if (fuzz->conn != NULL)
			tcp_conn_release(fuzz->conn);
		fuzz->conn = NULL;
		fuzz->now_us += HOUR_US;
		tcp_stack_advance(fuzz->stack, fuzz->now_us);
		serve(fuzz);
	}
	require(stats_get_mt(&fuzz->stats, STAT_TCP_CONNECTIONS_NOW) == 0);
	require(stats_get_mt(&fuzz->stats, STAT_TCP_BLOCKS_NOW) == 0);
	uint64_t counted = stats_get_mt(&fuzz->stats, STAT_RX_DELIVERED_PKTS);
	for (unsigned i = 0; i < DROP_REASONS; i++)
		counted += stats_get_drop_mt(&fuzz->stats, (enum drop_reason)i);
	require(counted == fuzz->inputs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct fuzz fuzz;
	memset(&fuzz, 0, sizeof(fuzz));
	fuzz.data = data;
	fuzz.len = len;
	fuzz.now_us = 1000000000;
	fuzz.key.local_port = 443;
	fuzz.key.remote_port = 1;
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = 4;
	settings.buffer_memory_bytes = MAX_BLOCKS * 2048;
	settings.receive_buffer_bytes = 1000 + (take(&fuzz, 2) << 2);
	settings.send_buffer_bytes = 1000 + (take(&fuzz, 2) << 2);
	settings.keepalive_idle_us = 60000000;
	struct tcp_stack_callbacks callbacks = {&fuzz, emit, listens};
	uint8_t seed[32] = "a seed of thirty-two octets ....";
	fuzz.stack = tcp_stack_create(&settings, &callbacks, seed, &fuzz.stats, fuzz.now_us);
	require(fuzz.stack != NULL);
	while (fuzz.len > 0)
		step(&fuzz);
	end(&fuzz);
	tcp_stack_destroy(fuzz.stack);
	return 0;
}
