/* SPDX-License-Identifier: BSD-3-Clause */
#include "command_internal.h"

#include "command_describe.h"
#include "share_error.h"

#include <stdlib.h>
#include <string.h>

/* First the share is looked at, then (with a name) its file is read again, then everything that changed is loaded. */
struct refresh {
	uint64_t wanted_scan; /* the listing that began after the request */
	bool reloaded;
	bool by_name;
	struct host_name key;
};

static json_t *begin(struct command *command)
{
	struct refresh *refresh = calloc(1, sizeof(*refresh));
	const char *name = command_get_text(command, "name");
	if (refresh == NULL)
		return command_fail("out of memory");
	command->state = refresh;
	refresh->by_name = name != NULL;
	if (name != NULL && host_name_from_text(name, &refresh->key) != HOST_NAME_OK)
		return command_fail("\"%s\" is not a host name", name);
	struct scanner_state scans = scanner_get_state(command->context->scanner);
	refresh->wanted_scan = scans.started + 1;
	scanner_look_now(command->context->scanner, command->now_ms);
	return NULL;
}

static json_t *describe_name(const struct command *command, const struct refresh *refresh)
{
	const struct publish_name *name =
		publish_name_find(publish_get_names(command->context->publish), refresh->key.text);
	struct cert_table_result entry;
	if (name == NULL || !cert_table_writer_get(command->context->table, &refresh->key, &entry))
		return command_fail("no file on the share serves \"%s\"", refresh->key.text);
	const char *note = publish_name_note(name);
	if (entry.fault != CERTIFICATE_FAULT_NONE)
		return command_fail("%s: %s%s%s%s", publish_name_file(name), certificate_fault_text(entry.fault),
			note != NULL ? " (" : "", note != NULL ? note : "", note != NULL ? ")" : "");
	return json_pack("{s:b, s:s, s:o, s:s, s:o}", "ok", 1, "name", refresh->key.text, "file",
		command_text(publish_name_file(name)), "state", command_describe_state(&entry), "certificate",
		command_describe_certificate(entry.certificate));
}

static json_t *describe_scan(const struct scanner_state *scans)
{
	if (scans->error != 0)
		return command_fail("share cannot be listed: %s", share_error_text(scans->error));
	return json_pack("{s:b, s:I, s:I, s:I, s:I, s:I}", "ok", 1, "files", (json_int_t)scans->result.n_files, "added",
		(json_int_t)scans->result.added, "changed", (json_int_t)scans->result.changed, "removed",
		(json_int_t)scans->result.removed, "held_back", (json_int_t)scans->result.held_back);
}

static bool is_settled(const struct command *command, const struct refresh *refresh)
{
	return refresh->by_name ? publish_is_settled(command->context->publish, refresh->key.text)
				: publish_pending(command->context->publish) == 0;
}

static json_t *poll_refresh(struct command *command)
{
	struct refresh *refresh = command->state;
	struct scanner_state scans = scanner_get_state(command->context->scanner);
	if (command->now_ms >= command->deadline_ms)
		return command_fail("not finished in time; it goes on");
	if (scans.ended < refresh->wanted_scan)
		return NULL;
	if (refresh->by_name && scans.error == 0 && !refresh->reloaded) {
		refresh->reloaded = true;
		publish_refresh(command->context->publish, refresh->key.text);
	}
	if (!is_settled(command, refresh))
		return NULL;
	return refresh->by_name && scans.error == 0 ? describe_name(command, refresh) : describe_scan(&scans);
}

static void end(struct command *command)
{
	free(command->state);
}

const struct command_kind command_refresh_kind = {.name = "refresh", .begin = begin, .poll = poll_refresh, .end = end};
