/* SPDX-License-Identifier: BSD-3-Clause */
/** A TCP segment in host order with its options read: what packet hands to TCP, and TCP to tx. */
#ifndef HANDFAST_TCP_SEGMENT_H
#define HANDFAST_TCP_SEGMENT_H

#include "bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80,
};

#define TCP_SEGMENT_MAX_SACK 4
/** 20 octets of header and 40 of options. */
#define TCP_SEGMENT_MAX_HEADER_BYTES 60

struct tcp_segment_sack {
	uint32_t left, right; /**< [left, right) */
};

/** What was there, or is to be there, of the options (RFC 9293 section 3.1, RFC 7323, RFC 2018). */
struct tcp_segment_options {
	bool has_mss, has_window_scale, has_timestamps, sack_permitted;
	uint8_t window_scale;
	uint16_t mss;
	uint32_t ts_value, ts_echo;
	uint8_t n_sack;
	struct tcp_segment_sack sack[TCP_SEGMENT_MAX_SACK];
};

struct tcp_segment {
	uint32_t seq, ack;
	uint16_t window; /**< as on the wire, not scaled */
	uint8_t flags;   /**< TCP_* */
	struct tcp_segment_options options;
	struct bytes payload;    /**< input: a view, valid during tcp_stack_input() */
	uint32_t payload_offset; /**< output: where in the connection's send queue the payload begins */
	uint32_t payload_len;    /**< output: bytes; copied out with tcp_conn_copy_payload() */
	/** Output: payload_len may be several times as much; then these are so many segments in one, alike but for
	 * their sequence numbers, and PSH and FIN are the last one's. 0: one segment. */
	uint16_t piece_len;
};

/**
 * One after the other, what a segment of several pieces becomes on the wire: a whole number of pieces each.
 *
 * @param at    octets of the payload that have been taken so far; 0 at first.
 * @param most  payload of one, at most; less than a piece: one piece.
 * @return the next, its piece_len kept where it still has several. The last one if at + its payload_len is train's.
 */
struct tcp_segment tcp_segment_cut(const struct tcp_segment *train, uint32_t at, uint32_t most);

enum tcp_segment_result { TCP_SEGMENT_OK, TCP_SEGMENT_BAD };

/**
 * Read a TCP header and its options; the checksum is the caller's business.
 *
 * @param octets  from the first octet of the TCP header to the end of the IP payload.
 * @return OK; BAD where lengths do not fit. Unknown options are skipped, a malformed option ends the list as in RFC
 * 9293 section 3.1 (the segment is still taken). Threads: any.
 */
enum tcp_segment_result tcp_segment_parse(
	struct bytes octets, struct tcp_segment *out, uint16_t *out_source_port, uint16_t *out_destination_port);

/**
 * Write the TCP header with its options; checksum 0.
 *
 * @param header  TCP_SEGMENT_MAX_HEADER_BYTES bytes
 * @return the header's length, a multiple of 4.
 */
size_t tcp_segment_write_header(
	const struct tcp_segment *segment, uint16_t source_port, uint16_t destination_port, uint8_t *header);

#endif
