/* SPDX-License-Identifier: BSD-3-Clause */
/* packetdrill's table of calls: each takes the lock, does its work in sockets.c or world.c, and lets the stack send. */
#include "interface.h"
#include "sockets.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_world(void *userdata)
{
	world_destroy(userdata);
}

static int enter_socket(void *userdata, int domain, int type, int protocol)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_socket(world, domain, type, protocol));
}

static int enter_bind(void *userdata, int fd, const struct sockaddr *address, socklen_t len)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_bind(world, fd, address, len));
}

static int enter_listen(void *userdata, int fd, int backlog)
{
	(void)backlog;
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_listen(world, fd));
}

static int enter_accept(void *userdata, int fd, struct sockaddr *address, socklen_t *len)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_accept(world, fd, address, len));
}

static int enter_connect(void *userdata, int fd, const struct sockaddr *address, socklen_t len)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_connect(world, fd, address, len));
}

/* --- data -------------------------------------------------------------------------------------------------------- */

static ssize_t enter_recv(void *userdata, int fd, void *data, size_t len, int flags)
{
	struct world *world = world_enter(userdata);
	return world_leave(world, sockets_receive(world, fd, data, len, flags));
}

static ssize_t enter_read(void *userdata, int fd, void *data, size_t len)
{
	return enter_recv(userdata, fd, data, len, 0);
}

static ssize_t enter_recvfrom(
	void *userdata, int fd, void *data, size_t len, int flags, struct sockaddr *address, socklen_t *address_len)
{
	(void)address;
	if (address_len != NULL)
		*address_len = 0; /* of a stream there is none to tell */
	return enter_recv(userdata, fd, data, len, flags);
}

/* The first part waits; the others take what is there. */
static ssize_t receive_parts(void *userdata, int fd, const struct iovec *parts, size_t n, int flags)
{
	ssize_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		ssize_t got = enter_recv(userdata, fd, parts[i].iov_base, parts[i].iov_len, flags);
		if (got < 0)
			return sum > 0 ? sum : -1;
		sum += got;
		if ((size_t)got < parts[i].iov_len)
			break;
		flags |= MSG_DONTWAIT;
	}
	return sum;
}

static ssize_t enter_readv(void *userdata, int fd, const struct iovec *parts, int n)
{
	return receive_parts(userdata, fd, parts, (size_t)n, 0);
}

static ssize_t enter_recvmsg(void *userdata, int fd, struct msghdr *message, int flags)
{
	message->msg_controllen = 0;
	message->msg_flags = 0;
	return receive_parts(userdata, fd, message->msg_iov, message->msg_iovlen, flags);
}

static ssize_t enter_send(void *userdata, int fd, const void *data, size_t len, int flags)
{
	struct world *world = world_enter(userdata);
	return world_leave(world, sockets_send(world, fd, data, len, flags));
}

static ssize_t enter_write(void *userdata, int fd, const void *data, size_t len)
{
	return enter_send(userdata, fd, data, len, 0);
}

static ssize_t enter_sendto(void *userdata, int fd, const void *data, size_t len, int flags,
	const struct sockaddr *address, socklen_t address_len)
{
	if (address != NULL || address_len != 0) {
		errno = EISCONN;
		return -1;
	}
	return enter_send(userdata, fd, data, len, flags);
}

/* In one call of the stack, so that parts share segments. */
static ssize_t send_parts(void *userdata, int fd, const struct iovec *parts, size_t n, int flags)
{
	struct world *world = world_enter(userdata);
	size_t len = 0, at = 0;
	for (size_t i = 0; i < n; i++)
		len += parts[i].iov_len;
	uint8_t *data = malloc(len + 1);
	for (size_t i = 0; data != NULL && i < n; i++) {
		memcpy(data + at, parts[i].iov_base, parts[i].iov_len);
		at += parts[i].iov_len;
	}
	errno = ENOMEM;
	ssize_t sent = data != NULL ? sockets_send(world, fd, data, len, flags) : -1;
	int error = errno;
	free(data);
	errno = error;
	return world_leave(world, sent);
}

static ssize_t enter_writev(void *userdata, int fd, const struct iovec *parts, int n)
{
	return send_parts(userdata, fd, parts, (size_t)n, 0);
}

static ssize_t enter_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags)
{
	return send_parts(userdata, fd, message->msg_iov, message->msg_iovlen, flags);
}

/* --- the rest of a socket's life --------------------------------------------------------------------------------- */

static int enter_fcntl(void *userdata, int fd, int command, ...)
{
	va_list arguments;
	va_start(arguments, command);
	int flags = va_arg(arguments, int);
	va_end(arguments);
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_flags(world, fd, command, flags));
}

static int enter_close(void *userdata, int fd)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_close(world, fd));
}

static int enter_shutdown(void *userdata, int fd, int how)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_shutdown(world, fd, how));
}

static int enter_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *len)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_get_option(world, fd, level, name, value, len));
}

static int enter_setsockopt(void *userdata, int fd, int level, int name, const void *value, socklen_t len)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_set_option(world, fd, level, name, value, len));
}

