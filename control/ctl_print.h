/* SPDX-License-Identifier: BSD-3-Clause */
/** Answers of the control socket as people read them. */
#ifndef HANDFAST_CTL_PRINT_H
#define HANDFAST_CTL_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/**
 * Print an answer.
 *
 * @param command  as in the request: "show certs".
 * @param answer   with "ok": true.
 * @param all      also what is zero or usual.
 * Threads: one.
 */
void ctl_print_answer(const char *command, const json_t *answer, bool all, FILE *out);

/** Print an answer's "problems" of a configuration, one per line; nothing if it has none. Threads: one. */
void ctl_print_problems(const json_t *answer, FILE *out);

#endif
