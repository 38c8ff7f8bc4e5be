/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two workers on one port with one queue: a ring device, whose other end the test holds. TCP is replaced by functions
 * of the test's own, so that what rx hands to it and what tx makes of it can be seen.
 */
#include "rx.h"
#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "frame.h"
#include "unit.h"

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <sched.h>
#include <stdlib.h>

#define START   UINT64_C(10000000)
#define WORKERS 2

struct tcp_stack {
	struct stats *stats;
	struct flow_key last;
	struct tcp_segment last_segment;
	unsigned n_input, n_too_big;
	bool believes;
};

struct world {
	struct tcp_stack tcp;
	struct stats stats;
	struct fellow fellow;
	struct tx tx;
	struct rx rx;
	struct neigh *neigh;
};

static struct config_address addresses[3] = {
	{.prefix_len = 24, .has_gateway = true}, {.prefix_len = 64}, {.prefix_len = 24, .vlan = 42}};
static struct config_port port_config = {.device = "net_ring0",
	.mtu_bytes = 1500,
	.rx_ring_pkts = 64,
	.tx_ring_pkts = 64,
	.addresses = addresses,
	.n_addresses = 3};
static struct port *port;
static struct local_address_table *table;
static struct rte_ring *wire; /* what is put in is received, what is sent comes out */
static struct world workers[WORKERS];
static char error[256];

/* --- TCP, as far as rx and tx need it --- */

void tcp_stack_input(
	struct tcp_stack *stack, const struct flow_key *key, const struct tcp_segment *segment, uint64_t now_us)
{
	(void)now_us;
	stack->n_input++;
	stack->last = *key;
	stack->last_segment = *segment;
	stats_add(stack->stats, STAT_RX_DELIVERED_PKTS, 1);
}

bool tcp_stack_packet_too_big(
	struct tcp_stack *stack, const struct flow_key *key, uint32_t sequence, uint32_t mtu_bytes, uint64_t now_us)
{
	(void)now_us;
	(void)sequence;
	(void)mtu_bytes;
	stack->last = *key;
	stack->n_too_big++;
	return stack->believes;
}

void tcp_conn_copy_payload(const struct tcp_conn *conn, const struct tcp_segment *segment, uint8_t *data)
{
	(void)conn;
	for (uint32_t i = 0; i < segment->payload_len; i++)
		data[i] = (uint8_t)(segment->payload_offset + i);
}

/* --- the two workers --- */

static void on_transmit(void *context, uint16_t port_id, struct bytes frame)
{
	struct world *world = context;
	tx_frame(&world->tx, port_id, frame);
}

static void on_send(void *context, uint16_t port_id, void *packet, const uint8_t mac[PACKET_MAC_BYTES])
{
	struct world *world = context;
	tx_packet(&world->tx, port_id, packet, mac);
}

static void on_drop(void *context, void *packet)
{
	struct world *world = context;
	tx_drop(&world->tx, packet);
}

static bool on_learned(void *context, const struct neigh_news *news)
{
	struct world *world = context;
	struct fellow_message message = {.kind = FELLOW_NEIGHBOUR, .neighbour = *news};
	return fellow_tell(&world->fellow, &message);
}

static bool start_worker(unsigned index)
{
	static const uint8_t key[16] = {1, 2, 3};
	struct world *world = &workers[index];
	struct neigh_callbacks callbacks = {
		.context = world, .transmit = on_transmit, .send = on_send, .drop = on_drop, .learned = on_learned};
	world->tcp.stats = &world->stats;
	world->neigh = neigh_create(table, &callbacks, key, &world->stats);
	if (!world->neigh || fellow_init(&world->fellow, index, key) != 0 ||
		tx_init(&world->tx, index, &port, 1, &world->stats) != 0)
		return false;
	world->tx.neigh = world->neigh;
	world->rx = (struct rx){.ports = &port,
		.n_ports = 1,
		.addresses = table,
		.fellow = &world->fellow,
		.neigh = world->neigh,
		.tcp = &world->tcp,
		.tx = &world->tx,
		.stats = &world->stats};
	return true;
}

