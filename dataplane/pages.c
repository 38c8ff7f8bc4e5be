/* SPDX-License-Identifier: BSD-3-Clause */
#include "pages.h"

#include <stdint.h>
#include <sys/mman.h>

static uint8_t *map(size_t bytes, int protection)
{
	void *memory = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap(uint8_t *memory, size_t bytes)
{
	if (bytes > 0)
		munmap(memory, bytes);
}

/* Mapped with room to move, then cut to size at both ends. */
static uint8_t *map_aligned(size_t bytes, int protection)
{
	if (bytes > SIZE_MAX - PAGES_HUGE_BYTES)
		return NULL;
	uint8_t *memory = map(bytes + PAGES_HUGE_BYTES, protection);
	if (memory == NULL)
		return NULL;
	size_t before = -(uintptr_t)memory & (PAGES_HUGE_BYTES - 1);
	/* munmap() takes whole pages: what is left of the last one stays with the table, and goes with it. */
	size_t kept = (bytes + 4095) & ~(size_t)4095;
	unmap(memory, before);
	unmap(memory + before + kept, PAGES_HUGE_BYTES - before - (kept - bytes));
	return memory + before;
}

/* Refused on a kernel without huge pages: small ones do. */
static void ask_for_huge(void *memory, size_t bytes)
{
	(void)madvise(memory, bytes, MADV_HUGEPAGE);
}

void *pages_map(size_t bytes)
{
	if (bytes < PAGES_HUGE_BYTES)
		return map(bytes, PROT_READ | PROT_WRITE);
	void *memory = map_aligned(bytes, PROT_READ | PROT_WRITE);
	if (memory != NULL)
		ask_for_huge(memory, bytes);
	return memory;
}

void *pages_reserve(size_t bytes)
{
	return map_aligned(bytes, PROT_NONE);
}

bool pages_commit(void *memory, size_t bytes)
{
	if (mprotect(memory, bytes, PROT_READ | PROT_WRITE) != 0)
		return false;
	if ((((uintptr_t)memory | bytes) & (PAGES_HUGE_BYTES - 1)) == 0)
		ask_for_huge(memory, bytes);
	return true;
}

void pages_unmap(void *memory, size_t bytes)
{
	if (memory != NULL)
		unmap(memory, bytes);
}
