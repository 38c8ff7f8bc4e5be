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

/* Far more than the machine has: only what is committed counts. */
static void test_reserved_and_committed_by_parts(void)
{
	const size_t reserved = (size_t)1 << 40;
	size_t before = mapped_bytes();
	uint8_t *memory = pages_reserve(reserved);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
	CU_ASSERT_EQUAL((uintptr_t)memory % PAGES_HUGE_BYTES, 0);
	const size_t parts[] = {0, 64 << 10, PAGES_HUGE_BYTES};
	for (unsigned i = 0; i + 1 < sizeof(parts) / sizeof(parts[0]); i++) {
		CU_ASSERT_TRUE_FATAL(pages_commit(memory + parts[i], parts[i + 1] - parts[i]));
		CU_ASSERT_EQUAL(memory[parts[i]] | memory[parts[i + 1] - 1], 0);
		memset(memory + parts[i], 0xff, parts[i + 1] - parts[i]);
	}
	CU_ASSERT_TRUE(pages_commit(memory + PAGES_HUGE_BYTES, PAGES_HUGE_BYTES));
	CU_ASSERT_EQUAL(memory[PAGES_HUGE_BYTES - 1], 0xff);
	CU_ASSERT_EQUAL(memory[2 * PAGES_HUGE_BYTES - 1], 0);
	pages_unmap(memory, reserved);
	CU_ASSERT_EQUAL(mapped_bytes(), before);
}

static void test_what_cannot_be_had(void)
{
	CU_ASSERT_PTR_NULL(pages_map(SIZE_MAX));
	CU_ASSERT_PTR_NULL(pages_map(SIZE_MAX / 2));
	CU_ASSERT_PTR_NULL(pages_reserve(SIZE_MAX));
	CU_ASSERT_FALSE(pages_commit((void *)(uintptr_t)1, 4096)); /* nobody's, and no page's begin */
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"zero at first, and given back to the last page", test_zeroed_and_given_back},
		{"room for huge pages", test_large_ones_are_aligned},
		{"address space first, memory by parts", test_reserved_and_committed_by_parts},
		{"more than there is: refused", test_what_cannot_be_had},
		CU_TEST_INFO_NULL,
	};
	return unit_run("pages", tests);
}
