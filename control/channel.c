/* SPDX-License-Identifier: BSD-3-Clause */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_STEP_BYTES ((size_t)64 << 10)
#define RECEIVE_TURN_BYTES ((size_t)256 << 10)
/* A certificate with its chain, or a file of one: 2 to 8 kB. */
#define SMALL_MESSAGE_BYTES ((size_t)16 << 10)

void channel_init(struct channel *channel, int fd)
{
	*channel = (struct channel){.fd = fd};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void wipe_and_free(uint8_t *data, size_t len)
{
	if (data != NULL)
		explicit_bzero(data, len);
	free(data);
}

void channel_fini(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	wipe_and_free(channel->in, channel->in_capacity);
	wipe_and_free(channel->out, channel->out_capacity);
	*channel = (struct channel){.fd = -1};
}

/* realloc() would leave a copy of a secret behind. */
static int grow(uint8_t **data, size_t *capacity, size_t used, size_t needed)
{
	if (needed <= *capacity)
		return 0;
	size_t larger_capacity = needed + needed / 2;
	uint8_t *larger = malloc(larger_capacity);
	if (larger == NULL)
		return -ENOMEM;
	if (used > 0)
		memcpy(larger, *data, used);
	wipe_and_free(*data, *capacity);
	*data = larger;
	*capacity = larger_capacity;
	return 0;
}

/* A peer that always has something left to read must not make the queue grow by all that it has read. */
static void forget_sent(struct channel *channel)
{
	size_t len = channel->out_len - channel->out_start;
	if (channel->out_start == 0)
		return;
	memmove(channel->out, channel->out + channel->out_start, len);
	explicit_bzero(channel->out + len, channel->out_len - len);
	channel->out_start = 0;
	channel->out_len = len;
}

static void append(struct channel *channel, const void *data, size_t len)
{
	if (len > 0)
		memcpy(channel->out + channel->out_len, data, len);
	channel->out_len += len;
}

int channel_queue(struct channel *channel, struct bytes head, struct bytes body)
{
	if (head.len + body.len > CHANNEL_MESSAGE_MAX_BYTES)
		return -EMSGSIZE;
	uint32_t len = (uint32_t)(head.len + body.len);
	if (channel->out_len + sizeof(len) + len > channel->out_capacity)
		forget_sent(channel);
	int error = grow(&channel->out, &channel->out_capacity, channel->out_len, channel->out_len + sizeof(len) + len);
	if (error != 0)
		return error;
	append(channel, &len, sizeof(len));
	append(channel, head.data, head.len);
	append(channel, body.data, body.len);
	return 0;
}

short channel_events(const struct channel *channel)
{
	return (short)(POLLIN | (channel->out_start < channel->out_len ? POLLOUT : 0));
}

static int send_queued(struct channel *channel)
{
	while (channel->out_start < channel->out_len) {
		ssize_t n = send(channel->fd, channel->out + channel->out_start, channel->out_len - channel->out_start,
			MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		explicit_bzero(channel->out + channel->out_start, (size_t)n);
		channel->out_start += (size_t)n;
	}
	channel->out_start = channel->out_len = 0;
	return 0;
}

static void compact(struct channel *channel)
{
	size_t len = channel->in_len - channel->in_start;
	if (channel->in_start == 0)
		return;
	memmove(channel->in, channel->in + channel->in_start, len);
	explicit_bzero(channel->in + len, channel->in_len - len);
	channel->in_start = 0;
	channel->in_len = len;
}

static bool has_bad_length(const struct channel *channel)
{
	uint32_t len;
	if (channel->in_len - channel->in_start < sizeof(len))
		return false;
	memcpy(&len, channel->in + channel->in_start, sizeof(len));
	return len > CHANNEL_MESSAGE_MAX_BYTES;
}

static bool has_message(const struct channel *channel)
{
	uint32_t len;
	size_t available = channel->in_len - channel->in_start;
	if (available < sizeof(len))
		return false;
	memcpy(&len, channel->in + channel->in_start, sizeof(len));
	return len <= CHANNEL_MESSAGE_MAX_BYTES && available - sizeof(len) >= len;
}

/* A listing of a million files comes faster than it is worked off: other things are to have their turn in between. */
static bool is_enough(const struct channel *channel)
{
	return channel->in_len - channel->in_start >= RECEIVE_TURN_BYTES && has_message(channel);
}

static int receive_available(struct channel *channel)
{
	compact(channel);
	while (!is_enough(channel)) {
		int error = grow(
			&channel->in, &channel->in_capacity, channel->in_len, channel->in_len + RECEIVE_STEP_BYTES);
		if (error != 0)
			return error;
		ssize_t n = recv(channel->fd, channel->in + channel->in_len, channel->in_capacity - channel->in_len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		/* A reset is an end too: the peer died with something of ours unread. */
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return -EPIPE;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		channel->in_len += (size_t)n;
		if (has_bad_length(channel))
			return -EPROTO;
	}
	return 0;
}

int channel_step(struct channel *channel)
{
	int error = send_queued(channel);
	/* What the peer said before it went away still counts: receive all the same. */
	int receive_error = receive_available(channel);
	if (has_bad_length(channel))
		return -EPROTO;
	return error != 0 ? error : receive_error;
}

bool channel_next(struct channel *channel, struct bytes *out)
{
	uint32_t len;
	if (!has_message(channel))
		return false;
	memcpy(&len, channel->in + channel->in_start, sizeof(len));
	*out = (struct bytes){channel->in + channel->in_start + sizeof(len), len};
	/* The bytes stay in place until compact(): *out remains valid until the next call. */
	channel->in_start += sizeof(len) + len;
	return true;
}

static int read_fully(int fd, uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, data + at, len - at);
		if (n == 0 || (n < 0 && errno == ECONNRESET))
			return -EPIPE;
		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

int channel_receive(int fd, uint8_t *message, size_t capacity, size_t *out_len)
{
	uint32_t len;
	int error = read_fully(fd, (uint8_t *)&len, sizeof(len));
	if (error != 0)
		return error;
	if (len > capacity)
		return -EMSGSIZE;
	*out_len = len;
	return read_fully(fd, message, len);
}

static int write_fully(int fd, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, data + at, len - at, MSG_NOSIGNAL);
		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* One system call, and one wake-up of the receiver, instead of three. */
static int send_small(int fd, uint32_t len, struct bytes head, struct bytes body)
{
	uint8_t message[SMALL_MESSAGE_BYTES];
	memcpy(message, &len, sizeof(len));
	memcpy(message + sizeof(len), head.data, head.len);
	if (body.len > 0)
		memcpy(message + sizeof(len) + head.len, body.data, body.len);
	int error = write_fully(fd, message, sizeof(len) + len);
	explicit_bzero(message, sizeof(len) + len);
	return error;
}

int channel_send(int fd, struct bytes head, struct bytes body)
{
	uint32_t len = (uint32_t)(head.len + body.len);
	if (len <= SMALL_MESSAGE_BYTES - sizeof(len) && head.len > 0)
		return send_small(fd, len, head, body);
	int error = write_fully(fd, (const uint8_t *)&len, sizeof(len));
	if (error == 0)
		error = write_fully(fd, head.data, head.len);
	if (error == 0)
		error = write_fully(fd, body.data, body.len);
	return error;
}
