/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A bounded set of objects of one size. Address space is reserved at once, pages are touched only when used, and the
 * object freed last is handed out first: a bound of a million costs what is really in use.
 */
#ifndef HANDFAST_SLAB_H
#define HANDFAST_SLAB_H

#include <stddef.h>
#include <stdint.h>

struct slab {
	uint8_t *memory;
	void *free_list; /**< freed objects, linked through their first word */
	size_t object_bytes, capacity;
	size_t untouched; /**< objects from here on were never handed out */
	size_t in_use;
};

/**
 * @param object_bytes  at least sizeof(void *); rounded up to 16.
 * @return 0 or -ENOMEM.
 * Owner: the caller; slab_fini(). Threads: one owner.
 */
int slab_init(struct slab *slab, size_t object_bytes, size_t capacity);

/** Unmap everything, handed out or not. */
void slab_fini(struct slab *slab);

/** @return an object, all zero, or NULL when capacity is reached. */
void *slab_alloc(struct slab *slab);

/** Give an object back. NULL is not allowed. */
void slab_free(struct slab *slab, void *object);

#endif