static bool start(void)
{
	cpu_set_t set;
	unsigned lcore = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (lcore < CPU_SETSIZE && !CPU_ISSET(lcore, &set))
		lcore++;
	struct config config = {
		.worker = {.lcores = &lcore, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 128},
		.ports = &port_config,
		.n_ports = 1,
	};
	if (eal_start(&config, error, sizeof(error)) != 0)
		return false;
	addresses[0].ip = frame_ip("192.0.2.10");
	addresses[0].gateway = frame_ip("192.0.2.1");
	addresses[1].ip = frame_ip("2001:db8::10");
	addresses[2].ip = frame_ip("198.51.100.10");
	port = port_create(&port_config, WORKERS, 128, error, sizeof(error));
	wire = rte_ring_lookup("ETH_RXTX0_net_ring0");
	if (!port || !wire || port->n_queues != 1 || port->steers_flows)
		return false;
	memcpy(port->mac, FRAME_OUR_MAC, sizeof(port->mac));
	struct local_address_link link = {.port_id = port->id, .config = &port_config};
	memcpy(link.mac, FRAME_OUR_MAC, sizeof(link.mac));
	table = local_address_create(&link, 1);
	for (unsigned i = 0; i < WORKERS; i++)
		if (!table || !start_worker(i))
			return false;
	for (unsigned i = 0; i < WORKERS; i++)
		for (unsigned j = 0; j < WORKERS; j++)
			fellow_connect(&workers[i].fellow, &workers[j].fellow);
	return true;
}

static void stop(void)
{
	for (unsigned i = 0; i < WORKERS; i++) {
		neigh_destroy(workers[i].neigh);
		tx_fini(&workers[i].tx);
		fellow_fini(&workers[i].fellow);
	}
	local_address_destroy(table);
	port_destroy(port);
	eal_stop();
}

/* --- the wire --- */

static void put_mbuf(struct rte_mbuf *mbuf)
{
	CU_ASSERT_EQUAL_FATAL(rte_ring_enqueue(wire, mbuf), 0);
}

static struct rte_mbuf *make_mbuf(struct bytes frame)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	char *room = rte_pktmbuf_append(mbuf, (uint16_t)frame.len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(room);
	memcpy(room, frame.data, frame.len);
	return mbuf;
}

static void put(const struct frame *frame)
{
	put_mbuf(make_mbuf(frame_bytes(frame)));
}

/* What was sent, parsed; the payload view stays valid until the next call. @return false if the wire is empty. */
static bool get(struct packet *out)
{
	static uint8_t copy[2048];
	struct rte_mbuf *mbuf;
	enum drop_reason reason;
	if (rte_ring_dequeue(wire, (void **)&mbuf) != 0)
		return false;
	size_t len = rte_pktmbuf_data_len(mbuf);
	memcpy(copy, rte_pktmbuf_mtod(mbuf, void *), len);
	rte_pktmbuf_free(mbuf);
	CU_ASSERT_TRUE(packet_parse((struct bytes){copy, len}, 0, out, &reason));
	return true;
}

static void empty_wire(void)
{
	struct rte_mbuf *mbuf;
	while (rte_ring_dequeue(wire, (void **)&mbuf) == 0)
		rte_pktmbuf_free(mbuf);
}

/* One poll of both workers, sends left out. */
static void poll_workers(uint64_t now_us)
{
	struct fellow_message message;
	for (unsigned i = 0; i < WORKERS; i++)
		tx_begin(&workers[i].tx, now_us);
	rx_poll(&workers[0].rx, now_us);
	for (unsigned i = 0; i < WORKERS; i++) {
		if (i > 0)
			rx_poll(&workers[i].rx, now_us);
		while (fellow_take_message(&workers[i].fellow, &message)) {
			if (message.kind == FELLOW_NEIGHBOUR)
				neigh_learn(workers[i].neigh, &message.neighbour, now_us);
			else
				tcp_stack_packet_too_big(&workers[i].tcp, &message.too_big.key, 0, 0, now_us);
		}
	}
}

static void flush(void)
{
	tx_flush(&workers[1].tx); /* has no queue: gives to worker 0 */
	tx_flush(&workers[0].tx);
}

static uint64_t total(enum stat which)
{
	return stats_get_mt(&workers[0].stats, which) + stats_get_mt(&workers[1].stats, which);
}

static uint64_t total_drops(enum drop_reason which)
{
	return stats_get_drop_mt(&workers[0].stats, which) + stats_get_drop_mt(&workers[1].stats, which);
}

