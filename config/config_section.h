/* SPDX-License-Identifier: BSD-3-Clause */
/** Sections: groups and lists of groups, walked by the schema; unknown and missing keys are found here. */
#ifndef HANDFAST_CONFIG_SECTION_H
#define HANDFAST_CONFIG_SECTION_H

#include "config_reader.h"

/** Fill reader->config from the root setting. Problems are noted; what has one keeps its default. */
void config_section_load(struct config_reader *reader, const config_setting_t *root);

#endif
