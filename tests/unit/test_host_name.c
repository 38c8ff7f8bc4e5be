/* SPDX-License-Identifier: BSD-3-Clause */
#include "host_name.h"
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LABEL_63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg"

static void expect_sni(const char *text, size_t len, enum host_name_result result, const char *key)
{
	struct host_name name;
	memset(&name, 0xa5, sizeof(name));
	CU_ASSERT_EQUAL(host_name_from_sni((const uint8_t *)text, len, &name), result);
	if (result != HOST_NAME_OK) {
		CU_ASSERT_EQUAL(name.len, 0xa5);
		return;
	}
	CU_ASSERT_EQUAL(name.len, strlen(key));
	CU_ASSERT_STRING_EQUAL(name.text, key);
}

static void test_sni_is_normalised(void)
{
	expect_sni("www.example.com", 15, HOST_NAME_OK, "www.example.com");
	expect_sni("WWW.eXample.COM", 15, HOST_NAME_OK, "www.example.com");
	expect_sni("www.example.com.", 16, HOST_NAME_OK, "www.example.com");
	expect_sni("_dmarc.example", 14, HOST_NAME_OK, "_dmarc.example");
	expect_sni("a--b.example", 12, HOST_NAME_OK, "a--b.example");
	expect_sni("localhost", 9, HOST_NAME_OK, "localhost");
	expect_sni("1.2.3", 5, HOST_NAME_OK, "1.2.3");
	expect_sni("192.0.2.256", 11, HOST_NAME_OK, "192.0.2.256");
	expect_sni("xn--e1afmkfd.xn--p1ai", 21, HOST_NAME_OK, "xn--e1afmkfd.xn--p1ai");
	expect_sni(NAME_253, 253, HOST_NAME_OK, NAME_253);
	expect_sni(NAME_253 ".", 254, HOST_NAME_OK, NAME_253);
}

static void test_odd_sni_is_refused(void)
{
	expect_sni("", 0, HOST_NAME_INVALID, "");
	expect_sni(".", 1, HOST_NAME_INVALID, "");
	expect_sni("..", 2, HOST_NAME_INVALID, "");
	expect_sni(".a", 2, HOST_NAME_INVALID, "");
	expect_sni("a..b", 4, HOST_NAME_INVALID, "");
	expect_sni("a..", 3, HOST_NAME_INVALID, "");
	expect_sni("*.example.com", 13, HOST_NAME_INVALID, "");
	expect_sni("a\0b", 3, HOST_NAME_INVALID, "");
	expect_sni("a\033[2J", 5, HOST_NAME_INVALID, "");
	expect_sni("../../etc/passwd", 16, HOST_NAME_INVALID, "");
	expect_sni("a b", 3, HOST_NAME_INVALID, "");
	expect_sni("\xd0\xbf.example", 10, HOST_NAME_INVALID, "");
	expect_sni("example.com:443", 15, HOST_NAME_INVALID, "");
	expect_sni(LABEL_63 "x.com", 68, HOST_NAME_INVALID, "");
	expect_sni(NAME_253 "x", 254, HOST_NAME_INVALID, "");
	expect_sni(NAME_253 "..", 255, HOST_NAME_INVALID, "");
	char huge[70000];
	memset(huge, 'a', sizeof(huge));
	expect_sni(huge, sizeof(huge), HOST_NAME_INVALID, "");
}

static void test_ip_literals(void)
{
	expect_sni("192.0.2.1", 9, HOST_NAME_IP_LITERAL, "");
	expect_sni("192.0.2.1.", 10, HOST_NAME_IP_LITERAL, "");
	expect_sni("2001:db8::1", 11, HOST_NAME_IP_LITERAL, "");
	expect_sni("[2001:db8::1]", 13, HOST_NAME_IP_LITERAL, "");
	expect_sni("::", 2, HOST_NAME_IP_LITERAL, "");
	expect_sni("2001:db8::1\0", 12, HOST_NAME_INVALID, "");
	expect_sni("[192.0.2.1]", 11, HOST_NAME_INVALID, "");
	expect_sni("[]", 2, HOST_NAME_INVALID, "");
}

