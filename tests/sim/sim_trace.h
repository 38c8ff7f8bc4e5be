/* SPDX-License-Identifier: BSD-3-Clause */
/** Packets of a simulation, printed in the manner of tcpdump and written as a pcap file. */
#ifndef HANDFAST_SIM_TRACE_H
#define HANDFAST_SIM_TRACE_H

#include "tcp_net.h"

struct sim_trace {
	FILE *pcap;
	const struct tcp_net *net;
	uint64_t begin_us;
};

void sim_trace_open(struct sim_trace *trace, const char *pcap_path);
void sim_trace_close(struct sim_trace *trace);
void sim_trace_faults(struct sim_trace *trace, const struct tcp_net_faults *faults);
/** Signature of tcp_net's trace. */
void sim_trace_packet(void *trace, const struct tcp_net_packet *packet, const char *fate);

#endif
