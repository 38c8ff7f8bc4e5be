/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_result.h"

static const char *const keys[] = {
#define LOAD_CAUSE(name, key, words) [LOAD_CAUSE_##name] = (key),
#include "load_cause.def"
#undef LOAD_CAUSE
};

static const char *const texts[] = {
#define LOAD_CAUSE(name, key, words) [LOAD_CAUSE_##name] = (words),
#include "load_cause.def"
#undef LOAD_CAUSE
};

void load_result_add(struct load_result *result, const struct load_result *other)
{
	result->started += other->started;
	result->connected += other->connected;
	result->handshakes += other->handshakes;
	result->resumed += other->resumed;
	result->retried += other->retried;
	result->resumption_refused += other->resumption_refused;
	result->without_ticket += other->without_ticket;
	result->verified += other->verified;
	result->responses += other->responses;
	result->response_bytes += other->response_bytes;
	result->late_starts += other->late_starts;
	result->handshakes_in_window += other->handshakes_in_window;
	result->handshakes_in_all += other->handshakes_in_all;
	result->paused_ns += other->paused_ns;
	result->busy_ns += other->busy_ns;
	if (other->busiest_ns > result->busiest_ns)
		result->busiest_ns = other->busiest_ns;
	if (other->window_ns > result->window_ns)
		result->window_ns = other->window_ns;
	for (size_t i = 0; i < LOAD_CAUSE_COUNT; i++)
		result->causes[i] += other->causes[i];
	for (size_t i = 0; i < sizeof(result->alerts) / sizeof(result->alerts[0]); i++)
		result->alerts[i] += other->alerts[i];
	for (size_t i = 0; i < LOAD_PHASE_COUNT; i++)
		load_histogram_add(&result->phases[i], &other->phases[i]);
}

uint64_t load_result_errors(const struct load_result *result)
{
	uint64_t errors = 0;
	for (size_t i = 0; i < LOAD_CAUSE_COUNT; i++)
		errors += result->causes[i];
	return errors;
}

double load_result_rate(const struct load_result *result)
{
	return result->window_ns == 0 ? 0 : (double)result->handshakes_in_window * 1e9 / (double)result->window_ns;
}

double load_result_cpu_us(const struct load_result *result)
{
	return result->handshakes_in_window == 0 ? 0
						 : (double)result->busy_ns / 1e3 / (double)result->handshakes_in_window;
}

double load_result_busy(const struct load_result *result)
{
	return result->window_ns == 0 ? 0 : (double)result->busiest_ns / (double)result->window_ns;
}

const struct load_result_percentile load_result_percentiles[LOAD_RESULT_PERCENTILES] = {
	{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}};

const char *load_result_cause_key(enum load_cause cause)
{
	return keys[cause];
}

const char *load_result_cause_words(enum load_cause cause)
{
	return texts[cause];
}

const char *load_result_phase_name(enum load_phase phase)
{
	static const char *const names[] = {[LOAD_PHASE_CONNECT] = "connect",
		[LOAD_PHASE_HANDSHAKE] = "handshake",
		[LOAD_PHASE_RESPONSE] = "first_byte",
		[LOAD_PHASE_WHOLE] = "whole"};
	return names[phase];
}
