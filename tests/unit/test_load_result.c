/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_result.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct load_result *fresh(void)
{
	struct load_result *result = calloc(1, sizeof(*result));
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	return result;
}

static void threads_add_up(void)
{
	struct load_result *left = fresh(), *right = fresh();
	left->handshakes_in_window = 100;
	left->handshakes_in_all = 130;
	left->window_ns = 1000000000;
	left->busy_ns = left->busiest_ns = 10;
	left->causes[LOAD_CAUSE_RESET] = 1;
	left->alerts[40] = 2;
	right->handshakes_in_window = 50;
	right->handshakes_in_all = 70;
	right->window_ns = 2000000000;
	right->busy_ns = right->busiest_ns = 30;
	right->causes[LOAD_CAUSE_UNFINISHED] = 5;
	right->alerts[40] = 3;
	load_histogram_record(&right->phases[LOAD_PHASE_WHOLE], 7);
	load_result_add(left, right);
	CU_ASSERT_EQUAL(left->handshakes_in_window, 150);
	CU_ASSERT_EQUAL(left->handshakes_in_all, 200);
	CU_ASSERT_EQUAL(left->window_ns, 2000000000); /* they ran side by side */
	CU_ASSERT_EQUAL(left->busy_ns, 40);
	CU_ASSERT_EQUAL(left->busiest_ns, 30);
	CU_ASSERT_EQUAL(left->alerts[40], 5);
	CU_ASSERT_EQUAL(load_result_errors(left), 6);
	CU_ASSERT_EQUAL(left->phases[LOAD_PHASE_WHOLE].total, 1);
	CU_ASSERT_DOUBLE_EQUAL(load_result_rate(left), 75, 1e-9);
	free(left);
	free(right);
}

static void nothing_measured_divides_by_nothing(void)
{
	struct load_result *result = fresh();
	CU_ASSERT_EQUAL(load_result_rate(result), 0);
	CU_ASSERT_EQUAL(load_result_cpu_us(result), 0);
	CU_ASSERT_EQUAL(load_result_busy(result), 0);
	free(result);
}

static void every_cause_has_words_and_a_key_of_its_own(void)
{
	for (unsigned i = 0; i < LOAD_CAUSE_COUNT; i++) {
		CU_ASSERT(strlen(load_result_cause_words(i)) > 0);
		for (unsigned k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(load_result_cause_key(i), load_result_cause_key(k));
	}
	CU_ASSERT_STRING_EQUAL(load_result_phase_name(LOAD_PHASE_RESPONSE), "first_byte");
}

int main(void)
{
	return unit_run("load_result",
		(CU_TestInfo[]){{"threads add up", threads_add_up},
			{"nothing measured divides by nothing", nothing_measured_divides_by_nothing},
			{"every cause has words and a key of its own", every_cause_has_words_and_a_key_of_its_own},
			CU_TEST_INFO_NULL});
}
