/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Most configurations fit one block; a million bindings take one large block of their own and some hundred of these. */
#define BLOCK_BYTES ((size_t)256 * 1024)

struct block {
	struct block *next;
	size_t used, size;
	alignas(max_align_t) unsigned char data[];
};

struct config_arena {
	struct block *blocks; /* the first is the one being filled */
};

struct config_arena *config_arena_create(void)
{
	return calloc(1, sizeof(struct config_arena));
}

void config_arena_destroy(struct config_arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->blocks != NULL) {
		struct block *block = arena->blocks;
		arena->blocks = block->next;
		explicit_bzero(block->data, block->used);
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct config_arena *arena, size_t at_least)
{
	size_t size = at_least > BLOCK_BYTES ? at_least : BLOCK_BYTES;
	if (size > SIZE_MAX - sizeof(struct block))
		return NULL;
	struct block *block = calloc(1, sizeof(struct block) + size);
	if (block == NULL)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block;
}

void *config_arena_alloc(struct config_arena *arena, size_t count, size_t element_bytes)
{
	if (element_bytes != 0 && count > (SIZE_MAX - alignof(max_align_t)) / element_bytes)
		return NULL;
	size_t bytes = (count * element_bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct block *block = arena->blocks;
	if (block == NULL || block->size - block->used < bytes)
		block = add_block(arena, bytes);
	if (block == NULL)
		return NULL;
	void *memory = block->data + block->used;
	block->used += bytes;
	return memory;
}

char *config_arena_text(struct config_arena *arena, const char *text, size_t len)
{
	char *copy = config_arena_alloc(arena, len + 1, 1);
	if (copy != NULL)
		memcpy(copy, text, len);
	return copy;
}
