/* SPDX-License-Identifier: BSD-3-Clause */
/** One option's value: from a setting or its default into a member of a struct, checked against its schema row. */
#ifndef HANDFAST_CONFIG_VALUE_H
#define HANDFAST_CONFIG_VALUE_H

#include "config_reader.h"
#include "config_schema.h"

/** Fill the option's members with its default; nothing for an option that must be given. base: the section's struct. */
void config_value_default(struct config_reader *reader, const struct config_schema_option *option, void *base);

/** Read a setting into the option's members; a problem is noted and the members stay as they are if it does not fit. */
void config_value_read(struct config_reader *reader, const struct config_schema_option *option,
	config_setting_t *setting, const struct config_path *path, void *base);

/** Read the file that a SECRET's <key>_file names: one trailing newline is dropped. Problems as config_value_read(). */
void config_value_read_secret_file(struct config_reader *reader, const struct config_schema_option *option,
	config_setting_t *setting, const struct config_path *path, void *base);

#endif
