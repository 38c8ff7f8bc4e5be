/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "certificate_names.h"
#include "command_list.h"
#include "share_name.h"
#include "suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files that lint loads to look into; the rest is judged by what is loaded already. */
#define MAX_LOADS 10000

/* Bound hosts without a file for which a misspelt one is looked for: each costs a comparison with every name. */
#define MAX_MISSING 32

/* The names are walked over twice, the bindings and the files once, a bit in each poll. */
enum phase { REQUEST, WAIT, NAMES, BINDINGS, NEAR, FILES };

struct missing {
	unsigned line;
	struct host_name host;
	struct suggest_list near;
};

struct lint {
	const struct command *command;
	enum phase phase;
	size_t at;
	json_t *findings;
	size_t n_findings, n_requested, n_unread;
	struct missing missing[MAX_MISSING];
	size_t n_missing;
};

static bool is_unread(const struct command *command, const struct publish_name *name)
{
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	return cert_table_writer_get(command->context->table, &key, &entry) && entry.state == CERT_TABLE_INDEXED;
}

static void request(struct lint *lint, struct publish_name *name)
{
	if (lint->n_requested < MAX_LOADS && is_unread(lint->command, name)) {
		lint->n_requested++;
		publish_prefetch(lint->command->context->publish, name);
	}
}

static json_t *begin(struct command *command)
{
	struct lint *lint = calloc(1, sizeof(*lint));
	if (lint == NULL)
		return command_fail("out of memory");
	lint->command = command;
	lint->findings = json_array();
	command->state = lint;
	return NULL;
}

static bool is_pem(const struct publish_name *name)
{
	return name->files != NULL && name->files->is_pem;
}

static void add(struct lint *lint, const char *kind, const char *file, const char *text)
{
	if (++lint->n_findings > COMMAND_DEFAULT_LIMIT)
		return;
	json_array_append_new(lint->findings,
		json_pack("{s:s, s:o, s:o}", "kind", kind, "file", command_text(file), "text", command_text(text)));
}

static bool has_name(const struct certificate *certificate, const char *name)
{
	for (size_t i = 0; i < certificate->n_names; i++)
		if (certificate_names_match(certificate->names[i], name))
			return true;
	return false;
}

/* The file name decides what is served: one that its certificate does not know is a mistake in one of them. */
static void check_file_name(struct lint *lint, const struct publish_name *name, const struct certificate *certificate)
{
	char text[1024], right[HOST_NAME_MAX_LEN + 8];
	if (has_name(certificate, name->text))
		return;
	if (certificate->n_names == 0) {
		add(lint, "name-mismatch", publish_name_file(name), "its certificate names no host");
		return;
	}
	share_name_format(certificate->names[0], is_pem(name), right, sizeof(right));
	snprintf(text, sizeof(text), "certificate is for %s%s, not for %s: should be called %s", certificate->names[0],
		certificate->n_names > 1 ? " and others" : "", name->text, right);
	add(lint, "name-mismatch", publish_name_file(name), text);
}

static bool is_served(const struct lint *lint, const char *text)
{
	const struct publish_names *names = publish_get_names(lint->command->context->publish);
	struct host_name name, wildcard;
	if (publish_name_find(names, text) != NULL)
		return true;
	return host_name_from_text(text, &name) != HOST_NAME_OK ||
	       (host_name_wildcard_of(&name, &wildcard) && publish_name_find(names, wildcard.text) != NULL);
}

/* Each name of a certificate wants a file of its own (docs/bindings.md section 3). */
static void check_copies(struct lint *lint, const struct publish_name *name, const struct certificate *certificate)
{
	char text[1024], copy[HOST_NAME_MAX_LEN + 8];
	for (size_t i = 0; i < certificate->n_names; i++) {
		if (is_served(lint, certificate->names[i]))
			continue;
		share_name_format(certificate->names[i], is_pem(name), copy, sizeof(copy));
		snprintf(text, sizeof(text), "certificate is for %s too, which no file serves: copy it to %s",
			certificate->names[i], copy);
		add(lint, "copy-missing", publish_name_file(name), text);
	}
}

static void check_twins(struct lint *lint, const struct publish_name *name)
{
	char text[1024];
	for (const struct scan_file *file = name->files != NULL ? name->files->sibling : NULL; file != NULL;
		file = file->sibling) {
		snprintf(text, sizeof(text), "serves nothing: %s serves %s", name->files->name, name->text);
		add(lint, "twin", file->name, text);
	}
}

static void check_name(struct lint *lint, struct publish_name *name)
{
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	check_twins(lint, name);
	if (!cert_table_writer_get(lint->command->context->table, &key, &entry))
		return;
	if (entry.fault != CERTIFICATE_FAULT_NONE)
		add(lint, "unusable", publish_name_file(name), certificate_fault_text(entry.fault));
	lint->n_unread += entry.state == CERT_TABLE_INDEXED;
	if (entry.certificate == NULL || name->fixed != NULL)
		return;
	check_file_name(lint, name, entry.certificate);
	check_copies(lint, name, entry.certificate);
}

static void check_file(struct lint *lint, const struct scan_file *file)
{
	char text[128];
	const char *reason = scan_useless(file);
	if (reason == NULL)
		return;
	snprintf(text, sizeof(text), "%s: serves nothing", reason);
	add(lint, "useless", file->name, text);
}

