/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "cert_select.h"
#include "command_describe.h"
#include "command_list.h"
#include "share_name.h"
#include "suggest.h"
#include "tls_alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Like a client's handshake: a certificate that is not loaded yet is loaded, then the walk is done again. */
#define LOAD_TIMEOUT_MS 5000

struct explain {
	struct binding_query query;
	const char *name_text;    /* as asked */
	const char *name_reading; /* what a worker would make of it, when that is not a host name */
	struct host_name loading; /* the walk waits for this one */
	struct suggest_list near;
	bool near_begun, near_found;
	json_t *steps; /* of the walk under way */
};

static json_t *read_query(struct command *command, struct explain *explain)
{
	const char *ip = command_get_text(command, "ip");
	int64_t port = command_get_number(command, "port", 0);
	if (ip == NULL || ip_address_parse(ip, &explain->query.local_ip) != 0)
		return command_fail("\"%s\" is not an IP address", ip != NULL ? ip : "");
	if (port < 1 || port > UINT16_MAX)
		return command_fail("port must be 1 to 65535");
	explain->query.local_port = (uint16_t)port;
	explain->name_text = command_get_text(command, "name");
	if (explain->name_text == NULL || explain->name_text[0] == '\0')
		return NULL;
	/* People type U-labels; clients send A-labels. A wildcard is what neither of them asks for. */
	struct host_name typed, name;
	enum host_name_result result = host_name_from_text(explain->name_text, &typed);
	if (result == HOST_NAME_OK)
		result = host_name_from_sni((const uint8_t *)typed.text, typed.len, &name);
	if (result == HOST_NAME_INVALID)
		return command_fail("\"%s\" is not a host name", explain->name_text);
	if (result == HOST_NAME_OK)
		explain->query.name = name;
	else
		explain->name_reading = "an IP address counts as no server name (RFC 6066 section 3)";
	return NULL;
}

static json_t *begin(struct command *command)
{
	struct explain *explain = calloc(1, sizeof(*explain));
	if (explain == NULL)
		return command_fail("out of memory");
	command->state = explain;
	command->deadline_ms = command->now_ms + LOAD_TIMEOUT_MS;
	return read_query(command, explain);
}

/* --- the walk -------------------------------------------------------------------------------------------------------
 */

static void lookup(void *context, const struct host_name *key, bool strict, struct cert_table_result *out)
{
	const struct command *command = context;
	cert_table_lookup(command->context->table, command->context->control_reader, key, strict, out);
}

static const char *step_text(enum cert_select_step step)
{
	switch (step) {
	case CERT_SELECT_STEP_TAKEN:
		return "taken";
	case CERT_SELECT_STEP_PENDING:
		return "being loaded";
	case CERT_SELECT_STEP_MISS:
		return "no such file on the share";
	case CERT_SELECT_STEP_UNUSABLE:
		return "matches, but its certificate cannot be used";
	}
	return "";
}

/* What was looked for: on the share a file name, else a configured path. */
static void name_tried(const struct command *command, const struct binding_candidate *candidate, char *out, size_t size)
{
	const struct config *config = command->context->config;
	if (candidate->from_store)
		share_name_format(candidate->name.text, false, out, size);
	else
		snprintf(out, size, "%s", config->certificates[candidate->binding->certificate_index].file);
}

