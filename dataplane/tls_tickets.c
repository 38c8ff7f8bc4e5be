/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_tickets.h"
#include "secret.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * Two places for a set, both in locked memory: readers are shown one by the pointer, the writer prepares the other.
 * That it is free is what tls_tickets_wipe_writer() says; calling it only after a grace period is what makes reading
 * wait-free.
 */
struct tls_tickets {
	struct secret_arena *arena;
	struct tls_tickets_set *places[2];
	_Atomic(const struct tls_tickets_set *) in_force;
	unsigned current; /* place in force; the writer's, as the next */
	bool other_is_wiped;
};

static void take_key(struct tls_tickets_key *key, const uint8_t random[TLS_TICKETS_KEY_BYTES])
{
	memcpy(key, random, TLS_TICKETS_KEY_BYTES);
}

static bool allocate(struct tls_tickets *tickets)
{
	tickets->arena = secret_arena_create();
	if (tickets->arena == NULL)
		return false;
	for (unsigned i = 0; i < 2; i++)
		tickets->places[i] =
			(struct tls_tickets_set *)secret_alloc(tickets->arena, sizeof(struct tls_tickets_set));
	return tickets->places[0] != NULL && tickets->places[1] != NULL;
}

struct tls_tickets *tls_tickets_create(const uint8_t random[TLS_TICKETS_KEY_BYTES])
{
	struct tls_tickets *tickets = calloc(1, sizeof(*tickets));
	if (tickets == NULL || !allocate(tickets)) {
		tls_tickets_destroy(tickets);
		return NULL;
	}
	take_key(&tickets->places[0]->current, random);
	take_key(&tickets->places[0]->previous, random);
	tickets->other_is_wiped = true;
	/* Acquired by tls_tickets_get(). */
	atomic_store_explicit(&tickets->in_force, tickets->places[0], memory_order_release);
	return tickets;
}

void tls_tickets_destroy(struct tls_tickets *tickets)
{
	if (tickets == NULL)
		return;
	secret_arena_destroy(tickets->arena);
	free(tickets);
}

const struct tls_tickets_set *tls_tickets_get(const struct tls_tickets *tickets)
{
	/* Pairs with the release-stores of the writer. */
	return atomic_load_explicit(&tickets->in_force, memory_order_acquire);
}

const struct tls_tickets_key *tls_tickets_find(
	const struct tls_tickets_set *set, const uint8_t name[TLS_TICKETS_NAME_BYTES])
{
	if (memcmp(set->current.name, name, TLS_TICKETS_NAME_BYTES) == 0)
		return &set->current;
	return memcmp(set->previous.name, name, TLS_TICKETS_NAME_BYTES) == 0 ? &set->previous : NULL;
}

void tls_tickets_rotate_writer(struct tls_tickets *tickets, const uint8_t random[TLS_TICKETS_KEY_BYTES])
{
	assert(tickets->other_is_wiped);
	const struct tls_tickets_set *before = tickets->places[tickets->current];
	tickets->current = 1 - tickets->current;
	struct tls_tickets_set *after = tickets->places[tickets->current];
	take_key(&after->current, random);
	after->previous = before->current;
	tickets->other_is_wiped = false;
	/* Acquired by tls_tickets_get(). */
	atomic_store_explicit(&tickets->in_force, after, memory_order_release);
}

void tls_tickets_wipe_writer(struct tls_tickets *tickets)
{
	secret_wipe(tickets->places[1 - tickets->current], sizeof(struct tls_tickets_set));
	tickets->other_is_wiped = true;
}
