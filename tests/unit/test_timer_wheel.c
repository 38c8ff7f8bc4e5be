/* SPDX-License-Identifier: BSD-3-Clause */
#include "timer_wheel.h"
#include "unit.h"

#define SECOND UINT64_C(1000000)

static void test_not_early_and_at_most_a_tick_late(void)
{
	static const uint64_t delays[] = {
		0, 1, 127, 128, 129, 8191, 8192, 8193, 524288, 40 * SECOND, 3600 * SECOND, 86400 * SECOND};
	for (size_t i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		struct timer_wheel wheel;
		struct timer_wheel_node node = {0};
		uint64_t start = 123456789;
		timer_wheel_init(&wheel, start);
		timer_wheel_set(&wheel, &node, start + delays[i]);
		CU_ASSERT_TRUE(timer_wheel_is_set(&node));
		if (delays[i] > 0)
			CU_ASSERT_PTR_NULL(timer_wheel_take_due(&wheel, start + delays[i] - 1));
		CU_ASSERT_PTR_EQUAL(timer_wheel_take_due(&wheel, start + delays[i] + TIMER_WHEEL_TICK_US), &node);
		CU_ASSERT_FALSE(timer_wheel_is_set(&node));
		CU_ASSERT_EQUAL(timer_wheel_next_us(&wheel), UINT64_MAX);
	}
}

static void test_stop(void)
{
	struct timer_wheel wheel;
	struct timer_wheel_node a = {0}, b = {0}, c = {0};
	timer_wheel_init(&wheel, 0);
	timer_wheel_set(&wheel, &a, 5000);
	timer_wheel_set(&wheel, &b, 5000);
	timer_wheel_set(&wheel, &c, 5000);
	timer_wheel_stop(&wheel, &b);
	timer_wheel_stop(&wheel, &b);
	CU_ASSERT_PTR_EQUAL(timer_wheel_take_due(&wheel, 6000), &c);
	timer_wheel_stop(&wheel, &a);
	CU_ASSERT_PTR_NULL(timer_wheel_take_due(&wheel, 6000));
	CU_ASSERT_EQUAL(timer_wheel_next_us(&wheel), UINT64_MAX);
}

static void test_beyond_the_horizon_comes_back_early(void)
{
	struct timer_wheel wheel;
	struct timer_wheel_node node = {0};
	/* A present whose low digits are not zero: with a slot more of reach, it would be cascaded into itself for
	 * ever. */
	timer_wheel_init(&wheel, 12345);
	timer_wheel_set(&wheel, &node, UINT64_MAX / 2);
	uint64_t next = timer_wheel_next_us(&wheel);
	CU_ASSERT_TRUE(next > 30 * 3600 * SECOND && next < 40 * 3600 * SECOND);
	CU_ASSERT_PTR_NULL(timer_wheel_take_due(&wheel, 20 * 3600 * SECOND));
	CU_ASSERT_PTR_EQUAL(timer_wheel_take_due(&wheel, 50 * 3600 * SECOND), &node);
}

/* Many timers, time in uneven steps: each expires in the step that reaches it, none earlier. */
static void test_random(void)
{
	enum { N = 500 };
	static struct timer_wheel_node nodes[N];
	static uint64_t due[N];
	struct timer_wheel wheel;
	uint64_t now = 999, random = 7, expired = 0;
	timer_wheel_init(&wheel, now);
	for (unsigned step = 0; step < 20000; step++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		unsigned i = (unsigned)(random >> 33) % N;
		due[i] = now + ((random >> 20) & ((UINT64_C(1) << (step % 34)) - 1));
		timer_wheel_set(&wheel, &nodes[i], due[i]);
		uint64_t before = now;
		now += (random >> 40) & ((1u << (step % 20)) - 1);
		uint64_t next = timer_wheel_next_us(&wheel);
		struct timer_wheel_node *node;
		while ((node = timer_wheel_take_due(&wheel, now)) != NULL) {
			uint64_t at = due[node - nodes];
			CU_ASSERT_TRUE(at <= now && next <= now);
			CU_ASSERT_TRUE(at + 2 * TIMER_WHEEL_TICK_US > before);
			expired++;
		}
	}
	CU_ASSERT_TRUE(expired > 1000);
	for (unsigned i = 0; i < N; i++) {
		if (timer_wheel_is_set(&nodes[i]))
			CU_ASSERT_TRUE(due[i] + TIMER_WHEEL_TICK_US > now);
	}
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"not early, at most a tick late", test_not_early_and_at_most_a_tick_late},
		{"stop", test_stop},
		{"beyond the horizon", test_beyond_the_horizon_comes_back_early},
		{"random", test_random},
		CU_TEST_INFO_NULL,
	};
	return unit_run("timer_wheel", tests);
}
