/* SPDX-License-Identifier: BSD-3-Clause */
#include "small_heap.h"
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define N_OBJECTS 20000

static bool is_zero(const uint8_t *object, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (object[i] != 0)
			return false;
	return true;
}

static size_t size_of(unsigned i)
{
	return 1 + i * 7919 % SMALL_HEAP_MAX_BYTES;
}

/* Objects do not overlap, also when they are freed and made again in another order. */
static void test_objects_are_apart(void)
{
	static uint8_t *objects[N_OBJECTS];
	struct small_heap heap;
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = round; i < N_OBJECTS; i += round + 1) {
			if (objects[i] != NULL)
				continue;
			objects[i] = small_heap_alloc(&heap, size_of(i));
			CU_ASSERT_PTR_NOT_NULL_FATAL(objects[i]);
			CU_ASSERT_EQUAL_FATAL((uintptr_t)objects[i] % SMALL_HEAP_GRANULE, 0);
			CU_ASSERT_TRUE_FATAL(is_zero(objects[i], size_of(i)));
			memset(objects[i], (int)(i % 251) + 1, size_of(i));
		}
		for (unsigned i = 0; i < N_OBJECTS; i++) {
			for (size_t at = 0; objects[i] != NULL && at < size_of(i); at++)
				CU_ASSERT_EQUAL_FATAL(objects[i][at], i % 251 + 1);
			if (i % (round + 2) != 0)
				continue;
			small_heap_free(&heap, objects[i], size_of(i));
			objects[i] = NULL;
		}
	}
	memset(objects, 0, sizeof(objects));
	small_heap_fini(&heap);
	CU_ASSERT_EQUAL(heap.mapped_bytes, 0);
}

/* A share whose files are replaced all day costs its peak, not its history. */
static void test_freed_memory_is_used_again(void)
{
	static void *objects[N_OBJECTS];
	struct small_heap heap;
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	size_t after_first = 0;
	for (unsigned round = 0; round < 20; round++) {
		for (unsigned i = 0; i < N_OBJECTS; i++)
			objects[i] = small_heap_alloc(&heap, size_of(i));
		for (unsigned i = 0; i < N_OBJECTS; i++)
			small_heap_free(&heap, objects[i], size_of(i));
		CU_ASSERT_EQUAL(heap.in_use_bytes, 0);
		if (round == 0)
			after_first = heap.mapped_bytes;
	}
	CU_ASSERT_EQUAL(heap.mapped_bytes, after_first);
	small_heap_fini(&heap);
}

static void test_little_beside_the_objects(void)
{
	struct small_heap heap;
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	CU_ASSERT_PTR_NOT_NULL(small_heap_alloc(&heap, 40));
	CU_ASSERT_TRUE(heap.mapped_bytes <= 64 << 10); /* ten names do not cost a huge page */
	for (unsigned i = 1; i < 1000000; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(small_heap_alloc(&heap, 33 + i % 8));
	CU_ASSERT_EQUAL(heap.in_use_bytes, 40000000);
	CU_ASSERT_TRUE(heap.mapped_bytes < 43000000);
	small_heap_fini(&heap);
}

/* 32 bits tell where an object is, from the first to one beyond what 32 bits of octets would reach. */
static void test_objects_have_short_addresses(void)
{
	struct small_heap heap;
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	uint8_t *first = small_heap_alloc(&heap, 8), *second = small_heap_alloc(&heap, 100);
	CU_ASSERT_EQUAL(small_heap_ref(heap.base, first), 0);
	CU_ASSERT_PTR_EQUAL(small_heap_at(heap.base, small_heap_ref(heap.base, second)), second);
	uint8_t *last = heap.base + SMALL_HEAP_RESERVED_BYTES - SMALL_HEAP_GRANULE;
	CU_ASSERT_EQUAL(small_heap_ref(heap.base, last), UINT32_MAX);
	CU_ASSERT_PTR_EQUAL(small_heap_at(heap.base, UINT32_MAX), last);
	small_heap_fini(&heap);
}

static void test_null_is_no_object(void)
{
	struct small_heap heap;
	CU_ASSERT_TRUE_FATAL(small_heap_init(&heap));
	small_heap_free(&heap, NULL, 8);
	CU_ASSERT_EQUAL(heap.in_use_bytes, 0);
	small_heap_fini(&heap);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"objects are apart, aligned, zero", test_objects_are_apart},
		{"freed memory is used again", test_freed_memory_is_used_again},
		{"little memory beside the objects", test_little_beside_the_objects},
		{"32 bits tell where an object is", test_objects_have_short_addresses},
		{"NULL is no object", test_null_is_no_object},
		CU_TEST_INFO_NULL,
	};
	return unit_run("small_heap", tests);
}
