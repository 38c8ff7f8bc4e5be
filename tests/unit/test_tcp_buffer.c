/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_buffer.h"
#include "tcp_reassembly.h"
#include "unit.h"

#include <string.h>

#define BLOCKS 16

static bool refuse(
	void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	(void)context;
	(void)key;
	(void)conn;
	(void)segment;
	return false;
}

static bool nobody(void *context, const struct flow_key *key)
{
	(void)context;
	(void)key;
	return false;
}

struct rig {
	struct tcp_stack *stack;
	struct stats stats;
	struct tcp_conn conn;
};

static void start(struct rig *rig)
{
	struct tcp_stack_settings settings;
	tcp_stack_settings_default(&settings);
	settings.max_connections = 1;
	settings.buffer_memory_bytes = BLOCKS * BLOCK_POOL_BLOCK_BYTES;
	struct tcp_stack_callbacks callbacks = {NULL, refuse, nobody};
	uint8_t seed[32] = {0};
	memset(rig, 0, sizeof(*rig));
	rig->stack = tcp_stack_create(&settings, &callbacks, seed, &rig->stats, 1000);
	struct tcp_conn *conn = &rig->conn;
	conn->stack = rig->stack;
	conn->snd_una = conn->snd_nxt = conn->snd_end = UINT32_MAX - 3000; /* both queues pass the wrap */
	conn->rcv_nxt = conn->rcv_read = UINT32_MAX - 3000;
}

static uint64_t blocks(const struct rig *rig)
{
	return stats_get_mt(&rig->stats, STAT_TCP_BLOCKS_NOW);
}

static void finish(struct rig *rig)
{
	tcp_buffer_send_clear(&rig->conn);
	tcp_reassembly_clear(&rig->conn);
	CU_ASSERT_EQUAL(blocks(rig), 0);
	tcp_stack_destroy(rig->stack);
}

static uint8_t octet(uint32_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

static struct bytes pattern(uint32_t from, uint32_t len)
{
	static uint8_t octets[BLOCKS * BLOCK_POOL_BLOCK_BYTES];
	for (uint32_t i = 0; i < len; i++)
		octets[i] = octet(from + i);
	return (struct bytes){octets, len};
}

static void test_send_queue(void)
{
	struct rig rig;
	start(&rig);
	for (uint32_t i = 0; i < 10000; i += 100)
		CU_ASSERT_EQUAL(tcp_buffer_send_append(&rig.conn, pattern(i, 100)), 100);
	CU_ASSERT_EQUAL(blocks(&rig), (10000 + BLOCK_POOL_DATA_BYTES - 1) / BLOCK_POOL_DATA_BYTES);
	uint8_t out[3000];
	static const uint32_t places[] = {0, 7000, 2000, 2031, 2032, 2033, 6999};
	for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
		uint32_t seq = rig.conn.snd_una + places[p], wrong = 0;
		tcp_buffer_send_seek(&rig.conn, seq);
		tcp_buffer_send_copy(&rig.conn, seq, out, sizeof(out));
		for (uint32_t i = 0; i < sizeof(out); i++)
			wrong += out[i] != octet(places[p] + i);
		CU_ASSERT_EQUAL(wrong, 0);
	}
	tcp_buffer_send_trim(&rig.conn, rig.conn.snd_una + 9999);
	CU_ASSERT_EQUAL(blocks(&rig), 1);
	tcp_buffer_send_trim(&rig.conn, rig.conn.snd_una + 10000);
	CU_ASSERT_EQUAL(blocks(&rig), 0);
	finish(&rig);
}

/* Writers are refused first, so that readers, who free memory, go on. */
static void test_memory_is_kept_for_reading(void)
{
	struct rig rig;
	start(&rig);
	uint32_t taken = tcp_buffer_send_append(&rig.conn, pattern(0, BLOCKS * BLOCK_POOL_BLOCK_BYTES));
	CU_ASSERT_EQUAL(taken, (BLOCKS - BLOCKS / 8) * BLOCK_POOL_DATA_BYTES);
	CU_ASSERT_EQUAL(
		tcp_reassembly_receive(&rig.conn, rig.conn.rcv_nxt + 5000, pattern(0, 100)), DROP_TCP_BUFFERS_FULL);
	CU_ASSERT_EQUAL(tcp_reassembly_receive(&rig.conn, rig.conn.rcv_nxt, pattern(0, 100)), TCP_DELIVERED);
	finish(&rig);
}

