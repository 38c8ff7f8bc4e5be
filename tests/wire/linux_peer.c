/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's side of a bulk transfer: what host.c does with our TCP, by sockets.
 *
 *   linux_peer listen=PORT|connect=PORT [ip=10.66.0.2] [send=BYTES] [seed=N] [mss=BYTES] [receive_buffer=BYTES]
 */
#include "bulk.h"
#include "words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct arguments {
	const char *ip;
	uint64_t listen_port, connect_port, send_bytes, seed, mss, receive_buffer;
};

static uint64_t clock_now_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void set_option(int fd, int level, int name, uint64_t value)
{
	int number = (int)value;
	if (value != 0 && setsockopt(fd, level, name, &number, sizeof(number)) != 0)
		perror("linux_peer: setsockopt");
}

static int open_socket(const struct arguments *arguments)
{
	static const char cubic[] = "cubic"; /* what Linux has by default, whatever this machine is set to */
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, cubic, sizeof(cubic)) != 0)
		perror("linux_peer: cubic");
	set_option(fd, IPPROTO_TCP, TCP_MAXSEG, arguments->mss);
	set_option(fd, SOL_SOCKET, SO_RCVBUF, arguments->receive_buffer);
	return fd;
}

/* @return the one connection accepted. */
static int accept_one(int listener, const struct arguments *arguments)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)arguments->listen_port)};
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 1) != 0)
		return -1;
	puts("ready");
	fflush(stdout);
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	return fd;
}

static int connect_one(int fd, const struct arguments *arguments)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)arguments->connect_port)};
	if (inet_pton(AF_INET, arguments->ip, &address.sin_addr) != 1)
		return -1;
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -1;
}

/* @return false on a connection's end before its time. */
static bool read_some(int fd, struct bulk *bulk)
{
	static uint8_t octets[BULK_CHUNK_BYTES];
	ssize_t len = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);
	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	if (len == 0)
		bulk->end_us = clock_now_us();
	bulk_received(bulk, (struct bytes){octets, (size_t)len});
	return true;
}

static bool write_some(int fd, struct bulk *bulk)
{
	struct bytes data = bulk_next(bulk);
	ssize_t len = send(fd, data.data, data.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (len < 0)
		return errno == EAGAIN || errno == EINTR;
	bulk_sent(bulk, (size_t)len);
	return true;
}

static bool transfer(int fd, struct bulk *bulk)
{
	bool is_shut = false;
	while (bulk->end_us == 0 || !is_shut) {
		if (!is_shut && bulk_next(bulk).len == 0) {
			shutdown(fd, SHUT_WR);
			is_shut = true;
			continue;
		}
		struct pollfd pollfd = {.fd = fd};
		pollfd.events = (short)((bulk->end_us == 0 ? POLLIN : 0) | (is_shut ? 0 : POLLOUT));
		if (poll(&pollfd, 1, -1) < 0)
			return false;
		if (bulk->end_us == 0 && (pollfd.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_some(fd, bulk))
			return false;
		if (!is_shut && (pollfd.revents & POLLOUT) != 0 && !write_some(fd, bulk))
			return false;
	}
	return true;
}

/* With what the kernel knows of the connection, for comparison. */
static void print_info(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0)
		printf("info mss %u options %#x scales %u %u cwnd %u ssthresh %u srtt %u retransmits %u\n",
			info.tcpi_snd_mss, info.tcpi_options, info.tcpi_snd_wscale, info.tcpi_rcv_wscale,
			info.tcpi_snd_cwnd, info.tcpi_snd_ssthresh, info.tcpi_rtt, info.tcpi_total_retrans);
}

int main(int argc, char **argv)
{
	static struct bulk bulk;
	struct arguments arguments = {.ip = "10.66.0.2", .seed = 1};
	const struct words_row rows[] = {
		{"ip", NULL, &arguments.ip},
		{"listen", &arguments.listen_port, NULL},
		{"connect", &arguments.connect_port, NULL},
		{"send", &arguments.send_bytes, NULL},
		{"seed", &arguments.seed, NULL},
		{"mss", &arguments.mss, NULL},
		{"receive_buffer", &arguments.receive_buffer, NULL},
		{NULL, NULL, NULL},
	};
	if (!words_read(rows, argc, argv))
		return 2;
	int fd = open_socket(&arguments);
	if (fd >= 0)
		fd = arguments.listen_port != 0 ? accept_one(fd, &arguments) : connect_one(fd, &arguments);
	if (fd < 0 || !bulk_init(&bulk, arguments.send_bytes, arguments.seed)) {
		perror("linux_peer");
		return 1;
	}
	bulk.begin_us = clock_now_us();
	bool ok = transfer(fd, &bulk);
	print_info(fd);
	bulk_report(&bulk, "linux", ok ? "ok" : "failed");
	bulk_fini(&bulk);
	close(fd);
	return ok ? 0 : 1;
}
