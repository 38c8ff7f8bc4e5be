/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan.h"

#include "log.h"
#include "siphash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 1024

struct scan {
	struct scan_listener listener;
	uint8_t key[16];
	struct scan_file **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_files;
	uint32_t round;
	bool mass_deletion_seen; /* in the last complete listing */
	struct scan_result result;
};

struct scan *scan_create(const struct scan_listener *listener, const uint8_t key[16])
{
	struct scan *scan = calloc(1, sizeof(*scan));
	if (scan == NULL)
		return NULL;
	scan->listener = *listener;
	memcpy(scan->key, key, sizeof(scan->key));
	scan->n_buckets = FIRST_BUCKETS;
	scan->buckets = calloc(scan->n_buckets, sizeof(struct scan_file *));
	if (scan->buckets == NULL) {
		free(scan);
		return NULL;
	}
	return scan;
}

void scan_destroy(struct scan *scan)
{
	if (scan == NULL)
		return;
	for (size_t i = 0; i < scan->n_buckets; i++)
		for (struct scan_file *file = scan->buckets[i], *next; file != NULL; file = next) {
			next = file->next;
			free(file);
		}
	free(scan->buckets);
	free(scan);
}

static struct scan_file **bucket_of(struct scan_file **buckets, size_t n, const char *name, const uint8_t key[16])
{
	return &buckets[siphash(name, strlen(name), key) & (n - 1)];
}

static struct scan_file *find(const struct scan *scan, const char *name)
{
	struct scan_file *file = *bucket_of(scan->buckets, scan->n_buckets, name, scan->key);
	while (file != NULL && strcmp(file->name, name) != 0)
		file = file->next;
	return file;
}

/* Without memory for more buckets the old ones go on to serve, only slower. */
static void grow(struct scan *scan)
{
	size_t n = scan->n_buckets * 2;
	struct scan_file **buckets = calloc(n, sizeof(struct scan_file *));
	if (buckets == NULL)
		return;
	for (size_t i = 0; i < scan->n_buckets; i++)
		for (struct scan_file *file = scan->buckets[i], *next; file != NULL; file = next) {
			next = file->next;
			struct scan_file **bucket = bucket_of(buckets, n, file->name, scan->key);
			file->next = *bucket;
			*bucket = file;
		}
	free(scan->buckets);
	scan->buckets = buckets;
	scan->n_buckets = n;
}

static struct scan_file *insert(struct scan *scan, const struct share_entry *entry)
{
	size_t size = strlen(entry->name) + 1;
	struct scan_file *file = calloc(1, sizeof(*file) + size);
	if (file == NULL)
		return NULL;
	memcpy(file->name, entry->name, size);
	if (scan->n_files >= scan->n_buckets)
		grow(scan);
	struct scan_file **bucket = bucket_of(scan->buckets, scan->n_buckets, file->name, scan->key);
	file->next = *bucket;
	*bucket = file;
	scan->n_files++;
	return file;
}

void scan_begin(struct scan *scan)
{
	scan->round++;
	scan->result = (struct scan_result){0};
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
	file->seen = scan->round;
	file->is_host = parsed == SHARE_NAME_HOST;
	file->is_pem = name.is_pem;
	file->is_unicode = name.is_unicode;
	scan->result.added++;
	scan->listener.appeared(scan->listener.context, file, file->is_host ? &name.key : NULL);
}

/* A file in the place of a folder, or the other way round: not a new version, another thing. */
static void replace(struct scan *scan, struct scan_file *file, const struct share_entry *entry)
{
	struct scan_file **link = bucket_of(scan->buckets, scan->n_buckets, file->name, scan->key);
	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	scan->n_files--;
	scan->listener.vanished(scan->listener.context, file);
	free(file);
	see_new(scan, entry);
}

void scan_entry(struct scan *scan, const struct share_entry *entry)
{
	struct scan_file *file = find(scan, entry->name);
	if (file == NULL) {
		see_new(scan, entry);
		return;
	}
	if (file->kind != entry->kind) {
		replace(scan, file, entry);
		return;
	}
	file->seen = scan->round;
	if (share_stamp_equal(&file->stamp, &entry->stamp))
		return;
	file->stamp = entry->stamp;
	scan->result.changed++;
	scan->listener.changed(scan->listener.context, file);
}

static size_t count_missing(const struct scan *scan)
{
	size_t n = 0;
	for (size_t i = 0; i < scan->n_buckets; i++)
		for (const struct scan_file *file = scan->buckets[i]; file != NULL; file = file->next)
			n += file->seen != scan->round;
	return n;
}

static void remove_missing(struct scan *scan)
{
	for (size_t i = 0; i < scan->n_buckets; i++)
		for (struct scan_file **link = &scan->buckets[i]; *link != NULL;) {
			struct scan_file *file = *link;
			if (file->seen == scan->round) {
				link = &file->next;
				continue;
			}
			*link = file->next;
			scan->n_files--;
			scan->result.removed++;
			scan->listener.vanished(scan->listener.context, file);
			free(file);
		}
}

static bool is_mass_deletion(size_t missing, size_t n_files)
{
	return missing == n_files || (missing > SCAN_MASS_DELETION_FILES && missing > n_files / 2);
}

/* Complete listings only: a failed one is no evidence of anything. */
static void sweep(struct scan *scan)
{
	size_t missing = count_missing(scan);
	if (missing == 0) {
		scan->mass_deletion_seen = false;
		return;
	}
	bool mass = is_mass_deletion(missing, scan->n_files);
	if (mass && !scan->mass_deletion_seen) {
		scan->mass_deletion_seen = true;
		scan->result.held_back = missing;
		log_event(CONFIG_LOG_WARNING, "mass deletion on the share held back until the next scan", "missing",
			LOG_NUMBER(missing), "files", LOG_NUMBER(scan->n_files));
		return;
	}
	if (mass)
		log_event(CONFIG_LOG_WARNING, "mass deletion on the share confirmed", "missing", LOG_NUMBER(missing),
			"files", LOG_NUMBER(scan->n_files));
	scan->mass_deletion_seen = false;
	remove_missing(scan);
}

void scan_end(struct scan *scan, int error, struct scan_result *out)
{
	if (error == 0)
		sweep(scan);
	scan->result.n_files = scan->n_files;
	*out = scan->result;
}

const char *scan_useless(const struct scan_file *file)
{
	static const char *const kinds[] = {[SHARE_DIRECTORY] = "is a directory",
		[SHARE_LINK] = "is a symbolic link",
		[SHARE_OTHER] = "is no file"};
	return file->kind != SHARE_REGULAR ? kinds[file->kind] : file->is_host ? NULL : "name is not a host name";
}

size_t scan_count(const struct scan *scan)
{
	return scan->n_files;
}

void scan_each(const struct scan *scan, void (*visit)(void *context, const struct scan_file *file), void *context)
{
	for (size_t i = 0; i < scan->n_buckets; i++)
		for (const struct scan_file *file = scan->buckets[i]; file != NULL; file = file->next)
			visit(context, file);
}
