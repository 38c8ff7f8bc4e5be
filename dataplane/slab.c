/* SPDX-License-Identifier: BSD-3-Clause */
#include "slab.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 16u

int slab_init(struct slab *slab, size_t object_bytes, size_t capacity)
{
	*slab = (struct slab){0};
	size_t rounded = (object_bytes + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	size_t bytes;
	if (capacity == 0 || __builtin_mul_overflow(rounded, capacity, &bytes))
		return -ENOMEM;
	/* NORESERVE: the bound is address space, not memory. */
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		return -ENOMEM;
	*slab = (struct slab){.memory = memory, .object_bytes = rounded, .capacity = capacity};
	return 0;
}

void slab_fini(struct slab *slab)
{
	if (slab->memory)
		munmap(slab->memory, slab->object_bytes * slab->capacity);
	*slab = (struct slab){0};
}

void *slab_alloc(struct slab *slab)
{
	void *object = slab->free_list;
	if (object) {
		memcpy(&slab->free_list, object, sizeof(void *));
		memset(object, 0, slab->object_bytes);
	} else {
		if (slab->untouched == slab->capacity)
			return NULL;
		object = slab->memory + slab->object_bytes * slab->untouched++;
	}
	slab->in_use++;
	return object;
}

void slab_free(struct slab *slab, void *object)
{
	assert(slab->in_use > 0 && (uint8_t *)object >= slab->memory &&
		(uint8_t *)object < slab->memory + slab->object_bytes * slab->untouched);
	memcpy(object, &slab->free_list, sizeof(void *));
	slab->free_list = object;
	slab->in_use--;
}
