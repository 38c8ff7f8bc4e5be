/* SPDX-License-Identifier: BSD-3-Clause */
/** Opening the control socket's file. */
#ifndef HANDFAST_CONTROL_LISTEN_H
#define HANDFAST_CONTROL_LISTEN_H

#include <stddef.h>

/**
 * Listen on a Unix stream socket of mode 0600. A socket file that nobody listens on is replaced; one that is alive is
 * another daemon's, anything else somebody's file.
 *
 * @param path   its folder is made if it is missing.
 * @param error  one line, on failure.
 * @return the listening descriptor, non-blocking, or -errno. Owner: the caller, of the file as well.
 * Threads: the main thread, while it is the only one (umask is the process's).
 */
int control_listen_open(const char *path, char *error, size_t error_size);

#endif
