/* SPDX-License-Identifier: BSD-3-Clause */
#include "loader.h"

#include "channel.h"
#include "loader_process.h"
#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A loader stops itself by CPU time; this is for one that waits for ever, with room for a busy machine. */
#define JOB_TIMEOUT_MS ((uint64_t)3000 * LOADER_PROCESS_CPU_S)

struct process {
	struct channel channel; /* fd -1: not started */
	pid_t pid;
	void *jobs[LOADER_MAX_QUEUED]; /* contexts, oldest first from `first` on: answers come in this order */
	unsigned first, n_jobs;
	uint64_t deadline_ms; /* of the oldest */
};

struct loader {
	struct zygote *zygote;
	size_t role;
	struct loader_listener listener;
	unsigned n_processes;
	struct process processes[];
};

struct loader *loader_create(
	struct zygote *zygote, size_t role, unsigned n_processes, const struct loader_listener *listener)
{
	unsigned n = n_processes < 1 ? 1 : n_processes > LOADER_MAX_PROCESSES ? LOADER_MAX_PROCESSES : n_processes;
	struct loader *loader = calloc(1, sizeof(*loader) + n * sizeof(loader->processes[0]));
	if (loader == NULL)
		return NULL;
	loader->zygote = zygote;
	loader->role = role;
	loader->listener = *listener;
	loader->n_processes = n;
	for (unsigned i = 0; i < n; i++)
		loader->processes[i].channel.fd = -1;
	return loader;
}

void loader_destroy(struct loader *loader)
{
	if (loader == NULL)
		return;
	for (unsigned i = 0; i < loader->n_processes; i++)
		channel_fini(&loader->processes[i].channel);
	free(loader);
}

unsigned loader_idle_count(const struct loader *loader)
{
	unsigned n = 0;
	for (unsigned i = 0; i < loader->n_processes; i++)
		n += loader->processes[i].n_jobs == 0;
	return n;
}

unsigned loader_job_count(const struct loader *loader)
{
	return loader->n_processes * LOADER_MAX_QUEUED - loader_light_room(loader);
}

unsigned loader_light_room(const struct loader *loader)
{
	unsigned n = 0;
	for (unsigned i = 0; i < loader->n_processes; i++)
		n += LOADER_MAX_QUEUED - loader->processes[i].n_jobs;
	return n;
}

static int start(struct loader *loader, struct process *process)
{
	if (process->channel.fd >= 0)
		return 0;
	int fd = zygote_spawn(loader->zygote, loader->role, &process->pid);
	if (fd < 0)
		return fd;
	channel_init(&process->channel, fd);
	return 0;
}

static uint8_t *append(uint8_t *at, const void *data, size_t len)
{
	if (len > 0)
		memcpy(at, data, len);
	return at + len;
}

/* The job's head: everything but the file's content. */
static int queue_job(struct channel *channel, const struct loader_job *job)
{
	size_t password_len = job->password != NULL ? strlen(job->password) : 0;
	struct loader_process_request request = {
		.now_s = job->now_s,
		.flags = (job->refuse_expired ? LOADER_PROCESS_REFUSE_EXPIRED : 0u) |
			 (job->require_name_match ? LOADER_PROCESS_REQUIRE_NAME_MATCH : 0u) |
			 (job->password != NULL ? LOADER_PROCESS_HAS_PASSWORD : 0u),
		.name_len = job->name.len,
		.file_len = (uint32_t)strlen(job->file),
		.password_len = (uint32_t)password_len,
		.content_len = (uint32_t)job->content.len,
	};
	size_t len = sizeof(request) + job->name.len + strlen(job->file) + password_len;
	uint8_t *head = malloc(len);
	if (head == NULL)
		return -ENOMEM;
	uint8_t *at = append(head, &request, sizeof(request));
	at = append(at, job->name.text, request.name_len);
	at = append(at, job->file, request.file_len);
	append(at, job->password, password_len);
	int error = channel_queue(channel, (struct bytes){head, len}, job->content);
	explicit_bzero(head, len);
	free(head);
	return error;
}

void loader_start(struct loader *loader)
{
	for (unsigned i = 0; i < loader->n_processes; i++) {
		int error = start(loader, &loader->processes[i]);
		if (error != 0)
			log_event(
				CONFIG_LOG_WARNING, "loader cannot be started yet", "reason", strerrordesc_np(-error));
	}
}

