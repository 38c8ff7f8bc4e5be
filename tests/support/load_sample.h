/* SPDX-License-Identifier: BSD-3-Clause */
/** A plan and a result with something in every part, for the tests of what is written about them. */
#ifndef HANDFAST_TEST_LOAD_SAMPLE_H
#define HANDFAST_TEST_LOAD_SAMPLE_H

#include "load_plan.h"
#include "load_result.h"

#include <stdlib.h>

#include <CUnit/CUnit.h>

struct load_sample {
	struct load_plan plan;
	struct load_result *result;
};

/* 1000 handshakes in 2 s, of 1 to 1000 us; 200 resumed; 5 alerts of 40, 3 connections refused. */
static inline void load_sample_init(struct load_sample *sample, int argc, char **argv)
{
	struct load_options options;
	struct load_error error;
	CU_ASSERT_EQUAL_FATAL(load_options_read(argc, argv, &options, &error), LOAD_OPTIONS_RUN);
	CU_ASSERT_FATAL(load_plan_init(&sample->plan, &options, &error));
	struct load_result *result = sample->result = calloc(1, sizeof(*sample->result));
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	for (uint64_t us = 1; us <= 1000; us++)
		for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++)
			load_histogram_record(&result->phases[phase], us * 1000);
	result->started = 1008;
	result->connected = 1005;
	result->handshakes = result->handshakes_in_window = 1000;
	result->verified = 100;
	result->resumed = 200;
	result->window_ns = 2000000000;
	result->busy_ns = result->busiest_ns = 250000000;
	result->causes[LOAD_CAUSE_ALERT] = result->alerts[40] = 5;
	result->causes[LOAD_CAUSE_REFUSED] = 3;
}

static inline void load_sample_fini(struct load_sample *sample)
{
	load_plan_fini(&sample->plan);
	free(sample->result);
}

#define LOAD_SAMPLE_INIT(sample, ...)                                                                                  \
	load_sample_init((sample), (int)(sizeof((char *[]){"handfast-bench", __VA_ARGS__}) / sizeof(char *)),          \
		(char *[]){"handfast-bench", __VA_ARGS__})

#endif
