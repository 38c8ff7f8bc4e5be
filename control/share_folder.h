/* SPDX-License-Identifier: BSD-3-Clause */
/** A share that is a folder: local, or mounted by the system (NFS, SMB). */
#ifndef HANDFAST_SHARE_FOLDER_H
#define HANDFAST_SHARE_FOLDER_H

#include "share.h"

/**
 * The folder need not be there yet: it is opened by its path for each listing, because a share may be mounted later, or
 * again, over the same path.
 *
 * @return the share, or NULL with one line in error. Owner: the caller; share_close(). Threads: one at a time.
 */
struct share *share_folder_open(const char *path, char *error, size_t error_size);

/**
 * Read a whole file, at most SHARE_MAX_FILE_BYTES of it.
 *
 * @param folder        where name is looked up, AT_FDCWD for a path.
 * @param follow_links  true only for paths that the administrator wrote into the configuration.
 * @return as share_read(). Owner: the caller wipes and frees out_content->data, on success. Threads: any but workers.
 */
int share_folder_read_file(int folder, const char *name, bool follow_links, struct share_content *out_content);

/** The stamp of a file that the configuration names; links are followed. @return 0 or -errno. Threads: any but workers.
 */
int share_folder_stamp(const char *path, struct share_stamp *out_stamp);

#endif
