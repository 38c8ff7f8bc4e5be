/* SPDX-License-Identifier: BSD-3-Clause */
/** Looks at the share again and again: when (scan_schedule), through whom (share_client), what has changed (scan). */
#ifndef HANDFAST_SCANNER_H
#define HANDFAST_SCANNER_H

#include "config.h"
#include "scan.h"
#include "zygote.h"

#include <poll.h>

struct scanner;

/** What `show share` tells. */
struct scanner_state {
	uint64_t started, ended;   /**< listings since the start of the daemon */
	bool listing;              /**< one is under way */
	int error;                 /**< of the last listing that has ended, 0 or -errno */
	int64_t last_good_s;       /**< Unix time of the last complete listing; 0: none yet */
	uint64_t took_ms;          /**< the last listing */
	uint64_t next_ms;          /**< monotonic: when the next is due */
	struct scan_result result; /**< of the last complete listing */
};

/**
 * @param listener  told of what has changed.
 * @param key       16 random bytes: hash of file names, jitter.
 * @return the scanner, or NULL. Owner: the caller. Threads: the control thread, for all of this.
 */
struct scanner *scanner_create(const struct config *config, struct zygote *zygote, size_t share_role,
	const struct scan_listener *listener, const uint8_t key[16], uint64_t now_ms);
/** NULL is allowed. */
void scanner_destroy(struct scanner *scanner);

/** Go on with a configuration that was read again. @param store must live until the next call, or as long as the
 * scanner. */
void scanner_use(struct scanner *scanner, const struct config_store *store);

/** Begin, take and end listings as they come. @return true if a listing has ended in this step. @param now_ms monotonic
 */
bool scanner_step(struct scanner *scanner, uint64_t now_ms);

/** Look as soon as possible. */
void scanner_look_now(struct scanner *scanner, uint64_t now_ms);

/** Entries for poll(2). @param fds 2 of them. @return how many. */
size_t scanner_poll_fds(const struct scanner *scanner, struct pollfd *fds);

/** @return where it stands, a copy. */
struct scanner_state scanner_get_state(const struct scanner *scanner);
/** @return what the last listing has found; the scanner's. */
const struct scan *scanner_get_scan(const struct scanner *scanner);

#endif
