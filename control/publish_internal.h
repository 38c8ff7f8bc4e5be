/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Shared by the files that publish; nobody else includes it.
 *
 *   publish (what is to be loaded) → publish_queue → publish_load (reads, parses) → publish_result → publish_notice
 *
 * Beside them: publish_bounds (what stays loaded), publish_expiry (what ages), publish_config (reloads).
 */
#ifndef HANDFAST_PUBLISH_INTERNAL_H
#define HANDFAST_PUBLISH_INTERNAL_H

#include "publish.h"
#include "share_client.h"

#define PUBLISH_MAX_RETRIES (2 * PUBLISH_SETTLE_MS / PUBLISH_RETRY_MS)

/** Names in line to be loaded. */
struct publish_queue {
	struct publish_name *first, **last;
};

/** A name that all workers are told of. */
struct publish_notice {
	struct publish_notice *next;
	unsigned next_worker;
	struct host_name key;
};

/** Keyed hashes of the names that preload = "bound" loads, sorted: a collision loads one more. */
struct publish_bound {
	uint64_t *hashes;
	size_t n;
};

/** After a reload: the names that deserve another try are looked for, a bit in each step. */
struct publish_transition {
	bool is_under_way;
	size_t at; /**< as of publish_name_next() */
	bool new_password, new_expired;
	bool match_dropped, match_wanted; /**< store.require_name_match */
};

struct publish {
	struct publish_params params;
	struct publish_names *names;
	struct certificate_chains *chains;
	struct loader *loader;
	struct share_client *reader; /**< a share process of its own: a long listing must not hold up a handshake */
	struct publish_name
		*reading[SHARE_CLIENT_MAX_READS]; /**< what it is asked for, oldest first from first_reading on */
	unsigned first_reading, n_reading;
	struct publish_queue urgent, background;
	struct publish_name *retries; /**< linked by next_queued */
	struct publish_notice *notices, **last_notice;
	size_t n_pending;
	size_t n_preloaded; /**< since the last line in the log about them */
	uint64_t preload_began_ms;
	struct publish_counts counts;
	struct publish_bound bound, staged_bound;
	struct publish_transition transition;
	/** Loaded names that may be unloaded, used longest ago first, as far as known: those that preload asks for,
	 * others. */
	struct publish_by_use preloaded_by_use, others_by_use;
	uint64_t now_ms;         /**< of the current publish_step() */
	uint64_t next_expiry_ms; /**< when all names are looked at for certificates that expire soon */
	bool is_telling_expiry;  /**< that look is under way, and has come to expiry_at */
	size_t expiry_at;
	int64_t first_not_after;  /**< no certificate that is loaded expires before; 0: none is known */
	bool has_warned_unlocked; /**< that the system does not lock all keys in memory */
};

/** Put a name in line, unless it is there or under way already. */
void publish_queue_add(struct publish *publish, struct publish_name *name, bool urgent);

/** Nothing was found out about a name that was taken: it has its turn again. */
void publish_queue_again(struct publish *publish, struct publish_name *name);

/** Its file may be half-written: its turn comes PUBLISH_RETRY_MS later. It stays among the pending ones. */
void publish_queue_retry(struct publish *publish, struct publish_name *name);

/** Put those in line whose time has come. */
void publish_queue_retry_due(struct publish *publish);

/** @return what is next, urgent names before others; NULL: none. publish_queue_take() takes it out of the line. */
struct publish_name *publish_queue_first(const struct publish *publish);
struct publish_name *publish_queue_take(struct publish *publish);

/** Forget a name: at once, or when its load has ended. */
void publish_drop(struct publish *publish, struct publish_name *name);

/** Start what can be started, end what has ended. */
void publish_load_step(struct publish *publish);

/** The listener of the process that reads; context is the struct publish, as for those of the loaders. */
void publish_load_read(
	void *context, const char *file, int error, struct bytes content, const struct share_stamp *stamp);

/** A load has ended with a certificate or a fault. */
void publish_result_parsed(void *context, void *job_context, enum certificate_fault fault, struct bytes message);

/** A loader has given a job back that it did not begin. */
void publish_load_returned(void *context, void *job_context);

/**
 * A load has ended with a fault, unless what it may come from is worth a retry.
 * @param stamp  of the version that was tried. @param note constant words beside the fault, or NULL.
 */
void publish_result_fail(struct publish *publish, struct publish_name *name, enum certificate_fault fault,
	const struct share_stamp *stamp, const char *note);

/** Every way of a load to its end leads here. */
void publish_result_settle(struct publish *publish, struct publish_name *name);

/** @return true if nobody asked for it and it is there for the first time: worth one line for all of them together. */
bool publish_result_is_preload(const struct publish_name *name);

/** That line, when there is nothing more to load. */
void publish_result_log_preload(struct publish *publish);

/** Tell all workers of a name. */
void publish_notice_add(struct publish *publish, const struct host_name *key);

/** Go on with telling. */
void publish_notice_send(struct publish *publish);
void publish_notice_fini(struct publish *publish);

/** Log what has become due of the warnings that a name's certificate expires; each once. */
void publish_expiry_tell(const struct publish *publish, struct publish_name *name);

/** The same for all names, now and then, a bit in each step: a certificate ages without being loaded. */
void publish_expiry_step(struct publish *publish);

/** A certificate was published. */
void publish_expiry_loaded(struct publish *publish, const struct certificate *certificate);

/** expired = "skip" or "reject": unload what has run out since it was loaded. Cost: none until the first one does. */
void publish_expiry_unload(struct publish *publish);

#endif
