/* SPDX-License-Identifier: BSD-3-Clause */
#include "config_section.h"
#include "config_check.h"
#include "config_message.h"
#include "config_value.h"

#include <string.h>

/* A group being read: its schema section, its setting (NULL if absent: defaults only), where it is, its struct. */
struct group {
	enum config_schema_id id;
	const config_setting_t *setting;
	const struct config_path *path;
	unsigned char *base;
	const struct config_schema_option *options;
	size_t n_options;
	unsigned seen_options;  /* a bit for each of options */
	unsigned seen_sections; /* a bit for each config_schema_id */
};

static void load_group(struct config_reader *reader, struct group *group);

static void unknown_key(struct config_reader *reader, const struct group *group, const config_setting_t *setting,
	const struct config_path *path)
{
	struct config_place place = config_reader_place(reader, setting, path);
	const char *nearest = config_schema_nearest_key(group->id, path->key);
	if (nearest != NULL)
		config_problems_error(reader->problems, &place,
			"expected a known key, found this one: did you mean \"%s\"?", nearest);
	else
		config_problems_error(reader->problems, &place, "expected a known key, found this one");
}

static void wrong_shape(struct config_reader *reader, const config_setting_t *setting, const struct config_path *path,
	const char *expected)
{
	char found[CONFIG_MESSAGE_SIZE];
	struct config_place place = config_reader_place(reader, setting, path);
	/* Only the type: who writes a password where a group belongs still does not want to see it in a log. */
	config_problems_error(reader->problems, &place, "expected %s, found %s", expected,
		config_message_found(setting, true, found));
}

/* --- lists of groups ---------------------------------------------------------------------------------------------- */

/* Later checks that compare records leave out a binding that has a fault of its own: no port is zero. */
static void mark_faulty(enum config_schema_id id, void *element)
{
	if (id == CONFIG_SCHEMA_binding)
		((struct config_binding *)element)->port = 0;
}

static void load_elements(struct config_reader *reader, const struct config_schema_section *section,
	const config_setting_t *setting, const struct config_path *path, unsigned char *elements)
{
	size_t n = (size_t)config_setting_length(setting);
	for (size_t i = 0; i < n; i++) {
		struct config_path element_path = {path->parent, path->key, i};
		struct group group = {
			.id = section->id,
			.setting = config_setting_get_elem(setting, (unsigned)i),
			.path = &element_path,
			.base = elements + i * section->element_bytes,
		};
		size_t errors_before = reader->problems->n_errors;
		if (config_setting_is_group(group.setting))
			load_group(reader, &group);
		else
			wrong_shape(reader, group.setting, &element_path, "a group { }");
		if (reader->problems->n_errors > errors_before)
			mark_faulty(section->id, group.base);
	}
}

static void load_list(struct config_reader *reader, const struct config_schema_section *section,
	const config_setting_t *setting, const struct config_path *path, unsigned char *parent)
{
	if (!config_setting_is_list(setting)) {
		wrong_shape(reader, setting, path, "a list of groups ( { }, { } )");
		return;
	}
	size_t n = (size_t)config_setting_length(setting);
	if (n < section->min || n > section->max) {
		struct config_place place = config_reader_place(reader, setting, path);
		config_problems_error(reader->problems, &place, "expected %zu to %zu elements, found %zu", section->min,
			section->max, n);
		return;
	}
	unsigned char *elements = config_arena_alloc(reader->arena, n, section->element_bytes);
	if (elements == NULL) {
		reader->out_of_memory = true;
		return;
	}
	memcpy(parent + section->offset, &elements, sizeof(elements));
	memcpy(parent + section->count_offset, &n, sizeof(n));
	load_elements(reader, section, setting, path, elements);
}

/* --- one group ---------------------------------------------------------------------------------------------------- */

static void load_section(struct config_reader *reader, struct group *group, const struct config_schema_section *section,
	const config_setting_t *setting, const struct config_path *path)
{
	group->seen_sections |= 1u << section->id;
	if (section->shape == CONFIG_SCHEMA_LIST) {
		load_list(reader, section, setting, path, group->base);
		return;
	}
	if (!config_setting_is_group(setting)) {
		wrong_shape(reader, setting, path, "a group { }");
		return;
	}
	struct group child = {
		.id = section->id, .setting = setting, .path = path, .base = group->base + section->offset};
	load_group(reader, &child);
}

