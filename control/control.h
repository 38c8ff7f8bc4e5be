/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The control thread: scans the share, publishes certificates, answers the control socket and signals. One loop over
 * poll(2), nothing in it waits.
 */
#ifndef HANDFAST_CONTROL_H
#define HANDFAST_CONTROL_H

#include "cert_table_writer.h"
#include "config.h"
#include "control_socket.h"
#include "worker.h"
#include "zygote.h"

/** Numbers of the zygote's roles. */
enum control_role { CONTROL_ROLE_LOADER, CONTROL_ROLE_SHARE, CONTROL_ROLES };

struct control;

struct control_params {
	const struct config *config;
	struct zygote *zygote; /**< with control_fill_roles() */
	struct worker_shared *shared;
	struct cert_table *table;      /**< made for control_reader() + 1 readers */
	struct control_socket *socket; /**< taken over; the caller's again on failure */
	struct worker *const *workers;
	unsigned n_workers;
	uint8_t hash_key[16]; /**< random */
};

/** What the zygote may start. @param config must live as long as the zygote. */
void control_fill_roles(const struct config *config, struct zygote_role roles[CONTROL_ROLES]);

/** Block the signals that the control thread takes. Before any other thread is started: they inherit it. */
void control_block_signals(void);

/**
 * @param error  one line, on failure.
 * @return the control thread's state, or NULL. Owner: the caller. Threads: the control thread, for all of this.
 */
struct control *control_create(const struct control_params *params, char *error, size_t error_size);
/** After the certificate table has been destroyed, whose certificates live in it. NULL is allowed. */
void control_destroy(struct control *control);

/**
 * Look at the share for the first time and load what is to be loaded before clients come. Ends early on a signal to
 * stop, or after a bounded time: a share that cannot be reached must not keep configured certificates from being
 * served.
 * @return false if the daemon is to stop.
 */
bool control_prepare(struct control *control);

/** Run until SIGINT or SIGTERM. SIGHUP reads the configuration again and looks at the share at once. */
void control_run(struct control *control);

#endif
