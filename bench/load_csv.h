/* SPDX-License-Identifier: BSD-3-Clause */
/** Results as lines of comma-separated values: a header, then one line for each run. */
#ifndef HANDFAST_LOAD_CSV_H
#define HANDFAST_LOAD_CSV_H

#include "load_plan.h"
#include "load_result.h"

#include <stdio.h>

/** @return false: writing failed, as for the other. Threads: any. */
bool load_csv_write_header(FILE *out);
bool load_csv_write(FILE *out, const struct load_plan *plan, const struct load_result *result);

#endif
