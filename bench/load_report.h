/* SPDX-License-Identifier: BSD-3-Clause */
/** What a person reads at the end of a run. */
#ifndef HANDFAST_LOAD_REPORT_H
#define HANDFAST_LOAD_REPORT_H

#include "load_plan.h"
#include "load_result.h"

#include <stdio.h>

/** The table. Cheats that the plan allows, and what was not checked, stand in it. */
void load_report_print(FILE *out, const struct load_plan *plan, const struct load_result *result);

#endif
