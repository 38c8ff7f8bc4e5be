/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table_index.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_ENTRIES 2000

/* Hashes are arguments: the tests choose who collides. */
static struct small_heap heap;
static struct cert_table_entry *entries[N_ENTRIES];
static uint64_t hashes[N_ENTRIES];
static bool is_in[N_ENTRIES];

static struct cert_table_entry *made_entry(const char *name)
{
	size_t len = strlen(name);
	struct cert_table_entry *entry = small_heap_alloc(&heap, sizeof(*entry) + len);
	entry->name_len = (uint8_t)len;
	memcpy(entry->name, name, len);
	return entry;
}

static struct cert_table_entry *find(const struct cert_table_index *index, uint64_t hash, const char *name)
{
	struct cert_table_key key = cert_table_key(name, strlen(name));
	return cert_table_index_find(index, hash, &key);
}

/* @return an empty index for them. */
static struct cert_table_index *setup(size_t capacity, uint64_t (*hash_of)(unsigned number))
{
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		char name[32];
		snprintf(name, sizeof(name), "host-%u.example", i);
		entries[i] = made_entry(name);
		hashes[i] = hash_of(i);
		is_in[i] = false;
	}
	struct cert_table_index *index = cert_table_index_create(capacity, heap.base);
	CU_ASSERT_PTR_NOT_NULL_FATAL(index);
	return index;
}

static void teardown(struct cert_table_index *index)
{
	cert_table_index_destroy(index);
	small_heap_fini(&heap);
}

static void put(struct cert_table_index *index, unsigned i)
{
	cert_table_index_add(index, hashes[i], entries[i]);
	is_in[i] = true;
}

static void take(struct cert_table_index *index, unsigned i)
{
	cert_table_index_remove(index, hashes[i], entries[i]);
	is_in[i] = false;
}

/* By name and by walk: what is in, and nothing else. */
static void check(const struct cert_table_index *index)
{
	size_t n = 0, walked = 0, at = 0;
	for (unsigned i = 0; i < N_ENTRIES; i++) {
		struct cert_table_key key = cert_table_key(entries[i]->name, entries[i]->name_len);
		n += is_in[i];
		CU_ASSERT_PTR_EQUAL(cert_table_index_find(index, hashes[i], &key), is_in[i] ? entries[i] : NULL);
	}
	while (cert_table_index_next(index, &at) != NULL)
		walked++;
	CU_ASSERT_EQUAL(index->n_entries, n);
	CU_ASSERT_EQUAL(walked, n);
}

static void change_at_random(struct cert_table_index *index)
{
	uint32_t state = 7;
	for (unsigned round = 0; round < 10; round++) {
		for (unsigned k = 0; k < N_ENTRIES; k++) {
			state = state * 1664525 + 1013904223;
			unsigned i = (state >> 8) % N_ENTRIES;
			if (is_in[i])
				take(index, i);
			else if (!cert_table_index_is_crowded(index))
				put(index, i);
		}
		check(index);
	}
	for (unsigned i = 0; i < N_ENTRIES; i++)
		if (is_in[i])
			take(index, i);
	check(index);
	/* Nothing is said to have gone past any more, but where so many had that it was not counted. */
	for (size_t i = 0; i <= index->mask; i++) {
		uint64_t past = atomic_load(&index->buckets[i].marks) >> (8 * CERT_TABLE_INDEX_SLOTS);
		CU_ASSERT_TRUE(past == 0 || past == 65535);
	}
}

