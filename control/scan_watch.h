/* SPDX-License-Identifier: BSD-3-Clause */
/** Hints that a local folder has changed (inotify). Only ever a hint: mounted shares give none, events may be lost. */
#ifndef HANDFAST_SCAN_WATCH_H
#define HANDFAST_SCAN_WATCH_H

#include <stdbool.h>

struct scan_watch {
	int fd; /**< for poll(2); -1: no hints from this system */
};

/** Always works; without inotify there are no hints. @param path the folder */
void scan_watch_init(struct scan_watch *watch, const char *path);
void scan_watch_fini(struct scan_watch *watch);

/** Watch the folder again, if it has been mounted or made anew in the meantime. Cheap; after each scan. */
void scan_watch_renew(struct scan_watch *watch, const char *path);

/** Take all events. @return true if there was one. Threads: the control thread. */
bool scan_watch_take(struct scan_watch *watch);

#endif
