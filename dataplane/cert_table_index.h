/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The certificate table's index: hash of a name → its entry. Buckets of half a cache line: where six entries are, in 32
 * bits each, and a word that has eight bits of each one's hash and how many entries went past the bucket because it was
 * full. A hit costs the bucket's line and the entry's, a miss the bucket's.
 *
 * Why a reader needs neither lock nor version number: an entry never moves within an index; what it went past says so
 * before it is there, and until it is gone; and whatever a pointer leads to is compared by its full name. A crowded
 * index is left as it is: the writer fills a larger one and swaps. (docs/decisions/certificate-table.md)
 */
#ifndef HANDFAST_CERT_TABLE_INDEX_H
#define HANDFAST_CERT_TABLE_INDEX_H

#include "small_heap.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERT_TABLE_INDEX_LINE_BYTES   64
#define CERT_TABLE_INDEX_BUCKET_BYTES 32
#define CERT_TABLE_INDEX_SLOTS        6 /**< of a bucket */

/** What a slot leads to. The name is compared in full: a collision is a miss, never another tenant's certificate. */
struct cert_table_entry {
	_Atomic(uintptr_t) word; /**< the entry's state (cert_table_internal.h) */
	uint8_t name_len;
	char name[]; /**< not terminated */
};

/** A name as it is hashed and compared: a wildcard without its '*', so that it is a part of each name it covers. */
struct cert_table_key {
	const char *rest; /**< not terminated */
	size_t len;
	bool is_wildcard;
};

static inline struct cert_table_key cert_table_key(const char *name, size_t len)
{
	size_t skipped = len > 0 && name[0] == '*';
	return (struct cert_table_key){.rest = name + skipped, .len = len - skipped, .is_wildcard = skipped > 0};
}

struct cert_table_bucket {
	/** Octet k: tag of slot k, 0 if it is free. The last two: how many entries went past; 65535 is never counted
	 * down. */
	alignas(CERT_TABLE_INDEX_BUCKET_BYTES) _Atomic(uint64_t) marks;
	_Atomic(uint32_t) slots[CERT_TABLE_INDEX_SLOTS]; /**< small_heap_ref() */
};

struct cert_table_index {
	size_t mask;   /**< number of buckets, a power of two, less one */
	uint8_t *base; /**< of the heap that has the entries */
	/** The writer's, off the line that readers take the above from. */
	alignas(CERT_TABLE_INDEX_LINE_BYTES) size_t n_entries;
	alignas(CERT_TABLE_INDEX_LINE_BYTES) struct cert_table_bucket buckets[];
};

/**
 * @param capacity  entries that it is to take before cert_table_index_is_crowded().
 * @param base      of the heap whose objects they are.
 * @return an empty index, or NULL if memory is out. Owner: the caller. Threads: the writer, here and below unless said.
 */
struct cert_table_index *cert_table_index_create(size_t capacity, uint8_t *base);

/** Free the index, not its entries. After a grace period, if it was ever published. NULL is allowed. */
void cert_table_index_destroy(struct cert_table_index *index);

/** @return entries that it takes before cert_table_index_is_crowded(): four fifths of its slots. */
size_t cert_table_index_capacity(const struct cert_table_index *index);

/** @return true if the next entry belongs into a larger index. */
bool cert_table_index_is_crowded(const struct cert_table_index *index);

/** Enter an entry. It is complete, no entry has its name yet, and the index is not crowded. */
void cert_table_index_add(struct cert_table_index *index, uint64_t hash, struct cert_table_entry *entry);

/** Take an entry out that is in. Readers may still hold it: free it after a grace period. */
void cert_table_index_remove(struct cert_table_index *index, uint64_t hash, const struct cert_table_entry *entry);

/** Walk over all entries: give *at as 0 at first. @return the next entry, or NULL at the end. */
struct cert_table_entry *cert_table_index_next(const struct cert_table_index *index, size_t *at);

/** @return the entry with exactly this key, or NULL. Threads: any that keeps grace periods away; no lock, no retry. */
struct cert_table_entry *cert_table_index_find(
	const struct cert_table_index *index, uint64_t hash, const struct cert_table_key *key);

#endif
