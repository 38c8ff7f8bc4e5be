/* SPDX-License-Identifier: BSD-3-Clause */
#include "scratch_folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool scratch_folder_init(struct scratch_folder *folder)
{
	const char *base = getenv("TMPDIR");
	snprintf(folder->path, sizeof(folder->path), "%s/handfast-test-XXXXXX", base != NULL ? base : "/tmp");
	return mkdtemp(folder->path) != NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

void scratch_folder_fini(struct scratch_folder *folder)
{
	nftw(folder->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_folder_path(const struct scratch_folder *folder, const char *name)
{
	static char paths[4][512];
	static unsigned next;
	char *path = paths[next++ % 4];
	snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
	return path;
}

bool scratch_folder_write(const struct scratch_folder *folder, const char *name, const void *data, size_t len)
{
	FILE *file = fopen(scratch_folder_path(folder, name), "wb");
	if (file == NULL)
		return false;
	bool written = fwrite(data, 1, len, file) == len;
	return fclose(file) == 0 && written;
}
