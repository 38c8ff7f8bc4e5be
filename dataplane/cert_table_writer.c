/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table_writer.h"
#include "cert_table_internal.h"
#include "siphash.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>

#define LEAST_CAPACITY 1024

/* --- retirement: what readers may still hold waits here, oldest first, for the grace period of its token
 * ---------------- */

enum retired_kind { RETIRED_CERTIFICATE, RETIRED_ENTRY, RETIRED_INDEX };

struct cert_table_retired {
	struct cert_table_retired *next;
	uint64_t token;
	enum retired_kind kind;
	int32_t position; /* of an entry, in index; is free again together with the entry */
	struct certificate *certificate;
	struct cert_table_entry *entry;
	struct cert_table_index *index; /* an entry's outlives it: it was retired later, if at all */
};

static void destroy_index(struct cert_table_index *index)
{
	if (index == NULL)
		return;
	rte_hash_free(index->hash);
	free(index);
}

static void destroy_retired(const struct cert_table_retired *retired)
{
	switch (retired->kind) {
	case RETIRED_CERTIFICATE:
		certificate_destroy(retired->certificate);
		break;
	case RETIRED_ENTRY:
		rte_hash_free_key_with_position(retired->index->hash, retired->position);
		free(retired->entry);
		break;
	case RETIRED_INDEX:
		destroy_index(retired->index);
		break;
	}
}

/* Without memory to remember it by, wait for the grace period at once: slow, but nothing leaks and nothing fails. */
static void retire(struct cert_table *table, const struct cert_table_retired *what)
{
	struct cert_table_retired *retired = malloc(sizeof(*retired));
	if (retired == NULL) {
		cert_table_writer_synchronize(table);
		destroy_retired(what);
		return;
	}
	*retired = *what;
	retired->next = NULL;
	retired->token = rte_rcu_qsbr_start(table->readers);
	if (table->oldest == NULL)
		table->oldest = retired;
	else
		table->newest->next = retired;
	table->newest = retired;
	table->n_retired++;
}

static void retire_certificate(struct cert_table *table, uintptr_t word)
{
	/* The writer owns it: readers see it as const. */
	struct certificate *certificate = (struct certificate *)(word & CERT_TABLE_POINTER_MASK);
	if (certificate != NULL)
		retire(table, &(struct cert_table_retired){.kind = RETIRED_CERTIFICATE, .certificate = certificate});
}

static void destroy_oldest(struct cert_table *table)
{
	struct cert_table_retired *retired = table->oldest;
	table->oldest = retired->next;
	table->n_retired--;
	destroy_retired(retired);
	free(retired);
}

size_t cert_table_writer_reclaim(struct cert_table *table)
{
	size_t n = 0;
	while (table->oldest != NULL && rte_rcu_qsbr_check(table->readers, table->oldest->token, false) == 1) {
		destroy_oldest(table);
		n++;
	}
	return n;
}

/* What rte_rcu_qsbr_synchronize() does, but compiled here: ThreadSanitizer does not see into the library's. */
void cert_table_writer_synchronize(struct cert_table *table)
{
	rte_rcu_qsbr_check(table->readers, rte_rcu_qsbr_start(table->readers), true);
}

size_t cert_table_writer_retired(const struct cert_table *table)
{
	return table->n_retired;
}

/* --- the index
 * ---------------------------------------------------------------------------------------------------------- */

/* rte_hash's cuckoo search can fail well before 100 %: a quarter above what is asked for, and add_to_index() may still
 * say full. */
static struct cert_table_index *create_index(struct cert_table *table, size_t capacity)
{
	size_t entries = capacity + capacity / 4;
	if (entries > RTE_HASH_ENTRIES_MAX)
		return NULL;
	struct cert_table_index *index = calloc(1, sizeof(*index) + entries * sizeof(index->slots[0]));
	if (index == NULL)
		return NULL;
	char name[RTE_HASH_NAMESIZE];
	snprintf(name, sizeof(name), "ct%" PRIxPTR ".%u", (uintptr_t)table, table->n_indexes++);
	struct rte_hash_parameters parameters = {
		.name = name,
		.entries = (uint32_t)entries,
		.key_len = sizeof(struct cert_table_hash),
		.socket_id = (int)rte_socket_id(),
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF,
	};
	index->capacity = capacity;
	index->hash = rte_hash_create(&parameters);
	if (index->hash == NULL) {
		free(index);
		return NULL;
	}
	return index;
}

