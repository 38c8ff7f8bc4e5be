/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Longer than any command takes (COMMAND_TIMEOUT_MS). */
#define ANSWER_TIMEOUT_S 45

static int connect_to(const char *path, char *error, size_t error_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, error_size, "%s: path is too long for a socket", path);
		return -1;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval timeout = {.tv_sec = ANSWER_TIMEOUT_S};
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) == 0 &&
		connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	const char *advice =
		errno == ENOENT || errno == ECONNREFUSED
			? "is handfastd running? Else name its socket with --socket (control.socket in its "
			  "configuration)"
		: errno == EACCES ? "run as the user that handfastd runs as, or as root"
				  : "cannot talk to handfastd";
	snprintf(error, error_size, "%s: %s: %s", path, strerror(errno), advice);
	if (fd >= 0)
		close(fd);
	return -1;
}

static int send_line(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	if (text == NULL)
		return -ENOMEM;
	size_t len = strlen(text);
	/* Requests are a few words: they fit into the socket's buffer at once. */
	text[len] = '\n';
	ssize_t sent = send(fd, text, len + 1, MSG_NOSIGNAL);
	free(text);
	return sent == (ssize_t)len + 1 ? 0 : -EPIPE;
}

json_t *ctl_client_ask(const char *socket_path, const json_t *request, char *error, size_t error_size)
{
	int fd = connect_to(socket_path, error, error_size);
	if (fd < 0)
		return NULL;
	json_t *answer = NULL;
	json_error_t reason;
	if (send_line(fd, request) != 0)
		snprintf(error, error_size, "%s: handfastd closed the connection", socket_path);
	else if ((answer = json_loadfd(fd, JSON_DISABLE_EOF_CHECK, &reason)) == NULL)
		snprintf(error, error_size, "%s: no proper answer from handfastd: %s", socket_path, reason.text);
	close(fd);
	return answer;
}
