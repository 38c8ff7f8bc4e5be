/* SPDX-License-Identifier: BSD-3-Clause */
/** From a file's name on the share to the host name it serves (docs/bindings.md section 3). */
#ifndef HANDFAST_SHARE_NAME_H
#define HANDFAST_SHARE_NAME_H

#include "host_name.h"

#include <stdbool.h>

enum share_name_result {
	SHARE_NAME_HOST,     /**< serves a host name */
	SHARE_NAME_IGNORED,  /**< not for us: other ending, dot-file, an editor's temporary file */
	SHARE_NAME_NOT_HOST, /**< ends in .pfx or .pem, but the rest is not a host name: worth telling */
};

struct share_name {
	struct host_name key;
	bool is_pem;     /**< .pem; .pfx otherwise */
	bool is_unicode; /**< written in U-labels: wins over the same name written in A-labels, as in IIS */
};

/**
 * @param file  base name on the share: any octets.
 * @return SHARE_NAME_HOST, and only then *out is written.
 * Threads: any but workers (allocates).
 */
enum share_name_result share_name_parse(const char *file, struct share_name *out);

/** The file name that would serve a key: "*.example.com" gives "_.example.com.pfx" or ".pem". @param size 260 is
 * enough. */
void share_name_format(const char *key, bool is_pem, char *out, size_t size);

#endif
