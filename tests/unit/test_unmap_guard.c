/* SPDX-License-Identifier: BSD-3-Clause */
#include "unmap_guard.h"
#include "cert_table_internal.h"
#include "cert_table_writer.h"
#include "unit.h"

#include <dlfcn.h>
#include <pthread.h>
#include <rte_interrupts.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

enum { READER = 0, READERS = 2 };

static const uint8_t hash_key[16] = {1};
static struct cert_table *table;
static unsigned char *page;
static size_t page_bytes;
static atomic_bool unmapped;

/* --- a thread that takes itself for the EAL's --- */

static _Thread_local int is_interrupt_thread;

int rte_thread_is_intr(void)
{
	return is_interrupt_thread;
}

static void *unmap_as_driver(void *argument)
{
	is_interrupt_thread = 1;
	int result = munmap(page, page_bytes);
	atomic_store(&unmapped, true);
	return result == 0 ? argument : NULL;
}

static void *unmap_as_anyone(void *argument)
{
	return munmap(page, page_bytes) == 0 ? argument : NULL;
}

static bool is_mapped(void)
{
	unsigned char resident;
	return mincore(page, page_bytes, &resident) == 0;
}

static uint64_t grace_periods_begun(void)
{
	return __atomic_load_n(&table->readers->token, __ATOMIC_ACQUIRE);
}

static void set_up(void)
{
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	page = mmap(NULL, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CU_ASSERT_FATAL(page != MAP_FAILED);
	page[0] = 7;
	table = cert_table_writer_create(16, READERS, hash_key);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	atomic_store(&unmapped, false);
	cert_table_register_reader(table, READER);
	cert_table_quiescent(table, READER);
	unmap_guard_arm(table);
}

static void tear_down(void)
{
	cert_table_unregister_reader(table, READER);
	unmap_guard_disarm();
	cert_table_writer_destroy(table);
}

/* handfastd ended by SIGSEGV in net_memif's receive burst, now and then when the peer was killed. */
static void test_driver_waits_for_the_poll_under_way(void)
{
	pthread_t thread;
	void *result;
	set_up();
	uint64_t before = grace_periods_begun();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, unmap_as_driver, page), 0);
	while (grace_periods_begun() == before && !atomic_load(&unmapped))
		sched_yield();
	CU_ASSERT_FALSE_FATAL(atomic_load(&unmapped));
	CU_ASSERT_EQUAL(page[0], 7);
	cert_table_quiescent(table, READER);
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, page);
	CU_ASSERT_FALSE(is_mapped());
	tear_down();
}

static void test_other_threads_do_not_wait(void)
{
	pthread_t thread;
	void *result;
	set_up();
	uint64_t before = grace_periods_begun();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, unmap_as_anyone, page), 0);
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, page);
	CU_ASSERT_FALSE(is_mapped());
	CU_ASSERT_EQUAL(grace_periods_begun(), before);
	tear_down();
}

static void test_driver_does_not_wait_when_disarmed(void)
{
	pthread_t thread;
	void *result;
	set_up();
	unmap_guard_disarm();
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, unmap_as_driver, page), 0);
	CU_ASSERT_EQUAL(pthread_join(thread, &result), 0);
	CU_ASSERT_PTR_EQUAL(result, page);
	CU_ASSERT_FALSE(is_mapped());
	tear_down();
}

/* What a driver's library finds under the name. */
static void test_libraries_call_ours(void)
{
	void *ours;
	*(int (**)(void *, size_t)) & ours = munmap;
	CU_ASSERT_PTR_EQUAL(dlsym(RTLD_DEFAULT, "munmap"), ours);
	CU_ASSERT_PTR_NOT_EQUAL(dlsym(RTLD_NEXT, "munmap"), ours);
}

static void test_failures_are_passed_on(void)
{
	CU_ASSERT_EQUAL(munmap((void *)1, 1), -1);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"a driver waits for the poll under way", test_driver_waits_for_the_poll_under_way},
		{"other threads do not wait", test_other_threads_do_not_wait},
		{"a driver does not wait when disarmed", test_driver_does_not_wait_when_disarmed},
		{"libraries call ours", test_libraries_call_ours},
		{"failures are passed on", test_failures_are_passed_on},
		CU_TEST_INFO_NULL,
	};
	return unit_run("unmap_guard", tests);
}
