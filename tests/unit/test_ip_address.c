/* SPDX-License-Identifier: BSD-3-Clause */
#include "ip_address.h"
#include "unit.h"

#include <errno.h>

static void expect_address(const char *text, const char *formatted)
{
	struct ip_address ip;
	char out[IP_ADDRESS_TEXT_SIZE];
	CU_ASSERT_EQUAL_FATAL(ip_address_parse(text, &ip), 0);
	CU_ASSERT_STRING_EQUAL(ip_address_format(&ip, out), formatted);
}

static void test_addresses_are_read_and_written(void)
{
	expect_address("192.0.2.1", "192.0.2.1");
	expect_address("0.0.0.0", "0.0.0.0");
	expect_address("255.255.255.255", "255.255.255.255");
	expect_address("2001:db8::1", "2001:db8::1");
	expect_address("[2001:db8::1]", "2001:db8::1");
	expect_address("2001:DB8:0:0:0:0:0:1", "2001:db8::1");
	expect_address("::", "::");
	expect_address("[::1]", "::1");
	expect_address("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

static void test_other_texts_are_refused(void)
{
	static const char *const texts[] = {"", " ", "1", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01",
		"192.0.2.1 ", " 192.0.2.1", "0x7f.0.0.1", "[192.0.2.1]", "[2001:db8::1", "2001:db8::1]", "[]", "[",
		"2001:db8::1::", "fe80::1%eth0", "12345::", "::ffff:192.0.2.1", "2001:db8::1/64", "www.example.com",
		"*", "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255.255.255.255]"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ip_address ip, before;
		memset(&before, 0xa5, sizeof(before));
		ip = before;
		CU_ASSERT_EQUAL(ip_address_parse(texts[i], &ip), -EINVAL);
		CU_ASSERT(ip_address_equal(&ip, &before));
	}
}

static void test_families(void)
{
	struct ip_address v4, v6;
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("192.0.2.1", &v4), 0);
	CU_ASSERT_EQUAL_FATAL(ip_address_parse("::192.0.2.1", &v6), 0);
	CU_ASSERT_TRUE(ip_address_is_v4(&v4));
	CU_ASSERT_FALSE(ip_address_is_v4(&v6));
	CU_ASSERT_FALSE(ip_address_equal(&v4, &v6));
	struct ip_address built = ip_address_from_v4((const uint8_t[]){192, 0, 2, 1});
	CU_ASSERT_TRUE(ip_address_equal(&v4, &built));
}

static void test_prefixes_are_read(void)
{
	struct ip_address ip;
	unsigned len;
	CU_ASSERT_EQUAL(ip_address_parse_prefix("192.0.2.1/24", &ip, &len), 0);
	CU_ASSERT_EQUAL(len, 24);
	CU_ASSERT_TRUE(ip_address_is_v4(&ip));
	CU_ASSERT_EQUAL(ip_address_parse_prefix("0.0.0.0/0", &ip, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
	CU_ASSERT_EQUAL(ip_address_parse_prefix("192.0.2.1/32", &ip, &len), 0);
	CU_ASSERT_EQUAL(ip_address_parse_prefix("2001:db8::1/128", &ip, &len), 0);
	CU_ASSERT_EQUAL(len, 128);
	CU_ASSERT_EQUAL(ip_address_parse_prefix("[2001:db8::1]/64", &ip, &len), 0);
	CU_ASSERT_EQUAL(len, 64);
}

static void test_other_prefixes_are_refused(void)
{
	static const char *const texts[] = {"", "/", "/24", "192.0.2.1", "192.0.2.1/", "192.0.2.1/33", "192.0.2.1/-1",
		"192.0.2.1/+1", "192.0.2.1/024", "192.0.2.1/24 ", "192.0.2.1/24/24", "192.0.2.1/4294967320",
		"2001:db8::1/129", "2001:db8::1/6a", "www.example.com/24",
		"[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255.255.255.255.255]/64"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct ip_address ip, before;
		unsigned len = 77;
		memset(&before, 0xa5, sizeof(before));
		ip = before;
		CU_ASSERT_EQUAL(ip_address_parse_prefix(texts[i], &ip, &len), -EINVAL);
		CU_ASSERT_TRUE(ip_address_equal(&ip, &before));
		CU_ASSERT_EQUAL(len, 77);
	}
}

static bool same(const char *a_text, const char *b_text, unsigned len)
{
	struct ip_address a, b;
	CU_ASSERT_EQUAL_FATAL(ip_address_parse(a_text, &a), 0);
	CU_ASSERT_EQUAL_FATAL(ip_address_parse(b_text, &b), 0);
	return ip_address_same_prefix(&a, &b, len);
}

static void test_same_prefix(void)
{
	CU_ASSERT_TRUE(same("192.0.2.1", "192.0.2.254", 24));
	CU_ASSERT_FALSE(same("192.0.2.1", "192.0.3.1", 24));
	CU_ASSERT_TRUE(same("192.0.2.1", "192.0.3.1", 23));
	CU_ASSERT_FALSE(same("192.0.2.1", "192.0.4.1", 22));
	CU_ASSERT_TRUE(same("192.0.2.1", "192.0.2.1", 32));
	CU_ASSERT_FALSE(same("192.0.2.1", "192.0.2.0", 32));
	CU_ASSERT_TRUE(same("192.0.2.1", "10.0.0.1", 0));
	CU_ASSERT_TRUE(same("2001:db8::1", "2001:db8::2", 64));
	CU_ASSERT_TRUE(same("2001:db8::1", "2001:db8::1", 128));
	CU_ASSERT_FALSE(same("2001:db8::1", "2001:db8:0:1::1", 64));
	CU_ASSERT_FALSE(same("2001:db8::1", "2001:db8::2", 127));
	CU_ASSERT_TRUE(same("2001:db8::2", "2001:db8::3", 127));
	CU_ASSERT_FALSE(same("::", "0.0.0.0", 0));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"addresses are read and written", test_addresses_are_read_and_written},
		{"other texts are refused", test_other_texts_are_refused},
		{"families", test_families},
		{"prefixes are read", test_prefixes_are_read},
		{"other prefixes are refused", test_other_prefixes_are_refused},
		{"same prefix", test_same_prefix},
		CU_TEST_INFO_NULL,
	};
	return unit_run("ip_address", tests);
}
