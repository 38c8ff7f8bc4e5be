/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * From a connection's address, port and server name to its certificate: the binding walk with a look-up at each step.
 * The one place where that is decided: workers and `handfastctl explain` both call it, so that what is explained is
 * what is served.
 */
#ifndef HANDFAST_CERT_SELECT_H
#define HANDFAST_CERT_SELECT_H

#include "binding.h"
#include "cert_table.h"
#include "stats.h"

#include <stdbool.h>
#include <stdint.h>

enum cert_select_verdict {
	CERT_SELECT_FOUND,   /**< candidate and certificate are set */
	CERT_SELECT_PENDING, /**< candidate's file is not loaded yet: load certificate.key, then select again */
	CERT_SELECT_NONE,    /**< alert and reason are set */
};

/** What became of one candidate of the walk. */
enum cert_select_step {
	CERT_SELECT_STEP_TAKEN,
	CERT_SELECT_STEP_PENDING,
	CERT_SELECT_STEP_MISS,     /**< no such file on the share: the tier does not match */
	CERT_SELECT_STEP_UNUSABLE, /**< the tier matches, its certificate cannot be used */
};

struct cert_select_result {
	enum cert_select_verdict verdict;
	struct binding_candidate candidate;   /**< FOUND, PENDING */
	struct cert_table_result certificate; /**< FOUND, PENDING */
	unsigned n_unusable;                  /**< tiers that matched without a usable certificate */
	uint8_t alert;                        /**< NONE: the TLS alert to send (RFC 8446 section 6.2) */
	enum drop_reason reason;              /**< NONE */
};

/** How a key is looked up, and who watches. */
struct cert_select_source {
	void *context;
	/** As cert_table_lookup(). */
	void (*lookup)(void *context, const struct host_name *key, bool strict, struct cert_table_result *out);
	/** Called for each candidate in order; NULL: nobody watches. */
	void (*trace)(void *context, const struct binding_candidate *candidate, const struct cert_table_result *found,
		enum cert_select_step step);
};

/**
 * @param strict  option tls.strict: a tier that matches without a usable certificate ends the walk. With store.expired
 * = "reject" an expired one does so by itself.
 * @param out     always written; what it points to lives as long as the bindings and the look-up's grace period.
 * Threads: any that may call source->lookup. Cost: at most seven look-ups, with "reject" twice as many, no allocation.
 */
void cert_select(const struct binding_table *bindings, const struct binding_query *query, bool strict,
	const struct cert_select_source *source, struct cert_select_result *out);

#endif
