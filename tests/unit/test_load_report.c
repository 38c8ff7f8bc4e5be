/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_report.h"
#include "load_sample.h"
#include "unit.h"

#include <string.h>

static char *text;

static void print(struct load_sample *sample)
{
	size_t size;
	FILE *out = open_memstream(&text, &size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(out);
	load_report_print(out, &sample->plan, sample->result);
	fclose(out);
}

static bool says(const char *words)
{
	return strstr(text, words) != NULL;
}

static void rates_errors_and_percentiles_are_there(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "192.0.2.1:443");
	print(&sample);
	CU_ASSERT(says("closed loop, 64 connections"));
	CU_ASSERT(says("500.0 per second in 2.00 s"));
	CU_ASSERT(says("250.0 us per handshake"));
	CU_ASSERT(says("alert handshake_failure                   5\n"));
	CU_ASSERT(says("connection refused                        3\n"));
	CU_ASSERT(says("first_byte"));
	CU_ASSERT(says("chains of certificates were not checked"));
	CU_ASSERT_FALSE(says("cheat"));
	CU_ASSERT_FALSE(says("resumed"));
	CU_ASSERT_FALSE(says("busy all the time"));
	CU_ASSERT_FALSE(says("nothing was started"));
	free(text);
	load_sample_fini(&sample);
}

static void cheats_and_limits_are_named(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "--reuse-key-share", "--verify", "1/10", "--resume", "0.2", "--rate", "500",
		"--poisson", "192.0.2.1:443");
	sample.result->busiest_ns = sample.result->window_ns;
	sample.result->late_starts = 7;
	sample.result->paused_ns = 1500000000;
	print(&sample);
	CU_ASSERT(says("open loop, 500 per second (Poisson), at most 10000 at once"));
	CU_ASSERT(says("cheat: one key share per thread"));
	CU_ASSERT(says("cheat: 100 of 1008 signatures"));
	CU_ASSERT(says("20.0 % (20.0 % asked"));
	CU_ASSERT(says("busy all the time"));
	CU_ASSERT(says("nothing was started for 1.50 s"));
	CU_ASSERT(says("7 of 1008 starts were more than 1 ms late"));
	free(text);
	load_sample_fini(&sample);
}

static void a_ramp_is_called_one(void)
{
	struct load_sample sample;
	LOAD_SAMPLE_INIT(&sample, "--rate", "100..2k", "--duration", "3s", "192.0.2.1:443");
	print(&sample);
	CU_ASSERT(says("rising from 100 to 2000 per second"));
	free(text);
	load_sample_fini(&sample);
}

int main(void)
{
	return unit_run("load_report",
		(CU_TestInfo[]){{"rates, errors and percentiles are there", rates_errors_and_percentiles_are_there},
			{"cheats and limits are named", cheats_and_limits_are_named},
			{"a ramp is called one", a_ramp_is_called_one}, CU_TEST_INFO_NULL});
}
