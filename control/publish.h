/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Publishing: from files that appear, change and vanish to entries of the certificate table. Loads what workers ask
 * for, what is to be preloaded and what has changed since it was loaded; one load per name at a time, handshakes before
 * the rest. A file that cannot be used never takes the place of the last good certificate.
 */
#ifndef HANDFAST_PUBLISH_H
#define HANDFAST_PUBLISH_H

#include "cert_table_writer.h"
#include "config.h"
#include "loader.h"
#include "publish_name.h"
#include "scan.h"
#include "zygote.h"

/** A file that failed is tried again this soon while it is younger than PUBLISH_SETTLE_MS: it may be half-written. */
#define PUBLISH_RETRY_MS  250
#define PUBLISH_SETTLE_MS 2000

struct publish;

struct publish_params {
	const struct config *config;
	struct cert_table *table;
	struct zygote *zygote;
	size_t share_role, loader_role; /**< numbers in the zygote's table */
	unsigned n_workers;
	/** Tell a worker that a name it waits for has been loaded, or cannot be. @return false: later, its ring is
	 * full. */
	bool (*notify)(void *context, unsigned worker, const struct host_name *key);
	void *context;
	uint8_t hash_key[16]; /**< random */
};

/** What has been done so far. */
struct publish_counts {
	uint64_t reads;  /**< files read from the share */
	uint64_t loads;  /**< certificates published */
	uint64_t faults; /**< tries that ended with a fault */
	uint64_t expired_unloaded;
	uint64_t unloaded_for_room; /**< to keep to max_loaded and max_loaded_mib */
	uint64_t unloaded_idle;     /**< for idle_unload_s */
	uint64_t put_off;           /**< not preloaded: there was no room */
	uint64_t loaded;            /**< certificates now */
	uint64_t loaded_bytes;      /**< of these, keys included, shared chains not */
};

/** @return NULL if memory is out. Owner: the caller. Threads: the control thread, for all of this. */
struct publish *publish_create(const struct publish_params *params);
/** After the table: its certificates live in what is freed here. NULL is allowed. */
void publish_destroy(struct publish *publish);

/** The events of a scan; context is the struct publish. */
struct scan_listener publish_scan_listener(struct publish *publish);

/**
 * A scan has ended: look at the configured certificates, at what could not be read, and at what has expired meanwhile.
 * Cost: of these; names that nothing has happened to are not visited.
 */
void publish_scan_ended(struct publish *publish, uint64_t now_ms);

/** A worker (or a command) needs this name: load it before others, and tell all workers when it is done. */
void publish_request(struct publish *publish, const struct host_name *key);

/** Load a name again, whether or not its file has changed. @return false if there is no such name. */
bool publish_refresh(struct publish *publish, const char *key);

/** Load a name that was not asked for yet, when there is nothing more urgent to do; not beyond the bounds. */
void publish_prefetch(struct publish *publish, struct publish_name *name);

/** @return true if nothing is being loaded for this name (any more). */
bool publish_is_settled(const struct publish *publish, const char *key);

/** @return names that are queued, read or parsed now, and one while a reload still looks for such. */
size_t publish_pending(const struct publish *publish);

/** Go on with everything: answers of loaders and the share, the queue, retries, notifications. @param now_ms monotonic
 */
void publish_step(struct publish *publish, uint64_t now_ms);

/** Entries for poll(2). @param fds LOADER_MAX_PROCESSES + 1 of them. @return how many. */
size_t publish_poll_fds(const struct publish *publish, struct pollfd *fds);

const struct publish_names *publish_get_names(const struct publish *publish);
struct publish_counts publish_get_counts(const struct publish *publish);

#endif
