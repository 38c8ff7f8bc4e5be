/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What control keeps about each name beside its entry in the certificate table: which files are there for it, which one
 * serves, what became of the last try to load it. Configured certificates are names too ("=name").
 */
#ifndef HANDFAST_PUBLISH_NAME_H
#define HANDFAST_PUBLISH_NAME_H

#include "certificate.h"
#include "config.h"
#include "scan.h"

#include <sys/queue.h>

enum publish_phase {
	PUBLISH_IDLE,
	PUBLISH_QUEUED,  /**< waits for its turn */
	PUBLISH_READING, /**< asked of the share */
	PUBLISH_PARSING, /**< with a loader */
};

TAILQ_HEAD(publish_by_use, publish_load);

/** What became of the last try to load a name, and of the one that is under way. Made with the first try. */
struct publish_load {
	struct share_stamp tried;            /**< the version that fault and the published certificate tell of */
	struct share_stamp reading;          /**< the version that is being loaded */
	int64_t tried_s;                     /**< Unix time of the last try; 0: not ended yet */
	uint64_t retry_ms;                   /**< a file that may be half-written is tried again then; 0: no */
	const char *note;                    /**< constant words beside the fault, or NULL */
	TAILQ_ENTRY(publish_load) by_use;    /**< in queue: among the loaded that may be unloaded (publish_bounds.h) */
	LIST_ENTRY(publish_load) unreadable; /**< is_unreadable: among those whose file could not be read */
	struct publish_by_use *queue;        /**< NULL: in none */
	struct publish_name *name;
	uint32_t loaded_bytes; /**< counted for its certificate; 0: none is loaded */
	uint32_t queued_s;     /**< its last use that was known when it was queued */
	bool is_unreadable;
	uint8_t n_retries;
	uint8_t expiry_told; /**< warnings of expiry_warnings_due() that the log has of the published certificate */
};

/** Most names of a large share are never asked for: what only a load needs is not in here. */
struct publish_name {
	struct publish_name *next_queued; /**< in the queue of loads, or among those that wait to be tried again */
	struct scan_file *files; /**< linked by sibling, the one that serves first; NULL: configured, or gone */
	const struct config_certificate *fixed; /**< configured certificate, or NULL */
	struct publish_load *load;              /**< NULL: never tried */
	uint8_t phase;                          /**< enum publish_phase */
	uint8_t fault;                          /**< enum certificate_fault of the last try */
	bool again;                             /**< changed while it was being loaded: load it once more */
	bool gone;                              /**< no file any more: free it when its load has ended */
	bool urgent;                            /**< a handshake waits for it */
	uint8_t len;
	char text[]; /**< the key, terminated */
};

struct publish_names;

/** @param key 16 random bytes for the keyed hash. @return the names or NULL. Owner: the caller. */
struct publish_names *publish_names_create(const uint8_t key[16]);
void publish_names_destroy(struct publish_names *names);

/** @return the name or NULL. */
struct publish_name *publish_name_find(const struct publish_names *names, const char *key);

/** Find or make one. @return NULL if memory is out. */
struct publish_name *publish_name_get(struct publish_names *names, const char *key);

/** Take it out and free it. */
void publish_name_remove(struct publish_names *names, struct publish_name *name);

/** Take it out, but leave it to the caller to publish_name_free(). */
void publish_name_unlink(struct publish_names *names, struct publish_name *name);
void publish_name_free(struct publish_names *names, struct publish_name *name);

/** Make its load, if it has none yet. @return false if memory is out. */
bool publish_name_start_load(struct publish_names *names, struct publish_name *name);

/** It is as if it had never been tried. */
void publish_name_end_load(struct publish_names *names, struct publish_name *name);

/** What became of its last try, which it has; CERTIFICATE_FAULT_NONE is a certificate. */
void publish_name_set_fault(struct publish_names *names, struct publish_name *name, enum certificate_fault fault);

/** Visit each name with CERTIFICATE_FAULT_UNREADABLE. The visitor must not set faults, add or remove. Cost: theirs. */
void publish_name_each_unreadable(
	const struct publish_names *names, void (*visit)(void *context, struct publish_name *name), void *context);

/** @return true if its last try has ended, with a certificate or a fault. */
bool publish_name_is_tried(const struct publish_name *name);
/** @return Unix time of that end, 0 if there was none. */
int64_t publish_name_tried_s(const struct publish_name *name);
/** @return constant words beside its fault, or NULL. */
const char *publish_name_note(const struct publish_name *name);
/** @return true if it waits to be tried again. */
bool publish_name_is_retried(const struct publish_name *name);

/** @return how many there are. */
size_t publish_name_count(const struct publish_names *names);

/**
 * Walk over all, over as long a time as it takes: give *at as 0 at first. What is added or removed meanwhile may be
 * missed, or others met twice. @return the next name, or NULL at the end.
 */
struct publish_name *publish_name_next(const struct publish_names *names, size_t *at);

/** Steps of publish_name_next() in one turn of the control thread: some tenths of a millisecond. */
#define PUBLISH_NAME_STEPS 2048

/**
 * Put a file among those of its name, in its place: .pfx before .pem, a name
 * in U-labels before A-labels, the newest of case twins (docs/bindings.md section 3).
 */
void publish_name_add_file(struct publish_name *name, struct scan_file *file);
void publish_name_take_file(struct publish_name *name, struct scan_file *file);

/** The key as the table takes it. */
struct host_name publish_name_key(const struct publish_name *name);

/** @return the file's base name, for people: on the share, or from the configured path. */
const char *publish_name_file(const struct publish_name *name);

#endif