static void expect_text(const char *text, enum host_name_result result, const char *key)
{
	struct host_name name;
	memset(&name, 0xa5, sizeof(name));
	CU_ASSERT_EQUAL(host_name_from_text(text, &name), result);
	if (result != HOST_NAME_OK) {
		CU_ASSERT_EQUAL(name.len, 0xa5);
		return;
	}
	CU_ASSERT_EQUAL(name.len, strlen(key));
	CU_ASSERT_STRING_EQUAL(name.text, key);
}

static void test_text_is_normalised(void)
{
	expect_text("WWW.Example.com.", HOST_NAME_OK, "www.example.com");
	expect_text("*.Example.com", HOST_NAME_OK, "*.example.com");
	expect_text("*.com", HOST_NAME_OK, "*.com");
	expect_text("_dmarc.example", HOST_NAME_OK, "_dmarc.example");
	expect_text("a--b.example", HOST_NAME_OK, "a--b.example");
	/* U-labels as in RFC 5891; the Russian example is the one IIS users have on their shares. */
	expect_text("мороженое.рф", HOST_NAME_OK, "xn--e1aabxhdadn.xn--p1ai");
	expect_text("МОРОЖЕНОЕ.рф", HOST_NAME_OK, "xn--e1aabxhdadn.xn--p1ai");
	expect_text("*.мороженое.рф", HOST_NAME_OK, "*.xn--e1aabxhdadn.xn--p1ai");
	expect_text("_dmarc.мороженое.рф", HOST_NAME_OK, "_dmarc.xn--e1aabxhdadn.xn--p1ai");
	expect_text("faß.de", HOST_NAME_OK, "xn--fa-hia.de");
	/* "é" composed and decomposed are one name (NFC). */
	expect_text("caf\xc3\xa9.fr", HOST_NAME_OK, "xn--caf-dma.fr");
	expect_text("cafe\xcc\x81.fr", HOST_NAME_OK, "xn--caf-dma.fr");
}

static void test_odd_text_is_refused(void)
{
	expect_text("", HOST_NAME_INVALID, "");
	expect_text("*", HOST_NAME_INVALID, "");
	expect_text("*.", HOST_NAME_INVALID, "");
	expect_text("*.*.com", HOST_NAME_INVALID, "");
	expect_text("www.*.com", HOST_NAME_INVALID, "");
	expect_text("w*.example.com", HOST_NAME_INVALID, "");
	expect_text("a..b", HOST_NAME_INVALID, "");
	expect_text("a b", HOST_NAME_INVALID, "");
	expect_text("\xff\xfe.com", HOST_NAME_INVALID, "");
	expect_text("\xe2\x98\xba\xe2\x80\x8d.com", HOST_NAME_INVALID, "");
	expect_text(NAME_253 "x", HOST_NAME_INVALID, "");
	expect_text("*." NAME_253, HOST_NAME_INVALID, "");
	expect_text("192.0.2.1", HOST_NAME_IP_LITERAL, "");
	expect_text("2001:db8::1", HOST_NAME_IP_LITERAL, "");
	char huge[5000];
	memset(huge, 0xd0, sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	expect_text(huge, HOST_NAME_INVALID, "");
}

/* Labels of 50 octets; of letters of two octets each if wide. */
static void make_name(char *out, size_t len, bool is_wide)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (char)(is_wide ? (i % 2 == 0 ? 0xc3 : 0xa9) : i % 51 == 50 && i + 1 < len ? '.' : 'a');
	out[len] = '\0';
}

/* A file on the share may have any name: what fills our buffers to the last octet, or would run over, is one octet
 * apart. */
