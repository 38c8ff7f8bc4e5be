/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"
#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "unit.h"

#include <rte_mbuf.h>
#include <sched.h>
#include <string.h>

static struct config_port ring = {.device = "net_ring0", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port null = {
	.device = "net_null0,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port spare = {
	.device = "net_null1,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static char error[256];

static bool start(void)
{
	cpu_set_t set;
	unsigned lcore = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (lcore < CPU_SETSIZE && !CPU_ISSET(lcore, &set))
		lcore++;
	struct config_port ports[] = {ring, null, spare};
	struct config config = {
		.worker = {.lcores = &lcore, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 64},
		.ports = ports,
		.n_ports = 3,
	};
	return eal_start(&config, error, sizeof(error)) == 0;
}

static void test_one_worker(void)
{
	struct port *port = port_create(&ring, 1, 64, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	CU_ASSERT_EQUAL(port->n_queues, 1);
	CU_ASSERT_TRUE(port->steers_flows);
	CU_ASSERT_PTR_NULL(port->tx_relay[0]);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(port->pool);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mbuf);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 1);
	rte_pktmbuf_free(mbuf);
	CU_ASSERT_EQUAL(port_mbufs_in_use_mt(port), 0);
	CU_ASSERT_NOT_EQUAL(port->mac[0] | port->mac[1] | port->mac[2] | port->mac[3] | port->mac[4] | port->mac[5], 0);
	CU_ASSERT_EQUAL(port->mac[0] & 1, 0);
	port_destroy(port);
}

/* A port that is destroyed is gone: each test has a device of its own. */
static void test_two_workers_on_a_device_without_rss(void)
{
	struct port *port = port_create(&null, 2, 64, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	if (!port->steers_flows) {
		CU_ASSERT_EQUAL(port->n_queues, 1);
		CU_ASSERT_PTR_NOT_NULL(port->tx_relay[0]);
	}
	port_destroy(port);
}

static void test_faults_say_what_to_do(void)
{
	struct config_port other = ring;
	other.device = "net_tap7";
	CU_ASSERT_PTR_NULL(port_create(&other, 1, 64, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "port net_tap7: no such device"));
}

static void test_too_little_memory_says_how_much(void)
{
	struct config_port large = spare;
	large.rx_ring_pkts = 32768;
	large.tx_ring_pkts = 32768;
	CU_ASSERT_PTR_NULL(port_create(&large, 2, 64, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "MiB, worker.memory_mib is 64"));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"one worker", test_one_worker},
		{"faults say what to do", test_faults_say_what_to_do},
		{"too little memory says how much", test_too_little_memory_says_how_much},
		{"two workers on a device without RSS", test_two_workers_on_a_device_without_rss},
		CU_TEST_INFO_NULL,
	};
	if (!start()) {
		printf("ERROR %s\n", error);
		return 1;
	}
	return unit_run("port", tests);
}
