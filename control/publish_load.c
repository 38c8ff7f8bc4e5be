/* SPDX-License-Identifier: BSD-3-Clause */
/* How a load runs: what is first in line is read, from the share or here, and handed to a loader. */
#include "publish_internal.h"

#include "log.h"
#include "publish_bounds.h"
#include "share_error.h"
#include "share_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static enum certificate_fault fault_of(int error)
{
	return error == -EFBIG ? CERTIFICATE_FAULT_TOO_LARGE : CERTIFICATE_FAULT_UNREADABLE;
}

static const char *note_of(int error)
{
	switch (error) {
	case -EFBIG:
		return "larger than 1 MiB";
	case -ELOOP:
		return "is a symbolic link";
	case -EISDIR:
		return "is a directory";
	case -EAGAIN:
		return "changes while it is read";
	default:
		return share_error_text(error);
	}
}

/* By its name: PEM files are seldom encrypted, and one that is costs those behind it no more than time. */
static bool is_light(const struct publish_name *name)
{
	if (name->fixed == NULL)
		return name->files != NULL && name->files->is_pem;
	size_t len = strlen(name->fixed->file);
	return len > 4 && strcasecmp(name->fixed->file + len - 4, ".pem") == 0;
}

static void parse(
	struct publish *publish, struct publish_name *name, struct bytes content, const struct share_stamp *stamp)
{
	const struct config_store *store = &publish->params.config->store;
	name->load->reading = *stamp;
	if (content.len == 0) {
		publish_result_fail(publish, name, CERTIFICATE_FAULT_MALFORMED, stamp, "file is empty");
		return;
	}
	struct loader_job job = {
		.file = publish_name_file(name),
		.password = name->fixed != NULL ? name->fixed->password : store->private_key_password,
		.content = content,
		.now_s = time(NULL),
		.refuse_expired = store->expired != CONFIG_EXPIRED_SERVE,
		.require_name_match = store->require_name_match,
		.is_light = is_light(name),
	};
	if (name->fixed == NULL)
		job.name = publish_name_key(name);
	name->phase = PUBLISH_PARSING;
	int error = loader_submit(publish->loader, &job, name, publish->now_ms);
	/* A process that cannot be started now (a busy machine) says nothing about the file. */
	if (error == -EBUSY)
		publish_queue_again(publish, name);
	else if (error != 0 && name->load->n_retries < PUBLISH_MAX_RETRIES)
		publish_queue_retry(publish, name);
	else if (error != 0)
		publish_result_fail(publish, name, CERTIFICATE_FAULT_LOADER_DIED, stamp, strerrordesc_np(-error));
}

static void take_content(struct publish *publish, struct publish_name *name, int error, struct bytes content,
	const struct share_stamp *stamp)
{
	publish->counts.reads += error != -ECANCELED;
	if (error == -ECANCELED)
		publish_queue_again(publish, name);
	else if (name->gone)
		publish_result_settle(publish, name);
	else if (error == -EAGAIN && name->load->n_retries < PUBLISH_MAX_RETRIES)
		publish_queue_retry(publish, name);
	else if (error != 0)
		publish_result_fail(publish, name, fault_of(error), &name->files->stamp, note_of(error));
	else
		parse(publish, name, content, stamp);
}

void publish_load_read(
	void *context, const char *file, int error, struct bytes content, const struct share_stamp *stamp)
{
	struct publish *publish = context;
	struct publish_name *name = publish->reading[publish->first_reading];
	(void)file;
	publish->first_reading = (publish->first_reading + 1) % SHARE_CLIENT_MAX_READS;
	publish->n_reading--;
	take_content(publish, name, error, content, stamp);
}

void publish_load_returned(void *context, void *job_context)
{
	publish_queue_again(context, job_context);
}

/* Paths of the configuration are read here: they are the administrator's, and local. */
static void read_fixed(struct publish *publish, struct publish_name *name)
{
	struct share_content content = {0};
	int error = share_folder_read_file(AT_FDCWD, name->fixed->file, true, &content);
	if (error != 0) {
		publish_result_fail(publish, name, fault_of(error), &content.stamp, note_of(error));
		return;
	}
	parse(publish, name, (struct bytes){content.data, content.len}, &content.stamp);
	explicit_bzero(content.data, content.len);
	free(content.data);
}

static void read_from_share(struct publish *publish, struct publish_name *name)
{
	const struct scan_file *file = name->files;
	/* What the listing tells already needs no reading. */
	if (file->stamp.size_bytes > SHARE_MAX_FILE_BYTES) {
		publish_result_fail(publish, name, CERTIFICATE_FAULT_TOO_LARGE, &file->stamp, note_of(-EFBIG));
		return;
	}
	name->phase = PUBLISH_READING;
	int error = share_client_read(publish->reader, file->name, publish->now_ms);
	if (error != 0) {
		take_content(publish, name, error, (struct bytes){NULL, 0}, &file->stamp);
		return;
	}
	publish->reading[(publish->first_reading + publish->n_reading++) % SHARE_CLIENT_MAX_READS] = name;
}

/* Preloading one would only drive out another. */
static bool is_put_off(const struct publish *publish, const struct publish_name *name)
{
	return publish_result_is_preload(name) && !publish_bounds_has_room(publish);
}

static void put_off(struct publish *publish, struct publish_name *name)
{
	if (publish->counts.put_off++ == 0)
		log_event(CONFIG_LOG_WARNING, "not everything can be preloaded", "reason",
			"max_loaded or max_loaded_mib is reached", "loaded", LOG_NUMBER(publish->counts.loaded));
	name->phase = PUBLISH_IDLE;
	publish_name_end_load(publish->names, name);
	publish->n_pending--;
}

static void start(struct publish *publish, struct publish_name *name)
{
	name->again = false;
	if (name->gone)
		publish_result_settle(publish, name);
	else if (is_put_off(publish, name))
		put_off(publish, name);
	else if (name->fixed != NULL)
		read_fixed(publish, name);
	else
		read_from_share(publish, name);
}

/* A file is read when a loader has room for it: what is held in memory is bounded. */
static bool has_room(const struct publish *publish, const struct publish_name *name)
{
	if (publish->n_reading == SHARE_CLIENT_MAX_READS)
		return false;
	unsigned room = is_light(name) ? loader_light_room(publish->loader) : loader_idle_count(publish->loader);
	return room > publish->n_reading;
}

/* What is urgent goes first; where it has no room nothing else is begun, so that a loader comes free for it. */
static struct publish_name *take_next(struct publish *publish)
{
	const struct publish_name *first = publish_queue_first(publish);
	return first != NULL && has_room(publish, first) ? publish_queue_take(publish) : NULL;
}

void publish_load_step(struct publish *publish)
{
	loader_step(publish->loader, publish->now_ms);
	share_client_step(publish->reader, publish->now_ms);
	publish_queue_retry_due(publish);
	for (struct publish_name *name; (name = take_next(publish)) != NULL;)
		start(publish, name);
	publish_result_log_preload(publish);
	publish_notice_send(publish);
}
