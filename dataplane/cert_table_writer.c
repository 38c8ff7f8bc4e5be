/* SPDX-License-Identifier: BSD-3-Clause */
#include "cert_table_writer.h"
#include "cert_table_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_CAPACITY 1024

/* --- retirement: what readers may still hold waits here, oldest first, for the grace period of its token
 * ---------------- */

enum retired_kind { RETIRED_CERTIFICATE, RETIRED_ENTRY, RETIRED_INDEX };

struct cert_table_retired {
	struct cert_table_retired *next;
	uint64_t token;
	enum retired_kind kind;
	union {
		struct certificate *certificate;
		struct cert_table_entry *entry;
		struct cert_table_index *index;
	};
};

static size_t size_of(size_t name_len)
{
	return offsetof(struct cert_table_entry, name) + name_len;
}

static void destroy_retired(struct cert_table *table, const struct cert_table_retired *retired)
{
	switch (retired->kind) {
	case RETIRED_CERTIFICATE:
		certificate_destroy(retired->certificate);
		break;
	case RETIRED_ENTRY:
		small_heap_free(&table->heap, retired->entry, size_of(retired->entry->name_len));
		break;
	case RETIRED_INDEX:
		cert_table_index_destroy(retired->index);
		break;
	}
}

/* Without memory to remember it by, wait for the grace period at once: slow, but nothing leaks and nothing fails. */
static void retire(struct cert_table *table, const struct cert_table_retired *what)
{
	struct cert_table_retired *retired = small_heap_alloc(&table->heap, sizeof(*retired));
	if (retired == NULL) {
		cert_table_writer_synchronize(table);
		destroy_retired(table, what);
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
	destroy_retired(table, retired);
	small_heap_free(&table->heap, retired, sizeof(*retired));
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

static struct cert_table_index *own_index(const struct cert_table *table)
{
	return atomic_load_explicit(&table->index, memory_order_relaxed);
}

static uint64_t hash_of(const struct cert_table *table, const struct cert_table_entry *entry)
{
	return cert_table_hash(table, cert_table_key(entry->name, entry->name_len));
}

/* Build a larger index beside the old one and swap. Readers go on in the old one until their next quiescent state;
 * entries are the same in both, so they miss nothing but names added since. */
static int replace_index(struct cert_table *table)
{
	struct cert_table_index *old = own_index(table);
	struct cert_table_index *index = cert_table_index_create(2 * cert_table_index_capacity(old), old->base);
	if (index == NULL)
		return -ENOMEM;
	size_t at = 0;
	for (struct cert_table_entry *entry; (entry = cert_table_index_next(old, &at)) != NULL;)
		cert_table_index_add(index, hash_of(table, entry), entry);
	/* Release: it is complete. Pairs with the acquire in begin(). */
	atomic_store_explicit(&table->index, index, memory_order_release);
	retire(table, &(struct cert_table_retired){.kind = RETIRED_INDEX, .index = old});
	return 0;
}

static bool is_wildcard(const struct cert_table_entry *entry)
{
	return entry->name[0] == '*';
}

static void count_wildcards(struct cert_table *table, size_t change)
{
	size_t n = atomic_load_explicit(&table->n_wildcards, memory_order_relaxed);
	atomic_store_explicit(&table->n_wildcards, n + change, memory_order_relaxed);
}

static int insert(struct cert_table *table, const struct host_name *name, uintptr_t word)
{
	if (name->len == 0)
		return -EINVAL;
	if (cert_table_index_is_crowded(own_index(table)) && replace_index(table) != 0)
		return -ENOMEM;
	struct cert_table_entry *entry = small_heap_alloc(&table->heap, size_of(name->len));
	if (entry == NULL)
		return -ENOMEM;
	atomic_init(&entry->word, word);
	entry->name_len = name->len;
	memcpy(entry->name, name->text, name->len);
	if (is_wildcard(entry))
		count_wildcards(table, 1);
	cert_table_index_add(own_index(table), hash_of(table, entry), entry);
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
	memcpy(table->hash_key, key, sizeof(table->hash_key));
	bool has_heap = small_heap_init(&table->heap);

	size_t readers_bytes = rte_rcu_qsbr_get_memsize(max_readers);
	table->readers = aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(readers_bytes, (size_t)RTE_CACHE_LINE_SIZE));
	struct cert_table_index *index =
		cert_table_index_create(RTE_MAX(capacity, (size_t)LEAST_CAPACITY), table->heap.base);
	atomic_init(&table->index, index);
	if (!has_heap || table->readers == NULL || index == NULL ||
		rte_rcu_qsbr_init(table->readers, max_readers) != 0) {
		cert_table_index_destroy(index);
		small_heap_fini(&table->heap);
		free(table->readers);
		free(table);
		return NULL;
	}
	return table;
}

static void destroy_certificates(const struct cert_table_index *index)
{
	size_t at = 0;
	for (struct cert_table_entry *entry; (entry = cert_table_index_next(index, &at)) != NULL;) {
		uintptr_t word = atomic_load_explicit(&entry->word, memory_order_relaxed);
		certificate_destroy((struct certificate *)(word & CERT_TABLE_POINTER_MASK));
	}
}

void cert_table_writer_destroy(struct cert_table *table)
{
	if (table == NULL)
		return;
	while (table->oldest != NULL)
		destroy_oldest(table);
	destroy_certificates(own_index(table));
	cert_table_index_destroy(own_index(table));
	small_heap_fini(&table->heap); /* and every entry with it */
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
	cert_table_index_remove(own_index(table), hash_of(table, entry), entry);
	if (is_wildcard(entry))
		count_wildcards(table, (size_t)-1);
	retire_certificate(table, atomic_load_explicit(&entry->word, memory_order_relaxed));
	retire(table, &(struct cert_table_retired){.kind = RETIRED_ENTRY, .entry = entry});
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
	return own_index(table)->n_entries;
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
