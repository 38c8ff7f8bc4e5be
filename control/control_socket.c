/* SPDX-License-Identifier: BSD-3-Clause */
#include "control_socket.h"

#include "control_listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
	int fd; /* -1: free */
	uint64_t deadline_ms;
	char request[CONTROL_SOCKET_MAX_REQUEST_BYTES];
	size_t request_len;
	struct command *command;   /* under way */
	struct command_part reply; /* being sent: all of it, or a part; text NULL: none */
	size_t reply_start;        /* what of it is sent */
	bool works;                /* its command could go on at once */
	bool close_after;          /* nothing sensible can follow */
};

struct control_socket {
	struct command_context *context;
	int fd;
	char *path;
	struct client clients[CONTROL_SOCKET_MAX_CLIENTS];
};

struct control_socket *control_socket_create(const char *path, char *error, size_t error_size)
{
	struct control_socket *control = calloc(1, sizeof(*control));
	if (control == NULL) {
		snprintf(error, error_size, "out of memory");
		return NULL;
	}
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		control->clients[i].fd = -1;
	control->path = strdup(path);
	if (control->path == NULL)
		snprintf(error, error_size, "out of memory");
	else if ((control->fd = control_listen_open(path, error, error_size)) >= 0)
		return control;
	free(control->path);
	free(control);
	return NULL;
}

void control_socket_set_context(struct control_socket *control, struct command_context *context)
{
	control->context = context;
}

static void drop(struct client *client)
{
	command_end(client->command);
	free(client->reply.text);
	close(client->fd);
	*client = (struct client){.fd = -1};
}

void control_socket_destroy(struct control_socket *control)
{
	if (control == NULL)
		return;
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			drop(&control->clients[i]);
	close(control->fd);
	unlink(control->path);
	free(control->path);
	free(control);
}

static size_t count_clients(const struct control_socket *control)
{
	size_t n = 0;
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		n += control->clients[i].fd >= 0;
	return n;
}

size_t control_socket_poll_fds(const struct control_socket *control, struct pollfd *fds)
{
	size_t n = 0;
	/* Full: the next client waits in the kernel's queue. */
	if (count_clients(control) < CONTROL_SOCKET_MAX_CLIENTS)
		fds[n++] = (struct pollfd){.fd = control->fd, .events = POLLIN};
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++) {
		const struct client *client = &control->clients[i];
		bool sends = client->reply.text != NULL;
		if (client->fd >= 0 && (sends || client->command == NULL))
			fds[n++] = (struct pollfd){.fd = client->fd, .events = sends ? POLLOUT : POLLIN};
	}
	return n;
}

bool control_socket_is_working(const struct control_socket *control)
{
	bool works = false;
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		works |= control->clients[i].works;
	return works;
}

static void accept_clients(struct control_socket *control, uint64_t now_ms)
{
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++) {
		struct client *client = &control->clients[i];
		if (client->fd >= 0)
			continue;
		int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		client->fd = fd;
		client->deadline_ms = now_ms + CONTROL_SOCKET_IDLE_TIMEOUT_MS;
	}
}

/* What cannot be told for lack of memory ends the connection. */
static void begin_reply(struct client *client, struct command_part reply, uint64_t now_ms)
{
	client->reply = reply;
	client->reply_start = 0;
	client->deadline_ms = now_ms + CONTROL_SOCKET_IDLE_TIMEOUT_MS;
	client->close_after |= reply.text == NULL;
}

/* A line, if there is one, becomes a command; the rest of the buffer stays for the next. */
static void begin_command(struct control_socket *control, struct client *client, uint64_t now_ms)
{
	char *end = memchr(client->request, '\n', client->request_len);
	if (end == NULL && client->request_len < sizeof(client->request))
		return;
	if (end == NULL) {
		client->close_after = true;
		begin_reply(client, command_error_reply("request is too long"), now_ms);
		return;
	}
	size_t len = (size_t)(end - client->request);
	client->command = command_begin(control->context, client->request, len, now_ms);
	client->request_len -= len + 1;
	memmove(client->request, end + 1, client->request_len);
	if (client->command == NULL) {
		client->close_after = true;
		begin_reply(client, command_error_reply("out of memory"), now_ms);
	}
}

/* Returns false when the client has gone. */
static bool receive(struct client *client)
{
	ssize_t n = recv(
		client->fd, client->request + client->request_len, sizeof(client->request) - client->request_len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->request_len += (size_t)n;
	return n > 0;
}

static bool send_reply(struct client *client, uint64_t now_ms)
{
	ssize_t n = send(client->fd, client->reply.text + client->reply_start, client->reply.len - client->reply_start,
		MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->deadline_ms = now_ms + CONTROL_SOCKET_IDLE_TIMEOUT_MS;
	client->reply_start += (size_t)n;
	if (client->reply_start < client->reply.len)
		return true;
	free(client->reply.text);
	client->reply = (struct command_part){NULL, 0};
	return true;
}

static void poll_command(struct client *client, uint64_t now_ms)
{
	struct command_part part;
	enum command_step step = command_poll(client->command, now_ms, &part);
	client->works = step == COMMAND_WORKS || step == COMMAND_PART;
	if (step == COMMAND_PART || step == COMMAND_ANSWERED)
		begin_reply(client, part, now_ms);
	if (step != COMMAND_ANSWERED)
		return;
	command_end(client->command);
	client->command = NULL;
}

static bool is_idle(const struct client *client)
{
	return client->command == NULL && client->reply.text == NULL && !client->close_after;
}

static void serve(struct control_socket *control, struct client *client, uint64_t now_ms)
{
	bool alive = true;
	if (is_idle(client)) {
		begin_command(control, client, now_ms);
		if (is_idle(client))
			alive = receive(client);
	}
	if (alive && is_idle(client))
		begin_command(control, client, now_ms);
	/* The next part when this one is sent: an answer takes the memory of one. */
	if (client->command != NULL && client->reply.text == NULL)
		poll_command(client, now_ms);
	if (alive && client->reply.text != NULL)
		alive = send_reply(client, now_ms);
	if (client->reply.text != NULL)
		client->works = false; /* not before its client reads */
	else if (client->close_after)
		alive = false;
	/* A command that says nothing yet has its own deadline. */
	bool late = (client->command == NULL || client->reply.text != NULL) && now_ms >= client->deadline_ms;
	if (!alive || late)
		drop(client);
}

void control_socket_step(struct control_socket *control, uint64_t now_ms)
{
	accept_clients(control, now_ms);
	for (size_t i = 0; i < CONTROL_SOCKET_MAX_CLIENTS; i++)
		if (control->clients[i].fd >= 0)
			serve(control, &control->clients[i], now_ms);
}
