/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Path MTU discovery. Down: by a router's word (RFC 1191, RFC 8201, with the check of RFC 5927 section 7), or without
 * one, where segments of full size vanish again and again (a black hole; RFC 4821 section 7.7, RFC 8201 section 4). Up
 * again: by sending one larger segment among the others (RFC 4821 section 7.3), whose loss is not taken for congestion.
 */
#ifndef HANDFAST_TCP_PATH_MTU_H
#define HANDFAST_TCP_PATH_MTU_H

#include "tcp_types.h"

/** So many retransmission timeouts in a row make a path suspect. */
#define TCP_PATH_MTU_SUSPECT_RETRIES 2
/** Before a larger segment is tried: RFC 1191 section 6.3, RFC 8201 section 4 and RFC 8899 section 5.1.1 have ten
 * minutes; a mere suspicion is looked into sooner, and a search goes on at once. */
#define TCP_PATH_MTU_RAISE_S     600
#define TCP_PATH_MTU_SUSPICION_S 60
#define TCP_PATH_MTU_SEARCH_S    1

/** The SYNs have agreed on snd_mss. */
void tcp_path_mtu_init(struct tcp_conn *conn);

/**
 * A router says that a segment was too big: send smaller ones, and this one again.
 * @param sequence  of the segment it quotes; must be in flight, else a stranger says so.
 * @return true if it was believed.
 */
bool tcp_path_mtu_reduce(struct tcp_conn *conn, uint32_t sequence, uint32_t mtu_bytes);

/** A retransmission timeout, all in flight is marked lost: go on with smaller segments if size may be why. */
void tcp_path_mtu_timeout(struct tcp_conn *conn);

/**
 * Is it time to try for more?
 * @param unsent  octets that wait, FIN not counted
 * @return octets of the segment to send as a probe, if windows allow; 0: none.
 */
uint32_t tcp_path_mtu_wanted(const struct tcp_conn *conn, uint32_t unsent);

/** The last len octets before snd_nxt went out as a probe. */
void tcp_path_mtu_probe_sent(struct tcp_conn *conn, uint32_t len);

/** [start, end) is sent again: a probe in it has failed. */
void tcp_path_mtu_resent(struct tcp_conn *conn, uint32_t start, uint32_t end);

/** snd_una has moved: a probe before it has arrived as it was. */
void tcp_path_mtu_acked(struct tcp_conn *conn);

/** @return octets of the segment in flight that begins at snd_una, as far as it is not the end of what was sent. */
uint32_t tcp_path_mtu_first_segment(const struct tcp_conn *conn);

/** @return true if the probe is all that is lost: no sign of congestion (RFC 4821 section 7.6.1). */
bool tcp_path_mtu_lost_probe_only(const struct tcp_conn *conn);

#endif
