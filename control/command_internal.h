/* SPDX-License-Identifier: BSD-3-Clause */
/** Shared by the files that implement commands; nobody else includes it. */
#ifndef HANDFAST_COMMAND_INTERNAL_H
#define HANDFAST_COMMAND_INTERNAL_H

#include "command.h"

#include <jansson.h>

/** Rows of one answer, unless the request says otherwise. */
#define COMMAND_DEFAULT_LIMIT 10000

/** A kind of command. */
struct command_kind {
	const char *name;
	/** Check the request and start what has to be waited for. @return NULL, or what is wrong (command_fail()). */
	json_t *(*begin)(struct command *command);
	/** @return the answer, or NULL: not yet. Must answer once command->now_ms has reached the deadline. */
	json_t *(*poll)(struct command *command);
	/** Instead of poll, where the answer is long: as command_poll(). */
	enum command_step (*poll_part)(struct command *command, struct command_part *out);
	void (*end)(struct command *command); /**< NULL: nothing to free */
};

struct command {
	struct command_context *context;
	const struct command_kind *kind;
	json_t *request;
	json_t *failure; /**< the answer, if the request itself was wrong */
	void *state;     /**< the kind's */
	uint64_t now_ms, deadline_ms;
};

/** An answer that says what is wrong. Threads: the control thread, for all of this. */
json_t *command_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** @return text as JSON, escaped as in the log if it is not valid UTF-8. NULL gives null. */
json_t *command_text(const char *text);

/** @return Unix time as "2026-11-23T18:41:47Z"; 0 gives null. */
json_t *command_time(int64_t unix_s);

/** @return the request's string, or NULL if there is none or it is no string. */
const char *command_get_text(const struct command *command, const char *key);

/** @return the request's number, or otherwise. */
int64_t command_get_number(const struct command *command, const char *key, int64_t otherwise);

extern const struct command_kind command_certs_kind, command_bindings_kind, command_show_share,
	command_connections_kind, command_stats_kind, command_refresh_kind, command_reload_kind, explain_command,
	lint_command;

#endif
