/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_name.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* "x.pfx", not more: the longest key in U-labels is shorter than this in UTF-8 (63 characters of 4 octets, 4 labels).
 */
#define MAX_BASE_LEN 1020

static bool is_temporary(const char *file, size_t len)
{
	return file[0] == '.' || file[0] == '#' || file[0] == '~' || file[len - 1] == '~';
}

static bool has_ending(const char *file, size_t len, const char *ending)
{
	size_t n = strlen(ending);
	return len >= n && strcasecmp(file + len - n, ending) == 0;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

enum share_name_result share_name_parse(const char *file, struct share_name *out)
{
	size_t len = strlen(file);
	if (len == 0 || is_temporary(file, len))
		return SHARE_NAME_IGNORED;
	bool is_pem = has_ending(file, len, ".pem");
	if (!is_pem && !has_ending(file, len, ".pfx"))
		return SHARE_NAME_IGNORED;

	char base[MAX_BASE_LEN + 1];
	size_t base_len = len - strlen(".pfx");
	/* A literal '*' does not exist on the file systems that the rule comes from: the wildcard is written "_.". */
	if (base_len == 0 || base_len > MAX_BASE_LEN || file[0] == '*' || file[base_len - 1] == '.')
		return SHARE_NAME_NOT_HOST;
	memcpy(base, file, base_len);
	base[base_len] = '\0';
	if (strncmp(base, "_.", 2) == 0)
		base[0] = '*';

	struct share_name name = {.is_pem = is_pem, .is_unicode = !is_ascii(base)};
	if (host_name_from_text(base, &name.key) != HOST_NAME_OK)
		return SHARE_NAME_NOT_HOST;
	*out = name;
	return SHARE_NAME_HOST;
}

void share_name_format(const char *key, bool is_pem, char *out, size_t size)
{
	const bool is_wildcard = key[0] == '*';
	snprintf(out, size, "%s%s.%s", is_wildcard ? "_" : "", is_wildcard ? key + 1 : key, is_pem ? "pem" : "pfx");
}
