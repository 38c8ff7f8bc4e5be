/* SPDX-License-Identifier: BSD-3-Clause */
#include "text_index.h"

#include "pages.h"
#include "siphash.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define FIRST_SLOTS ((size_t)1024)
/* The text of an object that is so many slots ahead is asked for while this one is worked on. */
#define LOOK_AHEAD 16

/* Addresses of a process have 47 or 48 bits unless it asks for more (Linux: Documentation/x86/x86_64/mm). */
#define ADDRESS_BITS 48
#define ADDRESS_MASK ((UINT64_C(1) << ADDRESS_BITS) - 1)

static void *object_of(uint64_t slot)
{
	return (void *)(uintptr_t)(slot & ADDRESS_MASK);
}

static const char *text_of(const struct text_index *index, uint64_t slot)
{
	return (const char *)object_of(slot) + index->text_offset;
}

static uint64_t hash(const struct text_index *index, const char *text)
{
	return siphash_13(text, strlen(text), index->key);
}

int text_index_init(struct text_index *index, size_t text_offset, const uint8_t key[16])
{
	*index = (struct text_index){.n_slots = FIRST_SLOTS, .text_offset = text_offset};
	memcpy(index->key, key, sizeof(index->key));
	index->slots = pages_map(FIRST_SLOTS * sizeof(uint64_t));
	return index->slots != NULL ? 0 : -ENOMEM;
}

void text_index_fini(struct text_index *index)
{
	pages_unmap(index->slots, index->n_slots * sizeof(uint64_t));
	*index = (struct text_index){0};
}

/* Where a text is, or would be put. */
static size_t find_slot(const struct text_index *index, const char *text, uint64_t its_hash)
{
	size_t mask = index->n_slots - 1, i = its_hash & mask;
	for (; index->slots[i] != 0; i = (i + 1) & mask)
		if (index->slots[i] >> ADDRESS_BITS == its_hash >> ADDRESS_BITS &&
			strcmp(text_of(index, index->slots[i]), text) == 0)
			break;
	return i;
}

void *text_index_find(const struct text_index *index, const char *text)
{
	return object_of(index->slots[find_slot(index, text, hash(index, text))]);
}

static void place(const struct text_index *index, uint64_t address, uint64_t its_hash)
{
	size_t mask = index->n_slots - 1, i = its_hash & mask;
	while (index->slots[i] != 0)
		i = (i + 1) & mask;
	index->slots[i] = (its_hash & ~ADDRESS_MASK) | address;
}

static void prefetch(const struct text_index *index, size_t i)
{
	uint64_t slot = index->slots[i & (index->n_slots - 1)];
	__builtin_prefetch(slot != 0 ? text_of(index, slot) : NULL);
}

static int grow(struct text_index *index)
{
	struct text_index larger = *index;
	larger.n_slots *= 2;
	larger.slots = pages_map(larger.n_slots * sizeof(uint64_t));
	if (larger.slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < index->n_slots; i++) {
		prefetch(index, i + LOOK_AHEAD);
		if (index->slots[i] != 0)
			place(&larger, index->slots[i] & ADDRESS_MASK, hash(index, text_of(index, index->slots[i])));
	}
	pages_unmap(index->slots, index->n_slots * sizeof(uint64_t));
	*index = larger;
	return 0;
}

int text_index_add(struct text_index *index, void *object)
{
	uint64_t address = (uintptr_t)object;
	assert(object != NULL && (address & ~ADDRESS_MASK) == 0);
	/* Without memory for more slots the old ones go on to serve, only slower, until one is left. */
	if (index->n_used >= index->n_slots / 8 * 7 && grow(index) != 0 && index->n_used == index->n_slots - 1)
		return -ENOMEM;
	place(index, address, hash(index, text_of(index, address)));
	index->n_used++;
	return 0;
}

/* An object may fill the gap if its home is not between the gap and where it is: a look-up still comes by. */
static bool may_move(size_t home, size_t gap, size_t at, size_t mask)
{
	return ((at - home) & mask) >= ((at - gap) & mask);
}

void text_index_remove(struct text_index *index, const void *object)
{
	const char *text = (const char *)object + index->text_offset;
	size_t mask = index->n_slots - 1, gap = find_slot(index, text, hash(index, text));
	assert(object_of(index->slots[gap]) == object);
	for (size_t i = (gap + 1) & mask; index->slots[i] != 0; i = (i + 1) & mask) {
		size_t home = hash(index, text_of(index, index->slots[i])) & mask;
		if (!may_move(home, gap, i, mask))
			continue;
		index->slots[gap] = index->slots[i];
		gap = i;
	}
	index->slots[gap] = 0;
	index->n_used--;
}

void *text_index_next(const struct text_index *index, size_t *at)
{
	while (*at < index->n_slots) {
		uint64_t slot = index->slots[(*at)++];
		prefetch(index, *at + LOOK_AHEAD);
		if (slot != 0)
			return object_of(slot);
	}
	return NULL;
}
