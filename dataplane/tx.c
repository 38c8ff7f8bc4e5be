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
	/* In the TCP header. */
	SEQUENCE_AT = 4,
	FLAGS_AT = 13,
	TCP_CHECKSUM_AT = 16,
	/* A train's segments, and where the port cuts them itself a few buffers more for what the headers push out. */
	TX_TRAIN_MBUFS = TX_TRAIN_SEGMENTS + 8,
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

static unsigned room(const struct tx_port *to)
{
	return (unsigned)(TX_BUFFER_PKTS - to->n_mbufs);
}

static void append(struct tx_port *to, struct rte_mbuf *mbuf)
{
	to->pkts[to->n++] = mbuf;
	to->n_mbufs = (uint16_t)(to->n_mbufs + mbuf->nb_segs);
}

/* Empty buffers. @return false, counted, if they could not leave or there are none. */
static bool allocate(struct tx *tx, const struct tx_port *to, struct rte_mbuf **mbufs, unsigned n)
{
	if (room(to) < n) {
		stats_drop(tx->stats, DROP_TX_FULL);
		return false;
	}
	if (rte_pktmbuf_alloc_bulk(to->port->pool, mbufs, n) == 0)
		return true;
	stats_drop(tx->stats, DROP_MBUF_EMPTY);
	return false;
}

/* --- TCP segments ------------------------------------------------------------------------------------------------ */

/* What a segment's pieces have in common: one header for all, in which each changes a few octets. */
struct train {
	struct tx *tx;
	struct tx_port *to;
	const struct flow_key *key;
	const struct tcp_conn *conn;
	const struct tcp_segment *segment;
	struct rte_mbuf *mbufs[TX_TRAIN_MBUFS];
	unsigned n_mbufs, next_mbuf;
	uint32_t piece_bytes; /* payload of a packet, at most; 0: not cut */
	uint16_t l2_len, l3_len, l4_len;
	bool is_v4;
	uint8_t headers[PACKET_BUILD_MAX_HEADER_BYTES + TCP_SEGMENT_MAX_HEADER_BYTES];
};

static unsigned headers_len(const struct train *train)
{
	return (unsigned)train->l2_len + train->l3_len + train->l4_len;
}

static void build_headers(struct train *train)
{
	const struct flow_key *key = train->key;
	struct packet_build_link link = {.vlan = key->vlan}; /* the destination is filled in by tx_packet() */
	memcpy(link.source_mac, train->to->port->mac, sizeof(link.source_mac));
	train->is_v4 = ip_address_is_v4(&key->local_ip);
	train->l2_len = (uint16_t)packet_build_ethernet(
		train->headers, &link, train->is_v4 ? PACKET_ETHERTYPE_IPV4 : PACKET_ETHERTYPE_IPV6);
	train->l3_len = train->is_v4 ? 20 : PACKET_MAX_IP_BYTES;
	train->l4_len = (uint16_t)tcp_segment_write_header(
		train->segment, key->local_port, key->remote_port, train->headers + train->l2_len + train->l3_len);
}

/* Payload into a packet's first buffer, behind the headers, and into as many more as it takes. */
static void fill(struct train *train, struct rte_mbuf *first, const struct tcp_segment *piece)
{
	struct rte_mbuf *mbuf = first;
	struct tcp_segment part = *piece;
	uint32_t left = piece->payload_len;
	while (left > 0) {
		uint32_t space = rte_pktmbuf_tailroom(mbuf);
		if (space == 0) {
			mbuf->next = train->mbufs[train->next_mbuf++];
			mbuf = mbuf->next;
			first->nb_segs++;
			continue;
		}
		part.payload_len = left < space ? left : space;
		tcp_conn_copy_payload(train->conn, &part, rte_pktmbuf_mtod_offset(mbuf, uint8_t *, mbuf->data_len));
		mbuf->data_len = (uint16_t)(mbuf->data_len + part.payload_len);
		part.payload_offset += part.payload_len;
		left -= part.payload_len;
	}
	first->pkt_len += piece->payload_len;
}

static void set_offload(const struct train *train, struct rte_mbuf *mbuf, const struct tcp_segment *piece)
{
	mbuf->l2_len = train->l2_len & 0x7fu;
	mbuf->l3_len = train->l3_len & 0x1ffu;
	mbuf->l4_len = (uint8_t)train->l4_len;
	mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_CKSUM | (train->is_v4 ? RTE_MBUF_F_TX_IPV4 : RTE_MBUF_F_TX_IPV6);
	if (piece->piece_len == 0)
		return;
	mbuf->ol_flags |= RTE_MBUF_F_TX_TCP_SEG | (train->is_v4 ? RTE_MBUF_F_TX_IP_CKSUM : 0);
	mbuf->tso_segsz = piece->piece_len;
}

