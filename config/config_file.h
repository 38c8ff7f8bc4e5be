/* SPDX-License-Identifier: BSD-3-Clause */
/** Reading a whole file that may hold a secret: bounded, and no copy is left behind in memory. */
#ifndef HANDFAST_CONFIG_FILE_H
#define HANDFAST_CONFIG_FILE_H

#include <stddef.h>

/** A file's content, owned. */
struct config_file {
	char *text; /**< terminated; may hold zero octets before its end */
	size_t len, size;
};

/**
 * @param max_bytes  more is -EFBIG.
 * @return 0; -EISDIR for a folder, -EINVAL for a device or socket, -EFBIG, -ENOMEM, or another -errno of open() and
 * read(). After an error *out holds nothing. Owner:   the caller; config_file_release(). Threads: any but workers.
 */
int config_file_read(const char *path, size_t max_bytes, struct config_file *out);

/** Wipe and free the content. */
void config_file_release(struct config_file *file);

#endif
