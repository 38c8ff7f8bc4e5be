/* SPDX-License-Identifier: BSD-3-Clause */
/** The memory of one configuration: everything is freed together, and wiped, because secrets are among it. */
#ifndef HANDFAST_CONFIG_ARENA_H
#define HANDFAST_CONFIG_ARENA_H

#include <stddef.h>

struct config_arena;

/** @return an empty arena, or NULL if memory is out. Owner: the caller; config_arena_destroy(). Threads: one at a time.
 */
struct config_arena *config_arena_create(void);

/** Wipe (explicit_bzero) and free everything that came from the arena. NULL is allowed. */
void config_arena_destroy(struct config_arena *arena);

/** @return zeroed memory for count elements, aligned for any type; NULL if memory is out. Owner: the arena. */
void *config_arena_alloc(struct config_arena *arena, size_t count, size_t element_bytes);

/** @return a terminated copy of len octets; NULL if memory is out. Owner: the arena. */
char *config_arena_text(struct config_arena *arena, const char *text, size_t len);

#endif
