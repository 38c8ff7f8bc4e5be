/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show certs: every name that is wanted is met once, the first `limit` of them by name are kept, sorted, described;
 * then the files that serve nothing. Each of it a bit at a time; only texts are kept from one poll to the next, because
 * names may vanish in between.
 */
#include "command_internal.h"

#include "command_describe.h"
#include "command_list.h"
#include "expiry.h"
#include "small_heap.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A step of sorting compares some forty texts, each of them out of memory. */
#define SORT_STEPS (COMMAND_LIST_STEPS / 8)

struct certs {
	const char *host;
	int group; /* enum expiry_group, or -1: all */
	int64_t now_s;
	size_t limit;
	enum { COLLECT, SORT, DESCRIBE, USELESS } phase;
	size_t at; /* of the walk over all names, then of the rows, then of the walk over all files */
	size_t total, n_useless;
	struct small_heap heap; /* the texts: all freed at once */
	/* COLLECT: a heap, the last name at its root. SORT: the first n are a heap, behind them the rest in order. */
	char **names;
	size_t n, n_heap, capacity;
	struct command_list list;
};

static json_t *begin(struct command *command)
{
	struct certs *certs = calloc(1, sizeof(*certs));
	if (certs == NULL)
		return command_fail("out of memory");
	command->state = certs;
	const char *group = command_get_text(command, "group");
	int64_t limit = command_get_number(command, "limit", COMMAND_DEFAULT_LIMIT);
	certs->host = command_get_text(command, "host");
	certs->group = group != NULL ? expiry_group_from_name(group) : -1;
	certs->now_s = time(NULL);
	if (group != NULL && certs->group < 0)
		return command_fail(
			"unknown group \"%s\": expired, tomorrow, this-week, next-week, next-month, later", group);
	if (limit < 0)
		return command_fail("limit must not be negative");
	certs->limit = (size_t)limit;
	if (!small_heap_init(&certs->heap) || !command_list_open(&certs->list, "certs"))
		return command_fail("out of memory");
	return NULL;
}

/* --- collecting --------------------------------------------------------------------------------------------------- */

static bool is_wanted(const struct command *command, const struct certs *certs, const struct publish_name *name)
{
	if (certs->host != NULL && fnmatch(certs->host, name->text, FNM_CASEFOLD) != 0)
		return false;
	if (certs->group < 0)
		return true;
	struct cert_table_result entry;
	struct host_name key = publish_name_key(name);
	return cert_table_writer_get(command->context->table, &key, &entry) && entry.certificate != NULL &&
	       (int)expiry_group(entry.certificate->not_after, certs->now_s) == certs->group;
}

static void swap(char **a, char **b)
{
	char *kept = *a;
	*a = *b;
	*b = kept;
}

static void sift_up(char **heap, size_t i)
{
	for (; i > 0 && strcmp(heap[i], heap[(i - 1) / 2]) > 0; i = (i - 1) / 2)
		swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sift_down(char **heap, size_t n)
{
	for (size_t i = 0, child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && strcmp(heap[child + 1], heap[child]) > 0)
			child++;
		if (strcmp(heap[i], heap[child]) >= 0)
			return;
		swap(&heap[i], &heap[child]);
	}
}

static bool reserve(struct certs *certs)
{
	if (certs->n < certs->capacity)
		return true;
	size_t capacity = certs->capacity == 0 ? 64 : 2 * certs->capacity;
	char **names = realloc(certs->names, capacity * sizeof(*names));
	if (names == NULL)
		return false;
	certs->names = names;
	certs->capacity = capacity;
	return true;
}

