/* SPDX-License-Identifier: BSD-3-Clause */
/** The two byte queues of a connection, both chains of pool blocks, and the rules by which they share the pool. */
#ifndef HANDFAST_TCP_BUFFER_H
#define HANDFAST_TCP_BUFFER_H

#include "tcp_types.h"

/** How urgent a block is: when memory runs short, what is refused first. */
enum tcp_buffer_use {
	TCP_BUFFER_OUT_OF_ORDER, /**< refused below a quarter free: the peer can send it again */
	TCP_BUFFER_SEND,         /**< refused below an eighth free: the user can wait */
	TCP_BUFFER_IN_ORDER,     /**< never refused while there is a block: reading it is what frees memory */
};

/** @return true if a block may be taken for this use. */
bool tcp_buffer_may_take(const struct tcp_stack *stack, enum tcp_buffer_use use);

/** Take a block and count it. @return NULL if the pool is used up. */
struct block_pool_block *tcp_buffer_get_block(struct tcp_stack *stack);
/** Give a block back and count it. */
void tcp_buffer_put_block(struct tcp_stack *stack, struct block_pool_block *block);

/** Append to the send queue, at snd_end, which moves. @return bytes taken. */
uint32_t tcp_buffer_send_append(struct tcp_conn *conn, struct bytes data);
/** Free what lies before ack: call before snd_una moves. */
void tcp_buffer_send_trim(struct tcp_conn *conn, uint32_t ack);
/** Move the read cursor of the send queue to the block that holds seq. Cost: O(1) for what is sent in order. */
void tcp_buffer_send_seek(struct tcp_conn *conn, uint32_t seq);
/** Copy out of the send queue. */
void tcp_buffer_send_copy(const struct tcp_conn *conn, uint32_t seq, uint8_t *data, uint32_t len);
/** Drop the send queue. */
void tcp_buffer_send_clear(struct tcp_conn *conn);

/**
 * Write received bytes into their place in the receive queue, in order or not.
 * @param use  TCP_BUFFER_IN_ORDER if data continues what was received so far.
 * @return bytes written, from the first one on; fewer than given where no block is to be had.
 */
uint32_t tcp_buffer_receive_write(struct tcp_conn *conn, uint32_t seq, struct bytes data, enum tcp_buffer_use use);
/** Free what lies before rcv_read; all, if nothing is left to read and nothing waits out of order. */
void tcp_buffer_receive_trim(struct tcp_conn *conn);
/** Drop the blocks that hold out-of-order bytes alone. */
void tcp_buffer_receive_drop_out_of_order(struct tcp_conn *conn);
/** Drop the receive queue. */
void tcp_buffer_receive_clear(struct tcp_conn *conn);

#endif
