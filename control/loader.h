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

struct loader_job {
	struct host_name name; /**< what the file serves; len 0: names are not checked */
	const char *file;
	const char *password; /**< NULL: none */
	struct bytes content;
	int64_t now_s;
	bool refuse_expired, require_name_match;
};

/**
 * Told once per job, from loader_step().
 * @param job_context  as given to loader_submit()
 * @param message      fault NONE: a certificate_encode() message; a view, valid during the call.
 */
struct loader_listener {
	void (*loaded)(void *context, void *job_context, enum certificate_fault fault, struct bytes message);
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

/** @return how many jobs loader_submit() would take now. */
unsigned loader_idle_count(const struct loader *loader);

/**
 * Give a job to an idle process. Everything in it is copied.
 * @return 0, -EBUSY if none is idle, -EMSGSIZE, or another -errno if no process can be started.
 */
int loader_submit(struct loader *loader, const struct loader_job *job, void *job_context, uint64_t now_ms);

/** Fill entries for poll(2). @param fds LOADER_MAX_PROCESSES entries. @return how many. */
size_t loader_poll_fds(const struct loader *loader, struct pollfd *fds);

/** Serve answers, deaths and time-outs. @param now_ms monotonic */
void loader_step(struct loader *loader, uint64_t now_ms);

#endif
