/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Commands of the control socket: a JSON object in, a JSON object out. {"command": "explain", "ip": …} is answered by
 * {"ok": true, …} or {"ok": false, "error": "…"}. A command that has to wait (for a load, a scan, a worker) is polled;
 * none waits for ever.
 */
#ifndef HANDFAST_COMMAND_H
#define HANDFAST_COMMAND_H

#include "config.h"
#include "publish.h"
#include "reload.h"
#include "scanner.h"
#include "worker.h"

/** Longest that a command waits for what it has started. */
#define COMMAND_TIMEOUT_MS 30000

struct command;
struct command_snapshots;

/** What commands work with; all borrowed, but for what is abandoned. */
struct command_context {
	const struct config *config;
	struct worker_shared *shared;
	struct cert_table *table;
	unsigned control_reader; /**< the control thread's number as a reader of the table */
	struct publish *publish;
	struct scanner *scanner;
	struct reload *reload;
	struct worker *const *workers;
	unsigned n_workers;
	struct command_snapshots *abandoned; /**< asked of workers that have not answered: freed when they have */
};

/** Free what is abandoned. After the workers have stopped. */
void command_context_fini(struct command_context *context);

/**
 * Begin a command. Whatever the line holds, there is a command, even if all it does is to answer with an error.
 *
 * @return NULL if memory is out. Owner: the caller; command_end(). Threads: the control thread, for all of this.
 */
struct command *command_begin(struct command_context *context, const char *line, size_t len, uint64_t now_ms);

/** What became of a command in one turn of the control thread. */
enum command_step {
	COMMAND_WAITS,    /**< for something else: ask again later */
	COMMAND_WORKS,    /**< it has done a bit and could go on at once */
	COMMAND_PART,     /**< a part of the answer; ask for the next when this one is sent */
	COMMAND_ANSWERED, /**< the answer, or its last part */
};

/** Parts of an answer, in their order, are one line ended by a newline. */
struct command_part {
	char *text; /**< malloc'ed, the caller's; NULL: memory is out, the answer cannot be ended */
	size_t len;
};

/** Do a bit of a command. @param out PART and ANSWERED: set. */
enum command_step command_poll(struct command *command, uint64_t now_ms, struct command_part *out);

/** End a command, answered or not. NULL is allowed. */
void command_end(struct command *command);

/** The answer of a request that never became a command, text NULL if memory is out. */
struct command_part command_error_reply(const char *text);

#endif