/* The one with the fewest jobs; of these, one that runs already rather than one that has to be started. */
static struct process *find_free(struct loader *loader, const struct loader_job *job)
{
	struct process *found = &loader->processes[0];
	for (unsigned i = 1; i < loader->n_processes; i++) {
		struct process *process = &loader->processes[i];
		bool runs_already = found->channel.fd < 0 && process->channel.fd >= 0;
		if (process->n_jobs < found->n_jobs || (process->n_jobs == found->n_jobs && runs_already))
			found = process;
	}
	return found->n_jobs < (job->is_light ? LOADER_MAX_QUEUED : 1) ? found : NULL;
}

int loader_submit(struct loader *loader, const struct loader_job *job, void *job_context, uint64_t now_ms)
{
	struct process *process = find_free(loader, job);
	if (process == NULL)
		return -EBUSY;
	/* Not started: what it may still have are jobs of its predecessor, about to be told of. */
	bool is_first = process->n_jobs == 0 || process->channel.fd < 0;
	int error = start(loader, process);
	if (error == 0)
		error = queue_job(&process->channel, job);
	if (error != 0)
		return error;
	if (is_first)
		process->deadline_ms = now_ms + JOB_TIMEOUT_MS;
	process->jobs[(process->first + process->n_jobs++) % LOADER_MAX_QUEUED] = job_context;
	return 0;
}

size_t loader_poll_fds(const struct loader *loader, struct pollfd *fds)
{
	size_t n = 0;
	for (unsigned i = 0; i < loader->n_processes; i++) {
		const struct channel *channel = &loader->processes[i].channel;
		if (channel->fd >= 0)
			fds[n++] = (struct pollfd){.fd = channel->fd, .events = channel_events(channel)};
	}
	return n;
}

static void *take_oldest(struct process *process)
{
	void *job_context = process->jobs[process->first];
	process->first = (process->first + 1) % LOADER_MAX_QUEUED;
	process->n_jobs--;
	return job_context;
}

/* It is not trusted any more, whatever is left in it: a new one is started for the next job. What it died of is the
 * oldest job; the others had not been begun. */
static void discard(struct loader *loader, struct process *process, const char *reason)
{
	const struct loader_listener *listener = &loader->listener;
	bool is_culprit = true;
	log_event(CONFIG_LOG_WARNING, "loader lost", "pid", LOG_NUMBER(process->pid), "reason", reason);
	zygote_kill(loader->zygote, process->pid);
	channel_fini(&process->channel);
	for (unsigned n = process->n_jobs; n > 0; n--, is_culprit = false) {
		void *job_context = take_oldest(process);
		if (is_culprit)
			listener->loaded(
				listener->context, job_context, CERTIFICATE_FAULT_LOADER_DIED, (struct bytes){NULL, 0});
		else
			listener->returned(listener->context, job_context);
	}
}

/* A message nobody asked for, or a fault that does not exist: the loader has been taken over. */
static bool take_answer(struct loader *loader, struct process *process, struct bytes message, uint64_t now_ms)
{
	struct loader_process_answer head;
	if (process->n_jobs == 0 || message.len < sizeof(head))
		return false;
	memcpy(&head, message.data, sizeof(head));
	if (head.fault >= CERTIFICATE_FAULTS)
		return false;
	process->deadline_ms = now_ms + JOB_TIMEOUT_MS;
	loader->listener.loaded(loader->listener.context, take_oldest(process), (enum certificate_fault)head.fault,
		(struct bytes){message.data + sizeof(head), message.len - sizeof(head)});
	return true;
}

static void step_process(struct loader *loader, struct process *process, uint64_t now_ms)
{
	struct bytes message;
	int error = channel_step(&process->channel);
	while (channel_next(&process->channel, &message))
		if (!take_answer(loader, process, message, now_ms)) {
			discard(loader, process, "nonsense on its socket");
			return;
		}
	if (error != 0)
		discard(loader, process, process->n_jobs > 0 ? "died at work" : "died");
	else if (process->n_jobs > 0 && now_ms >= process->deadline_ms)
		discard(loader, process, "no answer in time");
}

void loader_step(struct loader *loader, uint64_t now_ms)
{
	for (unsigned i = 0; i < loader->n_processes; i++)
		if (loader->processes[i].channel.fd >= 0)
			step_process(loader, &loader->processes[i], now_ms);
}
