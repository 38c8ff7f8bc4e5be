/* SPDX-License-Identifier: BSD-3-Clause */
#include "smb_url.h"
#include "unit.h"

#include <string.h>

static void expect(const char *text, const char *server, unsigned port, const char *share, const char *folder)
{
	struct smb_url url;
	memset(&url, 0xa5, sizeof(url));
	CU_ASSERT_PTR_NULL_FATAL(smb_url_parse(text, &url));
	CU_ASSERT_STRING_EQUAL(url.server, server);
	CU_ASSERT_EQUAL(url.port, port);
	CU_ASSERT_STRING_EQUAL(url.share, share);
	CU_ASSERT_STRING_EQUAL(url.folder, folder);
}

static void refuse(const char *text, const char *words)
{
	struct smb_url url;
	memset(&url, 0xa5, sizeof(url));
	const char *expected = smb_url_parse(text, &url);
	CU_ASSERT_PTR_NOT_NULL_FATAL(expected);
	CU_ASSERT_PTR_NOT_NULL(strstr(expected, words));
	CU_ASSERT_EQUAL((unsigned char)url.server[0], 0xa5);
}

static void test_urls(void)
{
	expect("smb://server/share/folder", "server", 445, "share", "folder");
	expect("smb://files.example.com/share", "files.example.com", 445, "share", "");
	expect("smb://192.0.2.5:4450/share/", "192.0.2.5", 4450, "share", "");
	expect("smb://s:65535/c$/a/b c/d/", "s", 65535, "c$", "a/b c/d");
	expect("smb://s/share//a", "s", 445, "share", "a");
	expect("smb://s/my%20share/100%25/%C3%BC", "s", 445, "my share", "100%/\xc3\xbc");
	expect("smb://s/sh/\xc3\xbc@home;x", "s", 445, "sh", "\xc3\xbc@home;x");
}

static void test_what_is_no_share_is_refused(void)
{
	refuse("nfs://server/share", "a folder or smb://");
	refuse("SMB:/server/share", "a folder or smb://");
	refuse("\\\\server\\share", "a folder or smb://");
	refuse("smb://", "server's name");
	refuse("smb:///share", "server's name");
	refuse("smb://ser ver/share", "a share");
	refuse("smb://[::1]/share", "IPv6");
	refuse("smb://user:secret@server/share", "without a user");
	refuse("smb://server", "a share");
	refuse("smb://server/", "a share");
	refuse("smb://server//folder", "a share");
	refuse("smb://server\\share", "a share");
	refuse("smb://server/a?b", "a share");
	refuse("smb://server:/share", "port");
	refuse("smb://server:0/share", "port");
	refuse("smb://server:65536/share", "port");
	refuse("smb://server:99999999999999/share", "port");
	refuse("smb://server:44x/share", "a share");
}

static void test_odd_folders_are_refused(void)
{
	refuse("smb://s/share/../other", "folder");
	refuse("smb://s/share/a/.", "folder");
	refuse("smb://s/share/%2e%2e", "folder");
	refuse("smb://s/share/a//b", "folder");
	refuse("smb://s/share/a%2Fb", "folder");
	refuse("smb://s/share/a%5cb", "folder");
	refuse("smb://s/share/a%00", "folder");
	refuse("smb://s/share/a%4", "folder");
	refuse("smb://s/share/a%zz", "folder");
	refuse("smb://s/share/a\\b", "folder");
	refuse("smb://s/share/a?b", "folder");
	refuse("smb://s/share/a\nb", "folder");
}

static void test_parts_that_are_too_long_are_refused(void)
{
	char text[2048] = "smb://";
	memset(text + 6, 'a', 256);
	strcpy(text + 6 + 256, "/share");
	refuse(text, "server's name");
	strcpy(text, "smb://s/");
	memset(text + 8, 'b', 256);
	text[8 + 256] = '\0';
	refuse(text, "a share");
	strcpy(text, "smb://s/x/");
	memset(text + 10, 'c', 1024);
	text[10 + 1024] = '\0';
	refuse(text, "folder");
	text[10 + 1023] = '\0';
	struct smb_url url;
	CU_ASSERT_PTR_NULL(smb_url_parse(text, &url));
}

static void test_folders_are_no_urls(void)
{
	CU_ASSERT_FALSE(smb_url_is_url("/srv/certificates"));
	CU_ASSERT_FALSE(smb_url_is_url("smb:/x"));
	CU_ASSERT_TRUE(smb_url_is_url("smb://server/share"));
	CU_ASSERT_TRUE(smb_url_is_url("nfs://server/share"));
	CU_ASSERT_TRUE(smb_url_is_url("\\\\server\\share"));
}

static void expect_user(const char *text, const char *domain, const char *name)
{
	struct smb_url_user user;
	CU_ASSERT_TRUE_FATAL(smb_url_parse_user(text, &user));
	CU_ASSERT_STRING_EQUAL(user.domain, domain);
	CU_ASSERT_STRING_EQUAL(user.name, name);
}

static void test_users(void)
{
	expect_user(NULL, "", "");
	expect_user("reader", "", "reader");
	expect_user("EXAMPLE\\reader", "EXAMPLE", "reader");
	expect_user("reader@example.com", "", "reader@example.com");
}

static void test_odd_users_are_refused(void)
{
	struct smb_url_user user;
	char text[300];
	memset(text, 'u', 256);
	text[256] = '\0';
	CU_ASSERT_FALSE(smb_url_parse_user(text, &user));
	CU_ASSERT_FALSE(smb_url_parse_user("", &user));
	CU_ASSERT_FALSE(smb_url_parse_user("\\reader", &user));
	CU_ASSERT_FALSE(smb_url_parse_user("EXAMPLE\\", &user));
	CU_ASSERT_FALSE(smb_url_parse_user("A\\B\\c", &user));
}

int main(void)
{
	static CU_TestInfo tests[] = {
		{"URLs", test_urls},
		{"what is no share is refused", test_what_is_no_share_is_refused},
		{"odd folders are refused", test_odd_folders_are_refused},
		{"parts that are too long are refused", test_parts_that_are_too_long_are_refused},
		{"folders are no URLs", test_folders_are_no_urls},
		{"users", test_users},
		{"odd users are refused", test_odd_users_are_refused},
		CU_TEST_INFO_NULL,
	};
	return unit_run("smb_url", tests);
}