/* The whole sum; for a NIC that adds the rest, the sum of the pseudo header; for one that cuts, that without the
 * length. */
static void finish_tcp(const struct train *train, struct rte_mbuf *mbuf, const struct packet_build_ip *ip,
	const struct tcp_segment *piece)
{
	uint8_t *tcp = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, train->l2_len + train->l3_len);
	uint32_t length = piece->piece_len == 0 ? ip->payload_len : 0;
	uint64_t sum = checksum_add_pseudo(0, &ip->source, &ip->destination, PACKET_PROTOCOL_TCP, length);
	uint16_t checksum;
	if (train->to->port->offload_tcp_checksum) {
		checksum = checksum_fold(sum);
		set_offload(train, mbuf, piece);
	} else {
		checksum = checksum_finish(checksum_add(sum, (struct bytes){tcp, ip->payload_len}));
	}
	memcpy(tcp + TCP_CHECKSUM_AT, &checksum, sizeof(checksum));
}

static void put_32(uint8_t *at, uint32_t value)
{
	rte_be32_t wire = rte_cpu_to_be_32(value);
	memcpy(at, &wire, sizeof(wire));
}

static struct rte_mbuf *build_packet(struct train *train, const struct tcp_segment *piece)
{
	struct rte_mbuf *mbuf = train->mbufs[train->next_mbuf++];
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint8_t *tcp = frame + train->l2_len + train->l3_len;
	struct packet_build_ip ip = {.source = train->key->local_ip,
		.destination = train->key->remote_ip,
		.protocol = PACKET_PROTOCOL_TCP,
		.hop_limit = HOP_LIMIT,
		.payload_len = (uint16_t)(train->l4_len + piece->payload_len)};
	memcpy(frame, train->headers, headers_len(train));
	put_32(tcp + SEQUENCE_AT, piece->seq);
	tcp[FLAGS_AT] = piece->flags;
	packet_build_ip(frame + train->l2_len, &ip);
	mbuf->data_len = (uint16_t)headers_len(train);
	mbuf->pkt_len = mbuf->data_len;
	fill(train, mbuf, piece);
	finish_tcp(train, mbuf, &ip, piece);
	return mbuf;
}

/* The first packet finds the way; those behind it take the same one as long as it is known. */
static void send_train(struct train *train)
{
	const struct flow_key *key = train->key;
	struct local_address local = {.ip = key->local_ip, .port_id = key->port_id, .vlan = key->vlan};
	const struct rte_mbuf *before = NULL;
	uint32_t at = 0;
	do {
		struct tcp_segment piece = tcp_segment_cut(train->segment, at, train->piece_bytes);
		struct rte_mbuf *mbuf = build_packet(train, &piece);
		bool known = before && train->to->n > 0 && train->to->pkts[train->to->n - 1] == before;
		if (known)
			tx_packet(train->tx, key->port_id, mbuf, rte_pktmbuf_mtod(before, const uint8_t *));
		else
			neigh_send(train->tx->neigh, &local, &key->remote_ip, mbuf, train->tx->now_us);
		before = mbuf;
		at += piece.payload_len;
	} while (at < train->segment->payload_len);
}

/* How the segment is cut, and the buffers that takes. @return false if it is more than a train may be. */
static bool plan(struct train *train)
{
	const struct port *port = train->to->port;
	const struct tcp_segment *segment = train->segment;
	uint32_t buffer = rte_pktmbuf_data_room_size(port->pool) - RTE_PKTMBUF_HEADROOM;
	uint32_t payload = segment->payload_len, piece = segment->piece_len;
	if (piece == 0 || payload <= piece) {
		train->piece_bytes = 0;
		train->n_mbufs = 1;
		return sizeof(train->headers) + payload <= buffer;
	}
	bool port_cuts = port->segment_bytes > piece && headers_len(train) + piece <= port->cut_frame_bytes;
	train->piece_bytes = port_cuts ? port->segment_bytes / piece * piece : piece;
	uint32_t n_packets = (payload + train->piece_bytes - 1) / train->piece_bytes;
	uint32_t per_packet = (headers_len(train) + train->piece_bytes + buffer - 1) / buffer;
	uint32_t last = payload - (n_packets - 1) * train->piece_bytes;
	train->n_mbufs = (n_packets - 1) * per_packet + (headers_len(train) + last + buffer - 1) / buffer;
	return train->n_mbufs <= TX_TRAIN_MBUFS && sizeof(train->headers) + piece <= buffer;
}

