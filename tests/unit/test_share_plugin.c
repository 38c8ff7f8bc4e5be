/* SPDX-License-Identifier: BSD-3-Clause */
/* The share itself is tested against a real server: tests/e2e/suite_smb.sh. */
#include "share_plugin.h"
#include "unit.h"

#include <string.h>

static void refuse(const char *path, const char *user, const char *words)
{
	char error[256] = "";
	const struct config_store store = {
		.enabled = true, .physical_path = path, .user_name = user, .password = "secret"};
	CU_ASSERT_PTR_NULL(share_plugin_open(&store, error, sizeof(error)));
	CU_ASSERT_PTR_NOT_NULL(strstr(error, words));
	CU_ASSERT_PTR_NULL(strstr(error, "secret"));
}

static void test_what_is_no_share(void)
{
	refuse("nfs://server/share", NULL, "smb://server/share/folder");
	refuse("smb://server", NULL, "a share behind the server");
	refuse("smb://reader:secret@server/share", NULL, "without a user");
	refuse("smb://server/share", "EXAMPLE\\", "DOMAIN\\user");
}

/* This program stands in a folder without a plug-in. */
static void test_missing_plugin(void)
{
	refuse("smb://server/share", "EXAMPLE\\reader", "is not installed");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"what is no share", test_what_is_no_share},
		{"the plug-in is missing", test_missing_plugin},
		CU_TEST_INFO_NULL,
	};
	return unit_run("share_plugin", tests);
}
