/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole worker, polled by hand, on a ring device whose other end the test holds. */
#include "worker.h"

#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "cert_table_writer.h"
#include "frame.h"
#include "ring_wire.h"
#include "tcp_segment.h"
#include "unit.h"

#include <sched.h>
#include <stdlib.h>

#include <rte_cycles.h>

static struct config_address address = {.prefix_len = 24};
static struct config_port port_config = {.device = "net_ring0",
	.mtu_bytes = 1500,
	.rx_ring_pkts = 64,
	.tx_ring_pkts = 64,
	.addresses = &address,
	.n_addresses = 1};
static struct config_binding binding = {.ip_kind = CONFIG_BIND_ANY,
	.port = 443,
	.ssl_flags = CONFIG_SSL_SNI | CONFIG_SSL_CENTRAL_STORE,
	.backend = "builtin:status"};
static unsigned lcore;
static struct config config = {
	.worker = {.lcores = &lcore, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 128},
	.ports = &port_config,
	.n_ports = 1,
	.bindings = &binding,
	.n_bindings = 1,
	.limits = {.connections = 64,
		.parked_handshakes = 8,
		.handshake_timeout_ms = 10000,
		.hello_timeout_ms = 5000,
		.load_timeout_ms = 1000,
		.linger_timeout_ms = 1000,
		.idle_timeout_ms = 60000,
		.live_certificates = 4,
		.receive_buffer_bytes = 131072,
		.send_buffer_bytes = 131072,
		.buffer_memory_mib = 16,
		.keepalive_requests = 10},
};
static struct worker_shared shared = {.config = &config};
static struct binding_table *bindings;
static struct port *port;
static struct worker *worker;
static struct rte_ring *wire;
static char error[256];

static void put(const struct frame *frame)
{
	ring_wire_put_mbuf(wire, ring_wire_make_mbuf(port, frame_bytes(frame)));
}

static bool get(struct packet *out)
{
	return ring_wire_get(wire, out);
}

static uint64_t stat_now(enum stat which)
{
	return stats_get_mt(worker_stats_mt(worker), which);
}

static uint64_t all_drops(void)
{
	uint64_t sum = 0;
	for (int reason = 0; reason < DROP_REASONS; reason++)
		sum += stats_get_drop_mt(worker_stats_mt(worker), (enum drop_reason)reason);
	return sum;
}

static void test_empty_poll_does_nothing(void)
{
	uint64_t polls = stat_now(STAT_POLLS), empty = stat_now(STAT_POLLS_EMPTY);
	(void)worker_poll(worker); /* the first one may announce our addresses */
	struct packet packet;
	while (get(&packet))
		;
	CU_ASSERT_EQUAL(worker_poll(worker), 0);
	CU_ASSERT_FALSE(get(&packet));
	CU_ASSERT_EQUAL(stat_now(STAT_POLLS), polls + 2);
	CU_ASSERT(stat_now(STAT_POLLS_EMPTY) >= empty + 1);
}

static void test_busy_cycles_are_those_of_polls_with_work(void)
{
	struct frame request = frame_arp(true, "192.0.2.1", "192.0.2.10");
	struct packet packet;
	while (worker_poll(worker) > 0)
		;
	uint64_t before = stat_now(STAT_BUSY_CYCLES);
	CU_ASSERT_EQUAL(worker_poll(worker), 0);
	CU_ASSERT_EQUAL(stat_now(STAT_BUSY_CYCLES), before);
	put(&request);
	uint64_t began_tsc = rte_get_tsc_cycles();
	CU_ASSERT(worker_poll(worker) > 0);
	uint64_t around_tsc = rte_get_tsc_cycles() - began_tsc;
	CU_ASSERT(stat_now(STAT_BUSY_CYCLES) > before);
	CU_ASSERT(stat_now(STAT_BUSY_CYCLES) - before <= around_tsc);
	CU_ASSERT_EQUAL(worker_tsc_hz_mt(), rte_get_tsc_hz());
	while (get(&packet))
		;
}

