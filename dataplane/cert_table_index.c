/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table_index.h"

#include "pages.h"

#include <assert.h>
#include <string.h>

#define OCTETS(n)  (UINT64_C(0x0101010101010101) * (n)) /* n in each octet */
#define PAST_SHIFT (8 * CERT_TABLE_INDEX_SLOTS)
#define PAST_ONE   (UINT64_C(1) << PAST_SHIFT)
#define PAST_MANY  0xffff
/* Entries are read this many buckets ahead on a walk: memory answers meanwhile. */
#define LOOK_AHEAD 4

static_assert(sizeof(struct cert_table_bucket) == CERT_TABLE_INDEX_BUCKET_BYTES, "two buckets are a cache line");

/* The bucket is chosen by the low bits of the hash, so that the two do not tell the same. */
static uint64_t tag_of(uint64_t hash)
{
	uint64_t tag = hash >> 56;
	return tag != 0 ? tag : 1;
}

static size_t bytes_of(size_t n_buckets)
{
	return sizeof(struct cert_table_index) + n_buckets * sizeof(struct cert_table_bucket);
}

size_t cert_table_index_capacity(const struct cert_table_index *index)
{
	return (index->mask + 1) * CERT_TABLE_INDEX_SLOTS * 4 / 5;
}

bool cert_table_index_is_crowded(const struct cert_table_index *index)
{
	return index->n_entries >= cert_table_index_capacity(index);
}

struct cert_table_index *cert_table_index_create(size_t capacity, uint8_t *base)
{
	struct cert_table_index wanted = {.mask = 0};
	for (; cert_table_index_capacity(&wanted) < capacity; wanted.mask = wanted.mask * 2 + 1)
		if (wanted.mask > SIZE_MAX / 4 / sizeof(struct cert_table_bucket))
			return NULL;
	struct cert_table_index *index = pages_map(bytes_of(wanted.mask + 1));
	if (index == NULL)
		return NULL;
	index->mask = wanted.mask;
	index->base = base;
	return index;
}

void cert_table_index_destroy(struct cert_table_index *index)
{
	if (index != NULL)
		pages_unmap(index, bytes_of(index->mask + 1));
}

/* The lowest bit of each octet that is zero, without the carries that would make its neighbours look so too. The last
 * two octets are no tags. */
static uint64_t zero_octets(uint64_t marks)
{
	uint64_t low = OCTETS(0x7f);
	return ~(((marks & low) + low) | marks | low) >> 7 & (PAST_ONE - 1);
}

static unsigned slot_of(uint64_t octets)
{
	return (unsigned)__builtin_ctzll(octets) / 8;
}

/* The writer alone changes marks and slots: it may read them relaxed. */
static uint64_t own_marks(const struct cert_table_bucket *bucket)
{
	return atomic_load_explicit(&bucket->marks, memory_order_relaxed);
}

static struct cert_table_entry *own_slot(const struct cert_table_index *index, size_t bucket, unsigned slot)
{
	return small_heap_at(
		index->base, atomic_load_explicit(&index->buckets[bucket].slots[slot], memory_order_relaxed));
}

/* Relaxed: the count is up before the entry is published, by a release, in a bucket behind; it is down only when the
 * entry is gone. A reader that is to find the entry has the former ordered before it. */
static void count_past(struct cert_table_bucket *bucket, uint64_t change)
{
	uint64_t marks = own_marks(bucket);
	if (marks >> PAST_SHIFT != PAST_MANY)
		atomic_store_explicit(&bucket->marks, marks + change, memory_order_relaxed);
}

void cert_table_index_add(struct cert_table_index *index, uint64_t hash, struct cert_table_entry *entry)
{
	assert(!cert_table_index_is_crowded(index));
	size_t i = hash & index->mask;
	for (; zero_octets(own_marks(&index->buckets[i])) == 0; i = (i + 1) & index->mask)
		count_past(&index->buckets[i], PAST_ONE);
	struct cert_table_bucket *bucket = &index->buckets[i];
	uint64_t marks = own_marks(bucket);
	unsigned slot = slot_of(zero_octets(marks));
	/* Release: the entry is complete. Both pair with the acquires in cert_table_index_find(): the tag leads to this
	 * entry or a later one; one that had the slot and the tag before it may lead here too early, which its name
	 * tells. */
	atomic_store_explicit(&bucket->slots[slot], small_heap_ref(index->base, entry), memory_order_release);
	atomic_store_explicit(&bucket->marks, marks | tag_of(hash) << (8 * slot), memory_order_release);
	index->n_entries++;
}