static uint64_t spread(unsigned number)
{
	return (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static uint64_t few_homes(unsigned number)
{
	return spread(number) << 56 | number % 3;
}

static uint64_t all_the_same(unsigned number)
{
	return number * UINT64_C(0);
}

static void test_as_a_plain_list(void)
{
	struct cert_table_index *index = setup(1500, spread);
	CU_ASSERT_TRUE(cert_table_index_capacity(index) >= 1500);
	check(index);
	change_at_random(index);
	teardown(index);
}

/* Three homes for hundreds of entries, at the end of the buckets too: they go past, around, and come back. */
static void test_crowded_buckets(void)
{
	struct cert_table_index *index = setup(700, few_homes);
	for (unsigned i = 0; i < N_ENTRIES; i++)
		hashes[i] -= i % 3 == 2 ? 2 + 1 : 0; /* home: the last bucket */
	change_at_random(index);
	teardown(index);
}

static uint64_t past_the_first(const struct cert_table_index *index)
{
	return atomic_load(&index->buckets[0].marks) >> (8 * CERT_TABLE_INDEX_SLOTS);
}

/* The hash tells nothing apart. */
static void test_one_hash_for_all(void)
{
	struct cert_table_index *index = setup(700, all_the_same);
	for (unsigned i = 0; i < 600; i++)
		put(index, i);
	CU_ASSERT_EQUAL(past_the_first(index), 600 - CERT_TABLE_INDEX_SLOTS);
	check(index);
	change_at_random(index);
	teardown(index);
}

/* More than can be counted go past a bucket: it is not counted down any more, or what is still behind would be lost. */
static void test_more_go_past_than_can_be_counted(void)
{
	struct cert_table_index *index = setup(700, all_the_same);
	for (unsigned i = 0; i < CERT_TABLE_INDEX_SLOTS; i++)
		put(index, i);
	atomic_fetch_add(&index->buckets[0].marks, UINT64_C(65533) << (8 * CERT_TABLE_INDEX_SLOTS));
	for (unsigned i = CERT_TABLE_INDEX_SLOTS; i < 20; i++)
		put(index, i);
	CU_ASSERT_EQUAL(past_the_first(index), 65535);
	for (unsigned i = CERT_TABLE_INDEX_SLOTS; i < 19; i++)
		take(index, i);
	CU_ASSERT_EQUAL(past_the_first(index), 65535);
	check(index);
	teardown(index);
}

static void test_growth_is_the_callers(void)
{
	struct cert_table_index *index = setup(1, spread);
	size_t capacity = cert_table_index_capacity(index);
	for (unsigned i = 0; i < capacity; i++) {
		CU_ASSERT_FALSE(cert_table_index_is_crowded(index));
		put(index, i);
	}
	CU_ASSERT_TRUE(cert_table_index_is_crowded(index));
	check(index); /* still whole */
	take(index, 0);
	CU_ASSERT_FALSE(cert_table_index_is_crowded(index));
	CU_ASSERT_PTR_NULL(cert_table_index_create(SIZE_MAX / 64, NULL));
	teardown(index);
}

/* "*.example.com" and "a.example.com" share all that is hashed and compared of a wildcard, but not their hash; here
 * they do. */
static void test_a_wildcard_is_no_name(void)
{
	struct cert_table_index *index = setup(10, spread);
	struct cert_table_entry *name = made_entry("a.example.com"), *wildcard = made_entry("*.example.com");
	cert_table_index_add(index, 1, name);
	CU_ASSERT_PTR_NULL(find(index, 1, "*.example.com"));
	cert_table_index_add(index, 1, wildcard);
	CU_ASSERT_PTR_EQUAL(find(index, 1, "*.example.com"), wildcard);
	CU_ASSERT_PTR_EQUAL(find(index, 1, "a.example.com"), name);
	CU_ASSERT_PTR_NULL(find(index, 1, ".example.com"));
	CU_ASSERT_PTR_NULL(find(index, 1, "b.example.com"));
	CU_ASSERT_PTR_NULL(find(index, 1, "a.example.co"));
	CU_ASSERT_PTR_NULL(find(index, 1, "a.example.com.x"));
	/* The right name, but another hash: not there. */
	CU_ASSERT_PTR_NULL(find(index, UINT64_C(2) << 56 | 1, "a.example.com"));
	teardown(index);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"finds what a plain list finds", test_as_a_plain_list},
		{"crowded buckets, also at the end", test_crowded_buckets},
		{"one hash for all: only names tell", test_one_hash_for_all},
		{"more go past than can be counted", test_more_go_past_than_can_be_counted},
		{"says when it should grow", test_growth_is_the_callers},
		{"a wildcard is no name, a name no wildcard", test_a_wildcard_is_no_name},
		CU_TEST_INFO_NULL,
	};
	return unit_run("cert_table_index", tests);
}
