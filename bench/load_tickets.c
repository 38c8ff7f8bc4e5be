/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tickets.h"

#include <stdlib.h>

struct kept {
	struct load_ticket *ticket;
	struct kept *older;
};

struct pile {
	struct kept *newest;
	uint32_t n;
};

struct load_tickets {
	const struct load_tls_ops *ops;
	uint32_t n_names, per_name;
	struct pile piles[];
};

struct load_tickets *load_tickets_create(const struct load_tls_ops *ops, uint32_t n_names, uint32_t per_name)
{
	struct load_tickets *tickets = calloc(1, sizeof(*tickets) + n_names * sizeof(tickets->piles[0]));
	if (!tickets)
		return NULL;
	tickets->ops = ops;
	tickets->n_names = n_names;
	tickets->per_name = per_name;
	return tickets;
}

static struct load_ticket *pop(struct pile *pile)
{
	struct kept *kept = pile->newest;
	struct load_ticket *ticket = kept->ticket;
	pile->newest = kept->older;
	pile->n--;
	free(kept);
	return ticket;
}

void load_tickets_destroy(struct load_tickets *tickets)
{
	if (!tickets)
		return;
	for (uint32_t name = 0; name < tickets->n_names; name++)
		while (tickets->piles[name].newest)
			tickets->ops->ticket_free(pop(&tickets->piles[name]));
	free(tickets);
}

bool load_tickets_wants(const struct load_tickets *tickets, uint32_t name)
{
	return tickets->piles[name].n < tickets->per_name;
}

void load_tickets_put(struct load_tickets *tickets, uint32_t name, struct load_ticket *ticket)
{
	struct pile *pile = &tickets->piles[name];
	struct kept *kept = pile->n < tickets->per_name ? malloc(sizeof(*kept)) : NULL;
	if (!kept) {
		tickets->ops->ticket_free(ticket);
		return;
	}
	*kept = (struct kept){ticket, pile->newest};
	pile->newest = kept;
	pile->n++;
}

struct load_ticket *load_tickets_take(struct load_tickets *tickets, uint32_t name, uint64_t now_ms)
{
	struct pile *pile = &tickets->piles[name];
	while (pile->newest) {
		struct load_ticket *ticket = pop(pile);
		if (tickets->ops->ticket_is_fresh(ticket, now_ms))
			return ticket;
		tickets->ops->ticket_free(ticket);
	}
	return NULL;
}
