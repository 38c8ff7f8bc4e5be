/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan.h"

#include "log.h"
#include "small_heap.h"
#include "text_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	struct scan_listener listener;
	struct text_index files;
	struct small_heap heap; /* where they are */
	uint32_t round;
	size_t n_seen;           /* in this round */
	size_t passed_over_at;   /* as of text_index_next() */
	bool mass_deletion_seen; /* in the last complete listing */
	struct scan_result result;
};

struct scan *scan_create(const struct scan_listener *listener, const uint8_t key[16])
{
	struct scan *scan = calloc(1, sizeof(*scan));
	if (scan == NULL)
		return NULL;
	scan->listener = *listener;
	if (!small_heap_init(&scan->heap) ||
		text_index_init(&scan->files, offsetof(struct scan_file, name), key) != 0) {
		small_heap_fini(&scan->heap);
		free(scan);
		return NULL;
	}
	return scan;
}

void scan_destroy(struct scan *scan)
{
	if (scan == NULL)
		return;
	text_index_fini(&scan->files);
	small_heap_fini(&scan->heap);
	free(scan);
}

static size_t size_of(const char *name)
{
	return offsetof(struct scan_file, name) + strlen(name) + 1;
}

static struct scan_file *insert(struct scan *scan, const struct share_entry *entry)
{
	struct scan_file *file = small_heap_alloc(&scan->heap, size_of(entry->name));
	if (file == NULL)
		return NULL;
	memcpy(file->name, entry->name, strlen(entry->name) + 1);
	if (text_index_add(&scan->files, file) != 0) {
		small_heap_free(&scan->heap, file, size_of(file->name));
		return NULL;
	}
	return file;
}

/* Its listener is told while it is still there. */
static void drop(struct scan *scan, struct scan_file *file)
{
	text_index_remove(&scan->files, file);
	scan->listener.vanished(scan->listener.context, file);
	small_heap_free(&scan->heap, file, size_of(file->name));
}

void scan_begin(struct scan *scan)
{
	scan->round++;
	scan->n_seen = 0;
	scan->passed_over_at = 0;
	scan->result = (struct scan_result){0};
}

/* A folder that is changed while it is listed may give a name twice (readdir(3)). */
static void see(struct scan *scan, struct scan_file *file)
{
	scan->n_seen += file->seen != scan->round;
	file->seen = scan->round;
}

static void see_new(struct scan *scan, const struct share_entry *entry)
{
	struct share_name name = {0};
	enum share_name_result parsed = share_name_parse(entry->name, &name);
	if (parsed == SHARE_NAME_IGNORED)
		return;
	struct scan_file *file = insert(scan, entry);
	if (file == NULL) {
		/* It is tried again with the next listing. */
		log_event(CONFIG_LOG_ERROR, "out of memory for a file of the share", "file", entry->name);
		return;
	}
	file->stamp = entry->stamp;
	file->kind = (uint8_t)entry->kind;
	see(scan, file);
	file->is_host = parsed == SHARE_NAME_HOST;
	file->is_pem = name.is_pem;
	file->is_unicode = name.is_unicode;
	scan->result.added++;
	scan->listener.appeared(scan->listener.context, file, file->is_host ? &name.key : NULL);
}

/* A file in the place of a folder, or the other way round: not a new version, another thing. */
static void replace(struct scan *scan, struct scan_file *file, const struct share_entry *entry)
{
	scan->n_seen -= file->seen == scan->round;
	drop(scan, file);
	see_new(scan, entry);
}

void scan_entry(struct scan *scan, const struct share_entry *entry)
{
	struct scan_file *file = text_index_find(&scan->files, entry->name);
	if (file == NULL) {
		see_new(scan, entry);
		return;
	}
	/* A file that cannot be looked at now is what it was. */
	if (entry->kind == SHARE_UNKNOWN) {
		see(scan, file);
		return;
	}
	if (file->kind != entry->kind) {
		replace(scan, file, entry);
		return;
	}
	see(scan, file);
	if (share_stamp_equal(&file->stamp, &entry->stamp))
		return;
	file->stamp = entry->stamp;
	scan->result.changed++;
	scan->listener.changed(scan->listener.context, file);
}

static void remove_missing(struct scan *scan, bool mass)
{
	size_t at = 0;
	for (struct scan_file *file; (file = text_index_next(&scan->files, &at)) != NULL;) {
		if (file->seen == scan->round || (!mass && file->seen != 0))
			continue;
		drop(scan, file);
		at--; /* another file may have moved into its place */
		scan->result.removed++;
	}
}

static bool is_mass_deletion(size_t missing, size_t n_files)
{
	return missing == n_files || (missing > SCAN_MASS_DELETION_FILES && missing > n_files / 2);
}

const char *scan_next_passed_over(struct scan *scan)
{
	size_t n_files = scan_count(scan), missing = n_files - scan->n_seen;
	if (missing == 0 || is_mass_deletion(missing, n_files))
		return NULL;
	const struct scan_file *file;
	do
		file = text_index_next(&scan->files, &scan->passed_over_at);
	while (file != NULL && file->seen == scan->round);
	return file != NULL ? file->name : NULL;
}

void scan_missing(struct scan *scan, const char *name)
{
	struct scan_file *file = text_index_find(&scan->files, name);
	if (file != NULL)
		file->seen = 0;
}

/* Complete listings only: a failed one is no evidence of anything. */
static void sweep(struct scan *scan)
{
	size_t n_files = scan_count(scan), missing = n_files - scan->n_seen;
	if (missing == 0) {
		scan->mass_deletion_seen = false;
		return;
	}
	bool mass = is_mass_deletion(missing, n_files);
	if (mass && !scan->mass_deletion_seen) {
		scan->mass_deletion_seen = true;
		scan->result.held_back = missing;
		log_event(CONFIG_LOG_WARNING, "mass deletion on the share held back until the next scan", "missing",
			LOG_NUMBER(missing), "files", LOG_NUMBER(n_files));
		return;
	}
	if (mass)
		log_event(CONFIG_LOG_WARNING, "mass deletion on the share confirmed", "missing", LOG_NUMBER(missing),
			"files", LOG_NUMBER(n_files));
	scan->mass_deletion_seen = false;
	remove_missing(scan, mass);
}

void scan_end(struct scan *scan, int error, struct scan_result *out)
{
	if (error == 0)
		sweep(scan);
	scan->result.n_files = scan_count(scan);
	*out = scan->result;
}

const char *scan_useless(const struct scan_file *file)
{
	static const char *const kinds[] = {[SHARE_DIRECTORY] = "is a directory",
		[SHARE_LINK] = "is a symbolic link",
		[SHARE_OTHER] = "is no file",
		[SHARE_LONG_NAME] = "name is longer than 255 octets",
		[SHARE_UNKNOWN] = "cannot be looked at"};
	return file->kind != SHARE_REGULAR ? kinds[file->kind] : file->is_host ? NULL : "name is not a host name";
}

size_t scan_count(const struct scan *scan)
{
	return text_index_count(&scan->files);
}

const struct scan_file *scan_next(const struct scan *scan, size_t *at)
{
	return text_index_next(&scan->files, at);
}