static void trace(void *context, const struct binding_candidate *candidate, const struct cert_table_result *found,
	enum cert_select_step step)
{
	const struct command *command = context;
	const struct explain *explain = command->state;
	const struct publish_names *names = publish_get_names(command->context->publish);
	const struct publish_name *name = found->key.len > 0 ? publish_name_find(names, found->key.text) : NULL;
	char tried[4096];
	name_tried(command, candidate, tried, sizeof(tried));
	json_array_append_new(explain->steps,
		json_pack("{s:i, s:s, s:o, s:b, s:o, s:o, s:b, s:s, s:o, s:o, s:s}", "tier",
			(int)binding_tier_number(candidate->tier), "tier_name", binding_tier_name(candidate->tier),
			"binding", command_describe_binding(candidate->binding), "from_store", candidate->from_store,
			"tried", command_text(tried), "file",
			command_text(name != NULL ? publish_name_file(name) : NULL), "wildcard", found->wildcard,
			"state", command_describe_state(found), "reason",
			command_text(
				found->fault != CERTIFICATE_FAULT_NONE ? certificate_fault_text(found->fault) : NULL),
			"detail", command_text(name != NULL ? publish_name_note(name) : NULL), "outcome",
			step_text(step)));
}

static void walk(struct command *command, struct cert_select_result *out)
{
	struct explain *explain = command->state;
	const struct command_context *context = command->context;
	const struct cert_select_source source = {.context = command, .lookup = lookup, .trace = trace};
	json_decref(explain->steps);
	explain->steps = json_array();
	/* The control thread reads as a worker would, by the same code. What it finds stays: only it could free it. */
	cert_table_register_reader(context->table, context->control_reader);
	cert_select(atomic_load_explicit(&context->shared->bindings, memory_order_relaxed), &explain->query,
		context->config->tls.strict, &source, out);
	cert_table_unregister_reader(context->table, context->control_reader);
}

/* --- the answer -----------------------------------------------------------------------------------------------------
 */

static bool is_late(const struct command *command)
{
	return command->now_ms >= command->deadline_ms;
}

/* Certificates of near misses are loaded too: only their names tell whether the file is the one that was meant. */
static bool load_suggestions(struct command *command, struct explain *explain)
{
	struct publish *publish = command->context->publish;
	bool settled = true;
	if (!explain->near_begun)
		suggest_begin(&explain->near, explain->query.name.text);
	explain->near_begun = true;
	if (!explain->near_found) {
		explain->near_found = suggest_find(command->context, &explain->near, COMMAND_LIST_STEPS);
		if (!explain->near_found)
			return false;
		for (size_t i = 0; i < explain->near.n; i++)
			publish_request(publish, &explain->near.items[i].key);
	}
	for (size_t i = 0; i < explain->near.n; i++)
		settled = settled && publish_is_settled(publish, explain->near.items[i].key.text);
	return settled;
}

static const struct config_binding *find_hider(const struct command *command, const struct cert_select_result *result)
{
	const struct config *config = command->context->config;
	const struct explain *explain = command->state;
	const struct binding_table *table =
		atomic_load_explicit(&command->context->shared->bindings, memory_order_relaxed);
	if (result->verdict != CERT_SELECT_FOUND || result->candidate.tier != BINDING_TIER_ADDRESS)
		return NULL;
	for (size_t i = 0; i < config->n_bindings; i++)
		if (explain->query.name.len > 0 && host_name_equal(&config->bindings[i].host, &explain->query.name) &&
			config->bindings[i].port == explain->query.local_port &&
			binding_hidden_by(table, &config->bindings[i]) == result->candidate.binding)
			return &config->bindings[i];
	return NULL;
}

static void add_found(const struct command *command, json_t *answer, const struct cert_select_result *result)
{
	const struct config_binding *hidden = find_hider(command, result);
	json_object_set_new(answer, "verdict", json_string("found"));
	json_object_set_new(answer, "tier", json_integer(binding_tier_number(result->candidate.tier)));
	json_object_set_new(answer, "tier_name", json_string(binding_tier_name(result->candidate.tier)));
	json_object_set_new(answer, "binding", command_describe_binding(result->candidate.binding));
	json_object_set_new(answer, "certificate", command_describe_certificate(result->certificate.certificate));
	json_object_set_new(answer, "hides", hidden != NULL ? command_describe_binding(hidden) : json_null());
}

