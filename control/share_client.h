/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The control thread's end of the share process: asks it to list and read, never waits. A process that does not answer
 * in time is ended and started again; what was asked of it fails with -ETIMEDOUT.
 */
#ifndef HANDFAST_SHARE_CLIENT_H
#define HANDFAST_SHARE_CLIENT_H

#include "bytes.h"
#include "share.h"
#include "zygote.h"

#include <stdbool.h>

struct share_client;

/** Files asked for at once: so many that the share's process need not wait for the control thread between two. */
#define SHARE_CLIENT_MAX_READS 16

/** Who is told. All are called from share_client_step(). */
struct share_client_listener {
	void (*listed_entry)(void *context, const struct share_entry *entry);
	void (*listed)(void *context, int error); /**< end of a listing; error: it was not complete */
	/** A file's contents, or error as of share_read(); content is a view, valid during the call. In the order of
	 * the requests. -ECANCELED: it was not begun, ask again. */
	void (*read)(void *context, const char *name, int error, struct bytes content, const struct share_stamp *stamp);
	void (*found)(void *context, const char *name, int error); /**< as of share_find() */
	void (*hinted)(void *context); /**< something has changed since the last listing began; NULL: of no interest */
	void *context;
};

/**
 * @param role              the zygote's role number of the share process.
 * @param answer_timeout_s  without a sign of life for so long it has failed; the first files of a listing may take
 * twice that.
 * @return the client or NULL. Owner: the caller.
 */
struct share_client *share_client_create(
	struct zygote *zygote, size_t role, unsigned answer_timeout_s, const struct share_client_listener *listener);
/** Its process ends by itself; what was asked is not told of any more. NULL is allowed. */
void share_client_destroy(struct share_client *client);

/**
 * The configuration was read again: if it names another user or password, log on with these; what is under way ends
 * first.
 * @param before, store  the old and the new one, which must live until the next call, or as long as the client.
 */
void share_client_use(struct share_client *client, const struct config_store *before, const struct config_store *store);

/** @return true if nothing is asked at the moment. */
bool share_client_is_idle(const struct share_client *client);

/** Ask for a listing, of an idle client. @return 0, or -errno if the process cannot be started. @param now_ms monotonic
 */
int share_client_list(struct share_client *client, uint64_t now_ms);

/** Ask for a file, beside up to SHARE_CLIENT_MAX_READS - 1 others. @return as share_client_list(). */
int share_client_read(struct share_client *client, const char *name, uint64_t now_ms);

/** Ask whether there is a file. @return as share_client_list(). */
int share_client_find(struct share_client *client, const char *name, uint64_t now_ms);

/** For poll(2). @return the socket, -1 if there is none at the moment. */
int share_client_fd(const struct share_client *client);
/** @return the poll(2) events to wait for on that socket. */
short share_client_events(const struct share_client *client);

/** Serve what has arrived, and time-outs. */
void share_client_step(struct share_client *client, uint64_t now_ms);

#endif