static int enter_poll(void *userdata, struct pollfd *fds, nfds_t n, int timeout_ms)
{
	struct world *world = world_enter(userdata);
	return (int)world_leave(world, sockets_poll(world, fds, n, timeout_ms));
}

/* --- packets and time -------------------------------------------------------------------------------------------- */

static int netdev_send(void *userdata, const void *packet, size_t len)
{
	struct world *world = world_enter(userdata);
	world_packet_arrives(world, packet, len);
	return (int)world_leave(world, 0);
}

static int netdev_receive(void *userdata, void *out, size_t *len, long long *time_us)
{
	struct world *world = world_enter(userdata);
	struct world_packet *packet = world_next_packet(world);
	int result = 0;
	if (packet == NULL) {
		*len = 0;
		*time_us = (long long)world->now_us;
	} else if (packet->len > *len) {
		errno = EMSGSIZE;
		result = -1;
	} else {
		memcpy(out, packet->octets, packet->len);
		*len = packet->len;
		*time_us = (long long)packet->sent_us;
	}
	free(packet);
	return (int)world_leave(world, result);
}

static int pass_time(void *userdata, useconds_t us)
{
	struct world *world = world_enter(userdata);
	world_advance(world, world->now_us + us);
	return (int)world_leave(world, 0);
}

/* A look at the clock takes a microsecond: packetdrill waits for its moment by looking until it has come. */
static int tell_time(void *userdata, struct timeval *out, struct timezone *zone)
{
	(void)zone;
	struct world *world = world_enter(userdata);
	world_advance(world, world->now_us + 1);
	out->tv_sec = (time_t)(world->now_us / 1000000);
	out->tv_usec = (suseconds_t)(world->now_us % 1000000);
	return (int)world_leave(world, 0);
}

/* --- what there is not ------------------------------------------------------------------------------------------- */

static int no_call(void)
{
	errno = ENOSYS;
	return -1;
}

static int no_ioctl(void *userdata, int fd, unsigned long request, ...)
{
	(void)userdata, (void)fd, (void)request;
	return no_call();
}

static int no_epoll_create(void *userdata, int size)
{
	(void)userdata, (void)size;
	return no_call();
}

static int no_epoll_ctl(void *userdata, int epoll_fd, int operation, int fd, struct epoll_event *event)
{
	(void)userdata, (void)epoll_fd, (void)operation, (void)fd, (void)event;
	return no_call();
}

static int no_epoll_wait(void *userdata, int epoll_fd, struct epoll_event *events, int max, int timeout_ms)
{
	(void)userdata, (void)epoll_fd, (void)events, (void)max, (void)timeout_ms;
	return no_call();
}

static int no_pipe(void *userdata, int fds[2])
{
	(void)userdata, (void)fds;
	return no_call();
}

static int no_splice(
	void *userdata, int fd_in, loff_t *offset_in, int fd_out, loff_t *offset_out, size_t len, unsigned flags)
{
	(void)userdata, (void)fd_in, (void)offset_in, (void)fd_out, (void)offset_out, (void)len, (void)flags;
	return no_call();
}

/* packetdrill has no way to be told that a start failed. */
static struct world *create(const char *flags)
{
	static const uint8_t default_ip[4] = {192, 168, 0, 1};
	struct ip_address local_ip = ip_address_from_v4(default_ip);
	bool has_flags = flags != NULL && flags[0] != '\0';
	if (has_flags && (strncmp(flags, "local=", 6) != 0 || ip_address_parse(flags + 6, &local_ip) != 0)) {
		fprintf(stderr, "handfast_packetdrill: so_flags: expected local=ADDRESS, found \"%s\"\n", flags);
		exit(EXIT_FAILURE);
	}
	struct world *world = world_create(&local_ip);
	if (world == NULL) {
		fprintf(stderr, "handfast_packetdrill: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return world;
}

__attribute__((visibility("default"))) void packetdrill_interface_init(
	const char *flags, struct packetdrill_interface *out)
{
	*out = (struct packetdrill_interface){
		.userdata = create(flags),
		.free = free_world,
		.socket = enter_socket,
		.bind = enter_bind,
		.listen = enter_listen,
		.accept = enter_accept,
		.connect = enter_connect,
		.read = enter_read,
		.readv = enter_readv,
		.recv = enter_recv,
		.recvfrom = enter_recvfrom,
		.recvmsg = enter_recvmsg,
		.write = enter_write,
		.writev = enter_writev,
		.send = enter_send,
		.sendto = enter_sendto,
		.sendmsg = enter_sendmsg,
		.fcntl = enter_fcntl,
		.ioctl = no_ioctl,
		.close = enter_close,
		.shutdown = enter_shutdown,
		.getsockopt = enter_getsockopt,
		.setsockopt = enter_setsockopt,
		.poll = enter_poll,
		.netdev_send = netdev_send,
		.netdev_receive = netdev_receive,
		.usleep = pass_time,
		.gettimeofday = tell_time,
		.epoll_create = no_epoll_create,
		.epoll_ctl = no_epoll_ctl,
		.epoll_wait = no_epoll_wait,
		.pipe = no_pipe,
		.splice = no_splice,
	};
}
