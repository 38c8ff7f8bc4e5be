/* SPDX-License-Identifier: BSD-3-Clause */
#include "two_workers.h"

static void syn_from(uint16_t source_port)
{
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct packet_build_ip ip = {
		.source = frame_ip("192.0.2.1"), .destination = frame_ip("192.0.2.10"), .protocol = 6};
	frame.data[frame.transport_at] = (uint8_t)(source_port >> 8);
	frame.data[frame.transport_at + 1] = (uint8_t)source_port;
	frame_sum(&frame, &ip, 16);
	put(&frame);
}

static void test_a_flow_stays_with_its_worker(void)
{
	unsigned n[WORKERS] = {0};
	two_workers_begin();
	for (uint16_t flow = 1; flow <= 200; flow++) {
		unsigned owner = WORKERS;
		for (unsigned round = 0; round < 3; round++) {
			unsigned before = workers[0].tcp.n_input;
			syn_from(flow);
			two_workers_poll(START);
			unsigned now = workers[0].tcp.n_input == before;
			CU_ASSERT_TRUE(owner == WORKERS || owner == now);
			owner = now;
			CU_ASSERT_EQUAL(workers[owner].tcp.last.remote_port, flow);
			CU_ASSERT_EQUAL(workers[owner].tcp.last.local_port, 443);
			CU_ASSERT_EQUAL(workers[owner].tcp.last.port_id, port->id);
		}
		n[owner]++;
	}
	CU_ASSERT_TRUE(n[0] > 60 && n[1] > 60);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_PKTS), 600);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_HANDED_OFF_PKTS), 3 * n[1]);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_DELIVERED_PKTS), 600);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_a_full_box_drops_and_counts(void)
{
	two_workers_begin();
	for (uint16_t i = 0; i < 32; i++) {
		for (uint16_t flow = 1; flow <= 128; flow++)
			syn_from(flow);
		while (rx_poll(&workers[0].rx, START) > 0)
			; /* worker 1 does not run */
	}
	uint64_t lost = two_workers_drops(DROP_HANDOFF_FULL);
	CU_ASSERT_TRUE(lost > 0);
	CU_ASSERT_EQUAL(
		workers[0].tcp.n_input + stats_get_mt(&workers[0].stats, STAT_RX_HANDED_OFF_PKTS) + lost, 32 * 128);
	while (rx_poll(&workers[1].rx, START) > 0)
		;
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_PKTS), two_workers_total(STAT_RX_DELIVERED_PKTS) + lost);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_frames_in_pieces(void)
{
	two_workers_begin();
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct rte_mbuf *head = make_mbuf((struct bytes){frame.data, 20});
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){frame.data + 20, 1})), 0);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){frame.data + 21, frame.len - 21})), 0);
	put_mbuf(head);
	two_workers_poll(START);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_DELIVERED_PKTS), 1);
	static const uint8_t half[1500];
	head = make_mbuf((struct bytes){half, sizeof(half)});
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){half, sizeof(half)})), 0);
	put_mbuf(head);
	two_workers_poll(START);
	CU_ASSERT_EQUAL(two_workers_drops(DROP_FRAME_LONG), 1);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

/* What a port says of checksums counts only where it was asked to look, and only if it is good. */
static void test_whose_checksums_are_believed(void)
{
	static const struct {
		bool asked;
		uint64_t says;
		uint64_t delivered;
	} cases[] = {{false, RTE_MBUF_F_RX_L4_CKSUM_GOOD, 0}, {true, RTE_MBUF_F_RX_L4_CKSUM_GOOD, 1},
		{true, RTE_MBUF_F_RX_L4_CKSUM_BAD, 0}, {true, RTE_MBUF_F_RX_L4_CKSUM_NONE, 0}, {true, 0, 0}};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		two_workers_begin();
		struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
		frame.data[frame.transport_at + 16] ^= 1;
		struct rte_mbuf *mbuf = make_mbuf(frame_bytes(&frame));
		mbuf->ol_flags |= cases[i].says;
		port->offload_rx_checksum = cases[i].asked;
		put_mbuf(mbuf);
		two_workers_poll(START);
		CU_ASSERT_EQUAL(two_workers_total(STAT_RX_DELIVERED_PKTS), cases[i].delivered);
		CU_ASSERT_EQUAL(two_workers_drops(DROP_TCP_CHECKSUM), 1 - cases[i].delivered);
		port->offload_rx_checksum = false;
	}
}

static void test_arp_and_echo_are_answered(void)
{
	static const uint8_t echo[12] = {8};
	struct packet packet;
	two_workers_begin();
	struct frame frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
	put(&frame);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", echo, sizeof(echo));
	put(&frame);
	two_workers_poll(START);
	two_workers_flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ARP);
	struct rte_mbuf *reply = NULL;
	CU_ASSERT_EQUAL_FATAL(rte_ring_dequeue(wire, (void **)&reply), 0);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(reply, uint8_t *)[34], PACKET_ICMP_ECHO_REPLY);
	rte_pktmbuf_free(reply);
	CU_ASSERT_FALSE(get(&packet));
	CU_ASSERT_EQUAL(two_workers_total(STAT_TX_PKTS), 2);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_DELIVERED_PKTS), 2);
}

