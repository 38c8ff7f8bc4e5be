/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim_trace.h"

#include <inttypes.h>

#define LINKTYPE_IPV4 228
#define IP_BYTES      20

static void put32(FILE *file, uint32_t value)
{
	fwrite(&value, sizeof(value), 1, file);
}

void sim_trace_open(struct sim_trace *trace, const char *pcap_path)
{
	memset(trace, 0, sizeof(*trace));
	trace->pcap = fopen(pcap_path, "wb");
	if (trace->pcap == NULL)
		return;
	put32(trace->pcap, 0xa1b2c3d4); /* microseconds */
	put32(trace->pcap, 4u << 16 | 2);
	put32(trace->pcap, 0);
	put32(trace->pcap, 0);
	put32(trace->pcap, 65535);
	put32(trace->pcap, LINKTYPE_IPV4);
}

void sim_trace_close(struct sim_trace *trace)
{
	if (trace->pcap != NULL)
		fclose(trace->pcap);
}

void sim_trace_faults(struct sim_trace *trace, const struct tcp_net_faults *faults)
{
	(void)trace;
	printf("network: per million: loss %u, duplicate %u, reorder %u by up to %u us, corrupt %u; delay %u + %u us, "
	       "%u bytes/ms, queue %u us, cut %" PRIu64 " to %" PRIu64 ", MTU %u until %" PRIu64 "\n",
		faults->loss, faults->duplicate, faults->reorder, faults->reorder_us, faults->corrupt, faults->delay_us,
		faults->jitter_us, faults->bytes_per_ms, faults->queue_us, faults->cut_from_us, faults->cut_to_us,
		faults->mtu_bytes, faults->mtu_until_us);
}

static void write_pcap(FILE *pcap, const struct tcp_net *net, const struct tcp_net_packet *packet)
{
	uint32_t len = IP_BYTES + packet->len;
	uint8_t ip[IP_BYTES] = {0x45, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0x40, 0, 64, 6};
	memcpy(ip + 12, packet->key.remote_ip.octets + 12, 4);
	memcpy(ip + 16, packet->key.local_ip.octets + 12, 4);
	put32(pcap, (uint32_t)(net->now_us / 1000000));
	put32(pcap, (uint32_t)(net->now_us % 1000000));
	put32(pcap, len);
	put32(pcap, len);
	fwrite(ip, sizeof(ip), 1, pcap);
	fwrite(packet->octets, packet->len, 1, pcap);
}

void sim_trace_packet(void *context, const struct tcp_net_packet *packet, const char *fate)
{
	struct sim_trace *trace = context;
	struct tcp_segment segment;
	uint16_t source, destination;
	char line[320];
	if (trace->begin_us == 0)
		trace->begin_us = trace->net->now_us;
	if (tcp_segment_parse((struct bytes){packet->octets, packet->len}, &segment, &source, &destination) !=
		TCP_SEGMENT_OK)
		return;
	tcp_net_format(line, sizeof(line), &segment);
	uint64_t at_us = trace->net->now_us - trace->begin_us;
	printf("%5" PRIu64 ".%06" PRIu64 " %u > %u: %s %s\n", at_us / 1000000, at_us % 1000000, source, destination,
		line, fate);
	if (trace->pcap != NULL)
		write_pcap(trace->pcap, trace->net, packet);
}
