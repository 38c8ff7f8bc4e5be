/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_plugin.h"

#include "share_smb.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PLUGIN "share_smb.so"

/* Found from where the program is, not from where it was built: packages are moved. */
static bool find_plugin(char *out, size_t size)
{
	static const char *const places[] = {PLUGIN, "../lib/handfast/" PLUGIN};
	char program[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (len <= 0)
		return false;
	program[len] = '\0';
	*strrchr(program, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int n = snprintf(out, size, "%s/%s", program, places[i]);
		if (n > 0 && (size_t)n < size && access(out, R_OK) == 0)
			return true;
	}
	return false;
}

/* It stays loaded: the process that needs it does nothing else. */
static const struct share_smb_plugin *load_plugin(char *error, size_t error_size)
{
	char path[PATH_MAX];
	if (!find_plugin(path, sizeof(path))) {
		snprintf(error, error_size, PLUGIN " is not installed: smb:// needs it, or mount the share");
		return NULL;
	}
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	const struct share_smb_plugin *plugin = library != NULL ? dlsym(library, "share_smb_plugin") : NULL;
	if (plugin == NULL) {
		snprintf(error, error_size, "%s", dlerror());
		return NULL;
	}
	if (strcmp(plugin->version, HANDFAST_VERSION) != 0) {
		snprintf(error, error_size, "%s belongs to version %s, this is " HANDFAST_VERSION, path,
			plugin->version);
		return NULL;
	}
	return plugin;
}

struct share *share_plugin_open(const struct config_store *store, char *error, size_t error_size)
{
	struct smb_url url;
	struct smb_url_user user;
	const char *expected = smb_url_parse(store->physical_path, &url);
	if (expected != NULL) {
		snprintf(error, error_size, "store.physical_path: expected %s", expected);
		return NULL;
	}
	if (!smb_url_parse_user(store->user_name, &user)) {
		snprintf(error, error_size, "store.user_name: expected user or DOMAIN\\user");
		return NULL;
	}
	const struct share_smb_plugin *plugin = load_plugin(error, error_size);
	if (plugin == NULL)
		return NULL;
	struct share *share = plugin->open(&url, &user, store->password);
	if (share == NULL)
		snprintf(error, error_size, "out of memory");
	/* cppcheck-suppress returnDanglingLifetime ; it has copies of both */
	return share;
}
