/* SPDX-License-Identifier: BSD-3-Clause */
#include "load_kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_PER_POLL   256
#define RECEIVE_BYTES     65536
#define OTHER_DESCRIPTORS 64
#define NS_PER_S          UINT64_C(1000000000)

struct stream {
	int socket;          /**< -1: none */
	uint32_t generation; /**< of the slot: tells an event of a stream that is gone from one of its successor */
	bool is_connected, wants_room;
};

struct kernel {
	struct load_transport transport;
	int epoll;
	struct stream *streams;
	uint8_t buffer[RECEIVE_BYTES];
};

static struct kernel *kernel_of(struct load_transport *transport)
{
	return (struct kernel *)(void *)transport;
}

static uint64_t read_clock_ns(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(struct load_transport *transport)
{
	(void)transport;
	return read_clock_ns(CLOCK_MONOTONIC);
}

static uint64_t busy_ns(struct load_transport *transport)
{
	(void)transport;
	return read_clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

/* --- connecting --- */

static socklen_t fill_address(struct sockaddr_storage *out, const struct load_endpoint *endpoint, sa_family_t family)
{
	memset(out, 0, sizeof(*out));
	out->ss_family = family;
	if (family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)out;
		v4->sin_port = htons(endpoint->port);
		memcpy(&v4->sin_addr, endpoint->address.octets + 12, 4); /* of "any" too: all zero */
		return sizeof(*v4);
	}
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	v6->sin6_port = htons(endpoint->port);
	memcpy(&v6->sin6_addr, endpoint->address.octets, 16);
	return sizeof(*v6);
}

static enum load_transport_open open_of_errno(int error)
{
	switch (error) {
	case EADDRNOTAVAIL: /* of connect(): every port of that source is taken; of bind(): no address of ours */
	case EADDRINUSE:
	case EAGAIN:
		return LOAD_TRANSPORT_NO_PORT;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case EACCES:
	case EPERM:
	case EINVAL:
		return LOAD_TRANSPORT_NO_ROUTE;
	default:
		return LOAD_TRANSPORT_NO_RESOURCE;
	}
}

/* The kernel chooses a port at connect(), when it knows the destination: so one source has 28,000 for each. */
static enum load_transport_open bind_source(int socket, const struct load_endpoint *source, sa_family_t family)
{
	static const struct load_endpoint any;
	static const int on = 1;
	struct sockaddr_storage address;
	if (memcmp(source, &any, sizeof(any)) == 0)
		return LOAD_TRANSPORT_STARTED;
	const socklen_t size = fill_address(&address, source, family);
	if (source->port == 0)
		setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	else
		setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(socket, (const struct sockaddr *)&address, size) == 0)
		return LOAD_TRANSPORT_STARTED;
	return errno == EADDRNOTAVAIL ? LOAD_TRANSPORT_NO_ROUTE : open_of_errno(errno);
}

static enum load_transport_open open_socket(struct kernel *kernel, uint32_t slot, const struct load_endpoint *source,
	const struct load_endpoint *destination)
{
	static const int on = 1;
	struct stream *stream = &kernel->streams[slot];
	struct sockaddr_storage address;
	const sa_family_t family = ip_address_is_v4(&destination->address) ? AF_INET : AF_INET6;
	const socklen_t size = fill_address(&address, destination, family);
	stream->socket = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (stream->socket < 0)
		return LOAD_TRANSPORT_NO_RESOURCE;
	const enum load_transport_open bound = bind_source(stream->socket, source, family);
	if (bound != LOAD_TRANSPORT_STARTED)
		return bound;
	setsockopt(stream->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* Edge-triggered: one registration for a stream's whole life. */
	struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.u64 = (uint64_t)stream->generation << 32 | slot};
	if (epoll_ctl(kernel->epoll, EPOLL_CTL_ADD, stream->socket, &event) != 0)
		return LOAD_TRANSPORT_NO_RESOURCE;
	/* A RST that comes at once (loopback) is told by the next poll, like any other. */
	if (connect(stream->socket, (const struct sockaddr *)&address, size) == 0 || errno == EINPROGRESS ||
		errno == ECONNREFUSED)
		return LOAD_TRANSPORT_STARTED;
	return open_of_errno(errno);
}

