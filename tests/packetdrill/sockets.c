/* SPDX-License-Identifier: BSD-3-Clause */
#include "sockets.h"

#include <errno.h>
#include <linux/fcntl.h> /* <fcntl.h> declares struct stat; stats.h has an enum of that name */
#include <netinet/in.h>
#include <string.h>

/* RFC 6335 section 6: dynamic ports. */
#define FIRST_LOCAL_PORT 49152
/* TCP_NODELAY of <netinet/tcp.h>: that header's other names are RFC 9293's, as ours are. */
#define OPTION_NODELAY 1

static int fail(int error)
{
	errno = error;
	return -1;
}

static struct world_socket *socket_of(struct world *world, int fd)
{
	unsigned i = (unsigned)(fd - WORLD_FIRST_FD);
	if (fd >= WORLD_FIRST_FD && i < WORLD_MAX_SOCKETS && world->sockets[i].in_use)
		return &world->sockets[i];
	errno = EBADF;
	return NULL;
}

static int fd_of(const struct world *world, const struct world_socket *socket)
{
	return WORLD_FIRST_FD + (int)(socket - world->sockets);
}

/* --- addresses --------------------------------------------------------------------------------------------------- */

static bool read_address(const struct sockaddr *address, socklen_t len, struct ip_address *out_ip, uint16_t *out_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (address != NULL && len >= sizeof(v4) && address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		uint8_t octets[4];
		memcpy(octets, &v4.sin_addr, sizeof(octets));
		*out_ip = v4.sin_addr.s_addr == INADDR_ANY ? (struct ip_address){{0}} : ip_address_from_v4(octets);
		*out_port = ntohs(v4.sin_port);
		return true;
	}
	if (address != NULL && len >= sizeof(v6) && address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(out_ip->octets, &v6.sin6_addr, sizeof(out_ip->octets));
		*out_port = ntohs(v6.sin6_port);
		return true;
	}
	errno = EAFNOSUPPORT;
	return false;
}

static void write_address(
	const struct world_socket *socket, const struct flow_key *key, struct sockaddr *out, socklen_t *out_len)
{
	if (out == NULL || out_len == NULL)
		return;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(key->remote_port)};
	memcpy(&v4.sin_addr, key->remote_ip.octets + 12, 4);
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(key->remote_port)};
	memcpy(&v6.sin6_addr, key->remote_ip.octets, 16);
	const void *from = socket->is_v6 ? (const void *)&v6 : (const void *)&v4;
	socklen_t len = socket->is_v6 ? sizeof(v6) : sizeof(v4);
	memcpy(out, from, *out_len < len ? *out_len : len);
	*out_len = len;
}

/* --- waiting ----------------------------------------------------------------------------------------------------- */

static bool can_accept(const struct world *world, const struct world_socket *listener)
{
	for (unsigned i = 0; i < WORLD_MAX_SOCKETS; i++) {
		if (world->sockets[i].in_use && world->sockets[i].listener == listener)
			return true;
	}
	return false;
}

static bool is_open(const struct world *world, const struct world_socket *socket)
{
	(void)world;
	return socket->connected || socket->over;
}

static bool can_read(const struct world *world, const struct world_socket *socket)
{
	(void)world;
	return socket->over || socket->eof || (socket->conn != NULL && tcp_conn_readable_bytes(socket->conn) > 0);
}

static bool can_write(const struct world *world, const struct world_socket *socket)
{
	bool room = socket->conn != NULL && tcp_conn_unacked_bytes(socket->conn) < world->settings.send_buffer_bytes;
	return socket->over || (socket->connected && room);
}

/* @return false, and errno, if the caller does not want to wait. */
static bool await(struct world *world, const struct world_socket *socket, int flags,
	bool (*is_ready)(const struct world *world, const struct world_socket *socket))
{
	world_run(world);
	while (!is_ready(world, socket)) {
		if (socket->nonblocking || (flags & MSG_DONTWAIT) != 0) {
			errno = EAGAIN;
			return false;
		}
		world_wait(world);
	}
	return true;
}

/* --- opening ----------------------------------------------------------------------------------------------------- */

