/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a load: a certificate that is published, a fault that is told, or another try a little later. */
#include "publish_internal.h"

#include "log.h"
#include "publish_bounds.h"

#include <errno.h>
#include <time.h>

/* Half-written files are young. A clock of the share's server that is ahead of ours must not make them young for ever.
 */
static bool may_be_half_written(const struct publish_name *name, const struct share_stamp *stamp)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	int64_t age_ms = ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec - stamp->mtime_ns) / 1000000;
	return age_ms < PUBLISH_SETTLE_MS && name->load->n_retries < PUBLISH_MAX_RETRIES;
}

static void log_fault(const struct publish_name *name, bool has_last_good)
{
	log_event(CONFIG_LOG_WARNING, "certificate file not usable", "name", name->text, "file",
		publish_name_file(name), "reason", certificate_fault_text(name->fault), "detail", name->load->note,
		"serving", has_last_good ? "last good certificate" : "nothing");
}

void publish_result_settle(struct publish *publish, struct publish_name *name)
{
	struct host_name key = publish_name_key(name);
	name->phase = PUBLISH_IDLE;
	name->load->n_retries = 0;
	publish->n_pending--;
	/* Nobody waits for what nobody has asked for. */
	if (name->urgent)
		publish_notice_add(publish, &key);
	if (name->gone) {
		publish_name_free(publish->names, name);
		return;
	}
	name->load->tried_s = time(NULL);
	name->urgent = false;
	if (name->again) {
		name->again = false;
		publish_queue_add(publish, name, false);
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

void publish_result_fail(struct publish *publish, struct publish_name *name, enum certificate_fault fault,
	const struct share_stamp *stamp, const char *note)
{
	if (is_of_content(fault) && may_be_half_written(name, stamp)) {
		publish_queue_retry(publish, name);
		return;
	}
	/* An unreadable file is tried again with each scan: once in the log is enough. */
	bool is_news = name->fault != fault || !share_stamp_equal(&name->load->tried, stamp);
	publish->counts.faults++;
	publish_name_set_fault(publish->names, name, fault);
	name->load->note = note;
	name->load->tried = *stamp;
	mark_broken(publish, name, is_news);
	publish_result_settle(publish, name);
}

bool publish_result_is_preload(const struct publish_name *name)
{
	return !name->urgent && !publish_name_is_tried(name) && name->fixed == NULL;
}

static void count_preload(struct publish *publish, const struct publish_name *name)
{
	if (!publish_result_is_preload(name))
		return;
	if (publish->n_preloaded++ == 0)
		publish->preload_began_ms = publish->now_ms;
}

void publish_result_log_preload(struct publish *publish)
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
	log_event(publish_result_is_preload(name) ? CONFIG_LOG_DEBUG : CONFIG_LOG_INFO, "certificate loaded", "name",
		name->text, "file", publish_name_file(name), "subject", certificate->subject, "generation",
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
		publish_result_fail(publish, name, CERTIFICATE_FAULT_UNREADABLE, &name->load->reading, "out of memory");
		return;
	}
	if (error != 0) {
		publish_result_fail(
			publish, name, CERTIFICATE_FAULT_LOADER_DIED, &name->load->reading, "its loader sent nonsense");
		return;
	}
	warn_once_if_unlocked(publish);
	publish->counts.loads++;
	name->load->tried = name->load->reading;
	publish_name_set_fault(publish->names, name, CERTIFICATE_FAULT_NONE);
	name->load->note = NULL;
	name->load->expiry_told = 0; /* of another certificate */
	publish_expiry_tell(publish, name);
	publish_result_settle(publish, name);
}

void publish_result_parsed(void *context, void *job_context, enum certificate_fault fault, struct bytes message)
{
	struct publish *publish = context;
	struct publish_name *name = job_context;
	if (name->gone)
		publish_result_settle(publish, name);
	else if (fault != CERTIFICATE_FAULT_NONE)
		publish_result_fail(publish, name, fault, &name->load->reading, NULL);
	else
		publish_message(publish, name, message);
}
