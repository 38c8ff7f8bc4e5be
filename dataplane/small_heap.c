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

/* A share of ten names is not to cost a huge page: memory doubles from this until it is one, then grows by one. */
#define FIRST_BYTES ((size_t)64 << 10)

static size_t rounded(size_t size)
{
	assert(size > 0 && size <= SMALL_HEAP_MAX_BYTES);
	return (size + SMALL_HEAP_GRANULE - 1) & ~(size_t)(SMALL_HEAP_GRANULE - 1);
}

bool small_heap_init(struct small_heap *heap)
{
	memset(heap, 0, sizeof(*heap));
	heap->base = pages_reserve(SMALL_HEAP_RESERVED_BYTES);
	heap->next = heap->base;
	return heap->base != NULL;
}

void small_heap_fini(struct small_heap *heap)
{
	ASAN_UNPOISON_MEMORY_REGION(heap->base, heap->mapped_bytes);
	pages_unmap(heap->base, SMALL_HEAP_RESERVED_BYTES);
	memset(heap, 0, sizeof(*heap));
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

static bool grow(struct small_heap *heap)
{
	size_t bytes = heap->mapped_bytes == 0 ? FIRST_BYTES : heap->mapped_bytes;
	if (bytes > PAGES_HUGE_BYTES)
		bytes = PAGES_HUGE_BYTES;
	if (bytes > SMALL_HEAP_RESERVED_BYTES - heap->mapped_bytes ||
		!pages_commit(heap->base + heap->mapped_bytes, bytes))
		return false;
	heap->mapped_bytes += bytes;
	return true;
}

static size_t room(const struct small_heap *heap)
{
	return heap->mapped_bytes - (size_t)(heap->next - heap->base);
}

void *small_heap_alloc(struct small_heap *heap, size_t size)
{
	size = rounded(size);
	void *object = take(heap, size);
	if (object == NULL) {
		if (room(heap) < size && !grow(heap))
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
