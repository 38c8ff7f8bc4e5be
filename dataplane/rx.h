/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The way in: bursts from this worker's queues and from its fellows, checked, and given to ARP and neighbour discovery,
 * echo, "packet too big" or TCP. Each packet received is counted once more: delivered, or dropped for one reason, here
 * or by the worker it was handed to.
 */
#ifndef HANDFAST_RX_H
#define HANDFAST_RX_H

#include "echo.h"
#include "fellow.h"
#include "local_address.h"
#include "neigh.h"
#include "port.h"
#include "tcp_stack.h"
#include "tx.h"

/** Of one worker; everything it points to outlives it. */
struct rx {
	struct port *const *ports;
	size_t n_ports;
	const struct local_address_table *addresses;
	const struct fellow *fellow;
	struct neigh *neigh;
	struct tcp_stack *tcp;
	struct tx *tx;
	struct stats *stats;
	struct echo echo;
};

/**
 * Take one burst from every queue of this worker and one from its fellows.
 * @return packets taken.
 */
unsigned rx_poll(struct rx *rx, uint64_t now_us);

#endif
