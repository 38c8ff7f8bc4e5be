/* SPDX-License-Identifier: BSD-3-Clause */
#include "../../dataplane/eal.h" /* tests/support has an eal.h of its own */
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct config_port port = {.device = "net_ring0", .mtu_bytes = 1500};
static unsigned lcores[2];
static struct config config = {
	.worker = {.lcores = lcores, .n_lcores = 1, .huge_pages = CONFIG_HUGE_PAGES_OFF, .memory_mib = 64},
	.ports = &port,
	.n_ports = 1,
	.control = {.log_level = CONFIG_LOG_ERROR},
};

/* The processors of this process, lowest first. */
static unsigned allowed_processors(unsigned *out, unsigned most)
{
	cpu_set_t set;
	unsigned n = 0;
	CU_ASSERT_EQUAL_FATAL(sched_getaffinity(0, sizeof(set), &set), 0);
	for (unsigned i = 0; i < CPU_SETSIZE && n < most; i++)
		if (CPU_ISSET(i, &set))
			out[n++] = i;
	return n;
}

/* All of these are refused before DPDK is touched. */
static void test_bad_settings_are_refused(void)
{
	char error[256] = "";
	lcores[0] = 1023;
	CU_ASSERT_EQUAL(eal_start(&config, error, sizeof(error)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "found 1023"));
	char expected[32];
	unsigned first;
	allowed_processors(&first, 1);
	snprintf(expected, sizeof(expected), "(%u", first);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, expected));
	config.worker.n_lcores = 0;
	CU_ASSERT_EQUAL(eal_start(&config, error, sizeof(error)), -EINVAL);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "worker.lcores"));
	config.worker.n_lcores = 1;
	allowed_processors(lcores, 1);
	config.worker.huge_pages = CONFIG_HUGE_PAGES_REQUIRE;
	config.worker.memory_mib = 1048576;
	CU_ASSERT_EQUAL(eal_start(&config, error, sizeof(error)), -ENOMEM);
	CU_ASSERT_PTR_NOT_NULL(strstr(error, "1048576 MiB"));
	config.worker.huge_pages = CONFIG_HUGE_PAGES_AUTO;
	config.worker.memory_mib = 64;
}

static atomic_int seen_processors, seen_processor;

static int look_around(void *argument)
{
	cpu_set_t set;
	(void)argument;
	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		atomic_store_explicit(&seen_processors, CPU_COUNT(&set), memory_order_relaxed);
	atomic_store_explicit(&seen_processor, sched_getcpu(), memory_order_relaxed);
	return 42;
}

static void test_workers_are_pinned_and_control_keeps_away(void)
{
	unsigned processors[2];
	cpu_set_t main_set;
	char error[256] = "";
	unsigned n = allowed_processors(processors, 2);
	lcores[0] = processors[n - 1]; /* the last: the first stays for control, where there are two */
	CU_ASSERT_EQUAL_FATAL(eal_start(&config, error, sizeof(error)), 0);
	CU_ASSERT_EQUAL_FATAL(eal_launch(0, look_around, NULL), 0);
	CU_ASSERT_EQUAL(eal_wait(0), 42);
	CU_ASSERT_EQUAL(atomic_load(&seen_processors), 1);
	CU_ASSERT_EQUAL(atomic_load(&seen_processor), (int)lcores[0]);
	CU_ASSERT_EQUAL(sched_getaffinity(0, sizeof(main_set), &main_set), 0);
	CU_ASSERT_EQUAL(CPU_ISSET(lcores[0], &main_set) != 0, n == 1);
	eal_stop();
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"bad settings are refused", test_bad_settings_are_refused},
		{"workers are pinned and control keeps away", test_workers_are_pinned_and_control_keeps_away},
		CU_TEST_INFO_NULL,
	};
	return unit_run("eal", tests);
}
