/* SPDX-License-Identifier: BSD-3-Clause */
/** What bindings must be, each by itself and to each other: the rules of docs/bindings.md section 1. */
#ifndef HANDFAST_CONFIG_BINDINGS_H
#define HANDFAST_CONFIG_BINDINGS_H

#include "config.h"

/**
 * Check the bindings and tie each to its certificate (certificate_index). A binding with port 0 is left out: it had a
 * fault of its own when it was read.
 *
 * @param problems  errors and warnings are added.
 * @return 0, or -ENOMEM.
 * Threads: any but workers. Cost: a few sorts, n log n; a million bindings take seconds, whatever their names.
 */
int config_bindings_check(struct config *config, struct config_problems *problems);

#endif
