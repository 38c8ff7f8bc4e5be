/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct command_kind *const kinds[] = {
	&command_certs_kind,
	&command_bindings_kind,
	&command_show_share,
	&command_connections_kind,
	&command_stats_kind,
	&command_refresh_kind,
	&command_reload_kind,
	&explain_command,
	&lint_command,
};

json_t *command_fail(const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return json_pack("{s:b, s:o}", "ok", 0, "error", command_text(text));
}

json_t *command_text(const char *text)
{
	if (text == NULL)
		return json_null();
	json_t *string = json_string(text);
	if (string != NULL)
		return string;
	char escaped[1024];
	log_escape(escaped, sizeof(escaped), text);
	return json_string(escaped);
}

json_t *command_time(int64_t unix_s)
{
	time_t seconds = unix_s;
	struct tm tm;
	char text[40];
	if (unix_s == 0 || gmtime_r(&seconds, &tm) == NULL)
		return json_null();
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

const char *command_get_text(const struct command *command, const char *key)
{
	return json_string_value(json_object_get(command->request, key));
}

int64_t command_get_number(const struct command *command, const char *key, int64_t otherwise)
{
	const json_t *value = json_object_get(command->request, key);
	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static const struct command_kind *find_kind(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

/* Returns what is wrong with the request, or NULL. */
static json_t *start(struct command *command, const char *line, size_t len)
{
	json_error_t error;
	command->request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(command->request))
		return command_fail("request is no JSON object: %s", error.text);
	const char *name = command_get_text(command, "command");
	command->kind = find_kind(name);
	if (command->kind == NULL)
		return command_fail("unknown command \"%s\"", name != NULL ? name : "");
	return command->kind->begin != NULL ? command->kind->begin(command) : NULL;
}

struct command *command_begin(struct command_context *context, const char *line, size_t len, uint64_t now_ms)
{
	struct command *command = calloc(1, sizeof(*command));
	if (command == NULL)
		return NULL;
	command->context = context;
	command->now_ms = now_ms;
	command->deadline_ms = now_ms + COMMAND_TIMEOUT_MS;
	command->failure = start(command, line, len);
	return command;
}

static struct command_part to_line(json_t *answer)
{
	char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
	json_decref(answer);
	if (text == NULL)
		text = strdup("{\"ok\":false,\"error\":\"out of memory\"}");
	size_t len = text != NULL ? strlen(text) : 0;
	char *line = text != NULL ? realloc(text, len + 1) : NULL;
	if (line == NULL) {
		free(text);
		return (struct command_part){NULL, 0};
	}
	line[len] = '\n';
	return (struct command_part){line, len + 1};
}

struct command_part command_error_reply(const char *text)
{
	return to_line(command_fail("%s", text));
}

enum command_step command_poll(struct command *command, uint64_t now_ms, struct command_part *out)
{
	command->now_ms = now_ms;
	json_t *answer = command->failure;
	command->failure = NULL;
	if (answer == NULL && command->kind->poll_part != NULL)
		return command->kind->poll_part(command, out);
	if (answer == NULL)
		answer = command->kind->poll(command);
	if (answer == NULL)
		return COMMAND_WAITS;
	*out = to_line(answer);
	return COMMAND_ANSWERED;
}

void command_end(struct command *command)
{
	if (command == NULL)
		return;
	if (command->kind != NULL && command->kind->end != NULL)
		command->kind->end(command);
	json_decref(command->failure);
	json_decref(command->request);
	free(command);
}
