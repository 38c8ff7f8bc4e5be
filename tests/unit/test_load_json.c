/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_json.h"
#include "load_sample.h"
#include "unit.h"

#include <string.h>

#include <jansson.h>

static json_t *written(struct load_sample *sample)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	CU_ASSERT(load_json_write(out, &sample->plan, sample->result));
	fclose(out);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	free(text);
	return root;
}

static void everything_can_be_read_back(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "--rate", "500", "--verify", "1/10", "--max-errors", "7", "192.0.2.1:443");
	json_t *root = written(&sample);
	const json_t *errors = json_object_get(root, "errors"), *load = json_object_get(root, "load");
	const json_t *whole = json_object_get(json_object_get(root, "phases"), "whole");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(load, "loop")), "open");
	CU_ASSERT_EQUAL(json_real_value(json_object_get(load, "rate")), 500);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "handshakes")), 1000);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(root, "handshakes_per_second")), 500, 1e-6);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(root, "client_cpu_us_per_handshake")), 250, 1e-6);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(root, "busiest_thread")), 0.125, 1e-6);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(errors, "total")), 8);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(errors, "refused")), 3);
	CU_ASSERT_PTR_NULL(json_object_get(errors, "reset")); /* what has not happened is not there */
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(errors, "alerts"), "handshake_failure")), 5);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(whole, "count")), 1000);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(whole, "p99_us")), 990, 4);
	CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(whole, "max_us")), 1000, 1e-6);
	CU_ASSERT(json_is_false(json_object_get(root, "bounds_met")));
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(root, "cheats"), "verify_one_in")), 10);
	json_decref(root);
	load_sample_fini(&sample);
}

static void a_closed_loop_has_no_rate(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	json_t *root = written(&sample);
	CU_ASSERT_PTR_NULL(json_object_get(json_object_get(root, "load"), "rate"));
	CU_ASSERT(json_is_true(json_object_get(root, "bounds_met")));
	json_decref(root);
	load_sample_fini(&sample);
}

static void a_full_disk_is_noticed(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	FILE *full = fopen("/dev/full", "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(full);
	setvbuf(full, NULL, _IONBF, 0);
	CU_ASSERT_FALSE(load_json_write(full, &sample.plan, sample.result));
	fclose(full);
	load_sample_fini(&sample);
}

int main(void)
{
	return unit_run("load_json", (CU_TestInfo[]){{"everything can be read back", everything_can_be_read_back},
					     {"a closed loop has no rate", a_closed_loop_has_no_rate},
					     {"a full disk is noticed", a_full_disk_is_noticed}, CU_TEST_INFO_NULL});
}
