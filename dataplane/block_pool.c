/* SPDX-License-Identifier: BSD-3-Clause */
#include "block_pool.h"

#include <stdlib.h>
#include <sys/mman.h>

struct block_pool {
	struct block_pool_block *blocks;
	struct block_pool_block *free_list; /* last freed first: its cache lines are warm */
	uint32_t capacity;
	uint32_t touched; /* blocks ever used; those above were never committed */
	uint32_t in_use;
};

struct block_pool *block_pool_create(uint64_t max_bytes)
{
	uint64_t capacity = max_bytes / BLOCK_POOL_BLOCK_BYTES;
	if (capacity == 0)
		capacity = 1;
	if (capacity > UINT32_MAX)
		capacity = UINT32_MAX;
	struct block_pool *pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	void *area = mmap(NULL, capacity * BLOCK_POOL_BLOCK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED) {
		free(pool);
		return NULL;
	}
	pool->blocks = area;
	pool->capacity = (uint32_t)capacity;
	return pool;
}

void block_pool_destroy(struct block_pool *pool)
{
	if (pool == NULL)
		return;
	munmap(pool->blocks, (size_t)pool->capacity * BLOCK_POOL_BLOCK_BYTES);
	free(pool);
}

struct block_pool_block *block_pool_get(struct block_pool *pool)
{
	struct block_pool_block *block = pool->free_list;
	if (block != NULL)
		pool->free_list = block->next;
	else if (pool->touched < pool->capacity)
		block = &pool->blocks[pool->touched++];
	else
		return NULL;
	block->next = NULL;
	block->len = 0;
	pool->in_use++;
	return block;
}

void block_pool_put(struct block_pool *pool, struct block_pool_block *block)
{
	block->next = pool->free_list;
	pool->free_list = block;
	pool->in_use--;
}

uint32_t block_pool_in_use(const struct block_pool *pool)
{
	return pool->in_use;
}

uint32_t block_pool_capacity(const struct block_pool *pool)
{
	return pool->capacity;
}
