/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Looking for the highest rate that is served well: doubled while it is, then halfway between the highest that was and
 * the lowest that was not, until they are close.
 */
#ifndef HANDFAST_LOAD_SEARCH_H
#define HANDFAST_LOAD_SEARCH_H

#include <stdbool.h>

#define LOAD_SEARCH_CLOSE     0.03 /**< ends when the two are within this share of each other */
#define LOAD_SEARCH_MAX_STEPS 40

struct load_search {
	double rate; /**< to try next */
	double good; /**< highest that was served well; 0: none yet */
	double bad;  /**< lowest that was not; 0: none yet */
	unsigned n_steps;
};

/** @param first  rate to begin with. Threads: the owner's. */
void load_search_init(struct load_search *search, double first);

/** Say how the present rate was served. @return false: the search is over. */
bool load_search_next(struct load_search *search, bool is_good);

#endif
