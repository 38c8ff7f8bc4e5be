/* SPDX-License-Identifier: BSD-3-Clause */
/** RACK-TLP (RFC 8985): loss is told by time, not by counting duplicates; a lost tail is probed for. SACK connections
 * only. */
#ifndef HANDFAST_TCP_RACK_H
#define HANDFAST_TCP_RACK_H

#include "tcp_scoreboard.h"

/** Steps 1 to 3 of section 6.2: what the acknowledgement tells of the path. */
void tcp_rack_update(struct tcp_conn *conn, const struct tcp_scoreboard_news *news);

/**
 * Steps 4 and 5: mark as lost what was sent long enough before something that has arrived.
 * @return 0, or after how many microseconds to look again.
 */
uint32_t tcp_rack_detect_loss(struct tcp_conn *conn);

/** The peer has received something twice: widen the reordering window (section 6.2, step 4). */
void tcp_rack_duplicate_seen(struct tcp_conn *conn);

/** Fast recovery has ended: the widened window's life is counted in recoveries. */
void tcp_rack_recovery_ended(struct tcp_conn *conn);

/** @return true if a tail loss probe may be scheduled now (section 7.2). */
bool tcp_rack_may_probe(const struct tcp_conn *conn);

/** @return the probe timeout (section 7.2). */
uint32_t tcp_rack_probe_timeout_us(const struct tcp_conn *conn);

/**
 * An acknowledgement, perhaps while a probe is out: find out whether the probe repaired a loss (section 7.4).
 * @param is_duplicate       it acknowledges nothing new and has no SACK
 * @param reports_duplicate  it has a D-SACK
 */
void tcp_rack_probe_acked(struct tcp_conn *conn, uint32_t ack, bool is_duplicate, bool reports_duplicate);

#endif
