/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_json.h"
#include "load_bounds.h"
#include "tls_alert.h"

#include <jansson.h>

static void set_count(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_number(json_t *object, const char *key, double value)
{
	json_object_set_new(object, key, json_real(value));
}

/* --- parts --- */

static json_t *load_of(const struct load_plan *plan)
{
	const struct load_options *options = &plan->options;
	json_t *load = json_object();
	json_object_set_new(load, "target", json_string(options->target));
	json_object_set_new(load, "tls", json_string(options->version == LOAD_OPTIONS_TLS13 ? "1.3" : "1.2"));
	json_object_set_new(load, "loop", json_string(plan->is_open ? "open" : "closed"));
	set_count(load, "threads", options->threads);
	set_count(load, "connections", plan->connections);
	set_count(load, "names", plan->names.n);
	set_count(load, "requests", options->requests);
	set_number(load, "resume", options->resume);
	if (plan->is_open) {
		set_number(load, "rate", options->rate.from);
		set_number(load, "rate_end", options->rate.to);
		json_object_set_new(load, "poisson", json_boolean(options->is_poisson));
	}
	return load;
}

static json_t *cheats_of(const struct load_plan *plan, const struct load_result *result)
{
	json_t *cheats = json_object();
	json_object_set_new(cheats, "reuse_key_share", json_boolean(plan->options.reuse_key_share));
	set_count(cheats, "verify_one_in", plan->options.verify_one_in);
	set_count(cheats, "verified", result->verified);
	json_object_set_new(cheats, "chains_checked", json_boolean(plan->tls.ca_file != NULL));
	return cheats;
}

static json_t *errors_of(const struct load_result *result)
{
	json_t *errors = json_object(), *alerts = json_object();
	set_count(errors, "total", load_result_errors(result));
	for (unsigned cause = 0; cause < LOAD_CAUSE_COUNT; cause++)
		if (result->causes[cause] > 0)
			set_count(errors, load_result_cause_key(cause), result->causes[cause]);
	for (unsigned alert = 0; alert < 256; alert++)
		if (result->alerts[alert] > 0)
			set_count(alerts, tls_alert_name((uint8_t)alert), result->alerts[alert]);
	json_object_set_new(errors, "alerts", alerts);
	return errors;
}

static json_t *phase_of(const struct load_histogram *histogram)
{
	json_t *phase = json_object();
	set_count(phase, "count", histogram->total);
	set_number(phase, "mean_us", load_histogram_mean(histogram) / 1e3);
	set_number(phase, "min_us", (double)histogram->min / 1e3);
	for (size_t i = 0; i < LOAD_RESULT_PERCENTILES; i++) {
		char key[32];
		snprintf(key, sizeof(key), "%s_us", load_result_percentiles[i].name);
		set_number(phase, key,
			(double)load_histogram_percentile(histogram, load_result_percentiles[i].fraction) / 1e3);
	}
	set_number(phase, "max_us", (double)histogram->max / 1e3);
	return phase;
}

static json_t *phases_of(const struct load_result *result)
{
	json_t *phases = json_object();
	for (unsigned phase = 0; phase < LOAD_PHASE_COUNT; phase++)
		if (result->phases[phase].total > 0)
			json_object_set_new(phases, load_result_phase_name(phase), phase_of(&result->phases[phase]));
	return phases;
}

static void set_counts(json_t *root, const struct load_result *result)
{
	set_count(root, "started", result->started);
	set_count(root, "connected", result->connected);
	set_count(root, "handshakes", result->handshakes);
	set_count(root, "handshakes_in_all", result->handshakes_in_all);
	set_count(root, "resumed", result->resumed);
	set_count(root, "resumption_refused", result->resumption_refused);
	set_count(root, "without_ticket", result->without_ticket);
	set_count(root, "hello_retries", result->retried);
	set_count(root, "responses", result->responses);
	set_count(root, "response_bytes", result->response_bytes);
	set_count(root, "late_starts", result->late_starts);
	set_number(root, "paused_seconds", (double)result->paused_ns / 1e9);
	set_number(root, "seconds", (double)result->window_ns / 1e9);
	set_number(root, "handshakes_per_second", load_result_rate(result));
	set_number(root, "client_cpu_us_per_handshake", load_result_cpu_us(result));
	set_number(root, "busiest_thread", load_result_busy(result));
}

bool load_json_write(FILE *out, const struct load_plan *plan, const struct load_result *result)
{
	json_t *root = json_object();
	json_object_set_new(root, "version", json_string(HANDFAST_VERSION));
	json_object_set_new(root, "load", load_of(plan));
	json_object_set_new(root, "cheats", cheats_of(plan, result));
	set_counts(root, result);
	json_object_set_new(root, "errors", errors_of(result));
	json_object_set_new(root, "phases", phases_of(result));
	json_object_set_new(root, "bounds_met", json_boolean(load_bounds_met(&plan->options, result, NULL)));
	const bool ok = json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(10)) == 0 && fputc('\n', out) != EOF;
	json_decref(root);
	return ok;
}
