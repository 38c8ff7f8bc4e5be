/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_changes.h"
#include "config_problems.h"
#include "config_schema.h"

#include <string.h>

bool config_changes_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool config_changes_same_credentials(const struct config_store *a, const struct config_store *b)
{
	return config_changes_same_text(a->user_name, b->user_name) &&
	       config_changes_same_text(a->password, b->password);
}

/* --- one option --------------------------------------------------------------------------------------------------- */

/* One option in the structs of both configurations. */
struct pair {
	const struct config_schema_option *option;
	const unsigned char *running;
	unsigned char *wanted;
};

static const void *value(const unsigned char *base, size_t offset)
{
	return base + offset;
}

static bool same_octets(const struct pair *pair, size_t offset, size_t size)
{
	return memcmp(pair->running + offset, pair->wanted + offset, size) == 0;
}

static bool same_texts(const struct pair *pair)
{
	const char *a, *b;
	memcpy(&a, value(pair->running, pair->option->offset), sizeof(const char *));
	memcpy(&b, value(pair->wanted, pair->option->offset), sizeof(const char *));
	return config_changes_same_text(a, b);
}

/* A list of numbers (width of an unsigned) or of texts. */
static bool same_lists(const struct pair *pair)
{
	const void *a, *b;
	size_t n;
	if (!same_octets(pair, pair->option->second_offset, sizeof(n)))
		return false;
	memcpy(&n, value(pair->running, pair->option->second_offset), sizeof(n));
	memcpy(&a, value(pair->running, pair->option->offset), sizeof(a));
	memcpy(&b, value(pair->wanted, pair->option->offset), sizeof(b));
	if (pair->option->type == CONFIG_SCHEMA_NUMBER_SET)
		return n == 0 || memcmp(a, b, n * sizeof(unsigned)) == 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(((const char *const *)a)[i], ((const char *const *)b)[i]) != 0)
			return false;
	return true;
}

static bool is_same(const struct pair *pair)
{
	size_t at = pair->option->offset, second = pair->option->second_offset;
	switch (pair->option->type) {
	case CONFIG_SCHEMA_FLAG:
		return same_octets(pair, at, sizeof(bool));
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_ENUM:
		return same_octets(pair, at, sizeof(unsigned));
	case CONFIG_SCHEMA_NUMBER16:
		return same_octets(pair, at, sizeof(uint16_t));
	case CONFIG_SCHEMA_NAME:
	case CONFIG_SCHEMA_TEXT:
	case CONFIG_SCHEMA_SECRET:
		return same_texts(pair);
	case CONFIG_SCHEMA_NUMBER_SET:
	case CONFIG_SCHEMA_TEXT_LIST:
		return same_lists(pair);
	case CONFIG_SCHEMA_IP_PREFIX:
		return same_octets(pair, at, sizeof(struct ip_address)) && same_octets(pair, second, sizeof(unsigned));
	case CONFIG_SCHEMA_GATEWAY:
		return same_octets(pair, at, sizeof(struct ip_address)) && same_octets(pair, second, sizeof(bool));
	case CONFIG_SCHEMA_BIND_IP:
		return same_octets(pair, at, sizeof(struct ip_address)) &&
		       same_octets(pair, second, sizeof(enum config_bind_ip));
	case CONFIG_SCHEMA_HOST:
		return host_name_equal(value(pair->running, at), value(pair->wanted, at));
	}
	return false;
}

static size_t width(enum config_schema_type type)
{
	switch (type) {
	case CONFIG_SCHEMA_FLAG:
		return sizeof(bool);
	case CONFIG_SCHEMA_NUMBER:
	case CONFIG_SCHEMA_ENUM:
		return sizeof(unsigned);
	case CONFIG_SCHEMA_NUMBER16:
		return sizeof(uint16_t);
	case CONFIG_SCHEMA_NAME:
	case CONFIG_SCHEMA_TEXT:
	case CONFIG_SCHEMA_SECRET:
	case CONFIG_SCHEMA_NUMBER_SET:
	case CONFIG_SCHEMA_TEXT_LIST:
		return sizeof(void *);
	case CONFIG_SCHEMA_IP_PREFIX:
	case CONFIG_SCHEMA_GATEWAY:
	case CONFIG_SCHEMA_BIND_IP:
		return sizeof(struct ip_address);
	case CONFIG_SCHEMA_HOST:
		return sizeof(struct host_name);
	}
	return 0;
}

