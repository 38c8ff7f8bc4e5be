/* SPDX-License-Identifier: BSD-3-Clause */
/** --via dpdk: from the options to a link, and the link's transport for the run's thread. */
#ifndef HANDFAST_LOAD_DPDK_WAY_H
#define HANDFAST_LOAD_DPDK_WAY_H

#include "load_run.h"

/** Our own TCP over a DPDK port. The EAL can be started once in a process: one use at a time, and no second. */
extern const struct load_way load_dpdk_way;

#endif