/* Out-of-order data is given up when what comes in order needs its memory. */
static void test_order_goes_before_disorder(void)
{
	struct rig rig;
	start(&rig);
	uint32_t base = rig.conn.rcv_nxt, block = BLOCK_POOL_DATA_BYTES;
	int verdict = TCP_DELIVERED;
	for (uint32_t i = 1; verdict == TCP_DELIVERED; i++)
		verdict = tcp_reassembly_receive(&rig.conn, base + i * 2 * block, pattern(0, 10));
	CU_ASSERT_EQUAL(verdict, DROP_TCP_BUFFERS_FULL);
	CU_ASSERT_EQUAL(tcp_reassembly_receive(&rig.conn, base, pattern(0, BLOCKS * block)), TCP_DELIVERED);
	CU_ASSERT_EQUAL(rig.conn.rcv_nxt, base + BLOCKS * block);
	CU_ASSERT_FALSE(tcp_reassembly_has_islands(&rig.conn));
	CU_ASSERT_EQUAL(tcp_reassembly_receive(&rig.conn, rig.conn.rcv_nxt, pattern(0, 1)), DROP_TCP_BUFFERS_FULL);
	finish(&rig);
}

/* SegmentSmack: single octets everywhere. Islands and blocks stay within their bounds, and filling the holes gives all.
 */
static void test_tiny_segments(void)
{
	struct rig rig;
	start(&rig);
	uint32_t base = rig.conn.rcv_nxt, full = 0;
	for (uint32_t i = 1; i < 2000; i += 2)
		full += tcp_reassembly_receive(&rig.conn, base + i, pattern(i, 1)) == DROP_TCP_REASSEMBLY_FULL;
	CU_ASSERT_EQUAL(full, 1000 - TCP_REASSEMBLY_MAX_ISLANDS);
	CU_ASSERT_EQUAL(blocks(&rig), 2);
	CU_ASSERT_EQUAL(tcp_reassembly_receive(&rig.conn, base, pattern(0, 2000)), TCP_DELIVERED);
	CU_ASSERT_EQUAL(rig.conn.rcv_nxt, base + 2000);
	CU_ASSERT_EQUAL(blocks(&rig), 1);
	finish(&rig);
}

/* In any order, with overlaps: what is read is what was sent. */
static void test_random_order(void)
{
	struct rig rig;
	start(&rig);
	uint32_t base = rig.conn.rcv_nxt, random = 5;
	while (rig.conn.rcv_nxt - base < 20000) {
		random = random * 1664525 + 1013904223;
		uint32_t next = rig.conn.rcv_nxt - base, at = next + (random >> 8) % 3000 / (1 + random % 3);
		tcp_reassembly_receive(&rig.conn, base + at, pattern(at, 1 + (random >> 20) % 700));
		uint32_t wrong = 0, got = 0;
		struct bytes view;
		while ((view = tcp_conn_peek(&rig.conn, got)).len > 0) {
			for (size_t i = 0; i < view.len; i++)
				wrong += view.data[i] != octet(rig.conn.rcv_read - base + got + (uint32_t)i);
			got += (uint32_t)view.len;
		}
		CU_ASSERT_EQUAL_FATAL(wrong, 0);
		CU_ASSERT_EQUAL_FATAL(got, rig.conn.rcv_nxt - rig.conn.rcv_read);
		tcp_conn_consume(&rig.conn, random >> 30 == 0 ? got : got / 3);
	}
	finish(&rig);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"send queue", test_send_queue},
		{"memory is kept for reading", test_memory_is_kept_for_reading},
		{"order goes before disorder", test_order_goes_before_disorder},
		{"tiny segments", test_tiny_segments},
		{"random order", test_random_order},
		CU_TEST_INFO_NULL,
	};
	return unit_run("tcp_buffer", tests);
}
