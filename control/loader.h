/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The pool of loader processes, seen from the control thread: give a file's bytes, get a certificate message or a
 * fault. A loader that dies or takes too long costs its own file (CERTIFICATE_FAULT_LOADER_DIED) and is started again.
 */
#ifndef HANDFAST_LOADER_H
#define HANDFAST_LOADER_H

#include "bytes.h"
#include "certificate.h"
#include "host_name.h"
#include "zygote.h"

#include <poll.h>
#include <stdbool.h>

struct loader;

/** More would only take processors from the workers. */
#define LOADER_MAX_PROCESSES 64
/** Light jobs that one process is given at once: it need not wait for the control thread between them. */
#define LOADER_MAX_QUEUED 8

struct loader_job {
	struct host_name name; /**< what the file serves; len 0: names are not checked */
	const char *file;
	const char *password; /**< NULL: none */
	struct bytes content;
	int64_t now_s;
	bool refuse_expired, require_name_match;
	bool is_light; /**< costs no key derivation, as far as one can tell: may wait behind others of its sort */
};

/** Told once per job, from loader_step(), by one of the two. job_context is as given to loader_submit(). */
struct loader_listener {
	/** @param message  fault NONE: a certificate_encode() message; a view, valid during the call. */
	void (*loaded)(void *context, void *job_context, enum certificate_fault fault, struct bytes message);
	/** Not begun: it waited behind the job that its process died of. May be NULL where no job is light. */
	void (*returned)(void *context, void *job_context);
	void *context;
};

/**
 * @param n_processes  1 to LOADER_MAX_PROCESSES; started by loader_start(), or when first needed.
 * @param role         the zygote's role number of loader_process_run().
 * @return the pool, or NULL if memory is out. Owner: the caller. Threads: the control thread, all of it.
 */
struct loader *loader_create(
	struct zygote *zygote, size_t role, unsigned n_processes, const struct loader_listener *listener);

/** Start all processes, so that no handshake waits for that. What fails is tried again with a job. */
void loader_start(struct loader *loader);

/** Jobs under way are forgotten: the listener is not told. */
void loader_destroy(struct loader *loader);

/** @return how many processes have nothing to do: as many jobs loader_submit() would take now. */
unsigned loader_idle_count(const struct loader *loader);

/** @return how many jobs it has. */
unsigned loader_job_count(const struct loader *loader);

/** @return how many light jobs it would take. */
unsigned loader_light_room(const struct loader *loader);

/**
 * Give a job to an idle process; a light one, if none is idle, to the one with the fewest. Everything in it is copied.
 * @return 0, -EBUSY if there is no room, -EMSGSIZE, or another -errno if no process can be started.
 */
int loader_submit(struct loader *loader, const struct loader_job *job, void *job_context, uint64_t now_ms);

/** Fill entries for poll(2). @param fds LOADER_MAX_PROCESSES entries. @return how many. */
size_t loader_poll_fds(const struct loader *loader, struct pollfd *fds);

/** Serve answers, deaths and time-outs. @param now_ms monotonic */
void loader_step(struct loader *loader, uint64_t now_ms);

#endif
