/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What a run over DPDK stands on: the EAL, one port, the addresses that connections come from. The port can
 * be any that DPDK has: a NIC, net_tap, or net_memif with a server at the other end and no kernel in between.
 */
#ifndef HANDFAST_LOAD_DPDK_LINK_H
#define HANDFAST_LOAD_DPDK_LINK_H

#include "config.h"
#include "load_error.h"
#include "local_address.h"
#include "port.h"
#include "tx.h"

/** Addresses that one run can come from: each is compared at start with those before it. */
#define LOAD_DPDK_LINK_MAX_ADDRESSES 4096

struct load_dpdk_link_settings {
	const char *device;         /**< "0000:03:00.0", "net_memif0" */
	const char **eal_arguments; /**< as they are: "--vdev=net_memif0,role=client,socket=..." */
	size_t n_eal_arguments;
	struct config_address *addresses; /**< ours, with the prefix and the gateway */
	size_t n_addresses;
	unsigned mtu_bytes, memory_mib;
	enum config_huge_pages huge_pages;
	unsigned lcore; /**< the processor that polls */
};

/** Port, addresses and neighbours: what is known of these outlives a transport, so that no SYN waits for an answer that
 * the transport before has had already. */
struct load_dpdk_link {
	struct load_dpdk_link_settings settings;
	struct config config; /**< the part of it that the data plane reads */
	struct config_port port_config;
	struct port *port;
	struct local_address_table *addresses;
	struct stats stats; /**< of packets sent and of neighbours */
	struct tx tx;
	struct neigh *neigh;
};

/**
 * Start the EAL and the port.
 * @param settings  copied; what it points to must outlive the link.
 * @return NULL, and the error says why. Once per process.
 * Owner: the caller; load_dpdk_link_stop(). Threads: the main thread; then the one transport's.
 */
struct load_dpdk_link *load_dpdk_link_start(const struct load_dpdk_link_settings *settings, struct load_error *error);

/** After the last transport. NULL is allowed. Threads: the main thread. */
void load_dpdk_link_stop(struct load_dpdk_link *link);

#endif
