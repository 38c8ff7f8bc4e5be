/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * One thread's part of a load: starts connections when they are due, drives each through TLS, counts what happens. It
 * knows neither sockets nor packets (load_transport.h) and takes the time from its transport, so a simulated clock will
 * do.
 */
#ifndef HANDFAST_LOAD_ENGINE_H
#define HANDFAST_LOAD_ENGINE_H

#include "load_plan.h"
#include "load_progress.h"
#include "load_result.h"

struct load_engine;

/**
 * @param transport  with load_engine_slots() slots; borrowed, its events are set.
 * @param share      below shares: which part of the plan's load.
 * @return NULL, and the error says why. Owner: the caller. Threads: the one that is to run it.
 */
struct load_engine *load_engine_create(const struct load_plan *plan, struct load_transport *transport, unsigned share,
	unsigned shares, struct load_error *error);
/** Streams still open are reset. NULL is allowed. */
void load_engine_destroy(struct load_engine *engine);

/** @return how many streams at once that share of the plan needs, at least 1. */
uint32_t load_engine_slots(const struct load_plan *plan, unsigned share, unsigned shares);

/** Begin: the run's clock starts now. */
void load_engine_begin(struct load_engine *engine);

/** One round: start what is due, end what is late, poll. @return false: the run is over. */
bool load_engine_step(struct load_engine *engine);

/** Begin, and step until it is over. @param stop  set by another thread: start nothing more. */
void load_engine_run(struct load_engine *engine, const atomic_bool *stop);

/** Owner: the engine. Threads: result: the engine's, or any after the run; progress: any. */
const struct load_result *load_engine_result(const struct load_engine *engine);
const struct load_progress *load_engine_progress(const struct load_engine *engine);

#endif
