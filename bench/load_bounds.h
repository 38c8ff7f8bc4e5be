/* SPDX-License-Identifier: BSD-3-Clause */
/** Whether a result meets what was asked of it: --max-p99, --min-rate, --max-errors. It decides the exit code. */
#ifndef HANDFAST_LOAD_BOUNDS_H
#define HANDFAST_LOAD_BOUNDS_H

#include "load_options.h"
#include "load_result.h"

#include <stdio.h>

/**
 * @param out  a line for each bound that is not met; NULL: none.
 * @return true if all that were given are met and at least one handshake succeeded. Threads: any.
 */
bool load_bounds_met(const struct load_options *options, const struct load_result *result, FILE *out);

#endif
