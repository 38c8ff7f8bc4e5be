/* SPDX-License-Identifier: BSD-3-Clause */
/** Buffer memory of one TCP stack: blocks of one size out of one bounded, lazily committed area. */
#ifndef HANDFAST_BLOCK_POOL_H
#define HANDFAST_BLOCK_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_POOL_BLOCK_BYTES 2048
#define BLOCK_POOL_DATA_BYTES  (BLOCK_POOL_BLOCK_BYTES - 16)

/** One block, a link of a connection's chain. */
struct block_pool_block {
	struct block_pool_block *next;
	uint32_t seq; /**< sequence number of data[0] */
	uint32_t len; /**< bytes filled; used by the send queue alone */
	uint8_t data[BLOCK_POOL_DATA_BYTES];
};
_Static_assert(sizeof(struct block_pool_block) == BLOCK_POOL_BLOCK_BYTES, "the header is 16 bytes");

struct block_pool;

/**
 * @param max_bytes  bound of all blocks together; at least one block is given. Address space only: a page is committed
 * when its block is first used.
 * @return the pool, or NULL if address space is out. Owner: the caller. Threads: one worker.
 */
struct block_pool *block_pool_create(uint64_t max_bytes);
/** Unmap all blocks, given out or not. NULL is allowed. */
void block_pool_destroy(struct block_pool *pool);

/** @return a block with next NULL and len 0, its data undefined; NULL if the bound is reached. Cost: O(1). */
struct block_pool_block *block_pool_get(struct block_pool *pool);

/** Give one block back. Memory stays committed: the pool's peak is its cost. */
void block_pool_put(struct block_pool *pool, struct block_pool_block *block);

/** @return blocks given out now. */
uint32_t block_pool_in_use(const struct block_pool *pool);
/** @return blocks that may be given out at once. */
uint32_t block_pool_capacity(const struct block_pool *pool);

#endif
