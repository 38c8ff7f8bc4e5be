/* SPDX-License-Identifier: BSD-3-Clause */
/** Pictures of a result, drawn by gnuplot: durations of each phase by percentile. */
#ifndef HANDFAST_LOAD_PLOT_H
#define HANDFAST_LOAD_PLOT_H

#include "load_error.h"
#include "load_result.h"

/** @return false: the name ends neither in .svg nor in .png, or there is no gnuplot; the error says which. */
bool load_plot_check(const char *path, struct load_error *error);

/** @return false: gnuplot failed or could not write; the error says so. Threads: one. */
bool load_plot_write(const char *path, const struct load_result *result, struct load_error *error);

#endif
