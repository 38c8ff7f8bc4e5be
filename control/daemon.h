/* SPDX-License-Identifier: BSD-3-Clause */
/** A whole handfastd: everything made in order, run, and unmade: users before what they use. */
#ifndef HANDFAST_DAEMON_H
#define HANDFAST_DAEMON_H

#include "config.h"

/**
 * Run until SIGINT or SIGTERM. Events go to the log, failures to start as well.
 *
 * @param config  borrowed.
 * @return 0 after a stop on request, 1 if the daemon could not start.
 * Threads: the main thread, while it is the only one; it becomes the control thread. Once per process.
 */
int daemon_run(const struct config *config);

#endif
