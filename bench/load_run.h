/* SPDX-License-Identifier: BSD-3-Clause */
/** A run on several threads, each with a transport and an engine of its own; and the ways out that there are. */
#ifndef HANDFAST_LOAD_RUN_H
#define HANDFAST_LOAD_RUN_H

#include "load_engine.h"

/** A way out: --via NAME. */
struct load_way {
	const char *name;
	/** Once, before the first run of the process. @return false, and the error says why. Owner: finish(). */
	bool (*prepare)(const struct load_plan *plan, struct load_error *error);
	/** By the thread that is to use it. @return NULL, and the error says why. */
	struct load_transport *(*open)(
		const struct load_plan *plan, unsigned thread, uint32_t n_slots, struct load_error *error);
	void (*close)(struct load_transport *transport);
	/** After the last run. May be NULL. */
	void (*finish)(void);
};

/** The kernel's sockets. */
extern const struct load_way load_run_kernel;

/** Sums over the threads while they run: since the start, and since they were told last. */
struct load_run_status {
	uint64_t elapsed_ns, interval_ns;
	const struct load_progress_view *total, *interval;
};

/** Called about once a second by the thread that runs load_run(). */
struct load_run_watch {
	void (*tick)(void *context, const struct load_run_status *status);
	void *context;
};

/**
 * Run the plan's load to its end.
 * @param watch  NULL: nobody.
 * @param stop   set, also by a signal handler, to end early.
 * @param out    sums of all threads, on success.
 * @return false: it could not begin; the error says why.
 * Threads: one run at a time.
 */
bool load_run(const struct load_plan *plan, const struct load_way *way, const struct load_run_watch *watch,
	const atomic_bool *stop, struct load_result *out, struct load_error *error);

/**
 * Try one connection: is there a TLS server at the target? What it does wrong as a TLS server is for the run to count.
 * @return false: refused, unreachable, silent or no TLS; the error says which.
 */
bool load_run_probe(
	const struct load_plan *plan, const struct load_way *way, const atomic_bool *stop, struct load_error *error);

#endif
