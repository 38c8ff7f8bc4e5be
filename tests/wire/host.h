/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A host on the wire that is Handfast's own: packet, local_address, neigh and tcp_stack as a worker runs them, without
 * a NIC. It sends and receives one bulk transfer at a time, by passive or active open.
 */
#ifndef HANDFAST_WIRE_HOST_H
#define HANDFAST_WIRE_HOST_H

#include "bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct host_settings {
	uint8_t ip[4], peer_ip[4]; /**< both in one /24 */
	uint64_t listen_port;      /**< 0: none */
	uint64_t connect_port;     /**< of the peer; 0: none */
	uint64_t send_bytes, seed;
	uint64_t buffer_bytes; /**< receive and send buffer, each */
	uint64_t trace_ms;     /**< print the sender's state this often; 0: never */
	void (*transmit)(void *context, struct bytes frame);
	void *context;
};

struct host;

/** @return NULL if memory is out. Owner: the caller; host_destroy(). Threads: one. */
struct host *host_create(const struct host_settings *settings, uint64_t now_us);
void host_destroy(struct host *host);

/** A frame has arrived. Follow a burst of them by host_poll(). */
void host_input(struct host *host, struct bytes frame, uint64_t now_us);

/** Timers, the application, output: a worker's poll after its packets. */
void host_poll(struct host *host, uint64_t now_us);

/** @return when host_poll() is to be called at the latest. */
uint64_t host_next_us(const struct host *host);

/** Print what was counted: every counter and drop reason that is not 0. */
void host_print_stats(const struct host *host);

#endif
