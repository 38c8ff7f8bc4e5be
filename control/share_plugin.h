/* SPDX-License-Identifier: BSD-3-Clause */
/** Opens an smb:// share by its plug-in, which is loaded only then (docs/decisions/smb-plug-in.md). */
#ifndef HANDFAST_SHARE_PLUGIN_H
#define HANDFAST_SHARE_PLUGIN_H

#include "share.h"

/**
 * The plug-in share_smb.so is looked for beside the running program (a build folder) and in ../lib/handfast from there
 * (PREFIX/lib/handfast).
 *
 * @param store  its physical_path is a URL.
 * @return as share_open(). Owner: the caller; share_close(). Threads: one at a time.
 */
struct share *share_plugin_open(const struct config_store *store, char *error, size_t error_size);

#endif