/* @return 0, -ENOSPC if the index is full, -EEXIST if another name has the same 128 bits. */
static int add_to_index(const struct cert_table *table, struct cert_table_index *index, struct cert_table_entry *entry)
{
	struct cert_table_hash hash;
	cert_table_hash_name(table, entry->name, entry->name_len, &hash);
	int32_t position = rte_hash_add_key_with_hash(index->hash, &hash, (hash_sig_t)hash.words[0]);
	if (position < 0)
		return position;
	if (atomic_load_explicit(&index->slots[position], memory_order_relaxed) != NULL)
		return -EEXIST;
	/* Release: the entry is complete. Pairs with the acquire in cert_table_find(). */
	atomic_store_explicit(&index->slots[position], entry, memory_order_release);
	return 0;
}

static int copy_index(const struct cert_table *table, const struct cert_table_index *from, struct cert_table_index *to)
{
	const void *hash;
	void *unused;
	uint32_t next = 0;
	int32_t position;
	while ((position = rte_hash_iterate(from->hash, &hash, &unused, &next)) >= 0) {
		struct cert_table_entry *entry = atomic_load_explicit(&from->slots[position], memory_order_relaxed);
		if (entry == NULL)
			continue;
		int error = add_to_index(table, to, entry);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Build a larger index beside the old one and swap. Readers go on in the old one until their next quiescent state;
 * entries are the same in both, so they miss nothing but names added since. */
static int replace_index(struct cert_table *table)
{
	struct cert_table_index *old = atomic_load_explicit(&table->index, memory_order_relaxed);
	struct cert_table_index *larger = create_index(table, old->capacity * 2);
	if (larger == NULL)
		return -ENOMEM;
	if (copy_index(table, old, larger) != 0) {
		destroy_index(larger);
		return -ENOMEM;
	}
	atomic_store_explicit(&table->index, larger, memory_order_release);
	retire(table, &(struct cert_table_retired){.kind = RETIRED_INDEX, .index = old});
	return 0;
}

static int insert(struct cert_table *table, const struct host_name *name, uintptr_t word)
{
	if (name->len == 0)
		return -EINVAL;
	struct cert_table_index *index = atomic_load_explicit(&table->index, memory_order_relaxed);
	if (table->count >= index->capacity && replace_index(table) != 0)
		return -ENOMEM;

	struct cert_table_entry *entry = malloc(sizeof(*entry) + name->len);
	if (entry == NULL)
		return -ENOMEM;
	atomic_init(&entry->word, word);
	entry->name_len = name->len;
	memcpy(entry->name, name->text, name->len);

	int error = add_to_index(table, atomic_load_explicit(&table->index, memory_order_relaxed), entry);
	if (error == -ENOSPC) {
		error = replace_index(table);
		if (error == 0)
			error = add_to_index(table, atomic_load_explicit(&table->index, memory_order_relaxed), entry);
	}
	if (error != 0) {
		free(entry);
		return -ENOMEM;
	}
	table->count++;
	return 0;
}

/* --- the interface
 * ------------------------------------------------------------------------------------------------------ */

struct cert_table *cert_table_writer_create(size_t capacity, unsigned max_readers, const uint8_t key[16])
{
	struct cert_table *table = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*table));
	if (table == NULL)
		return NULL;
	memset(table, 0, sizeof(*table));
	memcpy(table->hash_keys[0], key, 16);
	/* The second key is made of the first as a key derivation would: by the hash, of two different labels. */
	uint64_t second[2] = {siphash("second.0", 8, key), siphash("second.1", 8, key)};
	memcpy(table->hash_keys[1], second, sizeof(second));

	size_t readers_bytes = rte_rcu_qsbr_get_memsize(max_readers);
	table->readers = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(readers_bytes, (size_t)RTE_CACHE_LINE_SIZE));
	struct cert_table_index *index = create_index(table, RTE_MAX(capacity, (size_t)LEAST_CAPACITY));
	atomic_init(&table->index, index);
	if (table->readers == NULL || index == NULL || rte_rcu_qsbr_init(table->readers, max_readers) != 0) {
		destroy_index(index);
		free(table->readers);
		free(table);
		return NULL;
	}
	return table;
}

