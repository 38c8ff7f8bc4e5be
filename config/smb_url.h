/* SPDX-License-Identifier: BSD-3-Clause */
/** Where a share on a file server is: "smb://server[:port]/share[/folder]", percent escapes as in any URL (RFC 3986).
 */
#ifndef HANDFAST_SMB_URL_H
#define HANDFAST_SMB_URL_H

#include <stdbool.h>
#include <stdint.h>

/** The port of SMB over TCP (IANA: microsoft-ds). */
#define SMB_URL_DEFAULT_PORT 445
/** Longest user name, domain and password, each in octets: libsmbclient has room for so much and a zero. */
#define SMB_URL_MAX_CREDENTIAL_LEN 255

/** Owned by value. Escapes are decoded; folder has no slash at either end and is empty for the top of the share. */
struct smb_url {
	char server[256]; /**< host name or IPv4 address */
	uint16_t port;
	char share[256];
	char folder[1024];
};

/** A user's name and domain, taken from "DOMAIN\user" or "user". */
struct smb_url_user {
	char domain[SMB_URL_MAX_CREDENTIAL_LEN + 1]; /**< empty: the server's own */
	char name[SMB_URL_MAX_CREDENTIAL_LEN + 1];
};

/** @return true if a path is meant as a URL (or as Windows writes a share) and not as a folder. Threads: any. */
bool smb_url_is_url(const char *path);

/**
 * Take a URL apart.
 *
 * @return NULL, and only then *out holds it all; else what was expected, in constant words.
 * Threads: any.
 */
const char *smb_url_parse(const char *text, struct smb_url *out);

/** Take a user name apart. @param text NULL: none, both parts are empty. @return false if a part is empty or too long,
 * *out is not to be used then. Threads: any. */
bool smb_url_parse_user(const char *text, struct smb_url_user *out);

#endif
