/* SPDX-License-Identifier: BSD-3-Clause */
#include "tx.h"

#include "checksum.h"
#include "packet_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

enum {
	BURST = 32,
	HOP_LIMIT = 64,
	/* Where the TCP checksum stands in its header. */
	TCP_CHECKSUM_AT = 16,
};

int tx_init(struct tx *tx, unsigned worker, struct port *const *ports, size_t n_ports, struct stats *stats)
{
	*tx = (struct tx){.worker = worker, .stats = stats, .n_ports = n_ports};
	tx->ports = calloc(n_ports, sizeof(*tx->ports));
	if (!tx->ports)
		return -ENOMEM;
	for (size_t i = 0; i < n_ports; i++)
		tx->ports[i].port = ports[i];
	return 0;
}

void tx_fini(struct tx *tx)
{
	for (size_t i = 0; tx->ports && i < tx->n_ports; i++)
		rte_pktmbuf_free_bulk(tx->ports[i].pkts, tx->ports[i].n);
	free(tx->ports);
	tx->ports = NULL;
}

void tx_begin(struct tx *tx, uint64_t now_us)
{
	tx->now_us = now_us;
}

static struct tx_port *port_of(struct tx *tx, uint16_t port_id)
{
	for (size_t i = 0; i < tx->n_ports; i++)
		if (tx->ports[i].port->id == port_id)
			return &tx->ports[i];
	return NULL;
}

/* An empty packet, or NULL, counted, if it could not leave. */
static struct rte_mbuf *allocate(struct tx *tx, const struct tx_port *to)
{
	if (to->n == TX_BUFFER_PKTS) {
		stats_drop(tx->stats, DROP_TX_FULL);
		return NULL;
	}
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(to->port->pool);
	if (!mbuf)
		stats_drop(tx->stats, DROP_MBUF_EMPTY);
	return mbuf;
}

/* --- TCP segments ------------------------------------------------------------------------------------------------ */

/* Header and payload at `tcp`. @return its length. */
static size_t write_tcp(
	uint8_t *tcp, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	uint8_t header[TCP_SEGMENT_MAX_HEADER_BYTES];
	size_t length = tcp_segment_write_header(segment, key->local_port, key->remote_port, header);
	memcpy(tcp, header, length);
	if (segment->payload_len > 0)
		tcp_conn_copy_payload(conn, segment, tcp + length);
	return length + segment->payload_len;
}

/* The whole sum, or for a NIC that adds the rest the sum of the pseudo header. */
static void finish_tcp(const struct port *port, struct rte_mbuf *mbuf, const struct packet_build_ip *ip, uint8_t *tcp)
{
	uint64_t sum = checksum_add_pseudo(0, &ip->source, &ip->destination, PACKET_PROTOCOL_TCP, ip->payload_len);
	uint16_t checksum;
	if (port->offload_tcp_checksum) {
		bool is_v4 = ip_address_is_v4(&ip->source);
		checksum = checksum_fold(sum);
		mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | (is_v4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
	} else {
		checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, ip->payload_len}));
	}
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
}

static void build_segment(const struct port *port, struct rte_mbuf *mbuf, const struct flow_key *key,
	const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct packet_build_link link = {.vlan = key->vlan}; /* the destination is filled in by tx_packet() */
	struct packet_build_ip ip = {.source = key->local_ip,
		.destination = key->remote_ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = HOP_LIMIT};
	bool is_v4 = ip_address_is_v4(&key->local_ip);
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	memcpy(link.source_mac, port->mac, sizeof(link.source_mac));
	mbuf->l2_len =
		packet_build_ethernet(frame, &link, is_v4 ? PACKET_ETHERTYPE_IPV4 : PACKET_ETHERTYPE_IPV6) & 0x7f;
	mbuf->l3_len = is_v4 ? 20 : PACKET_MAX_IP_BYTES;
	uint8_t *tcp = frame + mbuf->l2_len + mbuf->l3_len;
	ip.payload_len = (uint16_t)write_tcp(tcp, key, conn, segment);
	packet_build_ip(frame + mbuf->l2_len, &ip);
	finish_tcp(port, mbuf, &ip, tcp);
	mbuf->data_len = (uint16_t)(mbuf->l2_len + mbuf->l3_len + ip.payload_len);
	mbuf->pkt_len = mbuf->data_len;
}