static void begin(void)
{
	struct fellow_message message;
	for (unsigned i = 0; i < WORKERS; i++) {
		memset(&workers[i].stats, 0, sizeof(workers[i].stats));
		memset(&workers[i].tcp, 0, sizeof(workers[i].tcp));
		workers[i].tcp.stats = &workers[i].stats;
		while (fellow_take_message(&workers[i].fellow, &message))
			;
	}
	CU_ASSERT_EQUAL(rte_ring_count(wire), 0);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

/* --- tests --- */

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
	begin();
	for (uint16_t flow = 1; flow <= 200; flow++) {
		unsigned owner = WORKERS;
		for (unsigned round = 0; round < 3; round++) {
			unsigned before = workers[0].tcp.n_input;
			syn_from(flow);
			poll_workers(START);
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
	CU_ASSERT_EQUAL(total(STAT_RX_PKTS), 600);
	CU_ASSERT_EQUAL(total(STAT_RX_HANDED_OFF_PKTS), 3 * n[1]);
	CU_ASSERT_EQUAL(total(STAT_RX_DELIVERED_PKTS), 600);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_a_full_box_drops_and_counts(void)
{
	begin();
	for (uint16_t i = 0; i < 32; i++) {
		for (uint16_t flow = 1; flow <= 128; flow++)
			syn_from(flow);
		while (rx_poll(&workers[0].rx, START) > 0)
			; /* worker 1 does not run */
	}
	uint64_t lost = total_drops(DROP_HANDOFF_FULL);
	CU_ASSERT_TRUE(lost > 0);
	CU_ASSERT_EQUAL(
		workers[0].tcp.n_input + stats_get_mt(&workers[0].stats, STAT_RX_HANDED_OFF_PKTS) + lost, 32 * 128);
	while (rx_poll(&workers[1].rx, START) > 0)
		;
	CU_ASSERT_EQUAL(total(STAT_RX_PKTS), total(STAT_RX_DELIVERED_PKTS) + lost);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_frames_in_pieces(void)
{
	begin();
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct rte_mbuf *head = make_mbuf((struct bytes){frame.data, 20});
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){frame.data + 20, 1})), 0);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){frame.data + 21, frame.len - 21})), 0);
	put_mbuf(head);
	poll_workers(START);
	CU_ASSERT_EQUAL(total(STAT_RX_DELIVERED_PKTS), 1);
	static const uint8_t half[1500];
	head = make_mbuf((struct bytes){half, sizeof(half)});
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(head, make_mbuf((struct bytes){half, sizeof(half)})), 0);
	put_mbuf(head);
	poll_workers(START);
	CU_ASSERT_EQUAL(total_drops(DROP_FRAME_LONG), 1);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
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

static void test_arp_and_echo_are_answered(void)
{
	static const uint8_t echo[12] = {8};
	struct packet packet;
	begin();
	struct frame frame = frame_arp(true, "192.0.2.1", "192.0.2.10");
	put(&frame);
	frame = frame_icmp("192.0.2.1", "192.0.2.10", echo, sizeof(echo));
	put(&frame);
	poll_workers(START);
	flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ARP);
	struct rte_mbuf *reply = NULL;
	CU_ASSERT_EQUAL_FATAL(rte_ring_dequeue(wire, (void **)&reply), 0);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(reply, uint8_t *)[34], PACKET_ICMP_ECHO_REPLY);
	rte_pktmbuf_free(reply);
	CU_ASSERT_FALSE(get(&packet));
	CU_ASSERT_EQUAL(total(STAT_TX_PKTS), 2);
	CU_ASSERT_EQUAL(total(STAT_RX_DELIVERED_PKTS), 2);
}

/* Both workers know the peer by now: one from the request, the other from its fellow. */
static void expect_segment(struct world *world, const struct flow_key *key, uint32_t payload_len)
{
	struct tcp_segment segment = {.seq = 7, .flags = TCP_ACK, .payload_offset = 5, .payload_len = payload_len};
	struct packet packet;
	tx_begin(&world->tx, START);
	CU_ASSERT_TRUE(tx_emit(&world->tx, key, NULL, &segment));
	flush();
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
	begin();
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
	begin();
	tx_begin(&workers[1].tx, START);
	CU_ASSERT_TRUE(tx_emit(&workers[1].tx, &key, NULL, &segment));
	flush();
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
	poll_workers(START + 1000);
	flush();
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_TCP);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_vlan_is_kept(void)
{
	begin();
	struct frame frame = frame_arp(true, "198.51.100.1", "198.51.100.10");
	memmove(frame.data + 18, frame.data + 14, 28);
	static const uint8_t tag[] = {0x81, 0, 0, 42, 0x08, 0x06};
	memcpy(frame.data + 12, tag, sizeof(tag));
	frame.len += 4;
	put(&frame);
	poll_workers(START);
	flush();
	struct packet packet;
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.vlan, 42);
	struct flow_key key = flow_to_peer("198.51.100.10", "198.51.100.1", 42);
	expect_segment(&workers[0], &key, 10);
	expect_segment(&workers[1], &key, 10);
}

