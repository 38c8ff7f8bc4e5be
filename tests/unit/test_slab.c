/* SPDX-License-Identifier: BSD-3-Clause */
#include "slab.h"
#include "unit.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

static void test_capacity_is_kept(void)
{
	struct slab slab;
	CU_ASSERT_EQUAL_FATAL(slab_init(&slab, 24, 3), 0);
	void *objects[3];
	for (int i = 0; i < 3; i++) {
		objects[i] = slab_alloc(&slab);
		CU_ASSERT_PTR_NOT_NULL_FATAL(objects[i]);
		CU_ASSERT_EQUAL((uintptr_t)objects[i] % 16, 0);
	}
	CU_ASSERT_PTR_NULL(slab_alloc(&slab));
	slab_free(&slab, objects[1]);
	CU_ASSERT_EQUAL(slab.in_use, 2);
	CU_ASSERT_PTR_EQUAL(slab_alloc(&slab), objects[1]);
	CU_ASSERT_PTR_NULL(slab_alloc(&slab));
	slab_fini(&slab);
}

static void test_objects_come_back_zeroed(void)
{
	struct slab slab;
	CU_ASSERT_EQUAL_FATAL(slab_init(&slab, 32, 1), 0);
	uint8_t *object = slab_alloc(&slab), zero[32] = {0};
	memset(object, 0xa5, 32);
	slab_free(&slab, object);
	object = slab_alloc(&slab);
	CU_ASSERT_EQUAL(memcmp(object, zero, sizeof(zero)), 0);
	slab_fini(&slab);
}

static void test_impossible_sizes_are_refused(void)
{
	struct slab slab;
	CU_ASSERT_EQUAL(slab_init(&slab, SIZE_MAX / 2, 16), -ENOMEM);
	CU_ASSERT_EQUAL(slab_init(&slab, 16, 0), -ENOMEM);
	slab_fini(&slab);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"no more objects than the capacity, the last freed first", test_capacity_is_kept},
		{"a reused object is all zero", test_objects_come_back_zeroed},
		{"sizes that overflow or are zero are refused", test_impossible_sizes_are_refused},
		CU_TEST_INFO_NULL,
	};
	return unit_run("slab", tests);
}
