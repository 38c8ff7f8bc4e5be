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
	struct command *command; /* under way */
	char *reply;             /* being sent */
	size_t reply_len, reply_start;
	bool close_after; /* nothing sensible can follow */
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
	free(client->reply);
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
		if (client->fd < 0 || client->command != NULL)
			continue;
		fds[n++] = (struct pollfd){.fd = client->fd, .events = client->reply != NULL ? POLLOUT : POLLIN};
	}
	return n;
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

static void begin_reply(struct client *client, char *reply)
{
	client->reply = reply;
	client->reply_len = reply != NULL ? strlen(reply) : 0;
	client->reply_start = 0;
}

/* A line, if there is one, becomes a command; the rest of the buffer stays for the next. */
static void begin_command(struct control_socket *control, struct client *client, uint64_t now_ms)
{
	char *end = memchr(client->request, '\n', client->request_len);
	if (end == NULL && client->request_len < sizeof(client->request))
		return;
	if (end == NULL) {
		client->close_after = true;
		begin_reply(client, command_error_reply("request is too long"));
		return;
	}
	size_t len = (size_t)(end - client->request);
	client->command = command_begin(control->context, client->request, len, now_ms);
	client->request_len -= len + 1;
	memmove(client->request, end + 1, client->request_len);
	if (client->command == NULL) {
		client->close_after = true;
		begin_reply(client, command_error_reply("out of memory"));
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
	ssize_t n = send(
		client->fd, client->reply + client->reply_start, client->reply_len - client->reply_start, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	client->deadline_ms = now_ms + CONTROL_SOCKET_IDLE_TIMEOUT_MS;
	client->reply_start += (size_t)n;
	if (client->reply_start < client->reply_len)
		return true;
	free(client->reply);
	begin_reply(client, NULL);
	return !client->close_after;
}

static void poll_command(struct client *client, uint64_t now_ms)
{
	char *reply = command_poll(client->command, now_ms);
	if (reply == NULL)
		return;
	command_end(client->command);
	client->command = NULL;
	client->deadline_ms = now_ms + CONTROL_SOCKET_IDLE_TIMEOUT_MS;
	begin_reply(client, reply);
}

static void serve(struct control_socket *control, struct client *client, uint64_t now_ms)
{
	bool alive = true;
	if (client->command == NULL && client->reply == NULL) {
		begin_command(control, client, now_ms);
		if (client->command == NULL && client->reply == NULL)
			alive = receive(client);
	}
	if (alive && client->command == NULL && client->reply == NULL)
		begin_command(control, client, now_ms);
	if (client->command != NULL)
		poll_command(client, now_ms);
	if (alive && client->reply != NULL)
		alive = send_reply(client, now_ms);
	/* A command has its own deadline. */
	bool late = client->command == NULL && now_ms >= client->deadline_ms;
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
