/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow_table.h"
#include "unit.h"

#include <stdlib.h>

static const uint8_t hash_key[16] = "sixteen octets.";

static struct flow_key key_of(uint32_t n)
{
	struct flow_key key = {.local_port = 443, .remote_port = (uint16_t)n};
	key.remote_ip.octets[15] = (uint8_t)(n >> 16);
	return key;
}

static void test_insert_find_remove(void)
{
	struct flow_table *table = flow_table_create(4, hash_key);
	struct flow_key a = key_of(1), b = key_of(2), same = key_of(1);
	CU_ASSERT_PTR_NULL(flow_table_find(table, &a));
	CU_ASSERT_TRUE(flow_table_insert(table, &a));
	CU_ASSERT_PTR_EQUAL(flow_table_find(table, &same), &a);
	CU_ASSERT_PTR_NULL(flow_table_find(table, &b));
	flow_table_remove(table, &b);
	CU_ASSERT_EQUAL(flow_table_count(table), 1);
	flow_table_remove(table, &same);
	CU_ASSERT_PTR_NULL(flow_table_find(table, &a));
	CU_ASSERT_EQUAL(flow_table_count(table), 0);
	flow_table_destroy(table);
}

static void test_every_part_of_the_name_counts(void)
{
	struct flow_table *table = flow_table_create(4, hash_key);
	struct flow_key key = key_of(7);
	flow_table_insert(table, &key);
	for (size_t i = 0; i < sizeof(key); i++) {
		struct flow_key other = key;
		((uint8_t *)&other)[i] ^= 1;
		CU_ASSERT_PTR_NULL(flow_table_find(table, &other));
	}
	flow_table_destroy(table);
}

static void test_bound(void)
{
	struct flow_table *table = flow_table_create(2, hash_key);
	struct flow_key keys[3] = {key_of(1), key_of(2), key_of(3)};
	CU_ASSERT_TRUE(flow_table_insert(table, &keys[0]));
	CU_ASSERT_TRUE(flow_table_insert(table, &keys[1]));
	CU_ASSERT_FALSE(flow_table_insert(table, &keys[2]));
	flow_table_remove(table, &keys[0]);
	CU_ASSERT_TRUE(flow_table_insert(table, &keys[2]));
	flow_table_destroy(table);
}

/* Against a plain array: insertions and removals in random order leave the right ones, probes across the end included.
 */
static void test_random_order(void)
{
	enum { N = 3000 };
	static struct flow_key keys[N];
	static bool in[N];
	struct flow_table *table = flow_table_create(N, hash_key);
	uint32_t random = 1, count = 0;
	for (uint32_t i = 0; i < N; i++)
		keys[i] = key_of(i);
	for (uint32_t step = 0; step < 60000; step++) {
		random = random * 1664525 + 1013904223;
		uint32_t i = (random >> 8) % N;
		if (in[i])
			flow_table_remove(table, &keys[i]);
		else
			CU_ASSERT_TRUE(flow_table_insert(table, &keys[i]));
		in[i] = !in[i];
		count += in[i] ? 1u : -1u;
	}
	for (uint32_t i = 0; i < N; i++)
		CU_ASSERT_PTR_EQUAL(flow_table_find(table, &keys[i]), in[i] ? &keys[i] : NULL);
	CU_ASSERT_EQUAL(flow_table_count(table), count);
	flow_table_destroy(table);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"insert, find, remove", test_insert_find_remove},
		{"every part of the name counts", test_every_part_of_the_name_counts},
		{"bound", test_bound},
		{"random order", test_random_order},
		CU_TEST_INFO_NULL,
	};
	return unit_run("flow_table", tests);
}
