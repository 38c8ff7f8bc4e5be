/* SPDX-License-Identifier: BSD-3-Clause */
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

#define MAX_RETRIES (2 * PUBLISH_SETTLE_MS / PUBLISH_RETRY_MS)

static void enqueue(struct publish_queue *queue, struct publish_name *name)
{
	name->next_queued = NULL;
	*queue->last = name;
	queue->last = &name->next_queued;
}

static struct publish_name *dequeue(struct publish_queue *queue)
{
	struct publish_name *name = queue->first;
	if (name == NULL)
		return NULL;
	queue->first = name->next_queued;
	if (queue->first == NULL)
		queue->last = &queue->first;
	name->next_queued = NULL;
	return name;
}

static void take_out(struct publish_queue *queue, struct publish_name *name)
{
	struct publish_name **link = &queue->first;
	while (*link != NULL && *link != name)
		link = &(*link)->next_queued;
	if (*link == NULL)
		return;
	*link = name->next_queued;
	if (*link == NULL)
		queue->last = link;
}

void publish_load_queue(struct publish *publish, struct publish_name *name, bool urgent)
{
	bool overtakes = urgent && !name->urgent;
	name->urgent = name->urgent || urgent;
	if (name->phase == PUBLISH_READING || name->phase == PUBLISH_PARSING || publish_name_is_retried(name))
		return;
	if (name->phase == PUBLISH_QUEUED && !overtakes)
		return;
	if (!publish_name_start_load(publish->names, name)) {
		/* Who waits for it is let go by a time-out, and the next scan or handshake asks again. */
		log_event(CONFIG_LOG_ERROR, "out of memory for a name", "name", name->text);
		return;
	}
	if (name->phase == PUBLISH_QUEUED)
		take_out(&publish->background, name);
	else
		publish->n_pending++;
	name->phase = PUBLISH_QUEUED;
	enqueue(name->urgent ? &publish->urgent : &publish->background, name);
}

/* --- the end of a load ----------------------------------------------------------------------------------------------
 */

void publish_load_notify(struct publish *publish, const struct host_name *key)
{
	struct publish_notice *notice = calloc(1, sizeof(*notice));
	if (notice == NULL)
		return; /* handshakes that wait are let go by their time-out */
	notice->key = *key;
	*publish->last_notice = notice;
	publish->last_notice = &notice->next;
}

/* In order; at a full ring the rest waits: a worker that does not take its messages would not take the next either. */
static void send_notices(struct publish *publish)
{
	const struct publish_params *params = &publish->params;
	for (struct publish_notice *notice; (notice = publish->notices) != NULL;) {
		while (notice->next_worker < params->n_workers &&
			params->notify(params->context, notice->next_worker, &notice->key))
			notice->next_worker++;
		if (notice->next_worker < params->n_workers)
			return;
		publish->notices = notice->next;
		if (publish->notices == NULL)
			publish->last_notice = &publish->notices;
		free(notice);
	}
}

/* Half-written files are young. A clock of the share's server that is ahead of ours must not make them young for ever.
 */
static bool may_be_half_written(const struct publish_name *name, const struct share_stamp *stamp)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ms = ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - stamp->mtime_ns) / 1000000;
	return age_ms < PUBLISH_SETTLE_MS && name->load->n_retries < MAX_RETRIES;
}

/* Stays among the pending ones; settle() ends that. */
static void retry_later(struct publish *publish, struct publish_name *name)
{
	name->load->n_retries++;
	name->load->retry_ms = publish->now_ms + PUBLISH_RETRY_MS;
	name->phase = PUBLISH_IDLE;
	name->next_queued = publish->retries;
	publish->retries = name;
}

static void log_fault(const struct publish_name *name, bool has_last_good)
{
	log_event(CONFIG_LOG_WARNING, "certificate file not usable", "name", name->text, "file",
		publish_name_file(name), "reason", certificate_fault_text(name->fault), "detail", name->load->note,
		"serving", has_last_good ? "last good certificate" : "nothing");
}

/* Every way of a load to its end leads here. */
static void settle(struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	name->phase = PUBLISH_IDLE;
	name->load->n_retries = 0;
	publish->n_pending--;
	/* Nobody waits for what nobody has asked for. */
	if (name->urgent)
		publish_load_notify(publish, &key);
	if (name->gone) {
		publish_name_free(publish->names, name);
		return;
	}
	name->load->tried_s = time(NULL);
	name->urgent = false;
	if (name->again) {
		name->again = false;
		publish_load_queue(publish, name, false);
	}
}