static void destroy_entries(struct cert_table_index *index)
{
	const void *hash;
	void *unused;
	uint32_t next = 0;
	int32_t position;
	while ((position = rte_hash_iterate(index->hash, &hash, &unused, &next)) >= 0) {
		struct cert_table_entry *entry = atomic_load_explicit(&index->slots[position], memory_order_relaxed);
		if (entry == NULL)
			continue;
		uintptr_t word = atomic_load_explicit(&entry->word, memory_order_relaxed);
		certificate_destroy((struct certificate *)(word & CERT_TABLE_POINTER_MASK));
		free(entry);
	}
}

void cert_table_writer_destroy(struct cert_table *table)
{
	if (table == NULL)
		return;
	while (table->oldest != NULL)
		destroy_oldest(table);
	struct cert_table_index *index = atomic_load_explicit(&table->index, memory_order_relaxed);
	destroy_entries(index);
	destroy_index(index);
	free(table->readers);
	free(table);
}

/* Swap an entry's state and retire the certificate that is not in the new one. An exchange, because a reader may be
 * setting the claim at the same time. Release: the certificate is complete; pairs with the acquire in
 * cert_table_describe(). */
static void set_word(struct cert_table *table, struct cert_table_entry *entry, uintptr_t word)
{
	uintptr_t old = atomic_exchange_explicit(&entry->word, word, memory_order_release);
	if (cert_table_word_certificate(old) != cert_table_word_certificate(word))
		retire_certificate(table, old);
}

static uintptr_t certificate_bits(const struct cert_table_entry *entry)
{
	return atomic_load_explicit(&entry->word, memory_order_relaxed) & CERT_TABLE_POINTER_MASK;
}

int cert_table_writer_index(struct cert_table *table, const struct host_name *name)
{
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return insert(table, name, 0);
	set_word(table, entry, certificate_bits(entry));
	return 0;
}

int cert_table_writer_publish(struct cert_table *table, const struct host_name *name, struct certificate *certificate)
{
	uintptr_t word = (uintptr_t)certificate;
	assert(word != 0 && (word & ~CERT_TABLE_POINTER_MASK) == 0);
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return insert(table, name, word);
	set_word(table, entry, word);
	return 0;
}

int cert_table_writer_break(struct cert_table *table, const struct host_name *name, enum certificate_fault fault)
{
	assert(fault > CERTIFICATE_FAULT_NONE && fault < CERTIFICATE_FAULTS);
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return insert(table, name, (uintptr_t)fault);
	set_word(table, entry, certificate_bits(entry) | (uintptr_t)fault);
	return 0;
}

int cert_table_writer_remove(struct cert_table *table, const struct host_name *name)
{
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return -ENOENT;
	struct cert_table_index *index = atomic_load_explicit(&table->index, memory_order_relaxed);
	struct cert_table_hash hash;
	cert_table_hash_name(table, name->text, name->len, &hash);
	int32_t position = rte_hash_del_key_with_hash(index->hash, &hash, (hash_sig_t)hash.words[0]);
	assert(position >= 0);
	atomic_store_explicit(&index->slots[position], NULL, memory_order_release);
	table->count--;
	retire_certificate(table, atomic_load_explicit(&entry->word, memory_order_relaxed));
	retire(table, &(struct cert_table_retired){
			      .kind = RETIRED_ENTRY, .entry = entry, .index = index, .position = position});
	return 0;
}

int cert_table_writer_unload(struct cert_table *table, const struct host_name *name)
{
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return -ENOENT;
	if (certificate_bits(entry) != 0)
		set_word(table, entry, 0);
	return 0;
}

size_t cert_table_writer_count(const struct cert_table *table)
{
	return table->count;
}

bool cert_table_writer_get(const struct cert_table *table, const struct host_name *name, struct cert_table_result *out)
{
	*out = (struct cert_table_result){.state = CERT_TABLE_MISS};
	struct cert_table_entry *entry = cert_table_find(table, name);
	if (entry == NULL)
		return false;
	cert_table_describe(entry, false, out);
	return true;
}