int sockets_socket(struct world *world, int domain, int type, int protocol)
{
	int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (domain != AF_INET && domain != AF_INET6)
		return fail(EAFNOSUPPORT);
	if (kind != SOCK_STREAM || (protocol != 0 && protocol != IPPROTO_TCP))
		return fail(EPROTONOSUPPORT);
	struct world_socket *socket = world_new_socket(world, domain == AF_INET6);
	if (socket == NULL)
		return fail(EMFILE);
	socket->nonblocking = (type & SOCK_NONBLOCK) != 0;
	return fd_of(world, socket);
}

int sockets_bind(struct world *world, int fd, const struct sockaddr *address, socklen_t len)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL || !read_address(address, len, &socket->local_ip, &socket->local_port))
		return -1;
	return 0;
}

int sockets_listen(struct world *world, int fd)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (socket->conn != NULL || socket->local_port == 0)
		return fail(EINVAL);
	socket->listening = true;
	return 0;
}

int sockets_accept(struct world *world, int fd, struct sockaddr *address, socklen_t *len)
{
	struct world_socket *listener = socket_of(world, fd);
	if (listener == NULL)
		return -1;
	if (!listener->listening)
		return fail(EINVAL);
	if (!await(world, listener, 0, can_accept))
		return -1;
	struct world_socket *socket = world->sockets;
	while (!socket->in_use || socket->listener != listener)
		socket++;
	socket->listener = NULL;
	write_address(socket, tcp_conn_key(socket->conn), address, len);
	return fd_of(world, socket);
}

int sockets_connect(struct world *world, int fd, const struct sockaddr *address, socklen_t len)
{
	struct world_socket *socket = socket_of(world, fd);
	struct flow_key key = {.local_port = 0};
	if (socket == NULL || !read_address(address, len, &key.remote_ip, &key.remote_port))
		return -1;
	if (socket->conn != NULL || socket->listening)
		return fail(socket->connected ? EISCONN : EALREADY);
	static const struct ip_address any;
	key.local_ip = ip_address_equal(&socket->local_ip, &any) ? world->local_ip : socket->local_ip;
	key.local_port =
		socket->local_port != 0 ? socket->local_port : (uint16_t)(FIRST_LOCAL_PORT + (socket - world->sockets));
	socket->local_port = key.local_port;
	if (ip_address_is_v4(&key.local_ip) != ip_address_is_v4(&key.remote_ip))
		return fail(EADDRNOTAVAIL);
	socket->conn = tcp_stack_connect(world->tcp, &key, world->now_us);
	if (socket->conn == NULL)
		return fail(EADDRINUSE);
	tcp_conn_set_user(socket->conn, socket);
	if (!await(world, socket, 0, is_open))
		return fail(EINPROGRESS);
	return socket->connected ? 0 : fail(socket->error);
}

/* --- data -------------------------------------------------------------------------------------------------------- */

/* An error is told once; then the connection is at its end. */
static ssize_t end_of(struct world_socket *socket, ssize_t otherwise)
{
	int error = socket->error;
	socket->error = 0;
	return error != 0 ? fail(error) : otherwise;
}

static size_t copy_out(struct tcp_conn *conn, uint8_t *data, size_t len)
{
	size_t copied = 0;
	while (copied < len) {
		struct bytes view = tcp_conn_peek(conn, 0);
		size_t part = view.len < len - copied ? view.len : len - copied;
		if (part == 0)
			break;
		memcpy(data + copied, view.data, part);
		tcp_conn_consume(conn, (uint32_t)part);
		copied += part;
	}
	return copied;
}

ssize_t sockets_receive(struct world *world, int fd, void *data, size_t len, int flags)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (socket->conn == NULL)
		return fail(ENOTCONN);
	if ((flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) != 0)
		return fail(EOPNOTSUPP);
	if (!await(world, socket, flags, can_read))
		return -1;
	size_t copied = copy_out(socket->conn, data, len);
	return copied > 0 || len == 0 ? (ssize_t)copied : end_of(socket, 0);
}

ssize_t sockets_send(struct world *world, int fd, const void *data, size_t len, int flags)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (socket->conn == NULL)
		return fail(ENOTCONN);
	if ((flags & ~(MSG_DONTWAIT | MSG_NOSIGNAL)) != 0)
		return fail(EOPNOTSUPP);
	size_t taken = 0;
	while (taken < len) {
		if (!await(world, socket, flags, can_write))
			return taken > 0 ? (ssize_t)taken : -1;
		if (socket->over)
			return end_of(socket, fail(EPIPE));
		struct bytes rest = {(const uint8_t *)data + taken, len - taken};
		uint32_t part = tcp_conn_send(socket->conn, rest);
		if (part == 0)
			return taken > 0 ? (ssize_t)taken : fail(EPIPE);
		taken += part;
	}
	return (ssize_t)taken;
}

