/* SPDX-License-Identifier: BSD-3-Clause */
#include "tcp_buffer.h"

#include "tcp_seq.h"

#include <assert.h>
#include <string.h>

bool tcp_buffer_may_take(const struct tcp_stack *stack, enum tcp_buffer_use use)
{
	uint32_t capacity = block_pool_capacity(stack->blocks);
	uint32_t free_blocks = capacity - block_pool_in_use(stack->blocks);
	switch (use) {
	case TCP_BUFFER_OUT_OF_ORDER:
		return free_blocks > capacity / 4;
	case TCP_BUFFER_SEND:
		return free_blocks > capacity / 8;
	default:
		return free_blocks > 0;
	}
}

struct block_pool_block *tcp_buffer_get_block(struct tcp_stack *stack)
{
	struct block_pool_block *block = block_pool_get(stack->blocks);
	if (block != NULL)
		stats_add(stack->stats, STAT_TCP_BLOCKS_NOW, 1);
	return block;
}

void tcp_buffer_put_block(struct tcp_stack *stack, struct block_pool_block *block)
{
	block_pool_put(stack->blocks, block);
	stats_sub(stack->stats, STAT_TCP_BLOCKS_NOW, 1);
}

static void put_chain(struct tcp_stack *stack, struct block_pool_block *head)
{
	while (head != NULL) {
		struct block_pool_block *next = head->next;
		tcp_buffer_put_block(stack, head);
		head = next;
	}
}

/* The block that snd_end falls into, a new one where the last is full. */
static struct block_pool_block *send_tail(struct tcp_conn *conn)
{
	struct block_pool_block *tail = conn->snd_tail;
	if (tail != NULL && tail->len < BLOCK_POOL_DATA_BYTES)
		return tail;
	if (!tcp_buffer_may_take(conn->stack, TCP_BUFFER_SEND))
		return NULL;
	struct block_pool_block *block = tcp_buffer_get_block(conn->stack);
	if (block == NULL)
		return NULL;
	block->seq = conn->snd_end;
	if (tail == NULL) {
		conn->snd_head = block;
		conn->snd_cursor = block;
	} else {
		tail->next = block;
	}
	conn->snd_tail = block;
	return block;
}

uint32_t tcp_buffer_send_append(struct tcp_conn *conn, struct bytes data)
{
	uint32_t taken = 0;
	while (taken < data.len) {
		struct block_pool_block *tail = send_tail(conn);
		if (tail == NULL)
			break;
		size_t part = BLOCK_POOL_DATA_BYTES - tail->len;
		if (part > data.len - taken)
			part = data.len - taken;
		memcpy(tail->data + tail->len, data.data + taken, part);
		tail->len += (uint32_t)part;
		taken += (uint32_t)part;
		conn->snd_end += (uint32_t)part;
	}
	return taken;
}

void tcp_buffer_send_trim(struct tcp_conn *conn, uint32_t ack)
{
	while (conn->snd_head != NULL && tcp_seq_leq(conn->snd_head->seq + conn->snd_head->len, ack)) {
		struct block_pool_block *block = conn->snd_head;
		conn->snd_head = block->next;
		if (conn->snd_cursor == block)
			conn->snd_cursor = block->next;
		tcp_buffer_put_block(conn->stack, block);
	}
	if (conn->snd_head == NULL)
		conn->snd_tail = NULL;
}

void tcp_buffer_send_seek(struct tcp_conn *conn, uint32_t seq)
{
	struct block_pool_block *block = conn->snd_cursor;
	if (block == NULL || tcp_seq_lt(seq, block->seq))
		block = conn->snd_head;
	while (block != NULL && block->next != NULL && tcp_seq_geq(seq, block->next->seq))
		block = block->next;
	conn->snd_cursor = block;
}

void tcp_buffer_send_copy(const struct tcp_conn *conn, uint32_t seq, uint8_t *data, uint32_t len)
{
	const struct block_pool_block *block = conn->snd_cursor;
	if (block == NULL || tcp_seq_lt(seq, block->seq))
		block = conn->snd_head;
	while (len > 0) {
		assert(block != NULL);
		uint32_t at = seq - block->seq;
		if (at < block->len) {
			uint32_t part = block->len - at < len ? block->len - at : len;
			memcpy(data, block->data + at, part);
			data += part;
			seq += part;
			len -= part;
		}
		block = block->next;
	}
}

