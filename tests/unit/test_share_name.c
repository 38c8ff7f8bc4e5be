/* SPDX-License-Identifier: BSD-3-Clause */
#include "share_name.h"
#include "unit.h"

#include <string.h>

static void check_key(const char *file, const char *key)
{
	struct share_name name;
	CU_ASSERT_EQUAL_FATAL(share_name_parse(file, &name), SHARE_NAME_HOST);
	CU_ASSERT_STRING_EQUAL(name.key.text, key);
}

static void check_no_key(const char *file, enum share_name_result expected)
{
	struct share_name name;
	CU_ASSERT_EQUAL(share_name_parse(file, &name), expected);
}

static void test_hosts(void)
{
	check_key("www.example.com.pfx", "www.example.com");
	check_key("WWW.Example.COM.PFX", "www.example.com");
	check_key("www.example.com.Pem", "www.example.com");
	check_key("xn--e1afmkfd.xn--p1ai.pfx", "xn--e1afmkfd.xn--p1ai");
	check_key("_dmarc.example.com.pfx", "_dmarc.example.com");
	check_key("localhost.pfx", "localhost");
}

static void test_wildcards(void)
{
	check_key("_.example.com.pfx", "*.example.com");
	check_key("_.com.pem", "*.com");
	check_no_key("*.example.com.pfx", SHARE_NAME_NOT_HOST);
	check_no_key("_._.example.com.pfx.txt", SHARE_NAME_IGNORED);
}

static void test_unicode(void)
{
	struct share_name name;
	CU_ASSERT_EQUAL_FATAL(share_name_parse("мороженое.рф.pfx", &name), SHARE_NAME_HOST);
	CU_ASSERT_STRING_EQUAL(name.key.text, "xn--e1aabxhdadn.xn--p1ai");
	CU_ASSERT_TRUE(name.is_unicode);
	check_no_key("\xff\xfe.example.com.pfx", SHARE_NAME_NOT_HOST);
}

static void test_ignored(void)
{
	check_no_key("", SHARE_NAME_IGNORED);
	check_no_key(".www.example.com.pfx", SHARE_NAME_IGNORED);
	check_no_key(".#www.example.com.pfx", SHARE_NAME_IGNORED);
	check_no_key("www.example.com.pfx~", SHARE_NAME_IGNORED);
	check_no_key("~$www.example.com.pfx", SHARE_NAME_IGNORED);
	check_no_key("www.example.com.pfx.tmp", SHARE_NAME_IGNORED);
	check_no_key("www.example.com.crt", SHARE_NAME_IGNORED);
	check_no_key("readme", SHARE_NAME_IGNORED);
}

static void test_not_hosts(void)
{
	char longest[300];
	memset(longest, 'a', sizeof(longest));
	strcpy(longest + sizeof(longest) - 5, ".pfx");
	check_no_key(longest, SHARE_NAME_NOT_HOST);
	check_no_key("two words.pfx", SHARE_NAME_NOT_HOST);
	check_no_key("www..example.com.pfx", SHARE_NAME_NOT_HOST);
	check_no_key("www.example.com..pfx", SHARE_NAME_NOT_HOST);
	check_no_key("192.0.2.1.pfx", SHARE_NAME_NOT_HOST);
	check_no_key("DNS=www.example.com.pfx", SHARE_NAME_NOT_HOST);
	check_no_key("_.pfx", SHARE_NAME_HOST);
}

static void test_format(void)
{
	char file[HOST_NAME_MAX_LEN + 8];
	share_name_format("www.example.com", false, file, sizeof(file));
	CU_ASSERT_STRING_EQUAL(file, "www.example.com.pfx");
	share_name_format("*.example.com", true, file, sizeof(file));
	CU_ASSERT_STRING_EQUAL(file, "_.example.com.pem");
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"host names in any case", test_hosts},
		{"_. is the wildcard, * is not", test_wildcards},
		{"U-labels become A-labels", test_unicode},
		{"dot-files and temporary files are ignored", test_ignored},
		{"what is no host name is told", test_not_hosts},
		{"a key's file name", test_format},
		CU_TEST_INFO_NULL,
	};
	return unit_run("share_name", tests);
}