/* @return the slot that holds it, or CERT_TABLE_INDEX_SLOTS. A freed slot still points where it did. */
static unsigned slot_with(const struct cert_table_index *index, size_t bucket, const struct cert_table_entry *entry)
{
	uint64_t marks = own_marks(&index->buckets[bucket]);
	unsigned slot = 0;
	while (slot < CERT_TABLE_INDEX_SLOTS &&
		(own_slot(index, bucket, slot) != entry || (marks >> (8 * slot) & 0xff) == 0))
		slot++;
	return slot;
}

void cert_table_index_remove(struct cert_table_index *index, uint64_t hash, const struct cert_table_entry *entry)
{
	size_t home = hash & index->mask, i = home;
	unsigned slot;
	while ((slot = slot_with(index, i, entry)) == CERT_TABLE_INDEX_SLOTS) {
		assert(own_marks(&index->buckets[i]) >> PAST_SHIFT != 0); /* or it is not in */
		i = (i + 1) & index->mask;
	}
	/* Relaxed: nothing is published by it, and the entry stays readable for a grace period. */
	uint64_t marks = own_marks(&index->buckets[i]) & ~(UINT64_C(0xff) << (8 * slot));
	atomic_store_explicit(&index->buckets[i].marks, marks, memory_order_relaxed);
	for (; home != i; home = (home + 1) & index->mask)
		count_past(&index->buckets[home], -PAST_ONE);
	index->n_entries--;
}

static void prefetch_entries(const struct cert_table_index *index, size_t bucket)
{
	for (unsigned slot = 0; bucket <= index->mask && slot < CERT_TABLE_INDEX_SLOTS; slot++)
		__builtin_prefetch(own_slot(index, bucket, slot));
}

struct cert_table_entry *cert_table_index_next(const struct cert_table_index *index, size_t *at)
{
	for (size_t n = (index->mask + 1) * CERT_TABLE_INDEX_SLOTS; *at < n;) {
		size_t i = *at / CERT_TABLE_INDEX_SLOTS;
		unsigned slot = (unsigned)((*at)++ % CERT_TABLE_INDEX_SLOTS);
		if (slot == 0)
			prefetch_entries(index, i + LOOK_AHEAD);
		if ((own_marks(&index->buckets[i]) >> (8 * slot) & 0xff) != 0)
			return own_slot(index, i, slot);
	}
	return NULL;
}

static bool is_named(const struct cert_table_entry *entry, const struct cert_table_key *key)
{
	size_t skipped = key->is_wildcard;
	return entry->name_len == skipped + key->len && (entry->name[0] == '*') == key->is_wildcard &&
	       memcmp(entry->name + skipped, key->rest, key->len) == 0;
}

struct cert_table_entry *cert_table_index_find(
	const struct cert_table_index *index, uint64_t hash, const struct cert_table_key *key)
{
	size_t mask = index->mask, i = hash & mask;
	uint64_t wanted = OCTETS(tag_of(hash));
	/* Not further than around: in theory something has gone past every bucket. */
	for (size_t left = mask + 1; left > 0; left--, i = (i + 1) & mask) {
		const struct cert_table_bucket *bucket = &index->buckets[i];
		/* Both acquires pair with the releases in cert_table_index_add(). */
		uint64_t marks = atomic_load_explicit(&bucket->marks, memory_order_acquire);
		for (uint64_t matches = zero_octets(marks ^ wanted); matches != 0; matches &= matches - 1) {
			uint32_t ref = atomic_load_explicit(&bucket->slots[slot_of(matches)], memory_order_acquire);
			struct cert_table_entry *entry = small_heap_at(index->base, ref);
			if (is_named(entry, key))
				return entry;
		}
		if (marks >> PAST_SHIFT == 0)
			break;
	}
	return NULL;
}