void tcp_buffer_send_clear(struct tcp_conn *conn)
{
	put_chain(conn->stack, conn->snd_head);
	conn->snd_head = NULL;
	conn->snd_tail = NULL;
	conn->snd_cursor = NULL;
}

static bool holds(const struct block_pool_block *block, uint32_t seq)
{
	return block != NULL && seq - block->seq < BLOCK_POOL_DATA_BYTES;
}

/* A new block for seq behind `before` (NULL: the first); places are multiples of a block away from their neighbours'.
 */
static struct block_pool_block *receive_insert(
	struct tcp_conn *conn, struct block_pool_block *before, uint32_t seq, enum tcp_buffer_use use)
{
	if (!tcp_buffer_may_take(conn->stack, use))
		return NULL;
	struct block_pool_block *block = tcp_buffer_get_block(conn->stack);
	if (block == NULL)
		return NULL;
	if (before == NULL) {
		block->seq = conn->rcv_read;
		block->next = conn->rcv_head;
		conn->rcv_head = block;
	} else {
		block->seq = before->seq;
		block->next = before->next;
		before->next = block;
	}
	block->seq += (seq - block->seq) / BLOCK_POOL_DATA_BYTES * BLOCK_POOL_DATA_BYTES;
	return block;
}

/* The block for seq. The cursor is where the last write went: bulk data, in order or behind one hole, is found at once.
 */
static struct block_pool_block *receive_block(struct tcp_conn *conn, uint32_t seq, enum tcp_buffer_use use)
{
	struct block_pool_block *block = conn->rcv_cursor;
	if (block == NULL || tcp_seq_lt(seq, block->seq))
		block = conn->rcv_head;
	if (block == NULL)
		return receive_insert(conn, NULL, seq, use);
	while (block->next != NULL && tcp_seq_geq(seq, block->next->seq))
		block = block->next;
	return holds(block, seq) ? block : receive_insert(conn, block, seq, use);
}

/*
 * Places of blocks count from the first one's, so the first block must lie at rcv_read or before it: if out-of-order
 * data comes first, the block of the octet at rcv_read comes with it.
 */
static bool anchor(struct tcp_conn *conn, enum tcp_buffer_use use)
{
	return conn->rcv_head != NULL || receive_insert(conn, NULL, conn->rcv_read, use) != NULL;
}

uint32_t tcp_buffer_receive_write(struct tcp_conn *conn, uint32_t seq, struct bytes data, enum tcp_buffer_use use)
{
	if (!anchor(conn, use))
		return 0;
	uint32_t written = 0;
	while (written < data.len) {
		struct block_pool_block *block = receive_block(conn, seq + written, use);
		if (block == NULL)
			break;
		conn->rcv_cursor = block;
		uint32_t at = seq + written - block->seq;
		size_t part = BLOCK_POOL_DATA_BYTES - at;
		if (part > data.len - written)
			part = data.len - written;
		memcpy(block->data + at, data.data + written, part);
		written += (uint32_t)part;
	}
	return written;
}

static void receive_unlink_head(struct tcp_conn *conn)
{
	struct block_pool_block *block = conn->rcv_head;
	conn->rcv_head = block->next;
	if (conn->rcv_cursor == block)
		conn->rcv_cursor = NULL;
	tcp_buffer_put_block(conn->stack, block);
}

void tcp_buffer_receive_trim(struct tcp_conn *conn)
{
	/* The last block stays as the anchor of what follows it, unless all is empty. */
	while (conn->rcv_head != NULL && conn->rcv_head->next != NULL &&
		tcp_seq_leq(conn->rcv_head->seq + BLOCK_POOL_DATA_BYTES, conn->rcv_read) &&
		tcp_seq_leq(conn->rcv_head->next->seq, conn->rcv_read))
		receive_unlink_head(conn);
	if (conn->rcv_read == conn->rcv_nxt && conn->islands == NULL)
		tcp_buffer_receive_clear(conn);
}

void tcp_buffer_receive_drop_out_of_order(struct tcp_conn *conn)
{
	struct block_pool_block **link = &conn->rcv_head;
	while (*link != NULL && tcp_seq_lt((*link)->seq, conn->rcv_nxt))
		link = &(*link)->next;
	put_chain(conn->stack, *link);
	*link = NULL;
	conn->rcv_cursor = NULL;
}

void tcp_buffer_receive_clear(struct tcp_conn *conn)
{
	put_chain(conn->stack, conn->rcv_head);
	conn->rcv_head = NULL;
	conn->rcv_cursor = NULL;
}