static void test_too_big_reaches_the_flows_owner(void)
{
	uint8_t message[36] = {3, 4, 0, 0, 0, 0, 0x05, 0x78, 0x45, 0, 0, 60, 0, 0, 0x40, 0, 63, 6, 0, 0, 192, 0, 2, 10,
		198, 51, 100, 7, 0x01, 0xbb, 0x04, 0xd2, 1, 2, 3, 4};
	begin();
	struct frame frame = frame_icmp("203.0.113.9", "192.0.2.10", message, sizeof(message));
	put(&frame);
	poll_workers(START);
	CU_ASSERT_EQUAL(workers[0].tcp.n_too_big, 1);
	CU_ASSERT_EQUAL(workers[1].tcp.n_too_big, 1);
	CU_ASSERT_EQUAL(workers[1].tcp.last.local_port, 443);
	workers[0].tcp.believes = true;
	put(&frame);
	poll_workers(START);
	CU_ASSERT_EQUAL(workers[0].tcp.n_too_big, 2);
	CU_ASSERT_EQUAL(workers[1].tcp.n_too_big, 1); /* found its owner */
	CU_ASSERT_EQUAL(total(STAT_RX_DELIVERED_PKTS), 2);
}

/* A NIC that takes nothing: what waits is bounded, TCP is told to keep its segments, and nothing is lost of what waits.
 */
static void test_a_full_wire_holds_segments_back(void)
{
	struct flow_key key = flow_to_peer("192.0.2.10", "192.0.2.1", 0);
	struct tcp_segment segment = {.flags = TCP_ACK, .payload_len = 100};
	struct packet packet;
	unsigned taken = 0;
	begin();
	while (tx_emit(&workers[0].tx, &key, NULL, &segment)) {
		taken++;
		tx_flush(&workers[0].tx);
		CU_ASSERT_TRUE_FATAL(taken < 10000);
	}
	CU_ASSERT_EQUAL(total_drops(DROP_TX_FULL), 1);
	CU_ASSERT_TRUE(rte_ring_free_count(wire) == 0 || total_drops(DROP_MBUF_EMPTY) > 0);
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
	begin();
	while (n < 65536 && (all[n] = rte_pktmbuf_alloc(port->pool)))
		n++;
	CU_ASSERT_FALSE(tx_emit(&workers[0].tx, &key, NULL, &segment));
	CU_ASSERT_EQUAL(total_drops(DROP_MBUF_EMPTY), 1);
	rte_pktmbuf_free_bulk(all, n);
	expect_segment(&workers[0], &key, 0);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
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
			n += total_drops((enum drop_reason)i);
	return n;
}

static void test_received_is_delivered_or_dropped(void)
{
	begin();
	uint64_t now_us = START;
	for (unsigned i = 0; i < 2000; i++) {
		for (unsigned j = random_below(40); j > 0; j--)
			put_random();
		while (rte_ring_count(wire) > 0)
			poll_workers(now_us);
		flush();
		empty_wire();
		now_us += 1000;
		for (unsigned w = 0; w < WORKERS; w++)
			neigh_advance(workers[w].neigh, now_us);
	}
	for (unsigned i = 0; i < 40; i++)
		poll_workers(now_us); /* what is still in the boxes */
	CU_ASSERT_TRUE(total(STAT_RX_PKTS) > 30000);
	CU_ASSERT_TRUE(total(STAT_RX_DELIVERED_PKTS) > 10000);
	CU_ASSERT_EQUAL(total(STAT_RX_PKTS), total(STAT_RX_DELIVERED_PKTS) + all_rx_drops());
	flush();
	empty_wire();
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a flow stays with its worker", test_a_flow_stays_with_its_worker},
		{"a full box drops and counts", test_a_full_box_drops_and_counts},
		{"frames in pieces", test_frames_in_pieces},
		{"ARP and echo are answered", test_arp_and_echo_are_answered},
		{"segments leave from either worker", test_segments_leave_from_either_worker},
		{"a segment waits for its neighbour", test_a_segment_waits_for_its_neighbour},
		{"the VLAN is kept", test_vlan_is_kept},
		{"packet too big reaches the flow's owner", test_too_big_reaches_the_flows_owner},
		{"a full wire holds segments back", test_a_full_wire_holds_segments_back},
		{"without packet buffers", test_without_packet_buffers},
		{"received is delivered or dropped", test_received_is_delivered_or_dropped},
		CU_TEST_INFO_NULL,
	};
	if (!start()) {
		printf("ERROR %s\n", error);
		return 1;
	}
	int failed = unit_run("rx", tests);
	stop();
	return failed;
}
