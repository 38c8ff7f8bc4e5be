/* SPDX-License-Identifier: BSD-3-Clause */
/** The test's end of a net_ring0 port: one ring both ways, what is put in is received, what is sent comes out. */
#ifndef HANDFAST_TEST_RING_WIRE_H
#define HANDFAST_TEST_RING_WIRE_H

#include "packet.h"
#include "port.h"
#include "unit.h"

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <string.h>

/** @return the ring of net_ring0, or NULL. After port_create(). */
static inline struct rte_ring *ring_wire_open(void)
{
	return rte_ring_lookup("ETH_RXTX0_net_ring0");
}

/** @return a buffer of the port's pool that holds the frame. */
static inline struct rte_mbuf *ring_wire_make_mbuf(struct port *port, struct bytes frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	char *room = rte_pktmbuf_append(mbuf, (uint16_t)frame.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(room);
	memcpy(room, frame.data, frame.len);
	return mbuf;
}

static inline void ring_wire_put_mbuf(struct rte_ring *wire, struct rte_mbuf *mbuf)
{
	CU_ASSERT_EQUAL_FATAL(rte_ring_enqueue(wire, mbuf), 0);
}

/** What was sent, parsed; the payload view stays valid until the next call. @return false if the wire is empty. */
static inline bool ring_wire_get(struct rte_ring *wire, struct packet *out)
{
	static uint8_t copy[2048];
	struct rte_mbuf *mbuf;
	enum drop_reason reason;
	if (rte_ring_dequeue(wire, (void **)&mbuf) != 0)
		return false;
	size_t len = rte_pktmbuf_data_len(mbuf);
	memcpy(copy, rte_pktmbuf_mtod(mbuf, void *), len);
	rte_pktmbuf_free(mbuf);
	CU_ASSERT_TRUE(packet_parse((struct bytes){copy, len}, 0, out, &reason));
	return true;
}

static inline void ring_wire_empty(struct rte_ring *wire)
{
	struct rte_mbuf *mbuf;
	while (rte_ring_dequeue(wire, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
}

#endif
