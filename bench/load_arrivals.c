/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_arrivals.h"

#include <math.h>

/* Seconds after the start at which the rate's integral has reached the amount. */
static double time_of(const struct load_arrivals_wish *wish, double amount)
{
	const double duration = (double)wish->duration_ns / 1e9;
	const double slope = duration > 0 ? (wish->rate_end - wish->rate) / duration : 0;
	if (slope == 0)
		return amount / wish->rate;
	/* rate·t + slope·t²/2 = amount, in the form that does not cancel; a falling ramp may never reach it */
	const double inside = wish->rate * wish->rate + 2 * slope * amount;
	if (inside < 0)
		return HUGE_VAL;
	return 2 * amount / (wish->rate + sqrt(inside));
}

static void set_next(struct load_arrivals *arrivals)
{
	const double after_s = time_of(&arrivals->wish, arrivals->position + arrivals->offset);
	/* An arrival that never comes stands at the end of time. */
	arrivals->next_ns = after_s < 1e9 ? arrivals->start_ns + (uint64_t)(after_s * 1e9) : UINT64_MAX;
}

static double step(struct load_arrivals *arrivals)
{
	/* 1 - u is never 0, so the logarithm is finite. */
	return arrivals->wish.is_poisson ? -log(1 - load_random_unit(&arrivals->random)) : 1;
}

void load_arrivals_init(struct load_arrivals *arrivals, const struct load_arrivals_wish *wish, unsigned share,
	unsigned shares, uint64_t start_ns)
{
	*arrivals =
		(struct load_arrivals){.wish = *wish, .start_ns = start_ns, .random = load_random_seeded(share + 1U)};
	arrivals->wish.rate /= shares;
	arrivals->wish.rate_end /= shares;
	if (wish->is_poisson)
		arrivals->position = step(arrivals);
	else
		arrivals->offset = (double)share / shares;
	set_next(arrivals);
}

void load_arrivals_take(struct load_arrivals *arrivals)
{
	arrivals->position += step(arrivals);
	set_next(arrivals);
}
