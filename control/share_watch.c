/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

static void forget(int fd)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	while (read(fd, events, sizeof(events)) > 0)
		;
}

int share_watch_renew(int fd, const char *path)
{
	if (fd < 0)
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return -1;
	forget(fd);
	/* The same folder gives the same watch; another one under the same path gives a second, and the old one falls
	 * silent. */
	(void)!inotify_add_watch(fd, path,
		IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR);
	return fd;
}
