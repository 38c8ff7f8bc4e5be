/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_segment.h"

#include <string.h>

/* RFC 9293 section 3.1. */
#define HEADER_BYTES 20

enum option_kind {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,            /* RFC 9293 section 3.7.1 */
	OPTION_WINDOW_SCALE = 3,   /* RFC 7323 section 2 */
	OPTION_SACK_PERMITTED = 4, /* RFC 2018 section 2 */
	OPTION_SACK = 5,           /* RFC 2018 section 3 */
	OPTION_TIMESTAMPS = 8,     /* RFC 7323 section 3 */
};

#define OPTION_MSS_BYTES            4
#define OPTION_WINDOW_SCALE_BYTES   3
#define OPTION_SACK_PERMITTED_BYTES 2
#define OPTION_TIMESTAMPS_BYTES     10
#define OPTION_SACK_BLOCK_BYTES     8

static uint16_t read_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t read_be32(const uint8_t *at)
{
	return (uint32_t)read_be16(at) << 16 | read_be16(at + 2);
}

static uint8_t *write_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
	return at + 2;
}

static uint8_t *write_be32(uint8_t *at, uint32_t value)
{
	return write_be16(write_be16(at, (uint16_t)(value >> 16)), (uint16_t)value);
}

static void read_sack(const uint8_t *option, size_t len, struct tcp_segment_options *out)
{
	if ((len - 2) % OPTION_SACK_BLOCK_BYTES != 0)
		return;
	out->n_sack = 0;
	for (size_t at = 2; at < len && out->n_sack < TCP_SEGMENT_MAX_SACK; at += OPTION_SACK_BLOCK_BYTES) {
		struct tcp_segment_sack *sack = &out->sack[out->n_sack++];
		sack->left = read_be32(option + at);
		sack->right = read_be32(option + at + 4);
	}
}

/* One option of len octets, kind and length included; a known kind of another length is skipped like an unknown one. */
static void read_option(const uint8_t *option, size_t len, struct tcp_segment_options *out)
{
	switch (option[0]) {
	case OPTION_MSS:
		if (len != OPTION_MSS_BYTES)
			return;
		out->has_mss = true;
		out->mss = read_be16(option + 2);
		return;
	case OPTION_WINDOW_SCALE:
		if (len != OPTION_WINDOW_SCALE_BYTES)
			return;
		out->has_window_scale = true;
		out->window_scale = option[2];
		return;
	case OPTION_SACK_PERMITTED:
		out->sack_permitted = out->sack_permitted || len == OPTION_SACK_PERMITTED_BYTES;
		return;
	case OPTION_SACK:
		read_sack(option, len, out);
		return;
	case OPTION_TIMESTAMPS:
		if (len != OPTION_TIMESTAMPS_BYTES)
			return;
		out->has_timestamps = true;
		out->ts_value = read_be32(option + 2);
		out->ts_echo = read_be32(option + 6);
		return;
	default:
		return;
	}
}

static void read_options(const uint8_t *options, size_t len, struct tcp_segment_options *out)
{
	size_t at = 0;
	while (at < len && options[at] != OPTION_END) {
		if (options[at] == OPTION_NOP) {
			at++;
			continue;
		}
		/* RFC 9293 section 3.1 (MUST-7): an option of length 0, 1 or beyond the header must not crash us. */
		if (len - at < 2 || options[at + 1] < 2 || options[at + 1] > len - at)
			return;
		read_option(options + at, options[at + 1], out);
		at += options[at + 1];
	}
}

