/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_internal.h"

#include "expiry.h"
#include "log.h"
#include "publish_bounds.h"
#include "publish_config.h"

#include <time.h>

/** A day's warning need not be exact to the minute, and looking at a million names costs half a second. */
#define LOOK_INTERVAL_MS (60 * 60 * 1000)

void publish_expiry_tell(const struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	if (name->load == NULL || !cert_table_writer_get(publish->params.table, &key, &entry) ||
		entry.certificate == NULL)
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

void publish_expiry_step(struct publish *publish)
{
	if (!publish->is_telling_expiry && publish->now_ms < publish->next_expiry_ms)
		return;
	if (!publish->is_telling_expiry) {
		publish->next_expiry_ms = publish->now_ms + LOOK_INTERVAL_MS;
		publish->expiry_at = 0;
	}
	struct publish_name *name = NULL;
	for (unsigned i = 0; i < PUBLISH_NAME_STEPS; i++) {
		name = publish_name_next(publish->names, &publish->expiry_at);
		if (name == NULL)
			break;
		publish_expiry_tell(publish, name);
	}
	publish->is_telling_expiry = name != NULL;
}

/* --- what has run out is not served any longer -------------------------------------------------------------------- */

void publish_expiry_loaded(struct publish *publish, const struct certificate *certificate)
{
	if (publish->first_not_after == 0 || certificate->not_after < publish->first_not_after)
		publish->first_not_after = certificate->not_after;
}

static void unload_if_expired(void *context, struct publish_name *name)
{
	struct publish *publish = context;
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	if (!cert_table_writer_get(publish->params.table, &key, &entry) || entry.certificate == NULL)
		return;
	if (entry.certificate->not_after >= time(NULL)) {
		publish_expiry_loaded(publish, entry.certificate);
		return;
	}
	log_event(CONFIG_LOG_WARNING, "certificate has expired and is not served any longer", "name", name->text,
		"file", publish_name_file(name));
	publish->counts.expired_unloaded++;
	publish_bounds_unloaded(publish, name);
	cert_table_writer_unload(publish->params.table, &key);
	cert_table_writer_break(publish->params.table, &key, CERTIFICATE_FAULT_EXPIRED);
}

static void unload_of(struct publish *publish, const struct publish_by_use *queue)
{
	for (struct publish_load *load = TAILQ_FIRST(queue), *next; load != NULL; load = next) {
		next = TAILQ_NEXT(load, by_use);
		unload_if_expired(publish, load->name);
	}
}

void publish_expiry_unload(struct publish *publish)
{
	if (publish->params.config->store.expired == CONFIG_EXPIRED_SERVE || publish->first_not_after == 0 ||
		publish->first_not_after >= time(NULL))
		return;
	publish->first_not_after = 0; /* of those that stay */
	unload_of(publish, &publish->preloaded_by_use);
	unload_of(publish, &publish->others_by_use);
	publish_config_each_fixed(publish, unload_if_expired);
}
