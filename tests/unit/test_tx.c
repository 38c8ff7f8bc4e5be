/* SPDX-License-Identifier: BSD-3-Clause */
#include "two_workers.h"

#include <rte_ethdev.h>
#include <rte_ip.h>

/* The peer asks for us: both workers know it then, one from the request, the other from its fellow. */
static void meet(const struct frame *request)
{
	put(request);
	two_workers_poll(START);
	two_workers_flush();
	empty_wire();
}

static struct flow_key flow_to_peer(const char *local, const char *remote, uint16_t vlan)
{
	return (struct flow_key){.local_ip = frame_ip(local),
		.remote_ip = frame_ip(remote),
		.local_port = 443,
		.remote_port = 1234,
		.port_id = port->id,
		.vlan = vlan};
}

static void expect_segment(struct world *world, const struct flow_key *key, uint32_t payload_len)
{
	struct tcp_segment segment = {.seq = 7, .flags = TCP_ACK, .payload_offset = 5, .payload_len = payload_len};
	struct packet packet;
	tx_begin(&world->tx, START);
	CU_ASSERT_TRUE(tx_emit(&world->tx, key, NULL, &segment));
	two_workers_flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_TCP);
	CU_ASSERT_EQUAL(packet.vlan, key->vlan);
	CU_ASSERT_TRUE(ip_address_equal(&packet.source_ip, &key->local_ip));
	CU_ASSERT_TRUE(ip_address_equal(&packet.destination_ip, &key->remote_ip));
	CU_ASSERT_EQUAL(memcmp(packet.destination_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(memcmp(packet.source_mac, FRAME_OUR_MAC, PACKET_MAC_BYTES), 0);
	CU_ASSERT_EQUAL(packet.payload.len, 20 + payload_len);
	CU_ASSERT_TRUE(payload_len == 0 || packet.payload.data[20] == 5);
}

static void test_segments_leave_from_either_worker(void)
{
	struct frame request = frame_arp(true, "192.0.2.1", "192.0.2.10");
	two_workers_begin();
	meet(&request);
	struct flow_key v4 = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	struct flow_key remote = flow_to_peer("192.0.2.10", "203.0.113.1", 0);
	for (unsigned i = 0; i < WORKERS; i++) {
		expect_segment(&workers[i], &v4, 0);
		expect_segment(&workers[i], &v4, 1460);
		expect_segment(&workers[i], &remote, 333); /* by the gateway, who is the peer */
	}
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_a_segment_waits_for_its_neighbour(void)
{
	struct flow_key key = flow_to_peer("2001:db8::10", "2001:db8::77", 0);
	struct tcp_segment segment = {.flags = TCP_SYN | TCP_ACK};
	struct packet packet;
	two_workers_begin();
	tx_begin(&workers[1].tx, START);
	CU_ASSERT_TRUE(tx_emit(&workers[1].tx, &key, NULL, &segment));
	two_workers_flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_SOLICITATION);
	CU_ASSERT_FALSE(get(&packet));
	/* The answer comes to worker 0, whose table has no such entry; worker 1 hears of it all the same. */
	struct ip_address target = frame_ip("2001:db8::77");
	uint8_t message[32] = {136, [4] = 0x60, [24] = 2, 1};
	memcpy(message + 8, target.octets, 16);
	memcpy(message + 26, FRAME_PEER_MAC, PACKET_MAC_BYTES);
	struct frame frame = frame_icmp("2001:db8::77", "2001:db8::10", message, sizeof(message));
	put(&frame);
	two_workers_poll(START + 1000);
	two_workers_flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_TCP);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_vlan_is_kept(void)
{
	two_workers_begin();
	struct frame frame = frame_arp(true, "198.51.100.1", "198.51.100.10");
	memmove(frame.data + 18, frame.data + 14, 28);
	static const uint8_t tag[] = {0x81, 0, 0, 42, 0x08, 0x06};
	memcpy(frame.data + 12, tag, sizeof(tag));
	frame.len += 4;
	meet(&frame);
	struct flow_key key = flow_to_peer("198.51.100.10", "198.51.100.1", 42);
	expect_segment(&workers[0], &key, 10);
	expect_segment(&workers[1], &key, 10);
}

/* A NIC that takes nothing: what waits is bounded, TCP is told to keep its segments, and nothing is lost of what waits.
 */
static void test_a_full_wire_holds_segments_back(void)
{
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	struct tcp_segment segment = {.flags = TCP_ACK, .payload_len = 100};
	struct packet packet;
	unsigned taken = 0;
	two_workers_begin();
	while (tx_emit(&workers[0].tx, &key, NULL, &segment)) {
		taken++;
		tx_flush(&workers[0].tx);
		CU_ASSERT_TRUE_FATAL(taken < 10000);
	}
	CU_ASSERT_EQUAL(two_workers_drops(DROP_TX_FULL), 1);
	CU_ASSERT_TRUE(rte_ring_free_count(wire) == 0 || two_workers_drops(DROP_MBUF_EMPTY) > 0);
	unsigned left = 0;
	while (left < taken && get(&packet)) {
		left++;
		tx_flush(&workers[0].tx);
	}
	CU_ASSERT_EQUAL(left, taken);
	CU_ASSERT_EQUAL(stats_get_mt(&workers[0].stats, STAT_TX_PKTS), taken);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_without_packet_buffers(void)
{
	static struct rte_mbuf *all[65536];
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	struct tcp_segment segment = {.flags = TCP_ACK};
	unsigned n = 0;
	two_workers_begin();
	while (n < 65536 && (all[n] = rte_pktmbuf_alloc(port->pool)))
		n++;
	CU_ASSERT_FALSE(tx_emit(&workers[0].tx, &key, NULL, &segment));
	CU_ASSERT_EQUAL(two_workers_drops(DROP_MBUF_EMPTY), 1);
	rte_pktmbuf_free_bulk(all, n);
	expect_segment(&workers[0], &key, 0);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

/* --- trains: one segment of TCP's that is several on the wire --- */

static struct tcp_segment train_of(uint32_t payload_len)
{
	return (struct tcp_segment){.seq = 7,
		.flags = TCP_ACK | TCP_PSH | TCP_FIN,
		.payload_offset = 5,
		.payload_len = payload_len,
		.piece_len = 1460};
}

/* @return octets of payload; each piece says where it lies in the train. */
static uint32_t expect_piece(const struct flow_key *key, uint32_t at, uint32_t payload_len)
{
	struct packet packet;
	CU_ASSERT_TRUE_FATAL(get(&packet)); /* looks at the checksums */
	CU_ASSERT_EQUAL(packet.kind, PACKET_TCP);
	CU_ASSERT_EQUAL(packet.vlan, key->vlan);
	CU_ASSERT_EQUAL(memcmp(packet.destination_mac, FRAME_PEER_MAC, PACKET_MAC_BYTES), 0);
	struct tcp_segment segment;
	uint16_t source, destination;
	CU_ASSERT_EQUAL(tcp_segment_parse(packet.payload, &segment, &source, &destination), TCP_SEGMENT_OK);
	uint32_t len = payload_len - at < 1460 ? payload_len - at : 1460;
	CU_ASSERT_EQUAL_FATAL(segment.payload.len, len);
	CU_ASSERT_EQUAL(segment.seq, 7 + at);
	CU_ASSERT_EQUAL(segment.flags, at + len == payload_len ? TCP_ACK | TCP_PSH | TCP_FIN : TCP_ACK);
	CU_ASSERT_EQUAL(segment.payload.data[0], (uint8_t)(5 + at));
	CU_ASSERT_EQUAL(segment.payload.data[len - 1], (uint8_t)(5 + at + len - 1));
	return len;
}

static void test_a_train_is_cut_here(void)
{
	struct frame request = frame_arp(true, "192.0.2.1", "192.0.2.10");
	struct flow_key flows[] = {flow_to_peer("192.0.2.10", "192.0.2.1", 0),
		flow_to_peer("198.51.100.10", "198.51.100.1", 42), flow_to_peer("192.0.2.10", "203.0.113.1", 0)};
	two_workers_begin();
	meet(&request);
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		for (uint32_t len = 1459; len < 44 * 1460; len += 7777) {
			struct tcp_segment train = train_of(len);
			tx_begin(&workers[i % WORKERS].tx, START);
			CU_ASSERT_TRUE(tx_emit(&workers[i % WORKERS].tx, &flows[i], NULL, &train));
			two_workers_flush();
			two_workers_flush(); /* a relay takes a burst at a time */
			for (uint32_t at = 0; at < len;)
				at += expect_piece(&flows[i], at, len);
		}
	}
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

/* What a NIC that cuts is given: the flags, the lengths of the headers, DPDK's own pseudo header sum, all of the
 * payload.
 */
static uint32_t expect_offloaded(const struct flow_key *key, uint32_t at, uint32_t payload_len)
{
	static uint8_t copy[70000];
	struct rte_mbuf *mbuf = NULL;
	CU_ASSERT_EQUAL_FATAL(rte_ring_dequeue(wire, (void **)&mbuf), 0);
	unsigned l2 = key->vlan != 0 ? 18 : 14, l3 = ip_address_is_v4(&key->local_ip) ? 20 : 40;
	uint64_t family = l3 == 20 ? RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM : RTE_MBUF_F_TX_IPV6;
	CU_ASSERT_EQUAL(mbuf->ol_flags, RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_TCP_CKSUM | family);
	CU_ASSERT_EQUAL(mbuf->l2_len, l2);
	CU_ASSERT_EQUAL(mbuf->l3_len, l3);
	CU_ASSERT_EQUAL(mbuf->l4_len, 20);
	CU_ASSERT_EQUAL(mbuf->tso_segsz, 1460);
	const uint8_t *frame = rte_pktmbuf_read(mbuf, 0, mbuf->pkt_len, copy);
	CU_ASSERT_PTR_NOT_NULL_FATAL(frame);
	uint32_t len = mbuf->pkt_len - l2 - l3 - 20;
	uint16_t sum = l3 == 20 ? rte_ipv4_phdr_cksum((const void *)(frame + l2), mbuf->ol_flags)
				: rte_ipv6_phdr_cksum((const void *)(frame + l2), mbuf->ol_flags);
	CU_ASSERT_EQUAL(memcmp(frame + l2 + l3 + 16, &sum, sizeof(sum)), 0);
	CU_ASSERT_EQUAL(packet_get_16(frame + l2 + (l3 == 20 ? 2 : 4)), (l3 == 20 ? l3 : 0) + 20 + len);
	CU_ASSERT_EQUAL(packet_get_32(frame + l2 + l3 + 4), 7 + at);
	for (uint32_t i = 0; i < len; i++)
		if (frame[l2 + l3 + 20 + i] != (uint8_t)(5 + at + i))
			CU_FAIL_FATAL("another octet");
	CU_ASSERT_EQUAL((frame[l2 + l3 + 13] & TCP_FIN) != 0, at + len == payload_len);
	rte_pktmbuf_free(mbuf);
	return len;
}

static void test_a_port_cuts_the_train(void)
{
	struct flow_key flows[] = {flow_to_peer("192.0.2.10", "192.0.2.1", 0),
		flow_to_peer("198.51.100.10", "198.51.100.1", 42), flow_to_peer("2001:db8::10", "2001:db8::77", 0)};
	two_workers_begin();
	port->offload_tcp_checksum = true;
	port->cut_frame_bytes = 14 + 40 + 20 + 1460;
	for (uint32_t most = 65407; most > 4000; most = most / 3 + 1) {
		port->segment_bytes = most;
		for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
			struct tcp_segment train = train_of(44 * 1460);
			tx_begin(&workers[1].tx, START);
			CU_ASSERT_TRUE(tx_emit(&workers[1].tx, &flows[i], NULL, &train));
			two_workers_flush();
			for (uint32_t at = 0; at < train.payload_len;) {
				uint32_t len = expect_offloaded(&flows[i], at, train.payload_len);
				CU_ASSERT_TRUE(len <= most);
				at += len;
			}
		}
	}
	/* Frames that the port would not make are made here. */
	port->segment_bytes = 65407;
	port->cut_frame_bytes = 14 + 20 + 20 + 1459;
	struct tcp_segment train = train_of(2920);
	CU_ASSERT_TRUE(tx_emit(&workers[0].tx, &flows[0], NULL, &train));
	two_workers_flush();
	CU_ASSERT_EQUAL(rte_ring_count(wire), 2);
	empty_wire();
	port->offload_tcp_checksum = false;
	port->segment_bytes = 0;
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

/* Buffers are counted, not packets: what waits stays within what the pool was made for. */
static void test_long_packets_fill_the_buffer(void)
{
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	struct tcp_segment train = train_of(44 * 1460);
	unsigned taken = 0;
	two_workers_begin();
	port->offload_tcp_checksum = true;
	port->segment_bytes = 65407;
	port->cut_frame_bytes = 1518;
	while (tx_emit(&workers[0].tx, &key, NULL, &train))
		taken++;
	CU_ASSERT_EQUAL(taken, 8); /* of 32 buffers each */
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), TX_BUFFER_PKTS);
	CU_ASSERT_EQUAL(two_workers_drops(DROP_TX_FULL), 1);
	tx_flush(&workers[0].tx);
	for (unsigned i = 0; i < taken; i++)
		expect_offloaded(&key, 0, train.payload_len);
	CU_ASSERT_TRUE(tx_emit(&workers[0].tx, &key, NULL, &train));
	tx_flush(&workers[0].tx);
	port->offload_tcp_checksum = false;
	port->segment_bytes = 0;
	empty_wire();
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_a_train_waits_for_its_neighbour(void)
{
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.99", 0);
	struct tcp_segment train = train_of(5 * 1460);
	struct packet packet;
	two_workers_begin();
	tx_begin(&workers[0].tx, START);
	CU_ASSERT_TRUE(tx_emit(&workers[0].tx, &key, NULL, &train));
	two_workers_flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ARP);
	CU_ASSERT_EQUAL(two_workers_drops(DROP_NEIGH_UNRESOLVED), 5 - NEIGH_MAX_HELD);
	struct frame answer = frame_arp(false, "192.0.2.99", "192.0.2.10");
	put(&answer);
	two_workers_poll(START + 1000);
	two_workers_flush();
	for (uint32_t at = (5 - NEIGH_MAX_HELD) * 1460; at < train.payload_len;)
		at += expect_piece(&key, at, train.payload_len);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static uint16_t refuse_the_second(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	static unsigned seen;
	(void)queue;
	(void)pkts;
	for (uint16_t i = 0; i < n; i++)
		if (++seen == 2)
			return i;
	return n;
}

static void test_what_the_driver_refuses_is_dropped_alone(void)
{
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	two_workers_begin();
	eth_tx_prep_t before = rte_eth_fp_ops[port->id].tx_pkt_prepare;
	rte_eth_fp_ops[port->id].tx_pkt_prepare = refuse_the_second;
	port->offload_tcp_checksum = true;
	for (uint32_t i = 0; i < 4; i++) {
		struct tcp_segment segment = {.seq = i, .flags = TCP_ACK};
		CU_ASSERT_TRUE(tx_emit(&workers[0].tx, &key, NULL, &segment));
	}
	two_workers_flush();
	rte_eth_fp_ops[port->id].tx_pkt_prepare = before;
	port->offload_tcp_checksum = false;
	CU_ASSERT_EQUAL(two_workers_drops(DROP_TX_REFUSED), 1);
	CU_ASSERT_EQUAL(rte_ring_count(wire), 3);
	struct rte_mbuf *mbuf = NULL;
	for (uint32_t i = 0; i < 4; i += i == 0 ? 2 : 1) {
		CU_ASSERT_EQUAL_FATAL(rte_ring_dequeue(wire, (void **)&mbuf), 0);
		CU_ASSERT_EQUAL(packet_get_32(rte_pktmbuf_mtod_offset(mbuf, uint8_t *, 38)), i);
		rte_pktmbuf_free(mbuf);
	}
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"segments leave from either worker", test_segments_leave_from_either_worker},
		{"a segment waits for its neighbour", test_a_segment_waits_for_its_neighbour},
		{"the VLAN is kept", test_vlan_is_kept},
		{"a full wire holds segments back", test_a_full_wire_holds_segments_back},
		{"without packet buffers", test_without_packet_buffers},
		{"a train is cut here", test_a_train_is_cut_here},
		{"a port cuts the train", test_a_port_cuts_the_train},
		{"long packets fill the buffer", test_long_packets_fill_the_buffer},
		{"a train waits for its neighbour", test_a_train_waits_for_its_neighbour},
		{"what the driver refuses is dropped alone", test_what_the_driver_refuses_is_dropped_alone},
		CU_TEST_INFO_NULL,
	};
	if (!two_workers_start()) {
		printf("ERROR %s\n", error);
		return 1;
	}
	int failed = unit_run("tx", tests);
	two_workers_stop();
	return failed;
}