/* Faults that the missing half of a file can cause. */
static bool is_of_content(enum certificate_fault fault)
{
	return fault != CERTIFICATE_FAULT_UNREADABLE && fault != CERTIFICATE_FAULT_TOO_LARGE &&
	       fault != CERTIFICATE_FAULT_LOADER_DIED && fault != CERTIFICATE_FAULT_TOO_MANY_ITERATIONS;
}

static void mark_broken(struct publish *publish, const struct publish_name *name, bool is_news)
{
	struct host_name key = publish_name_key(name);
	struct cert_table_result entry;
	if (cert_table_writer_break(publish->params.table, &key, name->fault) != 0)
		log_event(CONFIG_LOG_ERROR, "out of memory for a name", "name", name->text);
	cert_table_writer_get(publish->params.table, &key, &entry);
	if (is_news)
		log_fault(name, entry.certificate != NULL);
}

static void fail(struct publish *publish, struct publish_name *name, enum certificate_fault fault,
	const struct share_stamp *stamp, const char *note)
{
	if (is_of_content(fault) && may_be_half_written(name, stamp)) {
		retry_later(publish, name);
		return;
	}
	/* An unreadable file is tried again with each scan: once in the log is enough. */
	bool is_news = name->fault != fault || !share_stamp_equal(&name->load->tried, stamp);
	publish->counts.faults++;
	publish_name_set_fault(publish->names, name, fault);
	name->load->note = note;
	name->load->tried = *stamp;
	mark_broken(publish, name, is_news);
	settle(publish, name);
}

/* Nobody asked for it and it is there for the first time: worth one line for all of them together. */
static bool is_preload(const struct publish_name *name)
{
	return !name->urgent && !publish_name_is_tried(name) && name->fixed == NULL;
}

static void count_preload(struct publish *publish, const struct publish_name *name)
{
	if (!is_preload(name))
		return;
	if (publish->n_preloaded++ == 0)
		publish->preload_began_ms = publish->now_ms;
}

static void log_preload_end(struct publish *publish)
{
	if (publish->n_preloaded == 0 || publish->n_pending > 0)
		return;
	log_event(CONFIG_LOG_INFO, "certificates preloaded", "count", LOG_NUMBER(publish->n_preloaded), "took_ms",
		LOG_NUMBER(publish->now_ms - publish->preload_began_ms));
	publish->n_preloaded = 0;
}

static void log_published(const struct publish_name *name, const struct certificate *certificate)
{
	static const struct {
		unsigned bit;
		const char *text;
	} warnings[] = {
		{CERTIFICATE_WARN_CHAIN_INCOMPLETE, "chain incomplete"},
		{CERTIFICATE_WARN_NOT_YET_VALID, "not yet valid"},
		{CERTIFICATE_WARN_NAME_MISMATCH, "file name is none of the certificate's names"},
	};
	log_event(is_preload(name) ? CONFIG_LOG_DEBUG : CONFIG_LOG_INFO, "certificate loaded", "name", name->text,
		"file", publish_name_file(name), "subject", certificate->subject, "generation",
		LOG_NUMBER(certificate->generation));
	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++)
		if ((certificate->warnings & warnings[i].bit) != 0)
			log_event(CONFIG_LOG_WARNING, "certificate served with a warning", "name", name->text, "file",
				publish_name_file(name), "warning", warnings[i].text);
}

static void warn_once_if_unlocked(struct publish *publish)
{
	if (publish->has_warned_unlocked || certificate_chains_keys_locked(publish->chains))
		return;
	publish->has_warned_unlocked = true;
	log_event(CONFIG_LOG_WARNING, "private keys may reach swap", "reason", "RLIMIT_MEMLOCK is too small");
}

/* A loader is not trusted: what it sends is checked, and only then owned by the table. */
static int adopt(struct publish *publish, struct publish_name *name, struct bytes message)
{
	struct certificate *certificate;
	struct host_name key = publish_name_key(name);
	int error = certificate_decode(message, publish->chains, &certificate);
	if (error != 0)
		return error;
	error = cert_table_writer_publish(publish->params.table, &key, certificate);
	if (error != 0) {
		certificate_destroy(certificate);
		return error;
	}
	certificate_note_use(certificate, (uint32_t)(publish->now_ms / 1000));
	publish_bounds_loaded(publish, name, certificate);
	publish_expiry_loaded(publish, certificate);
	log_published(name, certificate);
	count_preload(publish, name);
	return 0;
}

