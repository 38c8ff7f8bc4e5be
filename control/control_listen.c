/* SPDX-License-Identifier: BSD-3-Clause */
#include "control_listen.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Waiting for accept(); more get a refusal, and try again. */
#define BACKLOG 16

/* Nobody listens only where the kernel says so: a queue that is full (EAGAIN) or a socket of somebody else's (EACCES)
 * is in use. */
static bool is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return true;
	bool alive = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno != ECONNREFUSED;
	close(fd);
	return alive;
}

static void make_folder(const char *path)
{
	char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash == NULL || slash == folder)
		return;
	*slash = '\0';
	mkdir(folder, 0755); /* if it fails, bind() says so better */
}

static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* The mode at bind() is the file's: there is no moment in which others could connect. */
	mode_t mask = umask(0177);
	int failed = bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(mask);
	if (failed != 0 || listen(fd, BACKLOG) != 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

/* Returns what is in the way at the path, or NULL; a socket file that nobody listens on is taken away. */
static const char *clear_path(const struct sockaddr_un *address)
{
	struct stat status;
	if (lstat(address->sun_path, &status) != 0)
		return NULL;
	if (!S_ISSOCK(status.st_mode))
		return "exists and is no socket";
	if (is_alive(address))
		return "another handfastd answers there";
	unlink(address->sun_path);
	return NULL;
}

int control_listen_open(const char *path, char *error, size_t error_size)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address.sun_path)) {
		snprintf(error, error_size, "%s: path of the control socket is longer than %zu octets", path,
			sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	make_folder(path);
	const char *obstacle = clear_path(&address);
	if (obstacle != NULL) {
		snprintf(error, error_size, "%s: %s", path, obstacle);
		return -EADDRINUSE;
	}
	int fd = listen_at(&address);
	if (fd < 0)
		snprintf(error, error_size, "%s: control socket: %s", path, strerrordesc_np(-fd));
	return fd;
}
