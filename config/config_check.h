/* SPDX-License-Identifier: BSD-3-Clause */
/** What the options of one section must be to each other. What bindings must be to each other: config_bindings.h. */
#ifndef HANDFAST_CONFIG_CHECK_H
#define HANDFAST_CONFIG_CHECK_H

#include "config_reader.h"
#include "config_schema.h"

/** Note in a binding or a certificate where it stands; nothing for other sections. */
void config_check_note_place(
	struct config_reader *reader, enum config_schema_id id, const config_setting_t *setting, void *base);

/** Check a group whose options are all right one by one. base: its struct. */
void config_check_group(struct config_reader *reader, enum config_schema_id id, const config_setting_t *setting,
	const struct config_path *path, const void *base);

/** Check what must be unique over all ports: devices and addresses. */
void config_check_ports(struct config_reader *reader, const config_setting_t *root);

#endif
