/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_internal.h"

#include "expiry.h"
#include "log.h"

#include <time.h>

/** A day's warning need not be exact to the minute, and looking at a million names costs half a second. */
#define LOOK_INTERVAL_MS (60 * 60 * 1000)

void publish_expiry_tell(const struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	if (!cert_table_writer_get(publish->params.table, &key, &entry) || entry.certificate == NULL)
		return;
	int64_t not_after = entry.certificate->not_after, now_s = time(NULL);
	unsigned due = expiry_warnings_due(not_after, now_s);
	if (due <= name->load->expiry_told)
		return;
	name->load->expiry_told = (uint8_t)due;
	log_event(CONFIG_LOG_WARNING, due == EXPIRY_WARNINGS ? "certificate has expired" : "certificate expires soon",
		"name", name->text, "file", publish_name_file(name), "days",
		due == EXPIRY_WARNINGS ? NULL : LOG_NUMBER((not_after - now_s) / (24 * 60 * 60)));
}

static void tell(void *context, struct publish_name *name)
{
	publish_expiry_tell(context, name);
}

void publish_expiry_step(struct publish *publish)
{
	if (publish->now_ms < publish->next_expiry_ms)
		return;
	publish->next_expiry_ms = publish->now_ms + LOOK_INTERVAL_MS;
	publish_name_each(publish->names, tell, publish);
}
