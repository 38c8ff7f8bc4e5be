/* SPDX-License-Identifier: BSD-3-Clause */
/** handfastctl's end of the control socket. */
#ifndef HANDFAST_CTL_CLIENT_H
#define HANDFAST_CTL_CLIENT_H

#include <jansson.h>
#include <stddef.h>

/**
 * Send one request and receive its answer.
 *
 * @param error  one line that says what to do, on failure.
 * @return the answer's object, or NULL. Owner: the caller. Threads: any.
 */
json_t *ctl_client_ask(const char *socket_path, const json_t *request, char *error, size_t error_size);

#endif
