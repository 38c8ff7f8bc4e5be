/* SPDX-License-Identifier: BSD-3-Clause */
/** `handfastctl explain` for people: the walk through the tiers as sentences. */
#ifndef HANDFAST_CTL_EXPLAIN_H
#define HANDFAST_CTL_EXPLAIN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/** @param answer of the command explain. @param all not used. Threads: one. */
void ctl_explain_print(const json_t *answer, bool all, FILE *out);

#endif
