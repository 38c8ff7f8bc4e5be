/* SPDX-License-Identifier: BSD-3-Clause */
/** The transport over the kernel's sockets and epoll. */
#ifndef HANDFAST_LOAD_KERNEL_H
#define HANDFAST_LOAD_KERNEL_H

#include "load_error.h"
#include "load_transport.h"

/** @return NULL, and the error says why. Owner: the caller. Threads: one. */
struct load_transport *load_kernel_create(uint32_t n_slots, struct load_error *error);
void load_kernel_destroy(struct load_transport *transport);

/**
 * Allow the process a descriptor for each of so many streams.
 * @return false: the hard limit is lower; the error says so.
 */
bool load_kernel_allow_descriptors(uint64_t n, struct load_error *error);

/** @return ports that the kernel gives to streams of one source address and one destination. */
uint32_t load_kernel_ports(void);

#endif