bool tx_emit(void *context, const struct flow_key *key, const struct tcp_conn *conn, const struct tcp_segment *segment)
{
	struct tx *tx = context;
	struct train train;
	train.tx = tx;
	train.to = port_of(tx, key->port_id);
	if (!train.to)
		return true; /* a port that is gone: as good as sent, and lost */
	train.key = key;
	train.conn = conn;
	train.segment = segment;
	train.next_mbuf = 0;
	build_headers(&train);
	if (!plan(&train)) {
		/* TCP keeps to the MSS and the train it was given: our own fault, but nobody's memory is to pay for it.
		 */
		stats_drop(tx->stats, DROP_TX_FULL);
		return true;
	}
	if (!allocate(tx, train.to, train.mbufs, train.n_mbufs))
		return false;
	send_train(&train);
	return true;
}

/* --- everything else --------------------------------------------------------------------------------------------- */

void tx_packet(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct tx *tx = context;
	struct rte_mbuf *mbuf = packet;
	struct tx_port *to = port_of(tx, port_id);
	if (!to || room(to) < mbuf->nb_segs) { /* full: it had waited for its neighbour meanwhile */
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), mac, PACKET_MAC_BYTES);
	append(to, mbuf);
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
	struct rte_mbuf *mbuf;
	if (!to || !allocate(tx, to, &mbuf, 1))
		return;
	char *at = frame.len <= UINT16_MAX ? rte_pktmbuf_append(mbuf, (uint16_t)frame.len) : NULL;
	if (!at) {
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(mbuf);
		return;
	}
	memcpy(at, frame.data, frame.len);
	append(to, mbuf);
}

/* --- the burst ---------------------------------------------------------------------------------------------------- */

static uint64_t count_bytes(struct rte_mbuf *const *pkts, unsigned n)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	return bytes;
}

/* Some drivers have to put right what they are to offload, once per packet (DPDK's rte_eth_tx_prepare()).
 * @return packets that may be sent: those it refuses are dropped and counted, those behind them have moved up. */
static unsigned prepare(struct tx *tx, const struct port *port, struct rte_mbuf **pkts, unsigned n)
{
	unsigned ready = 0;
	if (!port->offload_tcp_checksum)
		return n;
	for (;;) {
		ready += rte_eth_tx_prepare(port->id, (uint16_t)tx->worker, pkts + ready, (uint16_t)(n - ready));
		if (ready == n)
			return n;
		stats_drop(tx->stats, DROP_TX_REFUSED);
		rte_pktmbuf_free(pkts[ready]);
		n--;
		memmove(pkts + ready, pkts + ready + 1, (n - ready) * sizeof(pkts[0]));
	}
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
	n = prepare(tx, port, pkts, n);
	unsigned sent = send_burst(tx, port, pkts, n);
	for (unsigned i = sent; i < n; i++) {
		stats_drop(tx->stats, DROP_TX_FULL);
		rte_pktmbuf_free(pkts[i]);
	}
	return sent;
}

/* The first `taken` are gone; the rest moves up. */
static void remove_first(struct tx_port *from, unsigned taken)
{
	from->n = (uint16_t)(from->n - taken);
	from->n_ready = (uint16_t)(from->n_ready > taken ? from->n_ready - taken : 0);
	memmove(from->pkts, from->pkts + taken, from->n * sizeof(from->pkts[0]));
	from->n_mbufs = 0;
	for (unsigned i = 0; i < from->n; i++)
		from->n_mbufs = (uint16_t)(from->n_mbufs + from->pkts[i]->nb_segs);
}

static unsigned flush_port(struct tx *tx, struct tx_port *from)
{
	const struct port *port = from->port;
	bool has_queue = tx->worker < port->n_queues;
	unsigned sent = 0, taken;
	if (has_queue && port->tx_relay[tx->worker])
		sent += send_relayed(tx, port);
	if (from->n == 0)
		return sent;
	if (has_queue) {
		unsigned fresh = prepare(tx, port, from->pkts + from->n_ready, (unsigned)(from->n - from->n_ready));
		from->n = (uint16_t)(from->n_ready + fresh);
		from->n_ready = from->n;
		taken = send_burst(tx, port, from->pkts, from->n);
	} else {
		taken = relay_burst(tx, port, from->pkts, from->n);
	}
	remove_first(from, taken);
	return sent + taken;
}

unsigned tx_flush(struct tx *tx)
{
	unsigned sent = 0;
	for (size_t i = 0; i < tx->n_ports; i++)
		sent += flush_port(tx, &tx->ports[i]);
	return sent;
}