static void drop(struct stream *stream)
{
	if (stream->socket >= 0)
		close(stream->socket);
	stream->socket = -1;
	stream->generation++;
	stream->is_connected = stream->wants_room = false;
}

static enum load_transport_open connect_stream(struct load_transport *transport, uint32_t slot,
	const struct load_endpoint *source, const struct load_endpoint *destination)
{
	struct kernel *kernel = kernel_of(transport);
	const enum load_transport_open result = open_socket(kernel, slot, source, destination);
	if (result != LOAD_TRANSPORT_STARTED)
		drop(&kernel->streams[slot]);
	return result;
}

/* --- sending and ending --- */

static size_t send_stream(struct load_transport *transport, uint32_t slot, struct bytes data)
{
	struct stream *stream = &kernel_of(transport)->streams[slot];
	const ssize_t sent = send(stream->socket, data.data, data.len, MSG_NOSIGNAL);
	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return data.len; /* broken: epoll tells why */
	const size_t taken = sent < 0 ? 0 : (size_t)sent;
	stream->wants_room = taken < data.len;
	return taken;
}

static void close_stream(struct load_transport *transport, uint32_t slot)
{
	drop(&kernel_of(transport)->streams[slot]);
}

static void reset_stream(struct load_transport *transport, uint32_t slot)
{
	static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	struct stream *stream = &kernel_of(transport)->streams[slot];
	setsockopt(stream->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	drop(stream);
}

/* --- events --- */

static enum load_transport_end end_of_errno(int error)
{
	switch (error) {
	case ECONNREFUSED:
		return LOAD_TRANSPORT_REFUSED;
	case ETIMEDOUT:
		return LOAD_TRANSPORT_GAVE_UP;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENOPROTOOPT: /* ICMP "protocol unreachable" */
		return LOAD_TRANSPORT_UNREACHABLE;
	default:
		return LOAD_TRANSPORT_RESET;
	}
}

static void tell_error(struct kernel *kernel, uint32_t slot, int error)
{
	const struct load_transport_events *events = &kernel->transport.events;
	events->ended(events->context, slot, end_of_errno(error));
}

/* Everything there is to read; the stream may be gone after each piece. */
static void read_stream(struct kernel *kernel, uint32_t slot, uint32_t generation, bool until_end)
{
	const struct load_transport_events *events = &kernel->transport.events;
	const struct stream *stream = &kernel->streams[slot];
	while (stream->generation == generation) {
		const ssize_t n = recv(stream->socket, kernel->buffer, sizeof(kernel->buffer), 0);
		if (n > 0) {
			events->received(events->context, slot, (struct bytes){kernel->buffer, (size_t)n});
			/* A short read has emptied the socket, unless a FIN is behind it. */
			if ((size_t)n < sizeof(kernel->buffer) && !until_end)
				return;
		} else if (n == 0) {
			events->ended(events->context, slot, LOAD_TRANSPORT_FIN);
			return;
		} else if (errno == EAGAIN) {
			return;
		} else if (errno != EINTR) {
			tell_error(kernel, slot, errno);
			return;
		}
	}
}

static int socket_error(const struct stream *stream)
{
	int error = 0;
	socklen_t size = sizeof(error);
	getsockopt(stream->socket, SOL_SOCKET, SO_ERROR, &error, &size);
	return error;
}

static void handle_event(struct kernel *kernel, uint32_t slot, uint32_t generation, uint32_t flags)
{
	const struct load_transport_events *events = &kernel->transport.events;
	struct stream *stream = &kernel->streams[slot];
	if (stream->generation != generation)
		return;
	if (!stream->is_connected) {
		const int error = flags & (EPOLLERR | EPOLLHUP) ? socket_error(stream) : 0;
		if (error != 0 || flags & EPOLLHUP) { /* connect() itself may have taken the error */
			tell_error(kernel, slot, error ? error : ECONNREFUSED);
			return;
		}
		if (!(flags & EPOLLOUT))
			return;
		stream->is_connected = true;
		events->connected(events->context, slot);
	}
	if (stream->generation == generation && stream->wants_room && flags & EPOLLOUT) {
		stream->wants_room = false;
		events->writable(events->context, slot);
	}
	if (flags & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP))
		read_stream(kernel, slot, generation, flags & (EPOLLRDHUP | EPOLLERR | EPOLLHUP));
}

