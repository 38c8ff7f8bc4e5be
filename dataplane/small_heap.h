/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Small objects by the million: no header each, sizes rounded up to 8, one behind the other in huge pages. A freed
 * object is handed out again to the next one of its size; memory goes back to the system all at once, at the end. All
 * of them lie within one stretch of address space, so that 32 bits tell where (small_heap_ref()).
 */
#ifndef HANDFAST_SMALL_HEAP_H
#define HANDFAST_SMALL_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Room for what is kept of one name: a name of 255 octets and its record. */
#define SMALL_HEAP_MAX_BYTES 512
#define SMALL_HEAP_GRANULE   8

/** Address space of a heap: what 32 bits of granules reach, room for some 800 million names. */
#define SMALL_HEAP_RESERVED_BYTES ((size_t)SMALL_HEAP_GRANULE << 32)

struct small_heap {
	uint8_t *base;                                                   /**< of the address space */
	uint8_t *next;                                                   /**< from here on nothing was handed out yet */
	void *free_lists[SMALL_HEAP_MAX_BYTES / SMALL_HEAP_GRANULE + 1]; /**< by size, linked through the first word */
	size_t mapped_bytes;                                             /**< from base on, backed by memory */
	size_t in_use_bytes;                                             /**< handed out and not freed */
};

/** Takes address space, no memory yet. @return false: there is none. Owner: the caller; small_heap_fini(). */
bool small_heap_init(struct small_heap *heap);

/** Give everything back: every object of the heap ends. Also of one that was all zero, or whose init failed. */
void small_heap_fini(struct small_heap *heap);

/** @param size  1 to SMALL_HEAP_MAX_BYTES. @return an object, all zero, aligned to 8; or NULL. Threads: one owner. */
void *small_heap_alloc(struct small_heap *heap, size_t size);

/** Give an object back. @param size as asked for. NULL is allowed. */
void small_heap_free(struct small_heap *heap, void *object, size_t size);

/** @return where an object of the heap is, in granules from its base. Threads: any. */
static inline uint32_t small_heap_ref(const uint8_t *base, const void *object)
{
	return (uint32_t)((size_t)((const uint8_t *)object - base) / SMALL_HEAP_GRANULE);
}

/** @return the object at small_heap_ref(). Threads: any. */
static inline void *small_heap_at(uint8_t *base, uint32_t ref)
{
	return base + (size_t)ref * SMALL_HEAP_GRANULE;
}

#endif
