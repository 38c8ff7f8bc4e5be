/* SPDX-License-Identifier: BSD-3-Clause */
#include "pages.h"
#include "unit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of address space in use, from the kernel. */
static size_t mapped_bytes(void)
{
	size_t pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");
	if (file == NULL || fscanf(file, "%zu", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return pages * 4096;
}

static void test_zeroed_and_given_back(void)
{
	const size_t sizes[] = {1, 4096, PAGES_HUGE_BYTES - 1, PAGES_HUGE_BYTES, 3 * PAGES_HUGE_BYTES + 12345};
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t before = mapped_bytes();
		uint8_t *memory = pages_map(sizes[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
		CU_ASSERT_EQUAL(memory[0] | memory[sizes[i] - 1], 0);
		memset(memory, 0xff, sizes[i]);
		pages_unmap(memory, sizes[i]);
		CU_ASSERT_EQUAL(mapped_bytes(), before);
	}
	pages_unmap(NULL, 4096);
}

static void test_large_ones_are_aligned(void)
{
	uint8_t *first = pages_map(PAGES_HUGE_BYTES), *second = pages_map(PAGES_HUGE_BYTES + 1);
	CU_ASSERT_EQUAL((uintptr_t)first % PAGES_HUGE_BYTES, 0);
	CU_ASSERT_EQUAL((uintptr_t)second % PAGES_HUGE_BYTES, 0);
	pages_unmap(first, PAGES_HUGE_BYTES);
	pages_unmap(second, PAGES_HUGE_BYTES + 1);
}

static void test_what_cannot_be_had(void)
{
	CU_ASSERT_PTR_NULL(pages_map(SIZE_MAX));
	CU_ASSERT_PTR_NULL(pages_map(SIZE_MAX / 2));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"zero at first, and given back to the last page", test_zeroed_and_given_back},
		{"room for huge pages", test_large_ones_are_aligned},
		{"more than there is: refused", test_what_cannot_be_had},
		CU_TEST_INFO_NULL,
	};
	return unit_run("pages", tests);
}
