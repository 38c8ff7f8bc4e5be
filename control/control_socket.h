/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * The control socket: a Unix stream socket with mode 0600. One JSON object on one line asks, one on one line answers,
 * as often as the client likes. Sizes, clients and time are bounded; a malformed request gets an error as its answer.
 */
#ifndef HANDFAST_CONTROL_SOCKET_H
#define HANDFAST_CONTROL_SOCKET_H

#include "command.h"

#include <poll.h>

#define CONTROL_SOCKET_MAX_CLIENTS 16
#define CONTROL_SOCKET_MAX_FDS     (CONTROL_SOCKET_MAX_CLIENTS + 1)
/** Requests are a few words. */
#define CONTROL_SOCKET_MAX_REQUEST_BYTES 4096
/** A client that neither asks nor reads is let go. */
#define CONTROL_SOCKET_IDLE_TIMEOUT_MS 30000

struct control_socket;

/**
 * Listen. A socket file that nobody listens on is replaced; one that is alive is another daemon's. Who connects waits
 * until control_socket_step().
 *
 * @param path   its folder is made if it is missing.
 * @param error  one line, on failure.
 * @return the socket, or NULL. Owner: the caller. Threads: the control thread, for all of this.
 */
struct control_socket *control_socket_create(const char *path, char *error, size_t error_size);

/** Before the first step. @param context  what commands work with; outlives the socket. */
void control_socket_set_context(struct control_socket *socket, struct command_context *context);

/** Close and remove the socket file. NULL is allowed. */
void control_socket_destroy(struct control_socket *socket);

/** Entries for poll(2). @param fds CONTROL_SOCKET_MAX_FDS of them. @return how many. */
size_t control_socket_poll_fds(const struct control_socket *socket, struct pollfd *fds);

/** @return true if a command could go on at once: do not wait long for the next step. */
bool control_socket_is_working(const struct control_socket *socket);

/** Accept, read, run a bit of each command, answer. @param now_ms monotonic */
void control_socket_step(struct control_socket *socket, uint64_t now_ms);

#endif
