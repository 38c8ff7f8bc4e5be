/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One free list per size class; a class takes a new chunk from the system when its list is empty. Classes are 64 octets
 * and then four steps per doubling. A class's chunks double from 64 KiB to 4 MiB: little is locked for ten names, and a
 * million RSA keys stay far below the system's limit of 65,530 mappings.
 */
#include "secret.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SMALLEST_BYTES     64
#define STEPS_PER_DOUBLING 4
#define N_CLASSES          (1 + STEPS_PER_DOUBLING * 8)
#define FIRST_CHUNK_BYTES  ((size_t)64 << 10)
#define LAST_CHUNK_BYTES   ((size_t)4 << 20)

static_assert(
	SMALLEST_BYTES << ((N_CLASSES - 1) / STEPS_PER_DOUBLING) == SECRET_MAX_BYTES, "the last class is the bound");

/* Lies in the free memory itself: nothing but zeroes and this link is ever in a slot that is not handed out. */
struct free_slot {
	struct free_slot *next;
};

struct chunk {
	struct chunk *next;
	uint8_t *mapping; /* guard page, memory, guard page */
	size_t mapping_bytes;
};

struct size_class {
	struct free_slot *free;
	size_t next_chunk_bytes;
};

struct secret_arena {
	struct chunk *chunks;
	size_t used_bytes;
	bool is_locked;
	struct size_class classes[N_CLASSES];
};

static size_t class_bytes(unsigned class_number)
{
	if (class_number == 0)
		return SMALLEST_BYTES;
	unsigned doubling = (class_number - 1) / STEPS_PER_DOUBLING;
	unsigned step = (class_number - 1) % STEPS_PER_DOUBLING + 1;
	size_t base = (size_t)SMALLEST_BYTES << doubling;
	return base + base / STEPS_PER_DOUBLING * step;
}

/* At most 33 steps, and allocation is the control thread's: no need of a closed form. */
static unsigned class_of(size_t len)
{
	unsigned class_number = 0;
	while (class_bytes(class_number) < len)
		class_number++;
	return class_number;
}

struct secret_arena *secret_arena_create(void)
{
	struct secret_arena *arena = calloc(1, sizeof(*arena));
	if (arena == NULL)
		return NULL;
	arena->is_locked = true;
	for (unsigned i = 0; i < N_CLASSES; i++)
		arena->classes[i].next_chunk_bytes = FIRST_CHUNK_BYTES;
	return arena;
}

void secret_arena_destroy(struct secret_arena *arena)
{
	if (arena == NULL)
		return;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	while (arena->chunks != NULL) {
		struct chunk *chunk = arena->chunks;
		arena->chunks = chunk->next;
		secret_wipe(chunk->mapping + page_bytes, chunk->mapping_bytes - 2 * page_bytes);
		munmap(chunk->mapping, chunk->mapping_bytes);
		free(chunk);
	}
	free(arena);
}

/* Map memory between two guard pages. The advice is best effort: an old kernel without it still serves. */
static uint8_t *map_guarded(struct secret_arena *arena, struct chunk *chunk, size_t bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	chunk->mapping_bytes = bytes + 2 * page_bytes;
	chunk->mapping = mmap(NULL, chunk->mapping_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk->mapping == MAP_FAILED)
		return NULL;
	uint8_t *memory = chunk->mapping + page_bytes;
	if (mprotect(memory, bytes, PROT_READ | PROT_WRITE) != 0) {
		munmap(chunk->mapping, chunk->mapping_bytes);
		return NULL;
	}
	madvise(memory, bytes, MADV_DONTDUMP);
	madvise(memory, bytes, MADV_DONTFORK);
	if (mlock(memory, bytes) != 0)
		arena->is_locked = false;
	return memory;
}

static bool add_chunk(struct secret_arena *arena, unsigned class_number)
{
	struct size_class *class = &arena->classes[class_number];
	struct chunk *chunk = calloc(1, sizeof(*chunk));
	if (chunk == NULL)
		return false;
	size_t bytes = class->next_chunk_bytes;
	uint8_t *memory = map_guarded(arena, chunk, bytes);
	if (memory == NULL) {
		free(chunk);
		return false;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	if (class->next_chunk_bytes < LAST_CHUNK_BYTES)
		class->next_chunk_bytes *= 2;

	size_t slot_bytes = class_bytes(class_number);
	for (size_t offset = 0; offset + slot_bytes <= bytes; offset += slot_bytes) {
		struct free_slot *slot = (struct free_slot *)(void *)(memory + offset);
		slot->next = class->free;
		class->free = slot;
	}
	return class->free != NULL;
}

uint8_t *secret_alloc(struct secret_arena *arena, size_t len)
{
	if (len == 0 || len > SECRET_MAX_BYTES)
		return NULL;
	unsigned class_number = class_of(len);
	struct size_class *class = &arena->classes[class_number];
	if (class->free == NULL && !add_chunk(arena, class_number))
		return NULL;
	struct free_slot *slot = class->free;
	class->free = slot->next;
	slot->next = NULL;
	arena->used_bytes += class_bytes(class_number);
	return (uint8_t *)slot;
}

void secret_free(struct secret_arena *arena, uint8_t *secret, size_t len)
{
	if (secret == NULL)
		return;
	unsigned class_number = class_of(len);
	struct size_class *class = &arena->classes[class_number];
	secret_wipe(secret, class_bytes(class_number));
	struct free_slot *slot = (struct free_slot *)(void *)secret;
	slot->next = class->free;
	class->free = slot;
	arena->used_bytes -= class_bytes(class_number);
}

bool secret_arena_is_locked(const struct secret_arena *arena)
{
	return arena->is_locked;
}

size_t secret_arena_used_bytes(const struct secret_arena *arena)
{
	return arena->used_bytes;
}

void secret_wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}
