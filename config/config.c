/* SPDX-License-Identifier: BSD-3-Clause */
#include "config.h"
#include "config_bindings.h"
#include "config_check.h"
#include "config_reader.h"
#include "config_section.h"

#include <errno.h>
#include <string.h>

static void note_out_of_memory(struct config_problems *problems, const char *name)
{
	struct config_place place = {.file = name};
	config_problems_error(problems, &place, "out of memory");
}

static void warn_no_bindings(struct config_reader *reader, const char *name)
{
	struct config_path path = {NULL, "bindings", CONFIG_PATH_NO_INDEX};
	struct config_place place = {.file = name, .path = &path};
	if (reader->config->n_bindings == 0)
		config_problems_warn(
			reader->problems, &place, "expected at least one binding, found none: no port is listened on");
}

/* libconfig has a word for what is wrong, and none for what would be right. */
static const char *expected_by(const char *libconfig_text)
{
	return strncmp(libconfig_text, "duplicate", 9) == 0 ? "each name once in its group"
							    : "name = value; with brackets and quotes in pairs";
}

static void note_syntax_error(struct config_reader *reader, const config_t *parsed)
{
	struct config_place place = {0};
	place.file = config_source_find(reader->source, (unsigned)config_error_line(parsed), &place.line);
	const char *text = config_error_text(parsed);
	config_problems_error(
		reader->problems, &place, "expected %s, found here or just before: %s", expected_by(text), text);
}

static void read_settings(struct config_reader *reader, const char *name)
{
	config_t parsed;
	config_init(&parsed);
	/* Every @include is expanded already; should the lexer see one that we did not, it finds nothing under this
	 * name. */
	config_set_include_dir(&parsed, "/dev/null");
	if (config_read_string(&parsed, config_source_text(reader->source)) != CONFIG_TRUE) {
		note_syntax_error(reader, &parsed);
		config_destroy(&parsed);
		return;
	}
	config_section_load(reader, config_root_setting(&parsed));
	if (!reader->out_of_memory) {
		config_check_ports(reader, config_root_setting(&parsed));
		reader->out_of_memory |= config_bindings_check(reader->config, reader->problems) != 0;
		warn_no_bindings(reader, name);
	}
	config_destroy(&parsed);
}

/* The arena owns everything, the configuration itself too. @return NULL if memory is out. */
static struct config *create(const char *name)
{
	struct config_arena *arena = config_arena_create();
	if (arena == NULL)
		return NULL;
	struct config *config = config_arena_alloc(arena, 1, sizeof(*config));
	char *path = config_arena_text(arena, name, strlen(name));
	if (config == NULL || path == NULL) {
		config_arena_destroy(arena);
		return NULL;
	}
	config->arena = arena;
	config->path = path;
	return config;
}

static int load(
	struct config_source *source, const char *name, struct config_problems *problems, struct config **out_config)
{
	struct config *config = create(name);
	struct config_reader reader = {.config = config, .problems = problems, .source = source};
	if (config != NULL && source != NULL) {
		reader.arena = config->arena;
		read_settings(&reader, name);
	}
	/* A source that could not be read has said why, unless memory was out. */
	if (config == NULL || reader.out_of_memory || (source == NULL && problems->n_errors == 0))
		note_out_of_memory(problems, name);

	size_t n_files = 0;
	const char *const *files = source == NULL ? NULL : config_source_files(source, &n_files);
	config_problems_sort(problems, files, n_files);
	config_source_destroy(source);
	*out_config = problems->n_errors == 0 ? config : NULL;
	if (*out_config == NULL)
		config_free(config);
	return *out_config == NULL ? -EINVAL : 0;
}

int config_load(const char *path, struct config_problems *problems, struct config **out_config)
{
	return load(config_source_read_file(path, problems), path, problems, out_config);
}

int config_load_text(const char *text, const char *name, struct config_problems *problems, struct config **out_config)
{
	return load(config_source_read_text(text, name, problems), name, problems, out_config);
}

void config_free(struct config *config)
{
	if (config != NULL)
		config_arena_destroy(config->arena);
}
