/* SPDX-License-Identifier: BSD-3-Clause */
/** Path MTU discovery: RFC 1191, RFC 8201, with the check of RFC 5927 section 7. */
#ifndef HANDFAST_TCP_PATH_MTU_H
#define HANDFAST_TCP_PATH_MTU_H

#include "tcp_types.h"

/**
 * A router says that a segment was too big: send smaller ones, and this one again.
 * @param sequence  of the segment it quotes; must be in flight, else a stranger says so.
 * @return true if it was believed.
 */
bool tcp_path_mtu_reduce(struct tcp_conn *conn, uint32_t sequence, uint32_t mtu_bytes);

#endif
