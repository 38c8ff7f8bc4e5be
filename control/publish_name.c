/* SPDX-License-Identifier: BSD-3-Clause */
#include "publish_name.h"

#include "small_heap.h"
#include "text_index.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct publish_names {
	struct text_index index;
	struct small_heap heap; /* names and loads */
	LIST_HEAD(, publish_load) unreadable;
};

struct publish_names *publish_names_create(const uint8_t key[16])
{
	struct publish_names *names = calloc(1, sizeof(*names));
	if (names == NULL)
		return NULL;
	if (!small_heap_init(&names->heap) ||
		text_index_init(&names->index, offsetof(struct publish_name, text), key) != 0) {
		small_heap_fini(&names->heap);
		free(names);
		return NULL;
	}
	return names;
}

void publish_names_destroy(struct publish_names *names)
{
	if (names == NULL)
		return;
	text_index_fini(&names->index);
	small_heap_fini(&names->heap);
	free(names);
}

struct publish_name *publish_name_find(const struct publish_names *names, const char *key)
{
	return text_index_find(&names->index, key);
}

static size_t size_of(size_t len)
{
	return offsetof(struct publish_name, text) + len + 1;
}

struct publish_name *publish_name_get(struct publish_names *names, const char *key)
{
	struct publish_name *name = publish_name_find(names, key);
	size_t len = strlen(key);
	if (name != NULL)
		return name;
	name = small_heap_alloc(&names->heap, size_of(len));
	if (name == NULL)
		return NULL;
	name->len = (uint8_t)len;
	memcpy(name->text, key, len + 1);
	if (text_index_add(&names->index, name) != 0) {
		publish_name_free(names, name);
		return NULL;
	}
	return name;
}

static void leave_unreadable(struct publish_load *load)
{
	if (load == NULL || !load->is_unreadable)
		return;
	LIST_REMOVE(load, unreadable);
	load->is_unreadable = false;
}

void publish_name_unlink(struct publish_names *names, struct publish_name *name)
{
	leave_unreadable(name->load);
	text_index_remove(&names->index, name);
}

void publish_name_free(struct publish_names *names, struct publish_name *name)
{
	publish_name_end_load(names, name);
	small_heap_free(&names->heap, name, size_of(name->len));
}

void publish_name_remove(struct publish_names *names, struct publish_name *name)
{
	publish_name_unlink(names, name);
	publish_name_free(names, name);
}

size_t publish_name_count(const struct publish_names *names)
{
	return text_index_count(&names->index);
}

struct publish_name *publish_name_next(const struct publish_names *names, size_t *at)
{
	return text_index_next(&names->index, at);
}

bool publish_name_start_load(struct publish_names *names, struct publish_name *name)
{
	if (name->load == NULL)
		name->load = small_heap_alloc(&names->heap, sizeof(*name->load));
	if (name->load != NULL)
		name->load->name = name;
	return name->load != NULL;
}

void publish_name_end_load(struct publish_names *names, struct publish_name *name)
{
	leave_unreadable(name->load);
	small_heap_free(&names->heap, name->load, sizeof(*name->load));
	name->load = NULL;
}

void publish_name_set_fault(struct publish_names *names, struct publish_name *name, enum certificate_fault fault)
{
	name->fault = (uint8_t)fault;
	leave_unreadable(name->load);
	if (fault != CERTIFICATE_FAULT_UNREADABLE || name->gone)
		return;
	LIST_INSERT_HEAD(&names->unreadable, name->load, unreadable);
	name->load->is_unreadable = true;
}

void publish_name_each_unreadable(
	const struct publish_names *names, void (*visit)(void *context, struct publish_name *name), void *context)
{
	const struct publish_load *load;
	LIST_FOREACH(load, &names->unreadable, unreadable)
	visit(context, load->name);
}

bool publish_name_is_tried(const struct publish_name *name)
{
	return publish_name_tried_s(name) != 0;
}

int64_t publish_name_tried_s(const struct publish_name *name)
{
	return name->load != NULL ? name->load->tried_s : 0;
}

const char *publish_name_note(const struct publish_name *name)
{
	return name->load != NULL ? name->load->note : NULL;
}

bool publish_name_is_retried(const struct publish_name *name)
{
	return name->load != NULL && name->load->retry_ms != 0;
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
