/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_internal.h"

#include "log.h"
#include "publish_bounds.h"
#include "publish_config.h"

#include <stdlib.h>
#include <string.h>

struct publish *publish_create(const struct publish_params *params)
{
	struct publish *publish = calloc(1, sizeof(*publish));
	if (publish == NULL)
		return NULL;
	publish->params = *params;
	publish->urgent.last = &publish->urgent.first;
	publish->background.last = &publish->background.first;
	publish->last_notice = &publish->notices;
	publish_bounds_init(publish);
	publish->names = publish_names_create(params->hash_key);
	publish->chains = certificate_chains_create();
	publish->loader = loader_create(params->zygote, params->loader_role, params->config->store.loaders,
		&(struct loader_listener){
			.loaded = publish_result_parsed, .returned = publish_load_returned, .context = publish});
	publish->reader =
		share_client_create(params->zygote, params->share_role, params->config->store.answer_timeout_s,
			&(struct share_client_listener){.read = publish_load_read, .context = publish});
	if (publish->names == NULL || publish->chains == NULL || publish->loader == NULL || publish->reader == NULL ||
		publish_config_start(publish) != 0) {
		publish_destroy(publish);
		return NULL;
	}
	loader_start(publish->loader);
	return publish;
}

void publish_destroy(struct publish *publish)
{
	if (publish == NULL)
		return;
	loader_destroy(publish->loader);
	share_client_destroy(publish->reader);
	publish_notice_fini(publish);
	publish_names_destroy(publish->names);
	certificate_chains_destroy(publish->chains);
	publish_config_fini(publish);
	free(publish);
}

/* --- events of a scan -----------------------------------------------------------------------------------------------
 */

static void warn_of_twins(const struct publish_name *name)
{
	const struct scan_file *winner = name->files, *loser = winner->sibling;
	if (loser == NULL)
		return;
	log_event(CONFIG_LOG_WARNING, "several files for one name", "name", name->text, "serving", winner->name,
		"hidden", loser->name);
}

/* The file that serves has changed, or another one serves now. */
static void reconsider(struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	bool known = publish_name_is_tried(name) && share_stamp_equal(&name->load->tried, &name->files->stamp);
	if (known)
		return;
	if (name->phase == PUBLISH_READING || name->phase == PUBLISH_PARSING) {
		name->again = true;
		return;
	}
	if (publish_name_is_tried(name) || publish_config_preloads(publish, name))
		publish_queue_add(publish, name, false);
	else if (cert_table_writer_index(publish->params.table, &key) != 0)
		log_event(CONFIG_LOG_ERROR, "out of memory for a name", "name", name->text);
}

static void appeared(void *context, struct scan_file *file, const struct host_name *key)
{
	struct publish *publish = context;
	const char *useless = scan_useless(file);
	if (useless != NULL) {
		log_event(CONFIG_LOG_WARNING, "file serves nothing", "file", file->name, "reason", useless);
		return;
	}
	struct publish_name *name = publish_name_get(publish->names, key->text);
	if (name == NULL || (name->files == NULL && cert_table_writer_index(publish->params.table, key) != 0)) {
		log_event(CONFIG_LOG_ERROR, "out of memory for a name", "name", key->text);
		if (name != NULL)
			publish_name_remove(publish->names, name);
		return;
	}
	file->owner = name;
	publish_name_add_file(name, file);
	warn_of_twins(name);
	reconsider(publish, name);
}

static void changed(void *context, struct scan_file *file)
{
	struct publish_name *name = file->owner;
	if (name == NULL)
		return;
	/* Its time decides between case twins: it may have another place now. */
	publish_name_take_file(name, file);
	publish_name_add_file(name, file);
	reconsider(context, name);
}

void publish_drop(struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	publish_bounds_unloaded(publish, name);
	cert_table_writer_remove(publish->params.table, &key);
	name->gone = true;
	name->fixed = NULL;
	publish_name_unlink(publish->names, name);
	if (name->phase == PUBLISH_IDLE && !publish_name_is_retried(name))
		publish_name_free(publish->names, name);
}

static void vanished(void *context, struct scan_file *file)
{
	struct publish *publish = context;
	struct publish_name *name = file->owner;
	if (name == NULL)
		return;
	publish_name_take_file(name, file);
	if (name->files != NULL) {
		reconsider(publish, name);
		return;
	}
	log_event(CONFIG_LOG_INFO, "certificate file removed", "name", name->text, "file", file->name);
	publish_drop(publish, name);
}

struct scan_listener publish_scan_listener(struct publish *publish)
{
	return (struct scan_listener){
		.appeared = appeared, .changed = changed, .vanished = vanished, .context = publish};
}

/* Permissions and servers come right without a trace on the file itself. */
static void try_to_read_again(void *context, struct publish_name *name)
{
	if (name->files != NULL)
		publish_queue_add(context, name, false);
}

/* What has changed on the share is queued by now. */
void publish_scan_ended(struct publish *publish, uint64_t now_ms)
{
	publish->now_ms = now_ms;
	publish_config_look_at_files(publish);
	publish_name_each_unreadable(publish->names, try_to_read_again, publish);
	publish_expiry_unload(publish);
}

/* --- requests -------------------------------------------------------------------------------------------------------
 */

void publish_request(struct publish *publish, const struct host_name *key)
{
	struct cert_table_result entry;
	struct publish_name *name = publish_name_find(publish->names, key->text);
	bool is_known = cert_table_writer_get(publish->params.table, key, &entry);
	if (name != NULL && is_known && entry.state == CERT_TABLE_INDEXED) {
		publish_queue_add(publish, name, true);
		return;
	}
	/* Loaded, or removed, since the worker looked: it looks again. */
	publish_notice_add(publish, key);
}

bool publish_refresh(struct publish *publish, const char *key)
{
	struct publish_name *name = publish_name_find(publish->names, key);
	if (name == NULL)
		return false;
	name->again = name->phase == PUBLISH_READING || name->phase == PUBLISH_PARSING;
	publish_queue_add(publish, name, true);
	return true;
}

void publish_prefetch(struct publish *publish, struct publish_name *name)
{
	publish_queue_add(publish, name, false);
}

bool publish_is_settled(const struct publish *publish, const char *key)
{
	const struct publish_name *name = publish_name_find(publish->names, key);
	return name == NULL || (name->phase == PUBLISH_IDLE && !publish_name_is_retried(name));
}

size_t publish_pending(const struct publish *publish)
{
	return publish->n_pending + publish->transition.is_under_way;
}

void publish_step(struct publish *publish, uint64_t now_ms)
{
	publish->now_ms = now_ms;
	publish_config_step(publish);
	publish_load_step(publish);
	publish_bounds_step(publish);
	publish_expiry_step(publish);
}

size_t publish_poll_fds(const struct publish *publish, struct pollfd *fds)
{
	size_t n = loader_poll_fds(publish->loader, fds);
	if (share_client_fd(publish->reader) >= 0)
		fds[n++] = (struct pollfd){
			.fd = share_client_fd(publish->reader), .events = share_client_events(publish->reader)};
	return n;
}

const struct publish_names *publish_get_names(const struct publish *publish)
{
	return publish->names;
}

struct publish_counts publish_get_counts(const struct publish *publish)
{
	return publish->counts;
}