static void test_text_around_the_size_of_the_buffers(void)
{
	char text[1100];
	struct host_name name;
	for (size_t len = 240; len < 300; len++) {
		make_name(text, len, false);
		bool fits = len <= HOST_NAME_MAX_LEN;
		CU_ASSERT_EQUAL(host_name_from_text(text, &name), fits ? HOST_NAME_OK : HOST_NAME_INVALID);
		make_name(text, len, true); /* one label, whose A-label is longer than 63 octets */
		CU_ASSERT_EQUAL(host_name_from_text(text, &name), HOST_NAME_INVALID);
	}
	for (size_t len = 235; len < 265; len++) {
		make_name(text, len, false);
		memcpy(text + len, ".\xc3\xa9", 4); /* "xn--9ca", seven octets */
		bool fits = len + 1 + 7 <= HOST_NAME_MAX_LEN;
		CU_ASSERT_EQUAL(host_name_from_text(text, &name), fits ? HOST_NAME_OK : HOST_NAME_INVALID);
	}
	make_name(text, 1020, false);
	expect_text(text, HOST_NAME_INVALID, "");
	/* Each of these is fine, "xn--" and 49 octets; five are longer than a name may be. */
	static const char label[] = "\xc3\xa9"
				    "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd";
	size_t len = 0;
	for (unsigned i = 1; i <= 8; i++) {
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i > 1 ? "." : "", label);
		CU_ASSERT_EQUAL(host_name_from_text(text, &name), i <= 5 ? HOST_NAME_OK : HOST_NAME_INVALID);
	}
}

static void expect_wildcard(const char *text, const char *wildcard)
{
	struct host_name name, out;
	memset(&out, 0xa5, sizeof(out));
	CU_ASSERT_EQUAL_FATAL(host_name_from_text(text, &name), HOST_NAME_OK);
	CU_ASSERT_EQUAL(host_name_wildcard_of(&name, &out), wildcard != NULL);
	if (wildcard == NULL) {
		CU_ASSERT_EQUAL(out.len, 0xa5);
		return;
	}
	CU_ASSERT_EQUAL(out.len, strlen(wildcard));
	CU_ASSERT_STRING_EQUAL(out.text, wildcard);
}

static void test_wildcard_of(void)
{
	expect_wildcard("a.b.c", "*.b.c");
	expect_wildcard("www.example.com", "*.example.com");
	expect_wildcard("a.b", "*.b");
	expect_wildcard(NAME_253,
		"*"
		"." LABEL_63 "." LABEL_63 ".aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffg");
	expect_wildcard("localhost", NULL);
	expect_wildcard("*.example.com", NULL);
}

static void test_equal(void)
{
	struct host_name a, b, c;
	CU_ASSERT_EQUAL_FATAL(host_name_from_text("a.example", &a), HOST_NAME_OK);
	CU_ASSERT_EQUAL_FATAL(host_name_from_text("A.example.", &b), HOST_NAME_OK);
	CU_ASSERT_EQUAL_FATAL(host_name_from_text("b.example", &c), HOST_NAME_OK);
	CU_ASSERT_TRUE(host_name_equal(&a, &b));
	CU_ASSERT_FALSE(host_name_equal(&a, &c));
	c = a;
	c.len--;
	CU_ASSERT_FALSE(host_name_equal(&a, &c));
}

int main(void)
{
	CU_TestInfo tests[] = {
		{"SNI is normalised", test_sni_is_normalised},
		{"odd SNI is refused", test_odd_sni_is_refused},
		{"IP literals", test_ip_literals},
		{"text is normalised", test_text_is_normalised},
		{"odd text is refused", test_odd_text_is_refused},
		{"text around the size of the buffers", test_text_around_the_size_of_the_buffers},
		{"the wildcard of a name", test_wildcard_of},
		{"equality", test_equal},
		CU_TEST_INFO_NULL,
	};
	return unit_run("host_name", tests);
}
