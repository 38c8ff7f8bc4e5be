/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Reading the configuration again while it is served. The file is parsed and checked in a thread of its own, so that
 * nothing waits for a million bindings; new certificates are loaded and changed credentials are tried; then bindings
 * and certificates are swapped under a grace period. Anything wrong, and the old configuration stays as it is.
 */
#ifndef HANDFAST_RELOAD_H
#define HANDFAST_RELOAD_H

#include "publish.h"
#include "scanner.h"
#include "worker.h"

struct reload;

struct reload_params {
	struct worker_shared *shared; /**< whose bindings are swapped; they hold the configuration that counts */
	const struct config *first;   /**< what the process was started with: never freed here */
	struct publish *publish;
	struct scanner *scanner;
	struct zygote *zygote;
	size_t share_role;
	/** Called when another configuration counts from now on; the old one is freed afterwards. */
	void (*adopted)(void *context, const struct config *config);
	void *context;
};

struct reload_state {
	uint64_t started, ended; /**< how many */
	bool refused;            /**< the last that ended: the old configuration stayed */
	uint64_t took_ms;
	const struct config_problems *problems; /**< of the last that ended; valid until the next ends */
};

/** @return NULL if memory is out. Owner: the caller. Threads: the control thread, for all of this. */
struct reload *reload_create(const struct reload_params *params);
/** Waits for a thread that reads. publish is to be destroyed next: it may hold what was staged. NULL is allowed. */
void reload_destroy(struct reload *reload);

/** Read the file again: now, or after the reading that is under way. It is state.started + 1. */
void reload_request(struct reload *reload, uint64_t now_ms);

/** Go on with it. @param now_ms monotonic */
void reload_step(struct reload *reload, uint64_t now_ms);

/** @return where it stands: a copy, but for the problems, which live until the next reading ends. */
struct reload_state reload_get_state(const struct reload *reload);

/** Entries for poll(2). @param fds one of them. @return how many. */
size_t reload_poll_fds(const struct reload *reload, struct pollfd *fds);

/** Give up a set of bindings that nobody uses any more, and its configuration unless that is the first. */
void reload_free_bindings(const struct binding_table *bindings, const struct config *first);

#endif
