/* SPDX-License-Identifier: BSD-3-Clause */
#include "small_heap.h"

#include "pages.h"

#include <assert.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
/* Freed objects are poisoned where somebody looks. */
#define ASAN_POISON_MEMORY_REGION(address, size)   ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#endif

/* A share of ten names is not to cost a huge page: chunks double from this until they are one. */
#define FIRST_CHUNK_BYTES ((size_t)64 << 10)

struct small_heap_chunk {
	struct small_heap_chunk *older;
	size_t bytes;
};

static size_t rounded(size_t size)
{
	assert(size > 0 && size <= SMALL_HEAP_MAX_BYTES);
	return (size + SMALL_HEAP_GRANULE - 1) & ~(size_t)(SMALL_HEAP_GRANULE - 1);
}

void small_heap_init(struct small_heap *heap)
{
	memset(heap, 0, sizeof(*heap));
}

void small_heap_fini(struct small_heap *heap)
{
	for (struct small_heap_chunk *chunk = heap->chunks, *older; chunk != NULL; chunk = older) {
		older = chunk->older;
		size_t bytes = chunk->bytes;
		ASAN_UNPOISON_MEMORY_REGION(chunk, bytes);
		pages_unmap(chunk, bytes);
	}
	small_heap_init(heap);
}

static void put(struct small_heap *heap, void *object, size_t size)
{
	void **list = &heap->free_lists[size / SMALL_HEAP_GRANULE];
	memcpy(object, list, sizeof(*list));
	*list = object;
	ASAN_POISON_MEMORY_REGION(object, size);
}

static void *take(struct small_heap *heap, size_t size)
{
	void **list = &heap->free_lists[size / SMALL_HEAP_GRANULE];
	void *object = *list;
	if (object == NULL)
		return NULL;
	ASAN_UNPOISON_MEMORY_REGION(object, size);
	memcpy(list, object, sizeof(*list));
	return memset(object, 0, size);
}

static int add_chunk(struct small_heap *heap)
{
	size_t bytes = heap->chunks == NULL ? FIRST_CHUNK_BYTES : heap->chunks->bytes * 2;
	if (bytes > PAGES_HUGE_BYTES)
		bytes = PAGES_HUGE_BYTES;
	struct small_heap_chunk *chunk = pages_map(bytes);
	if (chunk == NULL)
		return -1;
	/* What is left of the old one is smaller than an object that was asked for, and some other object's size. */
	if (heap->next < heap->end)
		put(heap, heap->next, (size_t)(heap->end - heap->next));
	*chunk = (struct small_heap_chunk){.older = heap->chunks, .bytes = bytes};
	heap->chunks = chunk;
	heap->next = (uint8_t *)(chunk + 1);
	heap->end = (uint8_t *)chunk + bytes;
	heap->mapped_bytes += bytes;
	return 0;
}

void *small_heap_alloc(struct small_heap *heap, size_t size)
{
	size = rounded(size);
	void *object = take(heap, size);
	if (object == NULL) {
		if ((size_t)(heap->end - heap->next) < size && add_chunk(heap) != 0)
			return NULL;
		object = heap->next; /* fresh from the system: zero */
		heap->next += size;
	}
	heap->in_use_bytes += size;
	return object;
}

void small_heap_free(struct small_heap *heap, void *object, size_t size)
{
	if (object == NULL)
		return;
	size = rounded(size);
	assert(heap->in_use_bytes >= size);
	heap->in_use_bytes -= size;
	put(heap, object, size);
}