static void test_syn_gets_a_cookie_and_keeps_nothing(void)
{
	struct frame request = frame_arp(true, "192.0.2.1", "192.0.2.10");
	struct frame syn = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct packet packet;
	struct tcp_segment segment;
	uint16_t source, destination;
	put(&request);
	CU_ASSERT(worker_poll(worker) > 0);
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(packet.kind, PACKET_ARP);
	put(&syn);
	CU_ASSERT(worker_poll(worker) > 0);
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL_FATAL(packet.kind, PACKET_TCP);
	CU_ASSERT_EQUAL(tcp_segment_parse(packet.payload, &segment, &source, &destination), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(segment.flags & (TCP_SYN | TCP_ACK | TCP_RST), TCP_SYN | TCP_ACK);
	CU_ASSERT_EQUAL(source, 443);
	CU_ASSERT_EQUAL(stat_now(STAT_TCP_SYNS), 1);
	CU_ASSERT_EQUAL(stat_now(STAT_TCP_CONNECTIONS_NOW), 0);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_unbound_port_gets_a_reset(void)
{
	struct packet packet;
	struct tcp_segment segment;
	uint16_t source, destination;
	struct frame syn = frame_syn(0, "192.0.2.1", "192.0.2.10");
	binding.port = 8443; /* the snapshot is made anew, as control does */
	struct binding_table *other = binding_table_create(&config, (const uint8_t[16]){9});
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	atomic_store_explicit(&shared.bindings, other, memory_order_release);
	put(&syn);
	(void)worker_poll(worker);
	CU_ASSERT_TRUE_FATAL(get(&packet));
	CU_ASSERT_EQUAL(tcp_segment_parse(packet.payload, &segment, &source, &destination), TCP_SEGMENT_OK);
	CU_ASSERT_EQUAL(segment.flags & TCP_RST, TCP_RST);
	CU_ASSERT_EQUAL(stats_get_drop_mt(worker_stats_mt(worker), DROP_TCP_NO_LISTENER), 1);
	binding.port = 443;
	atomic_store_explicit(&shared.bindings, bindings, memory_order_release);
	binding_table_destroy(other);
}

static void test_received_is_delivered_or_dropped(void)
{
	struct frame frame = frame_syn(0, "192.0.2.1", "192.0.2.10");
	struct packet packet;
	uint64_t random = 1;
	for (int i = 0; i < 2000; i++) {
		struct frame mutant = frame;
		for (int j = 0; j < 3; j++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			mutant.data[(random >> 33) % frame_bytes(&mutant).len] ^= (uint8_t)(random >> 24);
		}
		put(&mutant);
		(void)worker_poll(worker);
		while (get(&packet))
			;
	}
	CU_ASSERT_EQUAL(stat_now(STAT_RX_PKTS), stat_now(STAT_RX_DELIVERED_PKTS) + all_drops());
	CU_ASSERT(all_drops() > 1000);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
}

static void test_snapshot_is_filled_in_one_poll(void)
{
	struct worker_connection_row rows[1];
	struct worker_snapshot snapshot = {.rows = rows, .capacity = 1};
	CU_ASSERT_TRUE(worker_request_snapshot(worker, &snapshot));
	CU_ASSERT_FALSE(atomic_load(&snapshot.done));
	(void)worker_poll(worker);
	CU_ASSERT_TRUE(atomic_load(&snapshot.done));
	CU_ASSERT_EQUAL(snapshot.total, 0);
}

static void test_full_ring_of_notices_is_told(void)
{
	struct host_name key = {.len = 1, .text = "a"};
	unsigned taken = 0;
	while (taken < 100000 && worker_notify_loaded(worker, &key))
		taken++;
	CU_ASSERT(taken > 0 && taken < 100000);
	CU_ASSERT_FALSE(worker_notify_loaded(worker, &key));
	while (worker_poll(worker) > 0)
		;
	CU_ASSERT_TRUE(worker_notify_loaded(worker, &key)); /* there is room again */
	(void)worker_poll(worker);
	struct host_name request;
	CU_ASSERT_FALSE(worker_take_load_request(worker, &request)); /* nobody asked for anything */
}

static void test_stop_ends_the_run(void)
{
	atomic_store(&shared.stop, true);
	CU_ASSERT_EQUAL(worker_run(worker), 0);
}

static bool make_all(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (lcore < CPU_SETSIZE && !CPU_ISSET(lcore, &set))
		lcore++;
	address.ip = frame_ip("192.0.2.10");
	if (eal_start(&config, error, sizeof(error)) != 0)
		return false;
	port = port_create(&port_config, 1, 128, error, sizeof(error));
	wire = ring_wire_open();
	bindings = binding_table_create(&config, (const uint8_t[16]){7});
	shared.certificates = cert_table_writer_create(64, 1, (const uint8_t[16]){8});
	if (!port || !wire || !bindings || !shared.certificates)
		return false;
	memcpy(port->mac, FRAME_OUR_MAC, sizeof(port->mac));
	atomic_store(&shared.bindings, bindings);
	worker = worker_create(0, eal_worker_lcore(0), &shared, &port, 1, error, sizeof(error));
	if (!worker)
		return false;
	worker_connect(worker, &worker, 1);
	cert_table_register_reader(shared.certificates, 0);
	return true;
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"an empty poll does nothing", test_empty_poll_does_nothing},
		{"busy cycles are those of polls that did something", test_busy_cycles_are_those_of_polls_with_work},
		{"a SYN gets a cookie, and nothing is kept", test_syn_gets_a_cookie_and_keeps_nothing},
		{"a port without binding answers with RST", test_unbound_port_gets_a_reset},
		{"received = delivered + dropped, over mutated frames", test_received_is_delivered_or_dropped},
		{"show connections is answered in one poll", test_snapshot_is_filled_in_one_poll},
		{"a full ring of notices is told to control", test_full_ring_of_notices_is_told},
		{"stop ends the run", test_stop_ends_the_run},
		CU_TEST_INFO_NULL,
	};
	if (!make_all()) {
		fprintf(stderr, "test_worker: %s\n", error);
		return 2;
	}
	int status = unit_run("worker", tests);
	worker_destroy(worker);
	cert_table_writer_destroy(shared.certificates);
	binding_table_destroy(bindings);
	port_destroy(port);
	eal_stop();
	return status;
}
