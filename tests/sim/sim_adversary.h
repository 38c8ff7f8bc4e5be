/* SPDX-License-Identifier: BSD-3-Clause */
/** A client that completes the handshake and then sends whatever it likes near the window: for what a peer can do to
 * us. */
#ifndef HANDFAST_SIM_ADVERSARY_H
#define HANDFAST_SIM_ADVERSARY_H

#include "tcp_net.h"

struct sim_adversary {
	uint64_t random;
	struct flow_key key;
	uint32_t seq, ack, ts_value, ts_echo;
	bool timestamps, sack, scale;
	unsigned packets_left;
	uint64_t wake_us;
};

void sim_adversary_init(struct sim_adversary *adversary, const struct flow_key *key, uint64_t random, uint64_t now_us);

/** The server has sent it a segment. */
void sim_adversary_receive(struct sim_adversary *adversary, struct tcp_net *net, const struct tcp_segment *segment);

/** Send something if it is time. */
void sim_adversary_run(struct sim_adversary *adversary, struct tcp_net *net);

#endif
