/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Memory for key material: locked (not swapped), left out of core dumps, not inherited by a fork (a loader process that
 * is started anew never sees the keys), between guard pages, wiped when freed. Many small keys share a page and an
 * mlock.
 */
#ifndef HANDFAST_SECRET_H
#define HANDFAST_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Longest secret: a PKCS#8 key of RSA-16384, the largest OpenSSL takes, is 9.3 kB. */
#define SECRET_MAX_BYTES 16384

/** Grows as needed; gives memory back to the system when destroyed. */
struct secret_arena;

/** @return an empty arena, or NULL if memory is out. Owner: the caller. Threads: one at a time. */
struct secret_arena *secret_arena_create(void);

/** Wipe and unmap everything. NULL is allowed. */
void secret_arena_destroy(struct secret_arena *arena);

/**
 * @param len  1 to SECRET_MAX_BYTES.
 * @return zeroed memory, or NULL if len is out of bounds or memory is out.
 * Owner:   the caller, until secret_free() with the same len or secret_arena_destroy().
 * Threads: one at a time per arena; what was allocated may be read by any.
 * Cost:    O(1); at most a quarter of len is lost to rounding.
 */
uint8_t *secret_alloc(struct secret_arena *arena, size_t len);

/** Wipe and give back. NULL is allowed. @param len as allocated. */
void secret_free(struct secret_arena *arena, uint8_t *secret, size_t len);

/**
 * @return false if the system refused to lock some of the memory (RLIMIT_MEMLOCK): keys are still kept out of core
 * dumps, but may reach swap. Worth one warning.
 */
bool secret_arena_is_locked(const struct secret_arena *arena);

/** @return bytes handed out now, rounding included. */
size_t secret_arena_used_bytes(const struct secret_arena *arena);

/** Overwrite with zeroes in a way no compiler removes. Threads: any. */
void secret_wipe(void *memory, size_t len);

#endif
