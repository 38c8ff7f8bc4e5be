/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

void scan_watch_init(struct scan_watch *watch, const char *path)
{
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	scan_watch_renew(watch, path);
}

void scan_watch_fini(struct scan_watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void scan_watch_renew(struct scan_watch *watch, const char *path)
{
	/* The same folder gives the same watch; another one under the same path gives a second, and the old one falls
	 * silent. */
	if (watch->fd >= 0 && path != NULL)
		(void)!inotify_add_watch(watch->fd, path,
			IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB | IN_ONLYDIR);
}

bool scan_watch_take(struct scan_watch *watch)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;
	while (watch->fd >= 0 && read(watch->fd, events, sizeof(events)) > 0)
		any = true;
	return any;
}
