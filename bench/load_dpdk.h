/* SPDX-License-Identifier: BSD-3-Clause */
/** The load generator over DPDK: our own TCP opens connections from our own addresses; the kernel has no part in it. */
#ifndef HANDFAST_LOAD_DPDK_H
#define HANDFAST_LOAD_DPDK_H

#include "load_dpdk_link.h"
#include "load_error.h"
#include "load_transport.h"

/** Source ports of each address: those below are for services. */
#define LOAD_DPDK_FIRST_PORT 1024
#define LOAD_DPDK_PORTS      (65536 - LOAD_DPDK_FIRST_PORT)

/**
 * Make the transport. One at a time: the port has one queue.
 *
 * @param n_slots  streams open at one time.
 * @return NULL, and the error says why: memory.
 * Owner:   the caller; load_dpdk_destroy().
 * Threads: one, on a processor of its own: it polls without rest.
 */
struct load_transport *load_dpdk_create(struct load_dpdk_link *link, uint32_t n_slots, struct load_error *error);

/** What TCP has still to send is sent, then all is dropped. NULL is allowed. Threads: the transport's. */
void load_dpdk_destroy(struct load_transport *transport);

#endif
