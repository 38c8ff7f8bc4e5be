/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What is on the share, and what has changed since the last look: listings in, events out. Files are told apart by
 * size, modification time and inode. A listing that failed removes nothing. A file that is missing has to be missing by
 * its name as well: a folder that is changed while it is listed may pass over files that are there. When suddenly most
 * are missing, a second listing has to confirm that instead, because an emptied mount point looks just like that.
 */
#ifndef HANDFAST_SCAN_H
#define HANDFAST_SCAN_H

#include "share.h"
#include "share_name.h"

/** Fewer missing files than this are never a mass deletion, unless it is all of them. */
#define SCAN_MASS_DELETION_FILES 10

/** A file of the share that may serve a name. */
struct scan_file {
	struct scan_file *sibling; /**< the listener's: another file for the same host name */
	void *owner;               /**< the listener's */
	struct share_stamp stamp;
	uint32_t seen; /**< round in which it was last listed; 0: it is not there by its name either */
	uint8_t kind;  /**< enum share_kind; stays, another kind of thing is another file */
	bool is_host;  /**< false: ends like a certificate file, but the rest is not a host name */
	bool is_pem, is_unicode;
	char name[]; /**< as on the share */
};

/** Who is told. A file stays valid until its vanished() has returned. */
struct scan_listener {
	/** @param key the host name it would serve, or NULL if its name is none; only a regular file serves */
	void (*appeared)(void *context, struct scan_file *file, const struct host_name *key);
	void (*changed)(void *context, struct scan_file *file);
	void (*vanished)(void *context, struct scan_file *file);
	void *context;
};

/** What one listing came to. */
struct scan_result {
	size_t n_files;
	size_t added, changed, removed;
	size_t held_back; /**< files that are missing, but must be missing once more to be believed */
};

struct scan;

/** @param key 16 random bytes for the keyed hash of file names. @return the scan or NULL. Owner: the caller. */
struct scan *scan_create(const struct scan_listener *listener, const uint8_t key[16]);

/** Free it and its files; the listener is not told. */
void scan_destroy(struct scan *scan);

/** A listing begins. */
void scan_begin(struct scan *scan);

/** One entry of it. What is not for us (other endings, dot-files) is passed over. Cost: one hash look-up. */
void scan_entry(struct scan *scan, const struct share_entry *entry);

/**
 * Once the listing is complete: the next file that it passed over and that has to be looked for by its name. Then
 * either scan_missing(), or scan_entry() with SHARE_UNKNOWN, and so on until there is none left.
 *
 * @return its name, valid until the next call; NULL: none. Cost: O(files) for all calls of a round.
 */
const char *scan_next_passed_over(struct scan *scan);

/** It is not there by its name either. */
void scan_missing(struct scan *scan, const char *name);

/**
 * The listing has ended.
 *
 * @param error  0, or why it is not complete: then nothing is removed.
 * Cost: O(files).
 */
void scan_end(struct scan *scan, int error, struct scan_result *out);

/** @return why a file serves nothing, in constant words: "is a directory"; NULL if it serves its name. */
const char *scan_useless(const struct scan_file *file);

/** @return files known. */
size_t scan_count(const struct scan *scan);

/**
 * Walk over all files, over as long a time as it takes: give *at as 0 at first. What appears or vanishes meanwhile may
 * be missed, or others met twice. @return the next file, or NULL at the end.
 */
const struct scan_file *scan_next(const struct scan *scan, size_t *at);

#endif
