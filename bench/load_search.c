/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_search.h"

/* Below it nobody wants to know. */
#define LOWEST_RATE 1.0

void load_search_init(struct load_search *search, double first)
{
	*search = (struct load_search){.rate = first};
}

bool load_search_next(struct load_search *search, bool is_good)
{
	search->n_steps++;
	if (is_good)
		search->good = search->rate;
	else
		search->bad = search->rate;
	if (search->bad == 0)
		search->rate = search->good * 2;
	else if (search->good == 0)
		search->rate = search->bad / 2;
	else
		search->rate = (search->good + search->bad) / 2;
	const bool is_close = search->bad > 0 && search->bad - search->good <= LOAD_SEARCH_CLOSE * search->bad;
	return !is_close && search->n_steps < LOAD_SEARCH_MAX_STEPS && search->rate >= LOWEST_RATE;
}
