/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_table.h"

#include "siphash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Part of the hash beside the key: a probe reads a connection's memory only where it is almost surely the right one. */
struct slot {
	struct flow_key *key; /* NULL: empty */
	uint64_t hash;
};

struct flow_table {
	struct slot *slots;
	uint64_t mask;
	uint32_t count, max_flows;
	uint8_t hash_key[16];
};

static size_t slots_bytes(const struct flow_table *table)
{
	return (size_t)(table->mask + 1) * sizeof(struct slot);
}

struct flow_table *flow_table_create(uint32_t max_flows, const uint8_t hash_key[16])
{
	struct flow_table *table = calloc(1, sizeof(*table));
	if (table == NULL)
		return NULL;
	uint64_t n_slots = 16;
	while (n_slots < 2 * (uint64_t)max_flows)
		n_slots *= 2;
	table->mask = n_slots - 1;
	table->max_flows = max_flows;
	memcpy(table->hash_key, hash_key, sizeof(table->hash_key));
	/* Anonymous memory reads as zero, that is empty, and is committed by the page as flows come. */
	void *area = mmap(
		NULL, slots_bytes(table), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (area == MAP_FAILED) {
		free(table);
		return NULL;
	}
	table->slots = area;
	return table;
}

void flow_table_destroy(struct flow_table *table)
{
	if (table == NULL)
		return;
	munmap(table->slots, slots_bytes(table));
	free(table);
}

static uint64_t hash_of(const struct flow_table *table, const struct flow_key *key)
{
	return siphash(key, sizeof(*key), table->hash_key);
}

/* The key's slot, or the empty one that ends its probe. */
static uint64_t probe(const struct flow_table *table, const struct flow_key *key, uint64_t hash)
{
	uint64_t i = hash & table->mask;
	for (; table->slots[i].key != NULL; i = (i + 1) & table->mask) {
		if (table->slots[i].hash == hash && memcmp(table->slots[i].key, key, sizeof(*key)) == 0)
			break;
	}
	return i;
}

struct flow_key *flow_table_find(const struct flow_table *table, const struct flow_key *key)
{
	return table->slots[probe(table, key, hash_of(table, key))].key;
}

bool flow_table_insert(struct flow_table *table, struct flow_key *key)
{
	if (table->count >= table->max_flows)
		return false;
	uint64_t hash = hash_of(table, key);
	table->slots[probe(table, key, hash)] = (struct slot){.key = key, .hash = hash};
	table->count++;
	return true;
}

void flow_table_remove(struct flow_table *table, const struct flow_key *key)
{
	uint64_t hole = probe(table, key, hash_of(table, key));
	if (table->slots[hole].key == NULL)
		return;
	table->count--;
	/* Backward shift (Knuth, vol. 3, 6.4 algorithm R): move up each entry whose home does not lie after the hole.
	 */
	for (uint64_t i = (hole + 1) & table->mask; table->slots[i].key != NULL; i = (i + 1) & table->mask) {
		uint64_t home = table->slots[i].hash & table->mask;
		if (((i - home) & table->mask) >= ((i - hole) & table->mask)) {
			table->slots[hole] = table->slots[i];
			hole = i;
		}
	}
	table->slots[hole].key = NULL;
}

uint32_t flow_table_count(const struct flow_table *table)
{
	return table->count;
}