static void note_missing(struct lint *lint, const struct config_binding *binding)
{
	char text[1024];
	snprintf(text, sizeof(text), "no file serves %s, which the binding in line %u takes from the store",
		binding->host.text, binding->line);
	if (lint->n_missing == MAX_MISSING) {
		add(lint, "file-missing", binding->source_file, text);
		return;
	}
	struct missing *missing = &lint->missing[lint->n_missing++];
	missing->host = binding->host;
	missing->line = binding->line;
	suggest_begin(&missing->near, missing->host.text);
}

static void check_binding(struct lint *lint, const struct binding_table *table, const struct config_binding *binding)
{
	const struct config_binding *hider = binding_hidden_by(table, binding);
	char text[1024];
	if (hider != NULL) {
		snprintf(text, sizeof(text), "binding for %s in line %u is hidden by the address record in line %u",
			binding->host.text, binding->line, hider->line);
		add(lint, "hidden-binding", binding->source_file, text);
	}
	if ((binding->ssl_flags & CONFIG_SSL_CENTRAL_STORE) != 0 && !is_served(lint, binding->host.text))
		note_missing(lint, binding);
}

/* The misspelt file, if there is one. */
static void tell_missing(struct lint *lint, const struct missing *missing)
{
	char text[1024], right[HOST_NAME_MAX_LEN + 8];
	const struct publish_name *near = suggest_meant(lint->command->context, &missing->near);
	if (near == NULL) {
		snprintf(text, sizeof(text), "no file serves %s, which the binding in line %u takes from the store",
			missing->host.text, missing->line);
		add(lint, "file-missing", lint->command->context->config->path, text);
		return;
	}
	share_name_format(missing->host.text, is_pem(near), right, sizeof(right));
	snprintf(text, sizeof(text),
		"%s is close to %s, which the binding in line %u takes from the store and no file serves: rename it to "
		"%s",
		publish_name_file(near), missing->host.text, missing->line, right);
	add(lint, "near-miss", publish_name_file(near), text);
}

/* --- a bit in each poll ------------------------------------------------------------------------------------------- */

static void enter(struct lint *lint, enum phase phase)
{
	lint->phase = phase;
	lint->at = 0;
}

static void walk_names(struct lint *lint, void (*visit)(struct lint *lint, struct publish_name *name), enum phase next)
{
	const struct publish_names *names = publish_get_names(lint->command->context->publish);
	for (unsigned i = 0; i < COMMAND_LIST_STEPS; i++) {
		struct publish_name *name = publish_name_next(names, &lint->at);
		if (name == NULL) {
			enter(lint, next);
			return;
		}
		visit(lint, name);
	}
}

static void walk_bindings(struct lint *lint)
{
	const struct command_context *context = lint->command->context;
	const struct binding_table *table = atomic_load_explicit(&context->shared->bindings, memory_order_relaxed);
	const struct config *config = binding_table_config(table);
	for (unsigned i = 0; i < COMMAND_LIST_STEPS && lint->at < config->n_bindings; i++)
		check_binding(lint, table, &config->bindings[lint->at++]);
	if (lint->at >= config->n_bindings)
		enter(lint, NEAR);
}

static void walk_missing(struct lint *lint)
{
	bool all = true;
	for (size_t i = 0; i < lint->n_missing; i++)
		all &= suggest_find(lint->command->context, &lint->missing[i].near, COMMAND_LIST_STEPS / MAX_MISSING);
	if (!all)
		return;
	for (size_t i = 0; i < lint->n_missing; i++)
		tell_missing(lint, &lint->missing[i]);
	enter(lint, FILES);
}

/* @return true at the end. */
static bool walk_files(struct lint *lint)
{
	const struct scan *scan = scanner_get_scan(lint->command->context->scanner);
	for (unsigned i = 0; i < COMMAND_LIST_STEPS; i++) {
		const struct scan_file *file = scan_next(scan, &lint->at);
		if (file == NULL)
			return true;
		check_file(lint, file);
	}
	return false;
}

static json_t *answer(const struct lint *lint)
{
	return json_pack("{s:b, s:O, s:I, s:I}", "ok", 1, "findings", lint->findings, "total",
		(json_int_t)lint->n_findings, "files_not_examined", (json_int_t)lint->n_unread);
}

static json_t *poll_lint(struct command *command)
{
	struct lint *lint = command->state;
	switch (lint->phase) {
	case REQUEST:
		walk_names(lint, request, WAIT);
		return NULL;
	case WAIT:
		if (publish_pending(command->context->publish) == 0 || command->now_ms >= command->deadline_ms)
			enter(lint, NAMES);
		return NULL;
	case NAMES:
		walk_names(lint, check_name, BINDINGS);
		return NULL;
	case BINDINGS:
		walk_bindings(lint);
		return NULL;
	case NEAR:
		walk_missing(lint);
		return NULL;
	case FILES:
		break;
	}
	return walk_files(lint) ? answer(lint) : NULL;
}

static void end(struct command *command)
{
	struct lint *lint = command->state;
	if (lint != NULL)
		json_decref(lint->findings);
	free(lint);
}

const struct command_kind lint_command = {.name = "lint", .begin = begin, .poll = poll_lint, .end = end};
