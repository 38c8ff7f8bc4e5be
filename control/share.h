/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The central share as the store sees it: list, find, read, close. What kind of share it is stays behind this
 * interface. Calls may block for as long as a server hangs, so they are made in a process of their own
 * (share_process.h).
 */
#ifndef HANDFAST_SHARE_H
#define HANDFAST_SHARE_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Larger certificate files are not read (docs/bindings.md section 4). */
#define SHARE_MAX_FILE_BYTES ((size_t)1 << 20)

enum share_kind {
	SHARE_REGULAR,
	SHARE_DIRECTORY,
	SHARE_LINK, /**< symbolic link: reported, never followed (a writer of the share must not point us elsewhere) */
	SHARE_OTHER,
	SHARE_LONG_NAME, /**< longer than NAME_MAX octets: name is its end */
	SHARE_UNKNOWN,   /**< it is there, but cannot be looked at now: stamp is empty */
};

/** What tells one version of a file from the next. */
struct share_stamp {
	uint64_t size_bytes;
	int64_t mtime_ns;
	uint64_t inode;
};

/** @return true if both tell of one version. */
static inline bool share_stamp_equal(const struct share_stamp *a, const struct share_stamp *b)
{
	return a->size_bytes == b->size_bytes && a->mtime_ns == b->mtime_ns && a->inode == b->inode;
}

/** One thing in the top folder. */
struct share_entry {
	const char *name; /**< as on the share, may be any octets but '/' and zero; valid during the call */
	enum share_kind kind;
	struct share_stamp stamp;
};

/** Contents of a file, with its stamp taken after the last byte was read. */
struct share_content {
	uint8_t *data; /**< malloc'ed */
	size_t len;
	struct share_stamp stamp;
};

struct share;

/** What a kind of share implements; the first member of its state is a struct share. */
struct share_operations {
	int (*list)(struct share *share, void (*visit)(void *context, const struct share_entry *entry), void *context);
	int (*read)(struct share *share, const char *name, struct share_content *out_content);
	int (*find)(struct share *share, const char *name);
	int (*watch)(struct share *share); /**< NULL: no hints */
	void (*close)(struct share *share);
};

struct share {
	const struct share_operations *operations;
};

/**
 * Open the share that physical_path names.
 *
 * @param error  one line, on failure.
 * @return the share, or NULL.
 * Owner:   the caller; share_close().
 * Threads: one at a time.
 */
struct share *share_open(const struct config_store *store, char *error, size_t error_size);

/** Visit everything in the top folder, except "." and "..". @return 0, or -errno: what was visited then is not all. */
int share_list(struct share *share, void (*visit)(void *context, const struct share_entry *entry), void *context);

/**
 * Read one file of the top folder.
 *
 * @return 0, or -errno: -EFBIG over SHARE_MAX_FILE_BYTES, -EISDIR, -ELOOP for a link, -EAGAIN if it changed while it
 * was read, others as read(2). Owner:   the caller wipes and frees out_content->data, on success.
 */
int share_read(struct share *share, const char *name, struct share_content *out_content);

/**
 * Look for one thing in the top folder by its name: a folder that is changed while it is listed may hide names that are
 * there (readdir(3)), a look-up does not.
 *
 * @return 0, -ENOENT, or another -errno: it is not known.
 */
int share_find(struct share *share, const char *name);

/**
 * Ask for hints of changes from now on; those so far are forgotten.
 *
 * @return a descriptor that is readable as soon as something may have changed, or -1: this share gives no hints.
 * Owner:   the share, until it is closed.
 */
int share_watch(struct share *share);

/** NULL is allowed. */
void share_close(struct share *share);

#endif
