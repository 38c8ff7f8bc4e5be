/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * DPDK's environment abstraction layer, started from the configuration: huge pages where there are any, no files left
 * behind, workers pinned to their processors and the control thread kept off them where another one is free.
 *
 * The EAL can be started once in a process.
 */
#ifndef HANDFAST_EAL_H
#define HANDFAST_EAL_H

#include "config.h"

#include <stddef.h>

/**
 * Start the EAL. Fork loader processes before: what the EAL maps is not for them.
 *
 * Worker i runs on config->worker.lcores[i] alone. The calling thread becomes the EAL's main lcore and is moved off the
 * workers' processors; where they take all that this process may use, it shares them.
 *
 * Real-time signals are blocked in the calling thread and those it starts afterwards: they are for the drivers.
 *
 * @param error  one line, on failure.
 * @return 0, -EINVAL (an lcore that is no processor of ours), -ENOMEM, or what rte_eal_init() failed with.
 * Threads: the main thread.
 */
int eal_start(const struct config *config, char *error, size_t error_size);

/** Stop it, after everything that was created on it is gone. Threads: the main thread. */
void eal_stop(void);

/** @return the EAL's lcore number of worker i: its number for per-lcore caches, not a processor's. Threads: any. */
unsigned eal_worker_lcore(unsigned index);

/** Run a function on worker i's lcore. @return 0 or -errno. Threads: the main thread. */
int eal_launch(unsigned index, int (*run)(void *argument), void *argument);

/** Wait until worker i's function has returned. @return what it returned. Threads: the main thread. */
int eal_wait(unsigned index);

#endif
