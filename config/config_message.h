/* SPDX-License-Identifier: BSD-3-Clause */
/** The two halves of "expected …, found …", for messages and for the reference. */
#ifndef HANDFAST_CONFIG_MESSAGE_H
#define HANDFAST_CONFIG_MESSAGE_H

#include "config_schema.h"

#include <libconfig.h>

/** Room for what these functions write. */
#define CONFIG_MESSAGE_SIZE 256

/** Write what the option may be, "a whole number from 1 to 64". @return text. */
const char *config_message_expected(const struct config_schema_option *option, char text[CONFIG_MESSAGE_SIZE]);

/** Write what a setting holds; of a secret only the type. A long text is cut. @return text. */
const char *config_message_found(const config_setting_t *setting, bool secret, char text[CONFIG_MESSAGE_SIZE]);

#endif