static void load_option(struct config_reader *reader, struct group *group, const struct config_schema_option *option,
	config_setting_t *setting, const struct config_path *path)
{
	unsigned bit = 1u << (option - group->options);
	if ((group->seen_options & bit) != 0) {
		/* libconfig refuses a key given twice, so this is the other one of a secret's two forms. */
		struct config_place place = config_reader_place(reader, setting, path);
		config_problems_error(reader->problems, &place, "expected one of \"%s\" and \"%s_file\", found both",
			option->key, option->key);
		return;
	}
	group->seen_options |= bit;
	if (strcmp(option->key, path->key) == 0)
		config_value_read(reader, option, setting, path, group->base);
	else
		config_value_read_secret_file(reader, option, setting, path, group->base);
}

static void load_child(struct config_reader *reader, struct group *group, config_setting_t *setting)
{
	bool is_file;
	struct config_path path = {group->path, config_setting_name(setting), CONFIG_PATH_NO_INDEX};
	const struct config_schema_section *section = config_schema_find_section(group->id, path.key);
	const struct config_schema_option *option = config_schema_find_option(group->id, path.key, &is_file);
	if (section != NULL)
		load_section(reader, group, section, setting, &path);
	else if (option != NULL)
		load_option(reader, group, option, setting, &path);
	else
		unknown_key(reader, group, setting, &path);
}

static void missing(struct config_reader *reader, const struct group *group, const char *key, const char *what)
{
	struct config_path path = {group->path, key, CONFIG_PATH_NO_INDEX};
	struct config_place place = config_reader_place(reader, group->setting, &path);
	config_problems_error(reader->problems, &place, "expected %s, found nothing", what);
}

static void check_options_present(struct config_reader *reader, const struct group *group)
{
	char expected[CONFIG_MESSAGE_SIZE];
	for (size_t i = 0; i < group->n_options; i++) {
		const struct config_schema_option *option = &group->options[i];
		if (option->default_text == NULL && (group->seen_options & (1u << i)) == 0)
			missing(reader, group, option->key, config_message_expected(option, expected));
	}
}

/* Groups that are absent get their defaults; lists that are absent are empty, which some may not be. */
static void load_absent_sections(struct config_reader *reader, const struct group *group)
{
	size_t n;
	const struct config_schema_section *sections = config_schema_sections(&n);
	for (size_t i = 0; i < n; i++) {
		const struct config_schema_section *section = &sections[i];
		if (section->parent != group->id || (group->seen_sections & (1u << section->id)) != 0)
			continue;
		struct config_path path = {group->path, section->key, CONFIG_PATH_NO_INDEX};
		struct group child = {.id = section->id, .path = &path, .base = group->base + section->offset};
		if (section->shape == CONFIG_SCHEMA_GROUP)
			load_group(reader, &child);
		else if (section->min > 0)
			missing(reader, group, section->key, "a list of groups ( { }, { } )");
	}
}

static void load_group(struct config_reader *reader, struct group *group)
{
	group->options = config_schema_options_of(group->id, &group->n_options);
	for (size_t i = 0; i < group->n_options; i++)
		config_value_default(reader, &group->options[i], group->base);
	if (group->setting == NULL)
		return;
	size_t errors_before = reader->problems->n_errors;
	unsigned n = (unsigned)config_setting_length(group->setting);
	for (unsigned i = 0; i < n; i++)
		load_child(reader, group, config_setting_get_elem(group->setting, i));
	check_options_present(reader, group);
	load_absent_sections(reader, group);
	config_check_note_place(reader, group->id, group->setting, group->base);
	/* What a faulty option holds is its default: comparing with that would only make up further faults. */
	if (reader->problems->n_errors == errors_before)
		config_check_group(reader, group->id, group->setting, group->path, group->base);
}

void config_section_load(struct config_reader *reader, const config_setting_t *root)
{
	struct group group = {.id = CONFIG_SCHEMA_root, .setting = root, .base = (unsigned char *)reader->config};
	load_group(reader, &group);
}
