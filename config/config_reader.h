/* SPDX-License-Identifier: BSD-3-Clause */
/** What the steps of one reading share; lives in config_load() only. */
#ifndef HANDFAST_CONFIG_READER_H
#define HANDFAST_CONFIG_READER_H

#include "config_arena.h"
#include "config_problems.h"
#include "config_source.h"

#include <libconfig.h>

struct config_reader {
	struct config *config;
	struct config_arena *arena;
	struct config_problems *problems;
	const struct config_source *source;
	bool out_of_memory;
	const char *last_file, *last_file_copy; /* a name of the source, and its copy in the arena */
};

/** @return where a setting stands, under that path. */
static inline struct config_place config_reader_place(
	const struct config_reader *reader, const config_setting_t *setting, const struct config_path *path)
{
	struct config_place place = {.path = path};
	place.file = config_source_find(reader->source, config_setting_source_line(setting), &place.line);
	return place;
}

#endif
