/* SPDX-License-Identifier: BSD-3-Clause */
#include "smb_url.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define SCHEME "smb://"

bool smb_url_is_url(const char *path)
{
	return strstr(path, "://") != NULL || strncmp(path, "\\\\", 2) == 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One octet of a path, escaped or not; 0 if it may not stand there. An escaped slash would be a name that no server
 * has. */
static char take_octet(const char **text)
{
	const char *at = *text;
	if (*at != '%') {
		*text = at + 1;
		return (unsigned char)*at < ' ' || *at == '\\' || *at == '?' || *at == '#' ? '\0' : *at;
	}
	int high = hex_digit(at[1]);
	int low = high < 0 ? -1 : hex_digit(at[2]);
	if (low < 0)
		return '\0';
	*text = at + 3;
	int octet = high * 16 + low;
	return octet < ' ' || octet == '/' || octet == '\\' ? '\0' : (char)octet;
}

/* Up to a slash, or to the end if slashes are allowed; trailing slashes are dropped. */
static bool take_path(const char **text, bool slashes, char *out, size_t size)
{
	size_t len = 0;
	while (**text != '\0' && (slashes || **text != '/')) {
		char octet = take_octet(text);
		if (octet == '\0' || len + 1 == size)
			return false;
		out[len++] = octet;
	}
	while (len > 0 && out[len - 1] == '/')
		len--;
	out[len] = '\0';
	return true;
}

static bool take_server(const char **text, char *out, size_t size)
{
	size_t len = 0;
	for (; isalnum((unsigned char)**text) || strchr("-._", **text) != NULL; (*text)++) {
		if (**text == '\0')
			break;
		if (len + 1 == size)
			return false;
		out[len++] = **text;
	}
	out[len] = '\0';
	return len > 0;
}

static bool take_port(const char **text, uint16_t *out)
{
	unsigned port = 0;
	*out = SMB_URL_DEFAULT_PORT;
	if (**text != ':')
		return true;
	for ((*text)++; isdigit((unsigned char)**text) && port <= UINT16_MAX; (*text)++)
		port = port * 10 + (unsigned)(**text - '0');
	*out = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* "." and ".." mean something else to each server. */
static bool has_dot_parts(const char *folder)
{
	while (*folder != '\0') {
		size_t len = strcspn(folder, "/");
		if (len == 0 || (len == 1 && folder[0] == '.') || (len == 2 && memcmp(folder, "..", 2) == 0))
			return true;
		folder += len + (folder[len] == '/');
	}
	return false;
}

const char *smb_url_parse(const char *text, struct smb_url *out)
{
	struct smb_url url = {0};
	if (strncmp(text, SCHEME, sizeof(SCHEME) - 1) != 0)
		return "a folder or smb://server/share/folder";
	text += sizeof(SCHEME) - 1;
	if (text[strcspn(text, "@/")] == '@')
		return "smb://server/share/folder without a user: user_name and password are options of their own";
	if (*text == '[')
		return "a server's name or IPv4 address behind smb:// (give an IPv6 address a name)";
	if (!take_server(&text, url.server, sizeof(url.server)))
		return "a server's name or IPv4 address behind smb://";
	if (!take_port(&text, &url.port))
		return "a port from 1 to 65535 behind the server";
	if (*text != '/')
		return "a share behind the server: smb://server/share/folder";
	text++;
	if (!take_path(&text, false, url.share, sizeof(url.share)) || url.share[0] == '\0')
		return "a share behind the server: smb://server/share/folder";
	text += strspn(text, "/");
	if (!take_path(&text, true, url.folder, sizeof(url.folder)) || has_dot_parts(url.folder))
		return "a folder without ., .., empty parts and unescaped ?, #, \\ or %";
	*out = url;
	return NULL;
}

static bool copy_part(char *out, size_t size, const char *text, size_t len)
{
	if (len == 0 || len >= size)
		return false;
	memcpy(out, text, len);
	out[len] = '\0';
	return true;
}

bool smb_url_parse_user(const char *text, struct smb_url_user *out)
{
	out->domain[0] = out->name[0] = '\0';
	if (text == NULL)
		return true;
	const char *backslash = strchr(text, '\\');
	if (backslash != NULL && !copy_part(out->domain, sizeof(out->domain), text, (size_t)(backslash - text)))
		return false;
	const char *name = backslash != NULL ? backslash + 1 : text;
	return strchr(name, '\\') == NULL && copy_part(out->name, sizeof(out->name), name, strlen(name));
}
