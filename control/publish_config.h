/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What publishing takes from the configuration, and how it goes over to one that was read again: new certificates are
 * loaded first (staged), under names that no binding in use knows; then all is adopted at once, or abandoned.
 */
#ifndef HANDFAST_PUBLISH_CONFIG_H
#define HANDFAST_PUBLISH_CONFIG_H

#include "publish.h"

/** Begin with the configuration that publish was created with. @return 0 or -ENOMEM. Threads: control, for all. */
int publish_config_start(struct publish *publish);
void publish_config_fini(struct publish *publish);

/** @return true if option preload asks for this name. */
bool publish_config_preloads(const struct publish *publish, const struct publish_name *name);

/** Start to load what is new in a configuration. @param config must live until it is abandoned or replaced.
 * @return 0 or -ENOMEM; abandon it then. */
int publish_config_stage(struct publish *publish, const struct config *config);

/**
 * @param cursor  0 at first; how far it was followed.
 * @return true once all that is new has been tried.
 */
bool publish_config_is_staged(const struct publish *publish, const struct config *config, size_t *cursor);

/** Note each new certificate that cannot be used as an error. */
void publish_config_judge(const struct publish *publish, const struct config *config, struct config_problems *problems);

/** Forget what was staged. */
void publish_config_abandon(struct publish *publish, const struct config *config);

/**
 * From now on this one counts: what is not in it any more is removed, what has changed is loaded again and goes on
 * being served until then. Nothing can fail. After no worker uses the old bindings any more.
 */
void publish_config_adopt(struct publish *publish, const struct config *config);

/** After that: look for the names that deserve another try now, a bit in each step. */
void publish_config_step(struct publish *publish);

/** Visit the names of the configured certificates. */
void publish_config_each_fixed(struct publish *publish, void (*visit)(void *context, struct publish_name *name));

/** They have no listing that tells of their changes: load again those whose file is another one now. */
void publish_config_look_at_files(struct publish *publish);

#endif
