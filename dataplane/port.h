/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A DPDK port, NIC or virtual device, set up for a number of workers: queues, packet buffers, checksum offload, RSS.
 *
 * Each worker has a queue pair of its own where the device can do that. Where it has fewer pairs than there are
 * workers, worker i polls RX queue i if there is one, packets go to their flow's worker through fellow.h, and what a
 * worker without a queue sends goes through a ring to the worker that owns queue i modulo n_queues.
 */
#ifndef HANDFAST_PORT_H
#define HANDFAST_PORT_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Workers at most. */
#define PORT_MAX_WORKERS CONFIG_MAX_WORKERS

struct rte_mempool;
struct rte_ring;

/** Written by port_create() alone; then read by all workers. */
struct port {
	const struct config_port *config;
	uint16_t id;               /**< DPDK's number */
	uint16_t n_queues;         /**< RX and TX pairs, at most one per worker */
	bool steers_flows;         /**< the device gives all packets of a flow to one queue, and every worker has one */
	bool offload_rx_checksum;  /**< a checksum that it calls good is good */
	bool offload_tcp_checksum; /**< TX */
	uint32_t segment_bytes;    /**< payload that it cuts into segments (TSO), at most; 0: it does not */
	uint32_t cut_frame_bytes;  /**< and a frame that it makes by that, at most */
	uint8_t mac[6];            /**< what we answer with */
	unsigned device_mbufs;     /**< packet buffers that the device itself holds when idle */
	struct rte_mempool *pool;  /**< shared by the workers, with a cache for each */
	struct rte_ring *tx_relay[PORT_MAX_WORKERS]; /**< per queue: from workers without one; NULL: not needed */
};

/** @return true if DPDK has found or made the device. Threads: the main thread, after eal_start(). */
bool port_exists(const struct config_port *config);

/**
 * Set up and start a port.
 *
 * @param memory_mib  for the message when memory is out.
 * @param error       one line, on failure.
 * @return the port, or NULL. A link that is down is waited for, 2 s at most; a port without link is no failure.
 * Owner:   the caller; port_destroy().
 * Threads: the main thread, after eal_start().
 */
struct port *port_create(
	const struct config_port *config, unsigned n_workers, unsigned memory_mib, char *error, size_t error_size);

/** Stop and close it. NULL is allowed. Threads: the main thread, when no worker runs. */
void port_destroy(struct port *port);

/** @return packet buffers in use, those of idle RX rings left out. Threads: any; a sample. Cost: O(lcores). */
unsigned port_mbufs_in_use_mt(const struct port *port);

#endif