static void test_too_big_reaches_the_flows_owner(void)
{
	uint8_t message[36] = {3, 4, 0, 0, 0, 0, 0x05, 0x78, 0x45, 0, 0, 60, 0, 0, 0x40, 0, 63, 6, 0, 0, 192, 0, 2, 10,
		198, 51, 100, 7, 0x01, 0xbb, 0x04, 0xd2, 1, 2, 3, 4};
	two_workers_begin();
	struct frame frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	put(&frame);
	two_workers_poll(START);
	CU_ASSERT_EQUAL(workers[0].tcp.n_too_big, 1);
	CU_ASSERT_EQUAL(workers[1].tcp.n_too_big, 1);
	CU_ASSERT_EQUAL(workers[1].tcp.last.local_port, 443);
	workers[0].tcp.believes = true;
	put(&frame);
	two_workers_poll(START);
	CU_ASSERT_EQUAL(workers[0].tcp.n_too_big, 2);
	CU_ASSERT_EQUAL(workers[1].tcp.n_too_big, 1); /* found its owner */
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_DELIVERED_PKTS), 2);
}

/* --- every packet is accounted for --- */

static uint64_t seed = 20240607;

static uint32_t random_below(uint32_t bound)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(seed >> 33) % bound;
}

static struct frame random_frame(void)
{
	static const uint8_t echo[64] = {8}, echo6[64] = {128},
			     solicitation[24] = {135, [8] = 0x20, 1, 0x0d, 0xb8, [23] = 0x10};
	switch (random_below(8)) {
	case 0:
		return frame_arp(random_below(2) == 0, "192.0.2.7", "192.0.2.10");
	case 1:
		return frame_icmp("192.0.2.1", "192.0.2.10", echo, sizeof(echo));
	case 2:
		return frame_icmp("2001:db8::1", "2001:db8::10", echo6, sizeof(echo6));
	case 3:
		return frame_icmp("2001:db8::1", "2001:db8::10", solicitation, sizeof(solicitation));
	case 4:
		return frame_syn(0, "2001:db8::1", "2001:db8::10");
	case 5:
		return frame_syn(42, "198.51.100.1", "198.51.100.10");
	default:
		return frame_syn(0, "192.0.2.1", "192.0.2.10");
	}
}

/* Half of them as they are, half with one to three octets changed or cut short. */
static void put_random(void)
{
	struct frame frame = random_frame();
	if (random_below(2) == 0)
		for (uint32_t i = random_below(3) + 1; i > 0; i--)
			frame.data[random_below((uint32_t)frame.len)] = (uint8_t)random_below(256);
	if (random_below(10) == 0)
		frame.len = random_below((uint32_t)frame.len + 1);
	put(&frame);
}

static uint64_t all_rx_drops(void)
{
	uint64_t n = 0;
	for (unsigned i = 0; i < DROP_REASONS; i++)
		if (i != DROP_NEIGH_FULL && i != DROP_NEIGH_UNRESOLVED && i != DROP_TX_FULL && i != DROP_MBUF_EMPTY)
			n += two_workers_drops((enum drop_reason)i);
	return n;
}

static void test_received_is_delivered_or_dropped(void)
{
	two_workers_begin();
	uint64_t now_us = START;
	for (unsigned i = 0; i < 2000; i++) {
		for (unsigned j = random_below(40); j > 0; j--)
			put_random();
		while (rte_ring_count(wire) > 0)
			two_workers_poll(now_us);
		two_workers_flush();
		empty_wire();
		now_us += 1000;
		for (unsigned w = 0; w < WORKERS; w++)
			neigh_advance(workers[w].neigh, now_us);
	}
	for (unsigned i = 0; i < 40; i++)
		two_workers_poll(now_us); /* what is still in the boxes */
	CU_ASSERT_TRUE(two_workers_total(STAT_RX_PKTS) > 30000);
	CU_ASSERT_TRUE(two_workers_total(STAT_RX_DELIVERED_PKTS) > 10000);
	CU_ASSERT_EQUAL(two_workers_total(STAT_RX_PKTS), two_workers_total(STAT_RX_DELIVERED_PKTS) + all_rx_drops());
	two_workers_flush();
	empty_wire();
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a flow stays with its worker", test_a_flow_stays_with_its_worker},
		{"a full box drops and counts", test_a_full_box_drops_and_counts},
		{"frames in pieces", test_frames_in_pieces},
		{"whose checksums are believed", test_whose_checksums_are_believed},
		{"ARP and echo are answered", test_arp_and_echo_are_answered},
		{"packet too big reaches the flow's owner", test_too_big_reaches_the_flows_owner},
		{"received is delivered or dropped", test_received_is_delivered_or_dropped},
		CU_TEST_INFO_NULL,
	};
	if (!two_workers_start()) {
		printf("ERROR %s\n", error);
		return 1;
	}
	int failed = unit_run("rx", tests);
	two_workers_stop();
	return failed;
}
