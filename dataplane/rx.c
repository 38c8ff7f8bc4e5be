/* SPDX-License-Identifier: BSD-3-Clause */
#include "rx.h"

#include "packet.h"

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>

enum {
	BURST = 32,
	PREFETCH_AHEAD = 4,
};

/* Only "good" is believed, and of a port that was asked to look; what a NIC calls bad or does not know is summed again.
 */
static unsigned checksums_found_good(const struct rte_mbuf *mbuf)
{
	unsigned good = 0;
	if ((mbuf->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		good |= PACKET_IP_CHECKSUM_GOOD;
	if ((mbuf->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD)
		good |= PACKET_TCP_CHECKSUM_GOOD;
	return good;
}

static struct flow_key flow_of(uint16_t port_id, const struct packet *packet)
{
	return (struct flow_key){.local_ip = packet->destination_ip,
		.remote_ip = packet->source_ip,
		.local_port = packet_get_16(packet->payload.data + 2),
		.remote_port = packet_get_16(packet->payload.data),
		.port_id = port_id,
		.vlan = packet->vlan};
}

static void tcp_input(struct rx *rx, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	struct tcp_segment segment;
	struct flow_key key = flow_of(port_id, packet);
	if (tcp_segment_parse(packet->payload, &segment, &key.remote_port, &key.local_port) != TCP_SEGMENT_OK) {
		stats_drop(rx->stats, DROP_TCP_HEADER);
		return;
	}
	tcp_stack_input(rx->tcp, &key, &segment, now_us);
}

static void echo_input(struct rx *rx, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	uint8_t frame[ECHO_MAX_FRAME_BYTES];
	const uint8_t *mac = local_address_mac(rx->addresses, port_id);
	size_t length = echo_reply(&rx->echo, packet, mac, rx->stats, now_us, frame);
	if (length > 0)
		tx_frame(rx->tx, port_id, (struct bytes){frame, length});
}

/* The error comes from a router, so a NIC may give it to a queue that is not the flow's: all workers get to see it, and
 * only the one with that flow and that sequence number in flight believes it. */
static void too_big_input(struct rx *rx, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	const struct packet_too_big *quoted = &packet->too_big;
	struct fellow_message message = {.kind = FELLOW_TOO_BIG,
		.too_big = {.key = {.local_ip = quoted->source_ip,
				    .remote_ip = quoted->destination_ip,
				    .local_port = quoted->source_port,
				    .remote_port = quoted->destination_port,
				    .port_id = port_id,
				    .vlan = packet->vlan},
			.sequence = quoted->sequence,
			.mtu_bytes = quoted->mtu_bytes}};
	bool believed =
		tcp_stack_packet_too_big(rx->tcp, &message.too_big.key, quoted->sequence, quoted->mtu_bytes, now_us);
	if (believed || fellow_tell(rx->fellow, &message))
		stats_add(rx->stats, STAT_RX_DELIVERED_PKTS, 1);
	else
		stats_drop(rx->stats, DROP_ICMP_BAD);
}

static void deliver(struct rx *rx, uint16_t port_id, const struct packet *packet, uint64_t now_us)
{
	switch (packet->kind) {
	case PACKET_TCP:
		tcp_input(rx, port_id, packet, now_us);
		break;
	case PACKET_ECHO_REQUEST:
		echo_input(rx, port_id, packet, now_us);
		break;
	case PACKET_TOO_BIG:
		too_big_input(rx, port_id, packet, now_us);
		break;
	case PACKET_ARP:
	case PACKET_SOLICITATION:
	case PACKET_ADVERTISEMENT:
		neigh_input(rx->neigh, port_id, packet, now_us);
		break;
	}
}

/* @return true if the packet has become another worker's, or was dropped for want of room there. */
static bool hand_over(struct rx *rx, struct rte_mbuf *mbuf, const struct packet *packet)
{
	struct flow_key key = flow_of(mbuf->port, packet);
	unsigned owner = fellow_owner(rx->fellow, &key);
	if (owner == rx->fellow->index)
		return false;
	/* What has been summed here is not summed again there. */
	mbuf->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	mbuf->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if (fellow_hand_over(rx->fellow, owner, mbuf)) {
		stats_add(rx->stats, STAT_RX_HANDED_OFF_PKTS, 1);
		return true;
	}
	stats_drop(rx->stats, DROP_HANDOFF_FULL);
	rte_pktmbuf_free(mbuf);
	return true;
}

/* One packet in one piece. Takes the mbuf over. @param mine  it is for this worker, whatever its flow's hash says. */
static void input(struct rx *rx, struct rte_mbuf *mbuf, bool mine, uint64_t now_us)
{
	struct packet packet;
	enum drop_reason reason;
	struct bytes frame = {rte_pktmbuf_mtod(mbuf, const uint8_t *), rte_pktmbuf_data_len(mbuf)};
	if (!packet_parse(frame, checksums_found_good(mbuf), &packet, &reason) ||
		!local_address_accepts(rx->addresses, mbuf->port, &packet, &reason)) {
		stats_drop(rx->stats, reason);
		rte_pktmbuf_free(mbuf);
		return;
	}
	if (!mine && packet.kind == PACKET_TCP && hand_over(rx, mbuf, &packet))
		return;
	deliver(rx, mbuf->port, &packet, now_us);
	rte_pktmbuf_free(mbuf);
}

/* A frame over several buffers is pulled together; one that does not fit is longer than the MTU allows. */
static bool in_one_piece(struct rx *rx, struct rte_mbuf *mbuf)
{
	if (mbuf->nb_segs == 1 || rte_pktmbuf_linearize(mbuf) == 0)
		return true;
	stats_drop(rx->stats, DROP_FRAME_LONG);
	rte_pktmbuf_free(mbuf);
	return false;
}

static unsigned poll_port(struct rx *rx, const struct port *port, uint64_t now_us)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned n = rte_eth_rx_burst(port->id, (uint16_t)rx->fellow->index, mbufs, BURST);
	if (n == 0)
		return 0;
	stats_add(rx->stats, STAT_RX_PKTS, n);
	for (unsigned i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + PREFETCH_AHEAD], void *));
		stats_add(rx->stats, STAT_RX_BYTES, mbufs[i]->pkt_len);
		mbufs[i]->port = port->id; /* not every virtual device says */
		if (!port->offload_rx_checksum)
			mbufs[i]->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
		if (in_one_piece(rx, mbufs[i]))
			input(rx, mbufs[i], port->steers_flows, now_us);
	}
	return n;
}

unsigned rx_poll(struct rx *rx, uint64_t now_us)
{
	struct rte_mbuf *mbufs[BURST];
	unsigned taken = 0;
	for (size_t i = 0; i < rx->n_ports; i++)
		if (rx->fellow->index < rx->ports[i]->n_queues)
			taken += poll_port(rx, rx->ports[i], now_us);
	unsigned n = fellow_take_packets(rx->fellow, mbufs, BURST);
	for (unsigned i = 0; i < n; i++)
		input(rx, mbufs[i], true, now_us);
	return taken + n;
}
