/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_name.h"

#include "siphash.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 1024

struct publish_names {
	uint8_t key[16];
	struct publish_name **buckets;
	size_t n_buckets; /* a power of two */
	size_t n_names;
};

struct publish_names *publish_names_create(const uint8_t key[16])
{
	struct publish_names *names = calloc(1, sizeof(*names));
	if (names == NULL)
		return NULL;
	memcpy(names->key, key, sizeof(names->key));
	names->n_buckets = FIRST_BUCKETS;
	names->buckets = calloc(names->n_buckets, sizeof(struct publish_name *));
	if (names->buckets == NULL) {
		free(names);
		return NULL;
	}
	return names;
}

void publish_names_destroy(struct publish_names *names)
{
	if (names == NULL)
		return;
	for (size_t i = 0; i < names->n_buckets; i++)
		for (struct publish_name *name = names->buckets[i], *next; name != NULL; name = next) {
			next = name->next;
			free(name);
		}
	free(names->buckets);
	free(names);
}

static struct publish_name **bucket_of(struct publish_name **buckets, size_t n, const char *text, const uint8_t key[16])
{
	return &buckets[siphash(text, strlen(text), key) & (n - 1)];
}

struct publish_name *publish_name_find(const struct publish_names *names, const char *key)
{
	struct publish_name *name = *bucket_of(names->buckets, names->n_buckets, key, names->key);
	while (name != NULL && strcmp(name->text, key) != 0)
		name = name->next;
	return name;
}

/* Without memory for more buckets the old ones go on to serve, only slower. */
static void grow(struct publish_names *names)
{
	size_t n = names->n_buckets * 2;
	struct publish_name **buckets = calloc(n, sizeof(struct publish_name *));
	if (buckets == NULL)
		return;
	for (size_t i = 0; i < names->n_buckets; i++)
		for (struct publish_name *name = names->buckets[i], *next; name != NULL; name = next) {
			next = name->next;
			struct publish_name **bucket = bucket_of(buckets, n, name->text, names->key);
			name->next = *bucket;
			*bucket = name;
		}
	free(names->buckets);
	names->buckets = buckets;
	names->n_buckets = n;
}

struct publish_name *publish_name_get(struct publish_names *names, const char *key)
{
	struct publish_name *name = publish_name_find(names, key);
	size_t len = strlen(key);
	if (name != NULL)
		return name;
	name = calloc(1, sizeof(*name) + len + 1);
	if (name == NULL)
		return NULL;
	name->len = (uint8_t)len;
	memcpy(name->text, key, len + 1);
	if (names->n_names >= names->n_buckets)
		grow(names);
	struct publish_name **bucket = bucket_of(names->buckets, names->n_buckets, key, names->key);
	name->next = *bucket;
	*bucket = name;
	names->n_names++;
	return name;
}

void publish_name_unlink(struct publish_names *names, struct publish_name *name)
{
	struct publish_name **link = bucket_of(names->buckets, names->n_buckets, name->text, names->key);
	while (*link != name)
		link = &(*link)->next;
	*link = name->next;
	names->n_names--;
}

void publish_name_free(struct publish_name *name)
{
	free(name);
}

void publish_name_remove(struct publish_names *names, struct publish_name *name)
{
	publish_name_unlink(names, name);
	publish_name_free(name);
}

size_t publish_name_count(const struct publish_names *names)
{
	return names->n_names;
}

void publish_name_each(
	const struct publish_names *names, void (*visit)(void *context, struct publish_name *name), void *context)
{
	for (size_t i = 0; i < names->n_buckets; i++)
		for (struct publish_name *name = names->buckets[i]; name != NULL; name = name->next)
			visit(context, name);
}

/* The order of docs/bindings.md section 3; the last word goes to the name, so that it does not depend on the listing.
 */
static bool goes_before(const struct scan_file *a, const struct scan_file *b)
{
	if (a->is_pem != b->is_pem)
		return !a->is_pem;
	if (a->is_unicode != b->is_unicode)
		return a->is_unicode;
	if (a->stamp.mtime_ns != b->stamp.mtime_ns)
		return a->stamp.mtime_ns > b->stamp.mtime_ns;
	return strcmp(a->name, b->name) < 0;
}

void publish_name_add_file(struct publish_name *name, struct scan_file *file)
{
	struct scan_file **link = &name->files;
	while (*link != NULL && goes_before(*link, file))
		link = &(*link)->sibling;
	file->sibling = *link;
	*link = file;
}

void publish_name_take_file(struct publish_name *name, struct scan_file *file)
{
	struct scan_file **link = &name->files;
	while (*link != file)
		link = &(*link)->sibling;
	*link = file->sibling;
	file->sibling = NULL;
}

struct host_name publish_name_key(const struct publish_name *name)
{
	struct host_name key = {.len = name->len};
	memcpy(key.text, name->text, name->len);
	return key;
}

const char *publish_name_file(const struct publish_name *name)
{
	if (name->fixed != NULL) {
		const char *slash = strrchr(name->fixed->file, '/');
		return slash != NULL ? slash + 1 : name->fixed->file;
	}
	return name->files != NULL ? name->files->name : "";
}
