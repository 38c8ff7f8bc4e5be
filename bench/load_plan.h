/* SPDX-License-Identifier: BSD-3-Clause */
/** What a run is to do, made from the options once: names resolved, files read. All threads read it, nobody writes it.
 */
#ifndef HANDFAST_LOAD_PLAN_H
#define HANDFAST_LOAD_PLAN_H

#include "load_arrivals.h"
#include "load_names.h"
#include "load_options.h"
#include "load_sources.h"
#include "load_tls.h"
#include "load_transport.h"

struct load_plan {
	struct load_options options;
	struct load_endpoint target;
	struct load_sources sources;
	struct load_names names;  /**< at least one, of no length if connections carry none */
	char host[256];           /**< of the target, as written */
	struct bytes server_name; /**< len 0: none */
	uint64_t connections;     /**< at once */
	uint64_t duration_ns;     /**< 0: until count */
	uint64_t count;           /**< 0: until the duration is over */
	bool is_open;             /**< an open loop */
	struct load_arrivals_wish arrivals;
	const struct load_tls_ops *tls_ops;
	struct load_tls_settings tls;
};

/**
 * @param options  borrowed texts stay borrowed.
 * @return false: the error says why; there is then nothing to free.
 * Owner: the caller, load_plan_fini(). Threads: any (resolves names).
 */
bool load_plan_init(struct load_plan *plan, const struct load_options *options, struct load_error *error);
void load_plan_fini(struct load_plan *plan);

/** @return the part of n that falls to one of several shares: they differ by 1 at most and add up to n. */
static inline uint64_t load_plan_share(uint64_t n, unsigned share, unsigned shares)
{
	return n / shares + (share < n % shares);
}

#endif
