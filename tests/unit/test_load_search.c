/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_search.h"
#include "unit.h"

/* A server that serves up to a limit well. @return the highest rate found. */
static double find(double first, double limit, unsigned *out_steps)
{
	struct load_search search;
	load_search_init(&search, first);
	while (load_search_next(&search, search.rate <= limit))
		CU_ASSERT_FATAL(search.n_steps <= LOAD_SEARCH_MAX_STEPS);
	*out_steps = search.n_steps;
	return search.good;
}

static void the_limit_is_found_from_below_and_from_above(void)
{
	static const double firsts[] = {1, 100, 4321, 100000};
	static const double limits[] = {3, 777, 4321, 60000};
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 4; k++) {
			unsigned steps;
			const double found = find(firsts[i], limits[k], &steps);
			CU_ASSERT(found <= limits[k]);
			CU_ASSERT(found >= limits[k] * (1 - LOAD_SEARCH_CLOSE) - 0.001);
			CU_ASSERT(steps < 30);
		}
}

static void a_server_that_serves_nothing_well_ends_the_search(void)
{
	unsigned steps;
	CU_ASSERT_EQUAL(find(1000, 0, &steps), 0);
	CU_ASSERT(steps <= 11);
}

static void a_limit_that_is_never_reached_ends_it_too(void)
{
	unsigned steps;
	CU_ASSERT(find(1, 1e300, &steps) > 1e9);
	CU_ASSERT_EQUAL(steps, LOAD_SEARCH_MAX_STEPS);
}

int main(void)
{
	return unit_run("load_search",
		(CU_TestInfo[]){
			{"the limit is found from below and from above", the_limit_is_found_from_below_and_from_above},
			{"a server that serves nothing well ends the search",
				a_server_that_serves_nothing_well_ends_the_search},
			{"a limit that is never reached ends it too", a_limit_that_is_never_reached_ends_it_too},
			CU_TEST_INFO_NULL});
}
