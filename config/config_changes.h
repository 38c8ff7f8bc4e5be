/* SPDX-License-Identifier: BSD-3-Clause */
/** What a configuration that is read again may change, and what of it has to wait for a restart. */
#ifndef HANDFAST_CONFIG_CHANGES_H
#define HANDFAST_CONFIG_CHANGES_H

#include "config.h"

/**
 * Make a configuration fit to take the place of the one that runs: whatever cannot change at run time is set to what
 * runs, and told of as a warning, "needs a restart".
 *
 * @param running  what it replaces, itself as started or as left by this function; owns what is taken over from it,
 *                 so that the first configuration of a process must outlive all others.
 * @param config   just loaded, not published yet.
 * Threads: any, while nobody else has config.
 */
void config_changes_keep(const struct config *running, struct config *config, struct config_problems *problems);

/** @return true if both log on to the share as the same user. Threads: any. */
bool config_changes_same_credentials(const struct config_store *a, const struct config_store *b);

/** @return true if both texts are equal or absent. Threads: any. */
bool config_changes_same_text(const char *a, const char *b);

#endif
