/* SPDX-License-Identifier: BSD-3-Clause */
#include "block_pool.h"
#include "unit.h"

static void test_bound(void)
{
	struct block_pool *pool = block_pool_create(3 * BLOCK_POOL_BLOCK_BYTES + 5);
	struct block_pool_block *blocks[3];
	CU_ASSERT_EQUAL(block_pool_capacity(pool), 3);
	for (unsigned i = 0; i < 3; i++) {
		blocks[i] = block_pool_get(pool);
		CU_ASSERT_PTR_NOT_NULL_FATAL(blocks[i]);
		CU_ASSERT_EQUAL(blocks[i]->len, 0);
		CU_ASSERT_PTR_NULL(blocks[i]->next);
		blocks[i]->len = 9;
	}
	CU_ASSERT_PTR_NULL(block_pool_get(pool));
	block_pool_put(pool, blocks[1]);
	CU_ASSERT_EQUAL(block_pool_in_use(pool), 2);
	struct block_pool_block *again = block_pool_get(pool);
	CU_ASSERT_PTR_EQUAL(again, blocks[1]);
	CU_ASSERT_EQUAL(again->len, 0);
	block_pool_destroy(pool);
}

static void test_at_least_one(void)
{
	struct block_pool *pool = block_pool_create(0);
	CU_ASSERT_PTR_NOT_NULL(block_pool_get(pool));
	CU_ASSERT_PTR_NULL(block_pool_get(pool));
	block_pool_destroy(pool);
	block_pool_destroy(NULL);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"bound", test_bound},
		{"at least one", test_at_least_one},
		CU_TEST_INFO_NULL,
	};
	return unit_run("block_pool", tests);
}
