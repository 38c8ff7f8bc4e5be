/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "certificate_names.h"
#include "share_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Files that lint loads to look into; the rest is judged by what is loaded already. */
#define MAX_LOADS 10000

struct lint {
	const struct command *command;
	json_t *findings;
	size_t n_requested, n_unread;
};

static bool is_unread(const struct command *command, const struct publish_name *name)
{
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	return cert_table_writer_get(command->context->table, &key, &entry) && entry.state == CERT_TABLE_INDEXED;
}

static void request(void *context, struct publish_name *name)
{
	struct lint *lint = context;
	if (lint->n_requested < MAX_LOADS && is_unread(lint->command, name)) {
		lint->n_requested++;
		publish_refresh(lint->command->context->publish, name->text);
	}
}

static json_t *begin(struct command *command)
{
	struct lint *lint = calloc(1, sizeof(*lint));
	if (lint == NULL)
		return command_fail("out of memory");
	lint->command = command;
	command->state = lint;
	publish_name_each(publish_get_names(command->context->publish), request, lint);
	return NULL;
}

static void add(struct lint *lint, const char *kind, const char *file, const char *text)
{
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
	share_name_format(certificate->names[0], right, sizeof(right));
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
		share_name_format(certificate->names[i], copy, sizeof(copy));
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

static void check_name(void *context, struct publish_name *name)
{
	struct lint *lint = context;
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

static void check_file(void *context, const struct scan_file *file)
{
	char text[128];
	const char *reason = scan_useless(file);
	if (reason == NULL)
		return;
	snprintf(text, sizeof(text), "%s: serves nothing", reason);
	add(context, "useless", file->name, text);
}

static void check_bindings(struct lint *lint)
{
	const struct command_context *context = lint->command->context;
	const struct config *config = context->config;
	const struct binding_table *table = atomic_load_explicit(&context->shared->bindings, memory_order_relaxed);
	char text[1024];
	for (size_t i = 0; i < config->n_bindings; i++) {
		const struct config_binding *hider = binding_hidden_by(table, &config->bindings[i]);
		if (hider == NULL)
			continue;
		snprintf(text, sizeof(text), "binding for %s in line %u is hidden by the address record in line %u",
			config->bindings[i].host.text, config->bindings[i].line, hider->line);
		add(lint, "hidden-binding", config->path, text);
	}
}

static json_t *poll_lint(struct command *command)
{
	struct lint *lint = command->state;
	if (publish_pending(command->context->publish) > 0 && command->now_ms < command->deadline_ms)
		return NULL;
	lint->findings = json_array();
	publish_name_each(publish_get_names(command->context->publish), check_name, lint);
	scan_each(scanner_get_scan(command->context->scanner), check_file, lint);
	check_bindings(lint);
	return json_pack("{s:b, s:o, s:I}", "ok", 1, "findings", lint->findings, "files_not_examined",
		(json_int_t)lint->n_unread);
}

static void end(struct command *command)
{
	free(command->state);
}

const struct command_kind lint_command = {.name = "lint", .begin = begin, .poll = poll_lint, .end = end};
