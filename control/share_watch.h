/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * Hints that a local folder has changed (inotify). Only ever a hint: mounted shares give none, events may be lost. The
 * way to a folder can hang as its files can, so this too belongs to the share process.
 */
#ifndef HANDFAST_SHARE_WATCH_H
#define HANDFAST_SHARE_WATCH_H

/**
 * Forget the hints so far, and watch the folder from now on: again, if it has been mounted or made anew.
 *
 * @param fd    of the last call, or -1.
 * @param path  the folder.
 * @return readable as soon as there is a hint; -1: this system gives none. Owner: the caller closes it.
 * Threads: one at a time.
 */
int share_watch_renew(int fd, const char *path);

#endif
