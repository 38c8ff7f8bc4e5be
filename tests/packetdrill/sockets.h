/* SPDX-License-Identifier: BSD-3-Clause */
/** The socket calls, on a world whose lock is held. Each returns what the system call of its name does, or -1 and
 * errno. */
#ifndef HANDFAST_PACKETDRILL_SOCKETS_H
#define HANDFAST_PACKETDRILL_SOCKETS_H

#include "world.h"

#include <poll.h>
#include <sys/socket.h>

int sockets_socket(struct world *world, int domain, int type, int protocol);
int sockets_bind(struct world *world, int fd, const struct sockaddr *address, socklen_t len);
int sockets_listen(struct world *world, int fd);
int sockets_accept(struct world *world, int fd, struct sockaddr *address, socklen_t *len);
int sockets_connect(struct world *world, int fd, const struct sockaddr *address, socklen_t len);
ssize_t sockets_receive(struct world *world, int fd, void *data, size_t len, int flags);
ssize_t sockets_send(struct world *world, int fd, const void *data, size_t len, int flags);
int sockets_shutdown(struct world *world, int fd, int how);
int sockets_close(struct world *world, int fd);
int sockets_set_option(struct world *world, int fd, int level, int name, const void *value, socklen_t len);
int sockets_get_option(struct world *world, int fd, int level, int name, void *value, socklen_t *len);
/** F_GETFL, F_SETFL. */
int sockets_flags(struct world *world, int fd, int command, int flags);
int sockets_poll(struct world *world, struct pollfd *fds, nfds_t n, int timeout_ms);

#endif
