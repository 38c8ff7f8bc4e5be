/* SPDX-License-Identifier: BSD-3-Clause */
#include "suggest.h"

#include "certificate_names.h"
#include "command_internal.h"
#include "near_miss.h"
#include "share_name.h"

#include <stdio.h>
#include <string.h>

/* Keep the nearest, in order. */
static void insert(struct suggest_list *list, unsigned distance, const struct host_name *key)
{
	size_t at = list->n;
	while (at > 0 && list->items[at - 1].distance > distance)
		at--;
	if (at == SUGGEST_MAX)
		return;
	size_t kept = list->n < SUGGEST_MAX ? list->n : SUGGEST_MAX - 1;
	memmove(&list->items[at + 1], &list->items[at], (kept - at) * sizeof(list->items[0]));
	list->items[at].distance = distance;
	list->items[at].key = *key;
	list->n = kept + 1;
}

static bool is_known(const struct suggest_list *list, const struct publish_name *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->items[i].key.text, name->text) == 0)
			return true;
	return false;
}

static void compare(struct suggest_list *list, const struct publish_name *name)
{
	if (name->fixed != NULL)
		return;
	unsigned distance = near_miss_distance(name->text, list->wanted);
	if (distance == 0 || distance > NEAR_MISS_MAX_DISTANCE || is_known(list, name))
		return;
	struct host_name key = publish_name_key(name);
	insert(list, distance, &key);
}

void suggest_begin(struct suggest_list *list, const char *wanted)
{
	*list = (struct suggest_list){.wanted = wanted};
}

bool suggest_find(const struct command_context *context, struct suggest_list *list, unsigned steps)
{
	const struct publish_names *names = publish_get_names(context->publish);
	for (unsigned i = 0; i < steps; i++) {
		const struct publish_name *name = publish_name_next(names, &list->at);
		if (name == NULL)
			return true;
		compare(list, name);
	}
	return false;
}

static bool is_for(const struct certificate *certificate, const char *wanted)
{
	for (size_t i = 0; certificate != NULL && i < certificate->n_names; i++)
		if (certificate_names_match(certificate->names[i], wanted))
			return true;
	return false;
}

static bool is_pem(const struct publish_name *name)
{
	return name->files != NULL && name->files->is_pem;
}

const struct publish_name *suggest_meant(const struct command_context *context, const struct suggest_list *list)
{
	const struct publish_names *names = publish_get_names(context->publish);
	for (size_t i = 0; i < list->n; i++) {
		const struct host_name *key = &list->items[i].key;
		const struct publish_name *name = publish_name_find(names, key->text);
		struct cert_table_result entry;
		if (name != NULL && cert_table_writer_get(context->table, key, &entry) &&
			(entry.certificate == NULL || is_for(entry.certificate, list->wanted)))
			return name;
	}
	return NULL;
}

static json_t *describe(
	const struct command_context *context, const struct host_name *key, unsigned distance, const char *wanted)
{
	const struct publish_name *name = publish_name_find(publish_get_names(context->publish), key->text);
	struct cert_table_result entry;
	char right[HOST_NAME_MAX_LEN + 8], text[3 * HOST_NAME_MAX_LEN + 200];
	if (name == NULL || !cert_table_writer_get(context->table, key, &entry))
		return NULL;
	const char *file = publish_name_file(name);
	bool covered = is_for(entry.certificate, wanted);
	share_name_format(wanted, is_pem(name), right, sizeof(right));
	const bool is_other = entry.certificate != NULL && !covered; /* then the name asked for is the wrong one */
	const int len = snprintf(text, sizeof(text), "file '%s' is close to '%s'%s", file, wanted,
		covered    ? " and its certificate is for that name"
		: is_other ? ", but its certificate is not for that name"
			   : " (its certificate could not be read)");
	if (!is_other)
		snprintf(text + len, sizeof(text) - (size_t)len, ": rename it to '%s'", right);
	return json_pack("{s:o, s:o, s:i, s:b, s:s, s:o}", "file", command_text(file), "name", command_text(key->text),
		"distance", (int)distance, "certificate_covers_name", covered, "rename_to", right, "text",
		command_text(text));
}

json_t *suggest_describe(const struct command_context *context, const struct suggest_list *list)
{
	json_t *rows = json_array();
	for (size_t i = 0; i < list->n; i++) {
		json_t *row = describe(context, &list->items[i].key, list->items[i].distance, list->wanted);
		if (row != NULL)
			json_array_append_new(rows, row);
	}
	return rows;
}
