/* SPDX-License-Identifier: BSD-3-Clause */
#include "two_workers.h"

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

int main(void)
{
	CU_TestInfo tests[] = {
		{"segments leave from either worker", test_segments_leave_from_either_worker},
		{"a segment waits for its neighbour", test_a_segment_waits_for_its_neighbour},
		{"the VLAN is kept", test_vlan_is_kept},
		{"a full wire holds segments back", test_a_full_wire_holds_segments_back},
		{"without packet buffers", test_without_packet_buffers},
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