static void add_none(const struct command *command, json_t *answer, const struct cert_select_result *result)
{
	const struct explain *explain = command->state;
	bool reset = command->context->config->tls.no_match == CONFIG_NO_MATCH_RESET;
	json_object_set_new(answer, "verdict", json_string("none"));
	json_object_set_new(
		answer, "alert", json_string(reset ? "none: connection reset" : tls_alert_name(result->alert)));
	json_object_set_new(answer, "counter", json_string(stats_drop_name(result->reason)));
	json_object_set_new(answer, "why", json_string(stats_drop_text(result->reason)));
	json_object_set_new(answer, "near", suggest_describe(command->context, &explain->near));
}

/* Bindings of any address match it, yet no packet for it is answered. Link-local addresses are made from the ports' MAC
 * addresses, so nothing is said of them. What a port answers for is as of the start: a reload changes no port. */
static const char *address_note(const struct command *command, const struct ip_address *ip)
{
	const struct config *config = command->context->shared->config;
	bool is_link_local = ip->octets[0] == 0xfe && (ip->octets[1] & 0xc0) == 0x80;
	for (size_t i = 0; i < config->n_ports; i++)
		for (size_t j = 0; j < config->ports[i].n_addresses; j++)
			if (ip_address_equal(&config->ports[i].addresses[j].ip, ip))
				return NULL;
	return is_link_local ? NULL : "no port has this address: nobody gets an answer there";
}

static json_t *describe_query(const struct command *command)
{
	const struct explain *explain = command->state;
	char ip[IP_ADDRESS_TEXT_SIZE];
	return json_pack("{s:s, s:o, s:i, s:o, s:o}", "ip", ip_address_format(&explain->query.local_ip, ip), "ip_note",
		command_text(address_note(command, &explain->query.local_ip)), "port", (int)explain->query.local_port,
		"name", command_text(explain->query.name.len > 0 ? explain->query.name.text : NULL), "note",
		command_text(explain->name_reading));
}

static json_t *answer(const struct command *command, const struct cert_select_result *result)
{
	const struct explain *explain = command->state;
	bool found = result->verdict == CERT_SELECT_FOUND;
	json_t *object = json_pack("{s:b, s:b, s:b, s:o, s:O}", "ok", 1, "found", found, "listening", 1, "query",
		describe_query(command), "walk", explain->steps);
	if (found)
		add_found(command, object, result);
	else if (result->verdict == CERT_SELECT_NONE)
		add_none(command, object, result);
	else
		json_object_set_new(object, "verdict", json_string("still being loaded"));
	return object;
}

static json_t *answer_not_listening(const struct command *command)
{
	return json_pack("{s:b, s:b, s:b, s:o, s:[], s:s, s:s}", "ok", 1, "found", 0, "listening", 0, "query",
		describe_query(command), "walk", "verdict", "none", "why",
		"no binding on that address and port: connections are reset");
}

static json_t *poll_explain(struct command *command)
{
	struct explain *explain = command->state;
	struct publish *publish = command->context->publish;
	struct cert_select_result result;
	if (!binding_listens(atomic_load_explicit(&command->context->shared->bindings, memory_order_relaxed),
		    &explain->query.local_ip, explain->query.local_port))
		return answer_not_listening(command);
	if (!publish_is_settled(publish, explain->loading.text) && !is_late(command))
		return NULL;
	walk(command, &result);
	if (result.verdict == CERT_SELECT_PENDING && !is_late(command)) {
		explain->loading = result.certificate.key;
		publish_request(publish, &explain->loading);
		return NULL;
	}
	if (result.verdict == CERT_SELECT_NONE && explain->query.name.len > 0 && !load_suggestions(command, explain) &&
		!is_late(command))
		return NULL;
	return answer(command, &result);
}

static void end(struct command *command)
{
	struct explain *explain = command->state;
	if (explain != NULL)
		json_decref(explain->steps);
	free(explain);
}

const struct command_kind explain_command = {.name = "explain", .begin = begin, .poll = poll_explain, .end = end};
