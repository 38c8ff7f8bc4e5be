/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Where the load generator's bytes go: byte streams by active open, over the kernel's sockets (load_kernel.h), over our
 * own TCP on a DPDK port, or over nothing at all with a simulated clock (the unit tests).
 *
 * A stream is named by its slot, a number below the transport's slots, chosen by the engine. Its life:
 *
 *   connect() ──► connected() ──► received(), writable() ... ──► ended()      events, only from within poll()
 *                     │  send() ...                                 │
 *                     └──────────────► close() or reset() ◄─────────┘         exactly one of them, exactly once
 *
 * - The engine ends every slot whose connect() returned STARTED by close() or reset(), also after ended(), which says
 * only what the peer or the network did. From that call on no event comes for the slot and its number may be connected
 * again at once, from within an event too. What TCP then still has to do (our FIN, TIME-WAIT) is the transport's own
 * affair.
 * - In an event the engine may call any operation but poll(), on any slot, also on the one of the event. A transport
 *   therefore looks whether the slot is still the same stream before it touches it again after an event.
 * - Received bytes are a view into the transport's memory, valid during the event; the engine takes all of them. So
 * nothing is copied between the network and the TLS client but what the transport itself has to put in order.
 * - connect() does not call back: a stream that is refused at once is ended() from the next poll().
 * - One thread per transport: no operation is safe from another.
 */
#ifndef HANDFAST_LOAD_TRANSPORT_H
#define HANDFAST_LOAD_TRANSPORT_H

#include "bytes.h"
#include "ip_address.h"

#include <stdbool.h>

/** One end of a stream. */
struct load_endpoint {
	struct ip_address address; /**< all zero as a source: the transport's choice */
	uint16_t port;             /**< host order; 0 as a source: the transport's choice */
};

enum load_transport_open {
	LOAD_TRANSPORT_STARTED,
	LOAD_TRANSPORT_NO_PORT,     /**< every port of that source is taken, or the one asked for */
	LOAD_TRANSPORT_NO_ROUTE,    /**< known at once: no route, or the source is no address of ours */
	LOAD_TRANSPORT_NO_RESOURCE, /**< memory or descriptors */
};

enum load_transport_end {
	LOAD_TRANSPORT_FIN,         /**< all that the peer sent has been received() */
	LOAD_TRANSPORT_REFUSED,     /**< a RST in answer to our SYN */
	LOAD_TRANSPORT_RESET,       /**< a RST later */
	LOAD_TRANSPORT_UNREACHABLE, /**< ICMP says so, or nobody answered ARP or neighbour solicitations */
	LOAD_TRANSPORT_GAVE_UP,     /**< TCP's own retransmissions have run out */
};

/** What the engine is told. */
struct load_transport_events {
	void *context;
	void (*connected)(void *context, uint32_t slot);
	void (*received)(void *context, uint32_t slot, struct bytes data);
	/** After a send() that took less than it was given: there is room again. */
	void (*writable)(void *context, uint32_t slot);
	void (*ended)(void *context, uint32_t slot, enum load_transport_end end);
};

struct load_transport;

struct load_transport_ops {
	/** Begin an active open. */
	enum load_transport_open (*connect)(struct load_transport *transport, uint32_t slot,
		const struct load_endpoint *source, const struct load_endpoint *destination);
	/**
	 * Take bytes of a connected stream, copied or sent before it returns. Small sends of one event should leave as
	 * one segment where that costs no delay.
	 * @return octets taken; fewer than given: writable() follows. A stream that is broken takes all and is ended().
	 */
	size_t (*send)(struct load_transport *transport, uint32_t slot, struct bytes data);
	/** End in good order: what send() took is delivered, then a FIN. */
	void (*close)(struct load_transport *transport, uint32_t slot);
	/** End at once by a RST. */
	void (*reset)(struct load_transport *transport, uint32_t slot);
	/**
	 * Tell all events there are.
	 * @param until_ns  of now_ns(): a transport that can sleep wakes up then at the latest; 0: do not sleep. A
	 * polling one returns after one round.
	 */
	void (*poll)(struct load_transport *transport, uint64_t until_ns);
	/** @return nanoseconds of a clock that never goes back and is not 0; read for every figure, so it is cheap. */
	uint64_t (*now_ns)(struct load_transport *transport);
	/** @return nanoseconds of processor time that this thread has worked, empty polls of a polling transport left
	 * out. */
	uint64_t (*busy_ns)(struct load_transport *transport);
};

/** The first member of every transport. */
struct load_transport {
	const struct load_transport_ops *ops;
	struct load_transport_events events; /**< set by the engine before the first connect */
};

#endif
