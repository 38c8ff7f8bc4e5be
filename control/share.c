/* SPDX-License-Identifier: BSD-3-Clause */
#include "share.h"

#include "share_folder.h"
#include "share_plugin.h"
#include "smb_url.h"

#include <stdio.h>

struct share *share_open(const struct config_store *store, char *error, size_t error_size)
{
	if (store->physical_path == NULL || store->physical_path[0] == '\0') {
		snprintf(error, error_size, "store.physical_path is empty");
		return NULL;
	}
	if (smb_url_is_url(store->physical_path))
		return share_plugin_open(store, error, error_size);
	return share_folder_open(store->physical_path, error, error_size);
}

int share_list(struct share *share, void (*visit)(void *context, const struct share_entry *entry), void *context)
{
	return share->operations->list(share, visit, context);
}

int share_read(struct share *share, const char *name, struct share_content *out_content)
{
	return share->operations->read(share, name, out_content);
}

int share_find(struct share *share, const char *name)
{
	return share->operations->find(share, name);
}

int share_watch(struct share *share)
{
	return share->operations->watch != NULL ? share->operations->watch(share) : -1;
}

void share_close(struct share *share)
{
	if (share != NULL)
		share->operations->close(share);
}
