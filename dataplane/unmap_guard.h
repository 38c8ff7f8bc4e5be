/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * No driver takes memory away from under a worker's burst (docs/decisions/unmap-guard.md).
 *
 * net_memif (DPDK 22.11) unmaps the memory it shares with its peer as soon as the peer is gone, in the EAL's interrupt
 * thread, while a worker may be copying packets from there. It first marks the port as not connected, which each
 * burst looks at when it begins. A grace period between the two is all that is missing; this puts it there: munmap() of
 * this program, which libraries call as well, waits in that one thread until every worker has ended the poll it was in.
 */
#ifndef HANDFAST_UNMAP_GUARD_H
#define HANDFAST_UNMAP_GUARD_H

struct cert_table;

/**
 * From now on the EAL's interrupt thread unmaps memory only after a grace period.
 *
 * @param table  whose registered readers are the workers; kept until unmap_guard_disarm(). One at a time.
 * Threads: the main thread, before workers run. Cost: nothing for workers; the interrupt thread waits about one poll.
 */
void unmap_guard_arm(struct cert_table *table);

/** No more waiting; returns when nobody waits. Threads: the main thread, after the workers have ended. */
void unmap_guard_disarm(void);

#endif