enum tcp_segment_result tcp_segment_parse(
	struct bytes octets, struct tcp_segment *out, uint16_t *out_source_port, uint16_t *out_destination_port)
{
	if (octets.len < HEADER_BYTES)
		return TCP_SEGMENT_BAD;
	const uint8_t *header = octets.data;
	size_t header_len = (size_t)(header[12] >> 4) * 4;
	if (header_len < HEADER_BYTES || header_len > octets.len)
		return TCP_SEGMENT_BAD;
	*out_source_port = read_be16(header);
	*out_destination_port = read_be16(header + 2);
	memset(out, 0, sizeof(*out));
	out->seq = read_be32(header + 4);
	out->ack = read_be32(header + 8);
	out->flags = header[13];
	out->window = read_be16(header + 14);
	out->payload = (struct bytes){header + header_len, octets.len - header_len};
	out->payload_len = (uint32_t)out->payload.len;
	read_options(header + HEADER_BYTES, header_len - HEADER_BYTES, &out->options);
	return TCP_SEGMENT_OK;
}

/* SACK blocks that still fit: 3 beside timestamps, 4 without (RFC 2018 section 3). */
static uint8_t *write_sack(const struct tcp_segment_options *options, uint8_t *at, const uint8_t *end)
{
	size_t room = (size_t)(end - at);
	size_t n = room < 4 ? 0 : (room - 4) / OPTION_SACK_BLOCK_BYTES;
	if (n > options->n_sack)
		n = options->n_sack;
	if (n == 0)
		return at;
	*at++ = OPTION_NOP;
	*at++ = OPTION_NOP;
	*at++ = OPTION_SACK;
	*at++ = (uint8_t)(2 + n * OPTION_SACK_BLOCK_BYTES);
	for (size_t i = 0; i < n; i++) {
		at = write_be32(at, options->sack[i].left);
		at = write_be32(at, options->sack[i].right);
	}
	return at;
}

/* Each option padded to four octets by leading NOPs, as RFC 7323 appendix A recommends. */
static uint8_t *write_options(const struct tcp_segment_options *options, uint8_t *at, const uint8_t *end)
{
	if (options->has_mss) {
		*at++ = OPTION_MSS;
		*at++ = OPTION_MSS_BYTES;
		at = write_be16(at, options->mss);
	}
	if (options->sack_permitted) {
		*at++ = OPTION_NOP;
		*at++ = OPTION_NOP;
		*at++ = OPTION_SACK_PERMITTED;
		*at++ = OPTION_SACK_PERMITTED_BYTES;
	}
	if (options->has_timestamps) {
		*at++ = OPTION_NOP;
		*at++ = OPTION_NOP;
		*at++ = OPTION_TIMESTAMPS;
		*at++ = OPTION_TIMESTAMPS_BYTES;
		at = write_be32(at, options->ts_value);
		at = write_be32(at, options->ts_echo);
	}
	if (options->has_window_scale) {
		*at++ = OPTION_NOP;
		*at++ = OPTION_WINDOW_SCALE;
		*at++ = OPTION_WINDOW_SCALE_BYTES;
		*at++ = options->window_scale;
	}
	return write_sack(options, at, end);
}

size_t tcp_segment_write_header(
	const struct tcp_segment *segment, uint16_t source_port, uint16_t destination_port, uint8_t *header)
{
	uint8_t *at = write_be16(header, source_port);
	at = write_be16(at, destination_port);
	at = write_be32(at, segment->seq);
	write_be32(at, segment->ack);
	uint8_t *end = write_options(&segment->options, header + HEADER_BYTES, header + TCP_SEGMENT_MAX_HEADER_BYTES);
	size_t len = (size_t)(end - header);
	header[12] = (uint8_t)(len / 4 << 4);
	header[13] = segment->flags;
	write_be16(header + 14, segment->window);
	memset(header + 16, 0, 4);
	return len;
}

struct tcp_segment tcp_segment_cut(const struct tcp_segment *train, uint32_t at, uint32_t most)
{
	struct tcp_segment cut = *train;
	uint32_t piece = train->piece_len, left = train->payload_len - at;
	cut.seq += at;
	cut.payload_offset += at;
	cut.payload_len = left;
	if (piece != 0 && left > piece && left > most) {
		cut.payload_len = most < piece ? piece : most / piece * piece;
		cut.flags &= (uint8_t) ~(TCP_PSH | TCP_FIN);
	}
	if (cut.payload_len <= piece)
		cut.piece_len = 0;
	return cut;
}