static void poll_streams(struct load_transport *transport, uint64_t until_ns)
{
	struct kernel *kernel = kernel_of(transport);
	struct epoll_event events[EVENTS_PER_POLL];
	const uint64_t now = until_ns == 0 ? 0 : read_clock_ns(CLOCK_MONOTONIC);
	const uint64_t sleep_ns = until_ns > now ? until_ns - now : 0;
	const struct timespec timeout = {(time_t)(sleep_ns / NS_PER_S), (long)(sleep_ns % NS_PER_S)};
	const int n = epoll_pwait2(kernel->epoll, events, EVENTS_PER_POLL, &timeout, NULL);
	for (int i = 0; i < n; i++)
		handle_event(
			kernel, (uint32_t)events[i].data.u64, (uint32_t)(events[i].data.u64 >> 32), events[i].events);
}

/* --- life --- */

static const struct load_transport_ops ops = {.connect = connect_stream,
	.send = send_stream,
	.close = close_stream,
	.reset = reset_stream,
	.poll = poll_streams,
	.now_ns = now_ns,
	.busy_ns = busy_ns};

struct load_transport *load_kernel_create(uint32_t n_slots, struct load_error *error)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	if (!kernel) {
		load_error_set(error, "out of memory");
		return NULL;
	}
	kernel->transport.ops = &ops;
	kernel->epoll = epoll_create1(EPOLL_CLOEXEC);
	kernel->streams = calloc(n_slots, sizeof(*kernel->streams));
	for (uint32_t i = 0; kernel->streams && i < n_slots; i++)
		kernel->streams[i].socket = -1;
	if (kernel->streams && kernel->epoll >= 0)
		return &kernel->transport;
	load_error_set(error, "epoll for %u streams: %s", n_slots, strerror(errno));
	load_kernel_destroy(&kernel->transport);
	return NULL;
}

void load_kernel_destroy(struct load_transport *transport)
{
	struct kernel *kernel = kernel_of(transport);
	if (kernel->epoll >= 0)
		close(kernel->epoll);
	free(kernel->streams);
	free(kernel);
}

bool load_kernel_allow_descriptors(uint64_t n, struct load_error *error)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return load_error_set(error, "getrlimit: %s", strerror(errno));
	const rlim_t wanted = n + OTHER_DESCRIPTORS;
	if (limit.rlim_cur >= wanted)
		return true;
	if (limit.rlim_max < wanted)
		return load_error_set(error, "%lu connections need %lu descriptors, the limit is %lu (ulimit -Hn)",
			(unsigned long)n, (unsigned long)wanted, (unsigned long)limit.rlim_max);
	limit.rlim_cur = wanted;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0 || load_error_set(error, "setrlimit: %s", strerror(errno));
}

uint32_t load_kernel_ports(void)
{
	unsigned first = 32768, last = 60999; /* Linux's own, where /proc is not to be read */
	FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	if (file &&
		(fscanf(file, "%u %u", &first, &last) != 2 || last < first)) /* NOLINT(cert-err34-c): the kernel's */
		first = last = 0;
	if (file)
		fclose(file);
	return last - first + 1;
}
