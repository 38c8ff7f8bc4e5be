/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Zeroed memory straight from the system, for tables that grow with the share: given back when unmapped, in huge pages
 * where it is large enough for one and the system has some to give. A million names at random would otherwise miss the
 * TLB at every step.
 */
#ifndef HANDFAST_PAGES_H
#define HANDFAST_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/** From this size on memory is aligned to, and asked for in, huge pages (x86-64, and AArch64 with 4 KiB pages). */
#define PAGES_HUGE_BYTES ((size_t)2 << 20)

/** @return bytes of zeroed memory, or NULL. Owner: the caller; pages_unmap() with the same size. Threads: any. */
void *pages_map(size_t bytes);

/**
 * Address space alone, aligned to huge pages: no memory yet, and nothing that the system would count as promised.
 * @return bytes of it, none of which may be touched before pages_commit(); or NULL. Owner: the caller; pages_unmap()
 * with the same size. Threads: any.
 */
void *pages_reserve(size_t bytes);

/**
 * Put zeroed memory behind a part of what was reserved: whole pages, in huge ones where it begins and ends at one.
 * @return false: there is no more memory; nothing has changed.
 */
bool pages_commit(void *memory, size_t bytes);

/** NULL is allowed. */
void pages_unmap(void *memory, size_t bytes);

#endif
