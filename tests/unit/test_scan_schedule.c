/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan_schedule.h"
#include "unit.h"

static void test_first_look_is_at_once(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 5000);
	CU_ASSERT_TRUE(scan_schedule_is_due(&schedule, 5000));
	CU_ASSERT_FALSE(scan_schedule_is_due(&schedule, 4999));
}

static void test_jitter(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 0);
	uint64_t least = UINT64_MAX, most = 0;
	for (uint64_t random = 0; random < 100000; random += 7) {
		scan_schedule_done(&schedule, 1000, 10, random);
		least = schedule.next_ms < least ? schedule.next_ms : least;
		most = schedule.next_ms > most ? schedule.next_ms : most;
	}
	CU_ASSERT_EQUAL(least, 1000 + 270000);
	CU_ASSERT(most > 1000 + 329000 && most <= 1000 + 330000);
}

static void test_failure_is_tried_again_soon(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 0);
	scan_schedule_done(&schedule, 1000, 10, 0);
	scan_schedule_failed(&schedule, 1000);
	CU_ASSERT_EQUAL(schedule.next_ms, 1000 + SCAN_SCHEDULE_RETRY_MS);
	scan_schedule_init(&schedule, 5000, 0);
	scan_schedule_done(&schedule, 1000, 10, 0);
	scan_schedule_failed(&schedule, 1000);
	CU_ASSERT_EQUAL(schedule.next_ms, 1000 + 4500); /* was sooner */
}

static void test_hints(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 0);
	scan_schedule_done(&schedule, 1000, 10, 0);
	scan_schedule_hint(&schedule, 5000);
	CU_ASSERT_EQUAL(schedule.next_ms, 5000 + SCAN_SCHEDULE_DEBOUNCE_MS);
	scan_schedule_hint(&schedule, 5050); /* more of the same do not put it off */
	CU_ASSERT_EQUAL(schedule.next_ms, 5000 + SCAN_SCHEDULE_DEBOUNCE_MS);
}

static void test_hints_do_not_make_it_look_all_the_time(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 0);
	scan_schedule_done(&schedule, 10000, 3000, 0);
	scan_schedule_hint(&schedule, 10001);
	CU_ASSERT_EQUAL(schedule.next_ms, 13000);
	scan_schedule_now(&schedule, 10002); /* a person may */
	CU_ASSERT_TRUE(scan_schedule_is_due(&schedule, 10002));
}

/* What changed while it was listed may have been passed already; whoever asks then wants to know what is there now. */
static void test_what_comes_during_a_look_is_not_lost(void)
{
	struct scan_schedule schedule;
	scan_schedule_init(&schedule, 300000, 0);
	scan_schedule_begin(&schedule);
	scan_schedule_hint(&schedule, 500);
	scan_schedule_done(&schedule, 1000, 1000, 0);
	CU_ASSERT_EQUAL(schedule.next_ms, 2000);
	scan_schedule_begin(&schedule);
	scan_schedule_now(&schedule, 2500);
	scan_schedule_done(&schedule, 3000, 1000, 0);
	CU_ASSERT_TRUE(scan_schedule_is_due(&schedule, 3000));
	scan_schedule_begin(&schedule); /* said once, it counts once */
	scan_schedule_done(&schedule, 4000, 1000, 0);
	CU_ASSERT_EQUAL(schedule.next_ms, 4000 + 270000);
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"the first look is at once", test_first_look_is_at_once},
		{"jitter of a tenth", test_jitter},
		{"a failed look is tried again soon", test_failure_is_tried_again_soon},
		{"a hint brings the next look", test_hints},
		{"hints do not make it look all the time", test_hints_do_not_make_it_look_all_the_time},
		{"what comes during a look is not lost", test_what_comes_during_a_look_is_not_lost},
		CU_TEST_INFO_NULL,
	};
	return unit_run("scan_schedule", tests);
}
