/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Small objects by the million: no header each, sizes rounded up to 8, carved from chunks that fill huge pages. A freed
 * object is handed out again to the next one of its size; chunks go back to the system all at once, at the end.
 */
#ifndef HANDFAST_SMALL_HEAP_H
#define HANDFAST_SMALL_HEAP_H

#include <stddef.h>
#include <stdint.h>

/** Room for what is kept of one name: a name of 255 octets and its record. */
#define SMALL_HEAP_MAX_BYTES 512
#define SMALL_HEAP_GRANULE   8

struct small_heap_chunk;

struct small_heap {
	struct small_heap_chunk *chunks;                                 /**< newest first */
	uint8_t *next, *end;                                             /**< of the newest: not handed out yet */
	void *free_lists[SMALL_HEAP_MAX_BYTES / SMALL_HEAP_GRANULE + 1]; /**< by size, linked through the first word */
	size_t mapped_bytes;                                             /**< all chunks */
	size_t in_use_bytes;                                             /**< handed out and not freed */
};

/** Owner: the caller; small_heap_fini(). Takes no memory yet. */
void small_heap_init(struct small_heap *heap);

/** Give all chunks back: every object of the heap ends. */
void small_heap_fini(struct small_heap *heap);

/** @param size  1 to SMALL_HEAP_MAX_BYTES. @return an object, all zero, aligned to 8; or NULL. Threads: one owner. */
void *small_heap_alloc(struct small_heap *heap, size_t size);

/** Give an object back. @param size as asked for. NULL is allowed. */
void small_heap_free(struct small_heap *heap, void *object, size_t size);

#endif
