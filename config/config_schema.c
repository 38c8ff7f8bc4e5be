/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_schema.h"
#include "config.h"

#include <string.h>

/* struct config itself, under the name that the table's rows make of their parent. */
#define config_root config

static const struct config_schema_section sections[] = {
#define CONFIG_SECTION(id, parent, key, shape, member, count, min, max, help)                                          \
	{CONFIG_SCHEMA_##id, CONFIG_SCHEMA_##parent, key, CONFIG_SCHEMA_##shape, sizeof(struct config_##id),           \
		offsetof(struct config_##parent, member), offsetof(struct config_##parent, count), min, max, help},
#define CONFIG_OPTION(...)
#define CONFIG_OPTION2(...)
#include "config_schema.def"
#undef CONFIG_SECTION
#undef CONFIG_OPTION
#undef CONFIG_OPTION2
};

static const struct config_schema_option options[] = {
#define CONFIG_SECTION(...)
#define CONFIG_OPTION2(section, key, type, member, second, unit, min, max, default_text, names, help)                  \
	{CONFIG_SCHEMA_##section, key, CONFIG_SCHEMA_##type, offsetof(struct config_##section, member),                \
		offsetof(struct config_##section, second), unit, min, max, default_text, names, help},
#define CONFIG_OPTION(section, key, type, member, ...) CONFIG_OPTION2(section, key, type, member, member, __VA_ARGS__)
#include "config_schema.def"
#undef CONFIG_SECTION
#undef CONFIG_OPTION
#undef CONFIG_OPTION2
};

#define N_SECTIONS (sizeof(sections) / sizeof(sections[0]))
#define N_OPTIONS  (sizeof(options) / sizeof(options[0]))

const struct config_schema_section *config_schema_sections(size_t *out_n)
{
	*out_n = N_SECTIONS;
	return sections;
}

const struct config_schema_option *config_schema_options(size_t *out_n)
{
	*out_n = N_OPTIONS;
	return options;
}

const struct config_schema_option *config_schema_options_of(enum config_schema_id section, size_t *out_n)
{
	size_t first = 0;
	while (first < N_OPTIONS && options[first].section != section)
		first++;
	size_t end = first;
	while (end < N_OPTIONS && options[end].section == section)
		end++;
	*out_n = end - first;
	return &options[first];
}

const struct config_schema_section *config_schema_find_section(enum config_schema_id parent, const char *key)
{
	for (size_t i = 0; i < N_SECTIONS; i++) {
		if (sections[i].parent == parent && strcmp(sections[i].key, key) == 0)
			return &sections[i];
	}
	return NULL;
}

static bool is_file_of(const struct config_schema_option *option, const char *key)
{
	size_t len = strlen(option->key);
	return option->type == CONFIG_SCHEMA_SECRET && strncmp(option->key, key, len) == 0 &&
	       strcmp(key + len, "_file") == 0;
}

const struct config_schema_option *config_schema_find_option(
	enum config_schema_id section, const char *key, bool *out_is_file)
{
	size_t n;
	const struct config_schema_option *rows = config_schema_options_of(section, &n);
	for (size_t i = 0; i < n; i++) {
		*out_is_file = is_file_of(&rows[i], key);
		if (*out_is_file || strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

bool config_schema_is_reloaded(enum config_schema_id section, const char *key)
{
	/* Key NULL: all of the section. Everything else is built into what was made at start: rings, tables, sockets.
	 */
	static const struct {
		enum config_schema_id section;
		const char *key;
	} reloaded[] = {
		{CONFIG_SCHEMA_certificate, NULL},
		{CONFIG_SCHEMA_binding, NULL},
		{CONFIG_SCHEMA_tls, NULL},
		{CONFIG_SCHEMA_control, "log_level"},
		{CONFIG_SCHEMA_store, "user_name"},
		{CONFIG_SCHEMA_store, "password"},
		{CONFIG_SCHEMA_store, "private_key_password"},
		{CONFIG_SCHEMA_store, "polling_interval_s"},
		{CONFIG_SCHEMA_store, "only_bound"},
		{CONFIG_SCHEMA_store, "require_name_match"},
		{CONFIG_SCHEMA_store, "expired"},
		{CONFIG_SCHEMA_store, "preload"},
		{CONFIG_SCHEMA_store, "max_loaded"},
		{CONFIG_SCHEMA_store, "max_loaded_mib"},
		{CONFIG_SCHEMA_store, "idle_unload_s"},
	};
	for (size_t i = 0; i < sizeof(reloaded) / sizeof(reloaded[0]); i++) {
		bool whole = reloaded[i].key == NULL;
		if (reloaded[i].section == section && (whole || (key != NULL && strcmp(reloaded[i].key, key) == 0)))
			return true;
	}
	return false;
}

int config_schema_name_index(const char *names, const char *name)
{
	size_t len = strlen(name);
	for (int index = 0; names != NULL; index++) {
		size_t name_len = strcspn(names, "|");
		if (name_len == len && strncmp(names, name, len) == 0)
			return index;
		names = names[name_len] == '|' ? names + name_len + 1 : NULL;
	}
	return -1;
}

/* --- did you mean ------------------------------------------------------------------------------------------------- */

/* Longer words than any key are not compared. */
#define WORD_MAX 40

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;
	return least < c ? least : c;
}

/* Levenshtein distance, one row of the table at a time; both words at most WORD_MAX long. */
static size_t distance(const char *a, const char *b)
{
	size_t b_len = strlen(b);
	size_t row[WORD_MAX + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_len];
}

struct nearest {
	const char *key;
	size_t distance;
};

static void consider(struct nearest *nearest, const char *known, const char *key)
{
	size_t d = distance(known, key);
	if (d < nearest->distance)
		*nearest = (struct nearest){known, d};
}

const char *config_schema_nearest_key(enum config_schema_id section, const char *key)
{
	size_t len = strlen(key), n;
	if (len > WORD_MAX)
		return NULL;
	/* A third of the word may be wrong; beyond that a suggestion misleads more than it helps. */
	struct nearest nearest = {NULL, len / 3 + 2};
	const struct config_schema_option *rows = config_schema_options_of(section, &n);
	for (size_t i = 0; i < n; i++)
		consider(&nearest, rows[i].key, key);
	for (size_t i = 0; i < N_SECTIONS; i++) {
		if (sections[i].parent == section)
			consider(&nearest, sections[i].key, key);
	}
	return nearest.key;
}