int sockets_shutdown(struct world *world, int fd, int how)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (socket->conn == NULL)
		return fail(ENOTCONN);
	if (how == SHUT_WR || how == SHUT_RDWR)
		tcp_conn_close(socket->conn);
	return 0;
}

static void close_connection(struct world_socket *socket)
{
	if (socket->conn == NULL)
		return;
	/* RFC 1122 section 4.2.2.13: what was not read is lost, and the peer is told. */
	if (socket->linger_reset || tcp_conn_readable_bytes(socket->conn) > 0)
		tcp_conn_abort(socket->conn);
	tcp_conn_release(socket->conn);
}

int sockets_close(struct world *world, int fd)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	for (unsigned i = 0; socket->listening && i < WORLD_MAX_SOCKETS; i++) {
		struct world_socket *waiting = &world->sockets[i];
		if (!waiting->in_use || waiting->listener != socket)
			continue;
		waiting->linger_reset = true;
		close_connection(waiting);
		waiting->in_use = false;
	}
	close_connection(socket);
	socket->in_use = false;
	return 0;
}

/* --- options ----------------------------------------------------------------------------------------------------- */

int sockets_set_option(struct world *world, int fd, int level, int name, const void *value, socklen_t len)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (level == SOL_SOCKET && name == SO_LINGER && len >= sizeof(struct linger)) {
		struct linger linger;
		memcpy(&linger, value, sizeof(linger));
		socket->linger_reset = linger.l_onoff != 0 && linger.l_linger == 0;
		return 0;
	}
	/* As it is in any case. */
	bool no_change = (level == SOL_SOCKET && (name == SO_REUSEADDR || name == SO_REUSEPORT)) ||
			 (level == IPPROTO_TCP && name == OPTION_NODELAY);
	return no_change ? 0 : fail(ENOPROTOOPT);
}

int sockets_get_option(struct world *world, int fd, int level, int name, void *value, socklen_t *len)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	int number;
	if (level == SOL_SOCKET && name == SO_ERROR) {
		number = socket->error;
		socket->error = 0;
	} else if (level == IPPROTO_TCP && name == OPTION_NODELAY) {
		number = 1;
	} else {
		return fail(ENOPROTOOPT);
	}
	if (*len < sizeof(number))
		return fail(EINVAL);
	memcpy(value, &number, sizeof(number));
	*len = sizeof(number);
	return 0;
}

int sockets_flags(struct world *world, int fd, int command, int flags)
{
	struct world_socket *socket = socket_of(world, fd);
	if (socket == NULL)
		return -1;
	if (command == F_GETFL)
		return O_RDWR | (socket->nonblocking ? O_NONBLOCK : 0);
	if (command != F_SETFL)
		return fail(EINVAL);
	socket->nonblocking = (flags & O_NONBLOCK) != 0;
	return 0;
}

static short ready_of(const struct world *world, const struct world_socket *socket, short wanted)
{
	int ready = 0;
	if (socket->listening)
		return can_accept(world, socket) ? (short)(wanted & POLLIN) : 0;
	if (can_read(world, socket))
		ready |= POLLIN;
	if (can_write(world, socket))
		ready |= POLLOUT;
	ready &= wanted;
	if (socket->error != 0)
		ready |= POLLERR;
	if (socket->over)
		ready |= POLLHUP;
	return (short)ready;
}

static int count_ready(struct world *world, struct pollfd *fds, nfds_t n)
{
	int count = 0;
	for (nfds_t i = 0; i < n; i++) {
		const struct world_socket *socket = socket_of(world, fds[i].fd);
		fds[i].revents = socket != NULL ? ready_of(world, socket, fds[i].events) : POLLNVAL;
		count += fds[i].revents != 0;
	}
	return count;
}

int sockets_poll(struct world *world, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	uint64_t deadline_us = timeout_ms < 0 ? UINT64_MAX : world->now_us + (uint64_t)timeout_ms * 1000;
	world_run(world);
	int count;
	while ((count = count_ready(world, fds, n)) == 0 && world->now_us < deadline_us)
		world_wait(world);
	return count;
}
