/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_tickets.h"
#include "unit.h"

#include <stdlib.h>

struct load_ticket {
	uint64_t expires_ms;
};

static unsigned alive;

static bool is_fresh(const struct load_ticket *ticket, uint64_t now_ms)
{
	return now_ms < ticket->expires_ms;
}

static void free_ticket(struct load_ticket *ticket)
{
	alive--;
	free(ticket);
}

static const struct load_tls_ops ops = {.ticket_is_fresh = is_fresh, .ticket_free = free_ticket};

static struct load_ticket *make(uint64_t expires_ms)
{
	struct load_ticket *ticket = malloc(sizeof(*ticket));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	ticket->expires_ms = expires_ms;
	alive++;
	return ticket;
}

static void the_newest_of_a_name_is_taken_once(void)
{
	struct load_tickets *tickets = load_tickets_create(&ops, 2, 4);
	struct load_ticket *old = make(100), *young = make(200), *other = make(300);
	load_tickets_put(tickets, 0, old);
	load_tickets_put(tickets, 0, young);
	load_tickets_put(tickets, 1, other);
	CU_ASSERT_PTR_EQUAL(load_tickets_take(tickets, 0, 0), young);
	CU_ASSERT_PTR_EQUAL(load_tickets_take(tickets, 0, 0), old);
	CU_ASSERT_PTR_NULL(load_tickets_take(tickets, 0, 0));
	free_ticket(old);
	free_ticket(young);
	load_tickets_destroy(tickets); /* and the other with it */
	CU_ASSERT_EQUAL(alive, 0);
}

static void what_has_expired_is_not_given(void)
{
	struct load_tickets *tickets = load_tickets_create(&ops, 1, 4);
	load_tickets_put(tickets, 0, make(500));
	load_tickets_put(tickets, 0, make(100));
	struct load_ticket *ticket = load_tickets_take(tickets, 0, 100);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ticket);
	CU_ASSERT_EQUAL(ticket->expires_ms, 500);
	CU_ASSERT_EQUAL(alive, 1);
	free_ticket(ticket);
	load_tickets_destroy(tickets);
}

static void a_full_pile_wants_no_more(void)
{
	struct load_tickets *tickets = load_tickets_create(&ops, 1, 2);
	CU_ASSERT(load_tickets_wants(tickets, 0));
	for (unsigned i = 0; i < 3; i++)
		load_tickets_put(tickets, 0, make(100));
	CU_ASSERT_FALSE(load_tickets_wants(tickets, 0));
	CU_ASSERT_EQUAL(alive, 2);
	load_tickets_destroy(tickets);
	CU_ASSERT_EQUAL(alive, 0);
	load_tickets_destroy(NULL);
}

int main(void)
{
	return unit_run("load_tickets",
		(CU_TestInfo[]){{"the newest of a name is taken once", the_newest_of_a_name_is_taken_once},
			{"what has expired is not given", what_has_expired_is_not_given},
			{"a full pile wants no more", a_full_pile_wants_no_more}, CU_TEST_INFO_NULL});
}