static void publish_message(struct publish *publish, struct publish_name *name, struct bytes message)
{
	int error = adopt(publish, name, message);
	if (error == -ENOMEM) {
		/* Not the file's fault: as one that cannot be read now, it is tried again with each scan. */
		fail(publish, name, CERTIFICATE_FAULT_UNREADABLE, &name->load->reading, "out of memory");
		return;
	}
	if (error != 0) {
		fail(publish, name, CERTIFICATE_FAULT_LOADER_DIED, &name->load->reading, "its loader sent nonsense");
		return;
	}
	warn_once_if_unlocked(publish);
	publish->counts.loads++;
	name->load->tried = name->load->reading;
	publish_name_set_fault(publish->names, name, CERTIFICATE_FAULT_NONE);
	name->load->note = NULL;
	name->load->expiry_told = 0; /* of another certificate */
	publish_expiry_tell(publish, name);
	settle(publish, name);
}

void publish_load_parsed(void *context, void *job_context, enum certificate_fault fault, struct bytes message)
{
	struct publish *publish = context;
	struct publish_name *name = job_context;
	if (name->gone)
		settle(publish, name);
	else if (fault != CERTIFICATE_FAULT_NONE)
		fail(publish, name, fault, &name->load->reading, NULL);
	else
		publish_message(publish, name, message);
}

/* Nothing was found out about it: it has its turn again. */
static void requeue(struct publish *publish, struct publish_name *name)
{
	name->phase = PUBLISH_QUEUED;
	enqueue(name->urgent ? &publish->urgent : &publish->background, name);
}

void publish_load_returned(void *context, void *job_context)
{
	requeue(context, job_context);
}

/* --- reading and parsing --------------------------------------------------------------------------------------------
 */

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
		fail(publish, name, CERTIFICATE_FAULT_MALFORMED, stamp, "file is empty");
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
		requeue(publish, name);
	else if (error != 0 && name->load->n_retries < MAX_RETRIES)
		retry_later(publish, name);
	else if (error != 0)
		fail(publish, name, CERTIFICATE_FAULT_LOADER_DIED, stamp, strerrordesc_np(-error));
}

static void take_content(struct publish *publish, struct publish_name *name, int error, struct bytes content,
	const struct share_stamp *stamp)
{
	publish->counts.reads += error != -ECANCELED;
	if (error == -ECANCELED)
		requeue(publish, name);
	else if (name->gone)
		settle(publish, name);
	else if (error == -EAGAIN && name->load->n_retries < MAX_RETRIES)
		retry_later(publish, name);
	else if (error != 0)
		fail(publish, name, fault_of(error), &name->files->stamp, note_of(error));
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

/* Paths of the configuration are read here: they are the administrator's, and local. */
static void read_fixed(struct publish *publish, struct publish_name *name)
{
	struct share_content content = {0};
	int error = share_folder_read_file(AT_FDCWD, name->fixed->file, true, &content);
	if (error != 0) {
		fail(publish, name, fault_of(error), &content.stamp, note_of(error));
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
		fail(publish, name, CERTIFICATE_FAULT_TOO_LARGE, &file->stamp, note_of(-EFBIG));
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
	return is_preload(name) && !publish_bounds_has_room(publish);
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
		settle(publish, name);
	else if (is_put_off(publish, name))
		put_off(publish, name);
	else if (name->fixed != NULL)
		read_fixed(publish, name);
	else
		read_from_share(publish, name);
}

static void requeue_due(struct publish *publish)
{
	for (struct publish_name **link = &publish->retries; *link != NULL;) {
		struct publish_name *name = *link;
		if (name->load->retry_ms > publish->now_ms && !name->gone) {
			link = &name->next_queued;
			continue;
		}
		*link = name->next_queued;
		name->load->retry_ms = 0;
		name->phase = PUBLISH_QUEUED;
		enqueue(name->urgent ? &publish->urgent : &publish->background, name);
	}
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
	struct publish_queue *queue = publish->urgent.first != NULL ? &publish->urgent : &publish->background;
	return queue->first != NULL && has_room(publish, queue->first) ? dequeue(queue) : NULL;
}

void publish_load_step(struct publish *publish)
{
	loader_step(publish->loader, publish->now_ms);
	share_client_step(publish->reader, publish->now_ms);
	requeue_due(publish);
	for (struct publish_name *name; (name = take_next(publish)) != NULL;)
		start(publish, name);
	log_preload_end(publish);
	send_notices(publish);
}
