/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * How many certificates are loaded at once, and for how long they may lie idle. What was used longest ago goes back to
 * INDEXED first; a client that asks for it has it loaded again. What preload asks for goes last, and not for being
 * idle. Never unloaded: configured certificates, and a last good certificate whose newest file is broken, which nothing
 * could bring back.
 */
#ifndef HANDFAST_PUBLISH_BOUNDS_H
#define HANDFAST_PUBLISH_BOUNDS_H

#include "publish_internal.h"

/** Threads: the control thread, for all of this. */
void publish_bounds_init(struct publish *publish);

/** A name has a certificate, or another one. */
void publish_bounds_loaded(struct publish *publish, struct publish_name *name, const struct certificate *certificate);

/** It has none any more. */
void publish_bounds_unloaded(struct publish *publish, struct publish_name *name);

/** What is wanted of it has changed: may it be unloaded now, or not any more? */
void publish_bounds_reconsider(struct publish *publish, struct publish_name *name);

/** @return true if one more may be loaded without another having to go. */
bool publish_bounds_has_room(const struct publish *publish);

/** Unload what is too much or was idle for too long; a bounded number at a time. */
void publish_bounds_step(struct publish *publish);

#endif
