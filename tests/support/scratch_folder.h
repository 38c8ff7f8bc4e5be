/* SPDX-License-Identifier: BSD-3-Clause */
/** A folder of a test's own, with files made and all removed again. */
#ifndef HANDFAST_SCRATCH_FOLDER_H
#define HANDFAST_SCRATCH_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

struct scratch_folder {
	char path[64];
};

/** @return false if it cannot be made. */
bool scratch_folder_init(struct scratch_folder *folder);
/** Remove it with everything in it. */
void scratch_folder_fini(struct scratch_folder *folder);

/** @return the path of a file in it; valid until the fourth next call. */
const char *scratch_folder_path(const struct scratch_folder *folder, const char *name);

bool scratch_folder_write(const struct scratch_folder *folder, const char *name, const void *data, size_t len);

#endif
