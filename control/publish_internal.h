/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Shared by publish.c (what is to be loaded), publish_load.c (how a load runs) and publish_expiry.c (what ages
 * meanwhile); nobody else includes it.
 */
#ifndef HANDFAST_PUBLISH_INTERNAL_H
#define HANDFAST_PUBLISH_INTERNAL_H

#include "publish.h"
#include "share_client.h"

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
void publish_load_queue(struct publish *publish, struct publish_name *name, bool urgent);

/** Forget a name: at once, or when its load has ended. */
void publish_drop(struct publish *publish, struct publish_name *name);

/** Start what can be started, end what has ended. */
void publish_load_step(struct publish *publish);

/** Tell all workers of a name. */
void publish_load_notify(struct publish *publish, const struct host_name *key);

/** Log what has become due of the warnings that a name's certificate expires; each once. */
void publish_expiry_tell(const struct publish *publish, struct publish_name *name);

/** The same for all names, now and then, a bit in each step: a certificate ages without being loaded. */
void publish_expiry_step(struct publish *publish);

/** A certificate was published. */
void publish_expiry_loaded(struct publish *publish, const struct certificate *certificate);

/** expired = "skip" or "reject": unload what has run out since it was loaded. Cost: none until the first one does. */
void publish_expiry_unload(struct publish *publish);

/** The listeners of the two kinds of helper process; context is the struct publish. */
void publish_load_read(
	void *context, const char *file, int error, struct bytes content, const struct share_stamp *stamp);
void publish_load_parsed(void *context, void *job_context, enum certificate_fault fault, struct bytes message);
void publish_load_returned(void *context, void *job_context);

#endif
