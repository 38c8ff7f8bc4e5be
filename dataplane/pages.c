/* SPDX-License-Identifier: BSD-3-Clause */
#include "pages.h"

#include <stdint.h>
#include <sys/mman.h>

static uint8_t *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap(uint8_t *memory, size_t bytes)
{
	if (bytes > 0)
		munmap(memory, bytes);
}

/* Mapped with room to move, then cut to size at both ends. */
static uint8_t *map_aligned(size_t bytes)
{
	if (bytes > SIZE_MAX - PAGES_HUGE_BYTES)
		return NULL;
	uint8_t *memory = map(bytes + PAGES_HUGE_BYTES);
	if (memory == NULL)
		return NULL;
	size_t before = -(uintptr_t)memory & (PAGES_HUGE_BYTES - 1);
	/* munmap() takes whole pages: what is left of the last one stays with the table, and goes with it. */
	size_t kept = (bytes + 4095) & ~(size_t)4095;
	unmap(memory, before);
	unmap(memory + before + kept, PAGES_HUGE_BYTES - before - (kept - bytes));
	/* Refused on a kernel without huge pages: small ones do. */
	(void)madvise(memory + before, bytes, MADV_HUGEPAGE);
	return memory + before;
}

void *pages_map(size_t bytes)
{
	return bytes < PAGES_HUGE_BYTES ? map(bytes) : map_aligned(bytes);
}

void pages_unmap(void *memory, size_t bytes)
{
	if (memory != NULL)
		unmap(memory, bytes);
}
