/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * A share on a file server, by libsmbclient. This is a plug-in, share_smb.so, that share_plugin.h loads when an smb://
 * path is configured (docs/decisions/smb-plug-in.md): it uses no function of ours, only headers.
 */
#ifndef HANDFAST_SHARE_SMB_H
#define HANDFAST_SHARE_SMB_H

#include "share.h"
#include "smb_url.h"

/** What the plug-in gives to the program that loads it. */
struct share_smb_plugin {
	const char *version; /**< of the program it was built with: another one's structures may differ */
	/**
	 * Nothing is asked of the server yet. A listing logs on anew each time, so that it tells at once when the
	 * password is no longer right; files are read over one connection, renewed when it breaks.
	 *
	 * Its errors: -ENODEV no such share, -ENOENT no such folder or file, -EACCES refused, -ETIMEDOUT no answer,
	 * other -errno of connections.
	 *
	 * @param password  NULL: none. @return the share, or NULL without memory. Owner: the caller; share_close().
	 * Threads: one at a time, and one such share in a process: libsmbclient has global state.
	 */
	struct share *(*open)(const struct smb_url *url, const struct smb_url_user *user, const char *password);
};

extern const struct share_smb_plugin share_smb_plugin;

#endif
