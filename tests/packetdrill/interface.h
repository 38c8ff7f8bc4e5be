/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * What packetdrill asks of a shared object given with --so_filename: a table of calls in this order, filled in by
 * packetdrill_interface_init(). Each has the meaning of the system call of its name; the others are explained.
 */
#ifndef HANDFAST_PACKETDRILL_INTERFACE_H
#define HANDFAST_PACKETDRILL_INTERFACE_H

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>

struct packetdrill_interface {
	void *userdata; /**< first argument of all calls */
	void (*free)(void *userdata);
	int (*socket)(void *userdata, int domain, int type, int protocol);
	int (*bind)(void *userdata, int fd, const struct sockaddr *address, socklen_t len);
	int (*listen)(void *userdata, int fd, int backlog);
	int (*accept)(void *userdata, int fd, struct sockaddr *address, socklen_t *len);
	int (*connect)(void *userdata, int fd, const struct sockaddr *address, socklen_t len);
	ssize_t (*read)(void *userdata, int fd, void *data, size_t len);
	ssize_t (*readv)(void *userdata, int fd, const struct iovec *parts, int n);
	ssize_t (*recv)(void *userdata, int fd, void *data, size_t len, int flags);
	ssize_t (*recvfrom)(void *userdata, int fd, void *data, size_t len, int flags, struct sockaddr *address,
		socklen_t *address_len);
	ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *message, int flags);
	ssize_t (*write)(void *userdata, int fd, const void *data, size_t len);
	ssize_t (*writev)(void *userdata, int fd, const struct iovec *parts, int n);
	ssize_t (*send)(void *userdata, int fd, const void *data, size_t len, int flags);
	ssize_t (*sendto)(void *userdata, int fd, const void *data, size_t len, int flags,
		const struct sockaddr *address, socklen_t address_len);
	ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *message, int flags);
	int (*fcntl)(void *userdata, int fd, int command, ...);
	int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
	int (*close)(void *userdata, int fd);
	int (*shutdown)(void *userdata, int fd, int how);
	int (*getsockopt)(void *userdata, int fd, int level, int name, void *value, socklen_t *len);
	int (*setsockopt)(void *userdata, int fd, int level, int name, const void *value, socklen_t len);
	int (*poll)(void *userdata, struct pollfd *fds, nfds_t n, int timeout_ms);
	/** An IP packet arrives. @return 0 or -1. */
	int (*netdev_send)(void *userdata, const void *packet, size_t len);
	/**
	 * The next IP packet that was sent, or will be if time passes.
	 * @param len      in: room at packet; out: octets of it, 0: nothing is ever sent
	 * @param time_us  out: when
	 * @return 0 or -1.
	 */
	int (*netdev_receive)(void *userdata, void *packet, size_t *len, long long *time_us);
	int (*usleep)(void *userdata, useconds_t us);
	int (*gettimeofday)(void *userdata, struct timeval *out, struct timezone *zone);
	int (*epoll_create)(void *userdata, int size);
	int (*epoll_ctl)(void *userdata, int epoll_fd, int operation, int fd, struct epoll_event *event);
	int (*epoll_wait)(void *userdata, int epoll_fd, struct epoll_event *events, int max, int timeout_ms);
	int (*pipe)(void *userdata, int fds[2]);
	int (*splice)(void *userdata, int fd_in, loff_t *offset_in, int fd_out, loff_t *offset_out, size_t len,
		unsigned flags);
};

/** @param flags  packetdrill's --so_flags, or NULL. */
void packetdrill_interface_init(const char *flags, struct packetdrill_interface *out);

#endif