static void take_over(const struct pair *pair)
{
	const struct config_schema_option *option = pair->option;
	memcpy(pair->wanted + option->offset, pair->running + option->offset, width(option->type));
	if (option->type == CONFIG_SCHEMA_NUMBER_SET || option->type == CONFIG_SCHEMA_TEXT_LIST)
		memcpy(pair->wanted + option->second_offset, pair->running + option->second_offset, sizeof(size_t));
}

/* --- sections ----------------------------------------------------------------------------------------------------- */

struct changes {
	struct config_problems *problems;
	const char *file;
};

static void tell(struct changes *changes, const struct config_path *path)
{
	struct config_place place = {.file = changes->file, .path = path};
	config_problems_warn(changes->problems, &place, "changed: needs a restart, until then the old value holds");
}

static bool same_elements(
	const struct config_schema_section *section, const unsigned char *running, const unsigned char *wanted);

/* One element of a list, with the lists inside it. */
static bool same_element(enum config_schema_id id, const unsigned char *running, unsigned char *wanted)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options_of(id, &n);
	for (size_t i = 0; i < n; i++)
		if (!is_same(&(struct pair){&options[i], running, wanted}))
			return false;
	const struct config_schema_section *sections = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++)
		if (sections[i].parent == id && !same_elements(&sections[i], running, wanted))
			return false;
	return true;
}

/* running and wanted: structs of the parent. */
static bool same_elements(
	const struct config_schema_section *section, const unsigned char *running, const unsigned char *wanted)
{
	unsigned char *a, *b;
	size_t n, other_n;
	memcpy(&n, running + section->count_offset, sizeof(n));
	memcpy(&other_n, wanted + section->count_offset, sizeof(other_n));
	memcpy(&a, running + section->offset, sizeof(a));
	memcpy(&b, wanted + section->offset, sizeof(b));
	for (size_t i = 0; i < n && n == other_n; i++)
		if (!same_element(section->id, a + i * section->element_bytes, b + i * section->element_bytes))
			return false;
	return n == other_n;
}

static void keep_list(struct changes *changes, const struct config_schema_section *section,
	const struct config *running, struct config *config)
{
	const unsigned char *from = (const unsigned char *)running;
	unsigned char *to = (unsigned char *)config;
	struct config_path path = {NULL, section->key, CONFIG_PATH_NO_INDEX};
	const size_t list_bytes = sizeof(void *); /* a list is a pointer to its elements */
	if (config_schema_is_reloaded(section->id, NULL))
		return;
	if (!same_elements(section, from, to))
		tell(changes, &path);
	memcpy(to + section->offset, from + section->offset, list_bytes);
	memcpy(to + section->count_offset, from + section->count_offset, sizeof(size_t));
}

static void keep_group(struct changes *changes, const struct config_schema_section *section,
	const struct config *running, struct config *config)
{
	size_t n;
	const struct config_schema_option *options = config_schema_options_of(section->id, &n);
	struct config_path group = {NULL, section->key, CONFIG_PATH_NO_INDEX};
	for (size_t i = 0; i < n; i++) {
		struct pair pair = {&options[i], (const unsigned char *)running + section->offset,
			(unsigned char *)config + section->offset};
		struct config_path path = {&group, options[i].key, CONFIG_PATH_NO_INDEX};
		if (config_schema_is_reloaded(section->id, options[i].key))
			continue;
		if (!is_same(&pair))
			tell(changes, &path);
		take_over(&pair);
	}
}

void config_changes_keep(const struct config *running, struct config *config, struct config_problems *problems)
{
	size_t n;
	const struct config_schema_section *sections = config_schema_sections(&n);
	struct changes changes = {.problems = problems, .file = config->path};
	for (size_t i = 0; i < n; i++) {
		if (sections[i].parent != CONFIG_SCHEMA_root)
			continue;
		if (sections[i].shape == CONFIG_SCHEMA_LIST)
			keep_list(&changes, &sections[i], running, config);
		else
			keep_group(&changes, &sections[i], running, config);
	}
}
