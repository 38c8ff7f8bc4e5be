/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The process that forks helper processes. After the EAL has started, fork() would copy shared memory, worker threads'
 * locks and private keys into a child; so one small process is forked before, while the daemon is a single thread that
 * holds nothing, and forks on request. A new child's socket comes back by SCM_RIGHTS.
 */
#ifndef HANDFAST_ZYGOTE_H
#define HANDFAST_ZYGOTE_H

#include <stddef.h>
#include <sys/types.h>

struct zygote;

/** What a child may become. */
struct zygote_role {
	const char *name;                            /**< for the log: "loader" */
	int (*run)(int socket, const void *context); /**< the child's main; what it returns is its exit status */
	const void *context;
	/** At once; 0: as many as there is room. One that was killed counts until the system lets it end, which a file
	 * system that hangs puts off for ever: without this the helpers that do not hang would find no room. */
	unsigned max_children;
};

/**
 * Fork the zygote.
 *
 * @param roles  what zygote_spawn() may start; must live as long as the process.
 * @return the zygote, or NULL with errno set.
 * Owner:   the caller; zygote_stop().
 * Threads: the main thread, while it is the only one.
 */
struct zygote *zygote_start(const struct zygote_role *roles, size_t n_roles);

/**
 * Start a child of a role. It dies with the zygote.
 *
 * @return the connected stream socket, or -errno (-ETIMEDOUT: the zygote does not answer, -EUSERS: its
 * role has max_children).
 * Owner:   the caller closes the socket; a child whose socket is closed ends itself.
 * Threads: the thread that owns the zygote. Cost: one fork of a small process; waits at most thirty seconds.
 */
int zygote_spawn(struct zygote *zygote, size_t role, pid_t *out_pid);

/** End a child that does not answer. A child that has ended already is left alone. */
void zygote_kill(struct zygote *zygote, pid_t pid);

/** End the zygote and all of its children; waits for it. NULL is allowed. */
void zygote_stop(struct zygote *zygote);

#endif
