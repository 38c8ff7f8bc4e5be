/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_progress.h"
#include "unit.h"

#include <string.h>

#define MS UINT64_C(1000000)

static struct load_progress progress;
static struct load_progress_view first, second, interval;
static char line[LOAD_PROGRESS_LINE_BYTES];

static void set_up(void)
{
	progress = (struct load_progress){0};
	first = second = (struct load_progress_view){0};
}

static void an_interval_has_its_own_percentiles(void)
{
	for (unsigned i = 0; i < 100; i++)
		load_progress_add_handshake(&progress, MS);
	load_progress_read(&progress, &first);
	CU_ASSERT_EQUAL(first.handshakes, 100);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(&first.durations, 0.99), MS, 0.005 * MS);
	for (unsigned i = 0; i < 50; i++)
		load_progress_add_handshake(&progress, i < 25 ? 8 * MS : 20 * MS);
	load_progress_add_error(&progress);
	load_progress_read(&progress, &second);
	load_progress_since(&first, &second, &interval);
	CU_ASSERT_EQUAL(interval.handshakes, 50);
	CU_ASSERT_EQUAL(interval.errors, 1);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(&interval.durations, 0.5), 8 * MS, 0.04 * MS);
	CU_ASSERT_DOUBLE_EQUAL((double)load_histogram_percentile(&interval.durations, 0.99), 20 * MS, 0.1 * MS);
}

static void threads_are_added_up(void)
{
	load_progress_add_handshake(&progress, MS);
	atomic_store(&progress.active, 3);
	load_progress_read(&progress, &first);
	load_progress_read(&progress, &first); /* another thread that has done the same */
	CU_ASSERT_EQUAL(first.handshakes, 2);
	CU_ASSERT_EQUAL(first.active, 6);
	CU_ASSERT_EQUAL(first.durations.total, 2);
}

static void a_line_tells_of_the_interval_and_of_all(void)
{
	for (unsigned i = 0; i < 300; i++)
		load_progress_add_handshake(&progress, MS / 2);
	load_progress_read(&progress, &second);
	load_progress_write(&second, &second, 2000 * MS, 1500 * MS, line);
	CU_ASSERT_STRING_EQUAL(line, "2 s: 200 handshakes/s (p50 0.50 ms, p99 0.50 ms); in all 300, 0 errors; 0 open");
}

static void an_interval_without_handshakes_has_no_percentiles(void)
{
	load_progress_add_handshake(&progress, MS);
	load_progress_read(&progress, &first);
	load_progress_since(&first, &first, &interval);
	load_progress_write(&first, &interval, 3000 * MS, 1000 * MS, line);
	CU_ASSERT_STRING_EQUAL(line, "3 s: 0 handshakes/s; in all 1, 0 errors; 0 open");
}

static void a_line_of_the_largest_numbers_ends(void)
{
	memset(&first, 0xff, sizeof(first.handshakes) * 3);
	load_progress_write(&first, &first, UINT64_MAX, 1, line);
	CU_ASSERT(strlen(line) < sizeof(line));
}

int main(void)
{
	CU_TestInfo tests[] = {{"an interval has its own percentiles", an_interval_has_its_own_percentiles},
		{"threads are added up", threads_are_added_up},
		{"a line tells of the interval and of all", a_line_tells_of_the_interval_and_of_all},
		{"an interval without handshakes has no percentiles",
			an_interval_without_handshakes_has_no_percentiles},
		{"a line of the largest numbers ends", a_line_of_the_largest_numbers_ends}, CU_TEST_INFO_NULL};
	return unit_run_each("load_progress", tests, set_up, NULL);
}
