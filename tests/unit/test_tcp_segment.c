/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_segment.h"
#include "unit.h"

#include <string.h>

static enum tcp_segment_result parse(const uint8_t *octets, size_t len, struct tcp_segment *out)
{
	uint16_t source, destination;
	return tcp_segment_parse((struct bytes){octets, len}, out, &source, &destination);
}

/* A header of 20 octets and these options, padded with END. */
static enum tcp_segment_result parse_options(const uint8_t *options, size_t len, struct tcp_segment *out)
{
	uint8_t octets[60] = {0};
	memcpy(octets + 20, options, len);
	size_t header = 20 + (len + 3) / 4 * 4;
	octets[12] = (uint8_t)(header / 4 << 4);
	return parse(octets, header, out);
}

static void test_round_trip(void)
{
	struct tcp_segment segment = {
		.seq = 0x01020304, .ack = 0xa0b0c0d0, .window = 0x1234, .flags = TCP_SYN | TCP_ACK};
	segment.options = (struct tcp_segment_options){.has_mss = true,
		.mss = 1460,
		.sack_permitted = true,
		.has_timestamps = true,
		.ts_value = 7,
		.ts_echo = 8,
		.has_window_scale = true,
		.window_scale = 9};
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	size_t len = tcp_segment_write_header(&segment, 443, 50000, header);
	CU_ASSERT_EQUAL(len % 4, 0);
	struct tcp_segment back;
	uint16_t source, destination;
	CU_ASSERT_EQUAL(tcp_segment_parse((struct bytes){header, len}, &back, &source, &destination), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(source, 443);
	CU_ASSERT_EQUAL(destination, 50000);
	CU_ASSERT_EQUAL(back.seq, segment.seq);
	CU_ASSERT_EQUAL(back.ack, segment.ack);
	CU_ASSERT_EQUAL(back.window, segment.window);
	CU_ASSERT_EQUAL(back.flags, segment.flags);
	CU_ASSERT_EQUAL(memcmp(&back.options, &segment.options, sizeof(back.options)), 0);
	CU_ASSERT_EQUAL(back.payload.len, 0);
}

static void test_sack_fits(void)
{
	struct tcp_segment segment = {.flags = TCP_ACK}, back;
	segment.options.n_sack = 4;
	for (uint32_t i = 0; i < 4; i++)
		segment.options.sack[i] = (struct tcp_segment_sack){i * 10, i * 10 + 5};
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	size_t len = tcp_segment_write_header(&segment, 1, 2, header);
	CU_ASSERT_EQUAL(parse(header, len, &back), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(back.options.n_sack, 4);
	CU_ASSERT_EQUAL(back.options.sack[3].right, 35);
	segment.options.has_timestamps = true;
	len = tcp_segment_write_header(&segment, 1, 2, header);
	CU_ASSERT_TRUE(len <= TCP_SEGMENT_MAX_HEADER_BYTES);
	CU_ASSERT_EQUAL(parse(header, len, &back), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(back.options.n_sack, 3);
}

static void test_lengths_that_do_not_fit(void)
{
	uint8_t octets[40] = {[12] = 5 << 4};
	struct tcp_segment segment;
	CU_ASSERT_EQUAL(parse(octets, 20, &segment), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(parse(octets, 25, &segment), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(segment.payload.len, 5);
	CU_ASSERT_EQUAL(parse(octets, 19, &segment), TCP_SEGMENT_BAD);
	CU_ASSERT_EQUAL(parse(octets, 0, &segment), TCP_SEGMENT_BAD);
	octets[12] = 4 << 4;
	CU_ASSERT_EQUAL(parse(octets, 20, &segment), TCP_SEGMENT_BAD);
	octets[12] = 6 << 4;
	CU_ASSERT_EQUAL(parse(octets, 23, &segment), TCP_SEGMENT_BAD);
}

/* RFC 9293 section 3.1, MUST-7: an option with an illegal length ends the list; the segment is taken. */
static void test_malformed_options(void)
{
	static const uint8_t zero_length[] = {2, 0, 5, 0xb4}, one[] = {254, 1, 2, 4, 5, 0xb4},
			     beyond[] = {2, 9, 5, 0xb4}, cut[] = {1, 1, 1, 2};
	struct tcp_segment segment;
	CU_ASSERT_EQUAL(parse_options(zero_length, sizeof(zero_length), &segment), TCP_SEGMENT_OK);
	CU_ASSERT_FALSE(segment.options.has_mss);
	CU_ASSERT_EQUAL(parse_options(one, sizeof(one), &segment), TCP_SEGMENT_OK);
	CU_ASSERT_FALSE(segment.options.has_mss);
	CU_ASSERT_EQUAL(parse_options(beyond, sizeof(beyond), &segment), TCP_SEGMENT_OK);
	CU_ASSERT_FALSE(segment.options.has_mss);
	CU_ASSERT_EQUAL(parse_options(cut, sizeof(cut), &segment), TCP_SEGMENT_OK);
}

static void test_unknown_and_odd_options_are_skipped(void)
{
	static const uint8_t options[] = {253, 4, 9, 9, 1, 3, 4, 0, 0, 2, 4, 5, 0xb4, 0, 4, 2};
	struct tcp_segment segment;
	CU_ASSERT_EQUAL(parse_options(options, sizeof(options), &segment), TCP_SEGMENT_OK);
	CU_ASSERT_TRUE(segment.options.has_mss);
	CU_ASSERT_EQUAL(segment.options.mss, 1460);
	CU_ASSERT_FALSE(segment.options.has_window_scale); /* four octets are not a window scale */
	CU_ASSERT_FALSE(segment.options.sack_permitted);   /* behind the end of the list */
}

/* A train of 2,500 octets in pieces of 1,000, by itself and for a port that takes 2,000 at a time. */
static void test_a_train_is_cut(void)
{
	struct tcp_segment train = {.seq = 0xfffffff0,
		.flags = TCP_ACK | TCP_PSH | TCP_FIN,
		.payload_offset = 7,
		.payload_len = 2500,
		.piece_len = 1000};
	struct tcp_segment cut = tcp_segment_cut(&train, 1000, 0);
	CU_ASSERT_EQUAL(cut.seq, 984);
	CU_ASSERT_EQUAL(cut.payload_offset, 1007);
	CU_ASSERT_EQUAL(cut.payload_len, 1000);
	CU_ASSERT_EQUAL(cut.flags, TCP_ACK);
	CU_ASSERT_EQUAL(cut.piece_len, 0);
	cut = tcp_segment_cut(&train, 2000, 0);
	CU_ASSERT_EQUAL(cut.payload_len, 500);
	CU_ASSERT_EQUAL(cut.flags, TCP_ACK | TCP_PSH | TCP_FIN);
	cut = tcp_segment_cut(&train, 0, 2999);
	CU_ASSERT_EQUAL(cut.payload_len, 2500);
	CU_ASSERT_EQUAL(cut.piece_len, 1000);
	cut = tcp_segment_cut(&train, 0, 2499);
	CU_ASSERT_EQUAL(cut.payload_len, 2000);
	CU_ASSERT_EQUAL(cut.flags, TCP_ACK);
	CU_ASSERT_EQUAL(cut.piece_len, 1000);
	cut = tcp_segment_cut(&train, 2000, 2499);
	CU_ASSERT_EQUAL(cut.payload_len, 500);
	CU_ASSERT_EQUAL(cut.piece_len, 0);
}

static void test_one_segment_is_not_cut(void)
{
	struct tcp_segment segment = {.seq = 1, .flags = TCP_ACK | TCP_PSH, .payload_len = 1460};
	struct tcp_segment cut = tcp_segment_cut(&segment, 0, 100);
	CU_ASSERT_EQUAL(cut.payload_len, 1460);
	CU_ASSERT_EQUAL(cut.seq, 1);
	CU_ASSERT_EQUAL(cut.flags, TCP_ACK | TCP_PSH);
	segment.piece_len = 1460;
	CU_ASSERT_EQUAL(tcp_segment_cut(&segment, 0, 100).payload_len, 1460);
	CU_ASSERT_EQUAL(tcp_segment_cut(&segment, 0, 100).piece_len, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"round trip", test_round_trip},
		{"SACK blocks fit", test_sack_fits},
		{"lengths that do not fit", test_lengths_that_do_not_fit},
		{"malformed options", test_malformed_options},
		{"unknown and odd options", test_unknown_and_odd_options_are_skipped},
		{"a train is cut", test_a_train_is_cut},
		{"one segment is not cut", test_one_segment_is_not_cut},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_segment", tests);
}