static char *copy_of(struct certs *certs, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = small_heap_alloc(&certs->heap, size);
	return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* @return false if memory is out. */
static bool keep(struct certs *certs, const char *text)
{
	certs->total++;
	bool is_full = certs->n == certs->limit;
	if (certs->limit == 0 || (is_full && strcmp(text, certs->names[0]) >= 0))
		return true;
	char *copy = copy_of(certs, text);
	if (copy == NULL || (!is_full && !reserve(certs)))
		return false;
	if (is_full) {
		small_heap_free(&certs->heap, certs->names[0], strlen(certs->names[0]) + 1);
		certs->names[0] = copy;
		sift_down(certs->names, certs->n);
		return true;
	}
	certs->names[certs->n] = copy;
	sift_up(certs->names, certs->n++);
	return true;
}

static bool collect(struct command *command, struct certs *certs)
{
	const struct publish_names *names = publish_get_names(command->context->publish);
	for (unsigned i = 0; i < COMMAND_LIST_STEPS; i++) {
		const struct publish_name *name = publish_name_next(names, &certs->at);
		if (name == NULL) {
			certs->phase = SORT;
			certs->n_heap = certs->n;
			return true;
		}
		if (is_wanted(command, certs, name) && !keep(certs, name->text))
			return false;
	}
	return true;
}

static void sort(struct certs *certs)
{
	for (unsigned i = 0; i < SORT_STEPS && certs->n_heap > 1; i++) {
		swap(&certs->names[0], &certs->names[--certs->n_heap]);
		sift_down(certs->names, certs->n_heap);
	}
	if (certs->n_heap > 1)
		return;
	certs->phase = DESCRIBE;
	certs->at = 0;
}

/* --- describing --------------------------------------------------------------------------------------------------- */

/* A loaded certificate counts as used when it was loaded. */
static json_t *describe_use(const struct command *command, int64_t now_s, const struct certificate *certificate)
{
	if (certificate == NULL)
		return json_null();
	uint32_t seconds = (uint32_t)(command->now_ms / 1000) - certificate_used_s(certificate);
	return command_time(now_s - (int64_t)seconds);
}

/* @return NULL if the name has vanished. */
static json_t *describe_name(const struct command *command, const struct certs *certs, const char *text)
{
	struct cert_table_result entry;
	const struct publish_name *name = publish_name_find(publish_get_names(command->context->publish), text);
	if (name == NULL)
		return NULL;
	struct host_name key = publish_name_key(name);
	cert_table_writer_get(command->context->table, &key, &entry);
	const struct certificate *certificate = entry.certificate;
	const char *group =
		certificate != NULL ? expiry_group_name(expiry_group(certificate->not_after, certs->now_s)) : NULL;
	const char *reason = entry.fault != CERTIFICATE_FAULT_NONE ? certificate_fault_text(entry.fault) : NULL;
	return json_pack("{s:o, s:b, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "name", command_text(name->text),
		"configured", name->fixed != NULL, "file", command_text(publish_name_file(name)), "state",
		command_describe_state(&entry), "reason", command_text(reason), "detail",
		command_text(publish_name_note(name)), "last_try", command_time(publish_name_tried_s(name)), "group",
		command_text(group), "certificate", command_describe_certificate(certificate), "last_used",
		describe_use(command, certs->now_s, certificate), "bytes",
		(json_int_t)(certificate != NULL ? certificate_memory_bytes(certificate) : 0));
}

static enum command_step describe(struct command *command, struct certs *certs, struct command_part *out)
{
	for (unsigned i = 0; i < COMMAND_LIST_ROWS && certs->at < certs->n; i++)
		command_list_add(&certs->list, describe_name(command, certs, certs->names[certs->at++]));
	if (certs->at == certs->n && command_list_open(&certs->list, "useless")) {
		certs->phase = USELESS;
		certs->at = 0;
	}
	return command_list_take(&certs->list, out);
}

/* The first so many: names that no file can have are seldom more. */
static enum command_step describe_useless(struct command *command, struct certs *certs, struct command_part *out)
{
	const struct scan *scan = scanner_get_scan(command->context->scanner);
	unsigned rows = 0;
	for (unsigned i = 0; i < COMMAND_LIST_STEPS && rows < COMMAND_LIST_ROWS; i++) {
		const struct scan_file *file = scan_next(scan, &certs->at);
		if (file == NULL)
			return command_list_close(
				&certs->list, json_pack("{s:I, s:b}", "total", (json_int_t)certs->total, "ok", 1), out);
		const char *reason = scan_useless(file);
		if (reason == NULL || certs->n_useless == COMMAND_DEFAULT_LIMIT)
			continue;
		certs->n_useless++;
		rows++;
		command_list_add(
			&certs->list, json_pack("{s:o, s:s}", "file", command_text(file->name), "reason", reason));
	}
	return rows > 0 ? command_list_take(&certs->list, out) : COMMAND_WORKS;
}

static enum command_step poll_certs(struct command *command, struct command_part *out)
{
	struct certs *certs = command->state;
	switch (certs->phase) {
	case COLLECT:
		if (collect(command, certs))
			return COMMAND_WORKS;
		*out = command_error_reply("out of memory");
		return COMMAND_ANSWERED;
	case SORT:
		sort(certs);
		return COMMAND_WORKS;
	case DESCRIBE:
		return describe(command, certs, out);
	case USELESS:
		break;
	}
	return describe_useless(command, certs, out);
}

static void end(struct command *command)
{
	struct certs *certs = command->state;
	if (certs == NULL)
		return;
	free(certs->names);
	small_heap_fini(&certs->heap);
	command_list_fini(&certs->list);
	free(certs);
}

const struct command_kind command_certs_kind = {
	.name = "show certs", .begin = begin, .poll_part = poll_certs, .end = end};
