/* SPDX-License-Identifier: BSD-3-Clause */
/** A result as one JSON object; docs/load.md lists its members. */
#ifndef HANDFAST_LOAD_JSON_H
#define HANDFAST_LOAD_JSON_H

#include "load_plan.h"
#include "load_result.h"

#include <stdio.h>

/** @return false: memory is out, or writing failed. Threads: any. */
bool load_json_write(FILE *out, const struct load_plan *plan, const struct load_result *result);

#endif
