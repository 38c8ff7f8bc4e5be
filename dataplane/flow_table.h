/* SPDX-License-Identifier: BSD-3-Clause */
/** Four-tuple → connection: open addressing under a keyed hash (SipHash-2-4), bounded. */
#ifndef HANDFAST_FLOW_TABLE_H
#define HANDFAST_FLOW_TABLE_H

#include "ip_address.h"

#include <stdint.h>

/** A connection's name. Compared and hashed as 40 octets: no padding. Ports in host order. */
struct flow_key {
	struct ip_address local_ip, remote_ip;
	uint16_t local_port, remote_port;
	uint16_t port_id; /**< DPDK port the flow lives on */
	uint16_t vlan;    /**< 0: untagged */
};
_Static_assert(sizeof(struct flow_key) == 40, "no padding: hashed as octets");

#endif
