/* SPDX-License-Identifier: BSD-3-Clause */
#include "port.h"
#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "unit.h"

#include <dlfcn.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <string.h>

static struct config_port ring = {.device = "net_ring0", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port null = {
	.device = "net_null0,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port spare = {
	.device = "net_null1,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port able = {
	.device = "net_null2,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static struct config_port unasked = {
	.device = "net_null3,size=60", .mtu_bytes = 1500, .rx_ring_pkts = 64, .tx_ring_pkts = 64};
static char error[256];

/* --- a device that can do more than it can --- */

static struct {
	uint64_t rx_offloads, tx_offloads;
	uint16_t nb_seg_max;
} claimed;
static struct rte_eth_conf configured;

int rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
	int (*real)(uint16_t, struct rte_eth_dev_info *);
	*(void **)&real = dlsym(RTLD_NEXT, "rte_eth_dev_info_get");
	int result = real(port_id, info);
	info->rx_offload_capa |= claimed.rx_offloads;
	info->tx_offload_capa |= claimed.tx_offloads;
	if (claimed.nb_seg_max != 0)
		info->tx_desc_lim.nb_seg_max = claimed.nb_seg_max;
	return result;
}

/* What is asked of the device is seen here, and taken back before the device itself is asked. */
int rte_eth_dev_configure(uint16_t port_id, uint16_t n_rx, uint16_t n_tx, const struct rte_eth_conf *conf)
{
	int (*real)(uint16_t, uint16_t, uint16_t, const struct rte_eth_conf *);
	*(void **)&real = dlsym(RTLD_NEXT, "rte_eth_dev_configure");
	configured = *conf;
	struct rte_eth_conf possible = *conf;
	possible.rxmode.offloads &= ~claimed.rx_offloads;
	possible.txmode.offloads &= ~claimed.tx_offloads;
	return real(port_id, n_rx, n_tx, &possible);
}

static bool start(void)
{
	cpu_set_t set;
	unsigned lcore = 0;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return false;
	while (lcore < CPU_SETSIZE && !CPU_ISSET(lcore, &set))
		lcore++;
	struct config_port ports[] = {ring, null, spare, able, unasked};
	struct config config = {
		.worker = {.lcores = &lcore, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 64},
		.ports = ports,
		.n_ports = 5,
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

static void claim_everything(uint16_t nb_seg_max)
{
	claimed.rx_offloads =
		RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	claimed.tx_offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_TCP_CKSUM |
			      RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_MULTI_SEGS |
			      RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	claimed.nb_seg_max = nb_seg_max;
}

/* What the device can do is used, VLAN tags excepted: those are ours to read and write. */
static void test_offloads_of_an_able_device(void)
{
	claim_everything(8);
	struct port *port = port_create(&able, 1, 64, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	CU_ASSERT_TRUE(port->offload_rx_checksum);
	CU_ASSERT_TRUE(port->offload_tcp_checksum);
	CU_ASSERT_EQUAL(port->segment_bytes, 8 * 2048 - 128);
	CU_ASSERT_EQUAL(port->cut_frame_bytes, 1518);
	CU_ASSERT_EQUAL(configured.rxmode.offloads, claimed.rx_offloads & ~RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
	CU_ASSERT_EQUAL(configured.txmode.offloads & claimed.tx_offloads,
		claimed.tx_offloads & ~RTE_ETH_TX_OFFLOAD_VLAN_INSERT);
	port_destroy(port);
}

static void test_offloads_that_nobody_wants(void)
{
	struct config_port off = unasked;
	off.offloads = CONFIG_OFFLOADS_OFF;
	claim_everything(0);
	struct port *port = port_create(&off, 1, 64, error, sizeof(error));
	CU_ASSERT_PTR_NOT_NULL_FATAL(port);
	CU_ASSERT_FALSE(port->offload_rx_checksum);
	CU_ASSERT_FALSE(port->offload_tcp_checksum);
	CU_ASSERT_EQUAL(port->segment_bytes, 0);
	CU_ASSERT_EQUAL(configured.rxmode.offloads | (configured.txmode.offloads & claimed.tx_offloads), 0);
	port_destroy(port);
	memset(&claimed, 0, sizeof(claimed));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"one worker", test_one_worker},
		{"faults say what to do", test_faults_say_what_to_do},
		{"too little memory says how much", test_too_little_memory_says_how_much},
		{"two workers on a device without RSS", test_two_workers_on_a_device_without_rss},
		{"offloads of an able device", test_offloads_of_an_able_device},
		{"offloads that nobody wants", test_offloads_that_nobody_wants},
		CU_TEST_INFO_NULL,
	};
	if (!start()) {
		printf("ERROR %s\n", error);
		return 1;
	}
	return unit_run("port", tests);
}
