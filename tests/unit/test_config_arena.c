/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_arena.h"
#include "unit.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static void test_memory_is_zeroed_aligned_and_apart(void)
{
	struct config_arena *arena = config_arena_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
	uint8_t *previous = NULL;
	for (size_t size = 1; size < 3000; size += 7) {
		uint8_t *memory = config_arena_alloc(arena, size, 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
		CU_ASSERT_EQUAL((uintptr_t)memory % alignof(max_align_t), 0);
		CU_ASSERT_TRUE(memory[0] == 0 && memory[size - 1] == 0);
		if (previous != NULL)
			CU_ASSERT_EQUAL(*previous, 0xa5);
		memset(memory, 0xa5, size);
		previous = memory + size - 1;
	}
	config_arena_destroy(arena);
}

static void test_large_and_impossible_sizes(void)
{
	struct config_arena *arena = config_arena_create();
	uint8_t *large = config_arena_alloc(arena, 3000, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(large);
	CU_ASSERT_EQUAL(large[2999999], 0);
	CU_ASSERT_PTR_NULL(config_arena_alloc(arena, SIZE_MAX, 1));
	CU_ASSERT_PTR_NULL(config_arena_alloc(arena, SIZE_MAX / 2, 3));
	CU_ASSERT_PTR_NOT_NULL(config_arena_alloc(arena, 0, 16));
	config_arena_destroy(arena);
	config_arena_destroy(NULL);
}

static void test_texts_are_copies(void)
{
	struct config_arena *arena = config_arena_create();
	char text[] = "sesame";
	char *copy = config_arena_text(arena, text, 3);
	text[0] = 'x';
	CU_ASSERT_STRING_EQUAL(copy, "ses");
	config_arena_destroy(arena);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"memory is zeroed, aligned and apart", test_memory_is_zeroed_aligned_and_apart},
		{"large and impossible sizes", test_large_and_impossible_sizes},
		{"texts are copies", test_texts_are_copies},
		CU_TEST_INFO_NULL,
	};
	return unit_run("config_arena", tests);
}
