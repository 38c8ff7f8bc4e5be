/* SPDX-License-Identifier: BSD-3-Clause */
/** Pieces of answers that several commands share, as JSON. */
#ifndef HANDFAST_COMMAND_DESCRIBE_H
#define HANDFAST_COMMAND_DESCRIBE_H

#include "cert_table.h"
#include "config.h"

#include <jansson.h>

/** Subject, issuer, names, dates, keys, warnings. NULL gives null. Threads: the control thread, for all of this. */
json_t *command_describe_certificate(const struct certificate *certificate);

/** @return "indexed", "ready", "last-good" (ready, but the newest file is broken), "broken", "missing". */
const char *command_describe_state(const struct cert_table_result *entry);

/** Ip, port, host, flags, certificate, backend, line. */
json_t *command_describe_binding(const struct config_binding *binding);

#endif
