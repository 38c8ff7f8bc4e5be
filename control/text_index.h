/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Texts to the objects that hold them: names and files of the share, by the million, in the control thread. Keyed hash,
 * open addressing, 16 bits of the hash beside each pointer: a look-up touches the object it finds and hardly another.
 */
#ifndef HANDFAST_TEXT_INDEX_H
#define HANDFAST_TEXT_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct text_index {
	uint64_t *slots; /**< 0, or the hash's upper 16 bits over an object's address */
	size_t n_slots;  /**< a power of two */
	size_t n_used;
	size_t text_offset; /**< of the terminated text in each object */
	uint8_t key[16];
};

/** @param key 16 random bytes. @return 0 or -ENOMEM. Owner: the caller; text_index_fini(). Threads: one owner. */
int text_index_init(struct text_index *index, size_t text_offset, const uint8_t key[16]);

/** The objects are not touched. */
void text_index_fini(struct text_index *index);

/** @return the object with this text, or NULL. */
void *text_index_find(const struct text_index *index, const char *text);

/** @param object its text is in no other object of the index. @return 0 or -ENOMEM: then nothing has changed. */
int text_index_add(struct text_index *index, void *object);

/** Take out an object that is in it. */
void text_index_remove(struct text_index *index, const void *object);

/**
 * Walk over all objects: give *at as 0 at first. Nothing may be added meanwhile; who removes the object that was given
 * last goes back by one, to *at - 1, and may then meet an object twice, but misses none.
 *
 * @return the next object, or NULL at the end.
 */
void *text_index_next(const struct text_index *index, size_t *at);

/** @return how many there are. */
static inline size_t text_index_count(const struct text_index *index)
{
	return index->n_used;
}

#endif
