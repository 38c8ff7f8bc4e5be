/* SPDX-License-Identifier: BSD-3-Clause */
/** What a loader process may still do: use memory, read and write descriptors it has, tell the time, signal itself,
 * end. */
#ifndef HANDFAST_LOADER_SANDBOX_H
#define HANDFAST_LOADER_SANDBOX_H

#include <stddef.h>

/**
 * Give up everything else, for good: resource limits, no core dump, no new privileges, a seccomp allow-list. A call
 * that is not on the list ends the process.
 *
 * @return 0 or -errno; the process must not go on after a failure.
 * Threads: the only one of the process.
 */
int loader_sandbox_enter(size_t memory_bytes);

/** End the process (SIGPROF) after so much CPU time from now. @param seconds 0: stop the clock. */
void loader_sandbox_start_clock(unsigned seconds);

#endif