bool tx_emit(void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct tx *tx = context;
	struct tx_port *to = port_of(tx, key->port_id);
	if (!to)
		return true; /* a port that is gone: as good as sent, and lost */
	struct rte_mbuf *mbuf = allocate(tx, to);
	if (!mbuf)
		return false;
	size_t most = PACKET_BUILD_MAX_HEADER_BYTES + TCP_SEGMENT_MAX_HEADER_BYTES + (size_t)segment->payload_len;
	if (most > rte_pktmbuf_tailroom(mbuf)) {
		/* TCP keeps to the MSS it was given: our own fault, but nobody's memory is to pay for it. */
		rte_pktmbuf_free(mbuf);
		stats_drop(tx->stats, DROP_TX_FULL);
		return true;
	}
	build_segment(to->port, mbuf, key, conn, segment);
	struct local_address local = {.ip = key->local_ip, .port_id = key->port_id, .vlan = key->vlan};
	neigh_send(tx->neigh, &local, &key->remote_ip, mbuf, tx->now_us);
	return true;
}

/* --- everything else --------------------------------------------------------------------------------------------- */

void tx_packet(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct tx *tx = context;
	struct rte_mbuf *mbuf = packet;
	struct tx_port *to = port_of(tx, port_id);
	if (!to || to->n == TX_BUFFER_PKTS) { /* full: it had waited for its neighbour meanwhile */
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), mac, PACKET_MAC_BYTES);
	to->pkts[to->n++] = mbuf;
}

void tx_drop(void *context, void *packet)
{
	(void)context;
	rte_pktmbuf_free(packet);
}

void tx_frame(void *context, uint16_t port_id, struct bytes frame)
{
	struct tx *tx = context;
	struct tx_port *to = port_of(tx, port_id);
	struct rte_mbuf *mbuf = to ? allocate(tx, to) : NULL;
	if (!mbuf)
		return;
	char *room = frame.len <= UINT16_MAX ? rte_pktmbuf_append(mbuf, (uint16_t)frame.len) : NULL;
	if (!room) {
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	memcpy(room, frame.data, frame.len);
	to->pkts[to->n++] = mbuf;
}

/* --- the burst ---------------------------------------------------------------------------------------------------- */

static uint64_t count_bytes(struct rte_mbuf *const *pkts, unsigned n)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

/* Give packets to our own queue. @return how many it took; they are gone. */
static unsigned send_burst(struct tx *tx, const struct port *port, struct rte_mbuf **pkts, unsigned n)
{
	uint64_t bytes = count_bytes(pkts, n);
	unsigned sent = rte_eth_tx_burst(port->id, (uint16_t)tx->worker, pkts, (uint16_t)n);
	bytes -= count_bytes(pkts + sent, n - sent);
	stats_add(tx->stats, STAT_TX_PKTS, sent);
	stats_add(tx->stats, STAT_TX_BYTES, bytes);
	return sent;
}

/* Give packets to the worker that sends for us. */
static unsigned relay_burst(const struct tx *tx, const struct port *port, struct rte_mbuf **pkts, unsigned n)
{
	struct rte_ring *relay = port->tx_relay[tx->worker % port->n_queues];
	return rte_ring_mp_enqueue_burst(relay, (void **)pkts, n, NULL);
}

/* What workers without a queue have given us; taken only as far as it can be sent or dropped at once. */
static unsigned send_relayed(struct tx *tx, const struct port *port)
{
	struct rte_mbuf *pkts[BURST];
	unsigned n = rte_ring_sc_dequeue_burst(port->tx_relay[tx->worker], (void **)pkts, BURST, NULL);
	if (n == 0)
		return 0;
	unsigned sent = send_burst(tx, port, pkts, n);
	for (unsigned i = sent; i < n; i++) {
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(pkts[i]);
	}
	return sent;
}

static unsigned flush_port(struct tx *tx, struct tx_port *from)
{
	const struct port *port = from->port;
	bool has_queue = tx->worker < port->n_queues;
	unsigned sent = 0;
	if (has_queue && port->tx_relay[tx->worker])
		sent += send_relayed(tx, port);
	if (from->n == 0)
		return sent;
	unsigned taken =
		has_queue ? send_burst(tx, port, from->pkts, from->n) : relay_burst(tx, port, from->pkts, from->n);
	from->n = (uint16_t)(from->n - taken);
	memmove(from->pkts, from->pkts + taken, from->n * sizeof(from->pkts[0]));
	return sent + taken;
}

unsigned tx_flush(struct tx *tx)
{
	unsigned sent = 0;
	for (size_t i = 0; i < tx->n_ports; i++)
		sent += flush_port(tx, &tx->ports[i]);
	return sent;
}
