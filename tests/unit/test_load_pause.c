/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_pause.h"
#include "unit.h"

#define MS UINT64_C(1000000)

static void nothing_is_held_back_before_a_failure(void)
{
	const struct load_pause pause = {0};
	CU_ASSERT_FALSE(load_pause_is_on(&pause));
	CU_ASSERT_EQUAL(load_pause_until(&pause), 0);
}

static void each_pause_is_twice_as_long_up_to_the_bound(void)
{
	static const uint64_t expected_ms[] = {1, 2, 4, 8, 16, 16, 16};
	struct load_pause pause = {0};
	uint64_t now = 5 * MS;
	for (size_t i = 0; i < sizeof(expected_ms) / sizeof(expected_ms[0]); i++) {
		load_pause_fail(&pause, now);
		CU_ASSERT_EQUAL(load_pause_until(&pause), now + expected_ms[i] * MS);
		now = load_pause_until(&pause) + 7; /* the loop wakes a little late */
		CU_ASSERT_EQUAL(load_pause_try(&pause, now), expected_ms[i] * MS + 7);
		CU_ASSERT_EQUAL(load_pause_until(&pause), UINT64_MAX);
	}
}

static void connections_that_fail_together_make_one_pause(void)
{
	struct load_pause pause = {0};
	for (unsigned i = 0; i < 64; i++)
		load_pause_fail(&pause, MS + i);
	CU_ASSERT_EQUAL(load_pause_until(&pause), 2 * MS);
}

static void a_connection_that_comes_about_ends_it(void)
{
	struct load_pause pause = {0};
	load_pause_fail(&pause, MS);
	load_pause_try(&pause, 2 * MS);
	load_pause_fail(&pause, 2 * MS);
	load_pause_end(&pause);
	CU_ASSERT_FALSE(load_pause_is_on(&pause));
	CU_ASSERT_EQUAL(load_pause_until(&pause), 0);
	load_pause_fail(&pause, 9 * MS); /* and the next begins with the shortest */
	CU_ASSERT_EQUAL(load_pause_until(&pause), 10 * MS);
}

int main(void)
{
	CU_TestInfo tests[] = {{"nothing is held back before a failure", nothing_is_held_back_before_a_failure},
		{"each pause is twice as long, up to the bound", each_pause_is_twice_as_long_up_to_the_bound},
		{"connections that fail together make one pause", connections_that_fail_together_make_one_pause},
		{"a connection that comes about ends it", a_connection_that_comes_about_ends_it}, CU_TEST_INFO_NULL};
	return unit_run("load_pause", tests);
}
