/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_extensions.h"
#include "unit.h"

#include <string.h>

static unsigned n_read;
static uint16_t last;

static enum tls_alert count(void *out, uint16_t type, struct bytes body)
{
	n_read++;
	last = type;
	*(size_t *)out += body.len;
	return type == 99 ? TLS_ALERT_UNSUPPORTED_EXTENSION : TLS_ALERT_NONE;
}

static enum tls_alert read_block(const char *octets, size_t len, size_t *out)
{
	n_read = 0;
	*out = 0;
	return tls_extensions_read((struct bytes){(const uint8_t *)octets, len}, count, out);
}

static void each_is_handed_on_in_order(void)
{
	size_t octets;
	CU_ASSERT_EQUAL(read_block("\0\1\0\0\0\7\0\2ab", 10, &octets), TLS_ALERT_NONE);
	CU_ASSERT(n_read == 2 && last == 7 && octets == 2);
	CU_ASSERT_EQUAL(read_block("", 0, &octets), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(n_read, 0);
}

static void the_readers_alert_ends_it(void)
{
	size_t octets;
	CU_ASSERT_EQUAL(read_block("\0\143\0\0\0\7\0\0", 8, &octets), TLS_ALERT_UNSUPPORTED_EXTENSION);
	CU_ASSERT_EQUAL(n_read, 1);
}

static void what_is_cut_twice_or_too_much_is_refused(void)
{
	static char many[4 * (TLS_EXTENSIONS_MAX + 1)];
	size_t octets;
	for (size_t len = 1; len < 10; len++)
		CU_ASSERT(len == 4 || read_block("\0\1\0\0\0\7\0\2ab", len, &octets) == TLS_ALERT_DECODE_ERROR);
	CU_ASSERT_EQUAL(read_block("\0\1\0\0\0\7\0\0\0\1\0\0", 12, &octets), TLS_ALERT_ILLEGAL_PARAMETER);
	for (size_t i = 0; i < sizeof(many); i += 4)
		memcpy(many + i, (char[]){1, (char)(i / 4), 0, 0}, 4);
	CU_ASSERT_EQUAL(read_block(many, sizeof(many) - 4, &octets), TLS_ALERT_NONE);
	CU_ASSERT_EQUAL(read_block(many, sizeof(many), &octets), TLS_ALERT_DECODE_ERROR);
}

static void a_server_answers_one_protocol(void)
{
	static const struct {
		const char *octets;
		size_t len;
	} bad[] = {{"\0\0", 2}, {"\0\1\0", 3}, {"\0\6\2h2\2h3", 8}, {"\0\3\2h2x", 6}, {"\0\3\3h2", 5}, {"\0", 1}};
	struct bytes protocol;
	CU_ASSERT_EQUAL(
		tls_extensions_protocol((struct bytes){(const uint8_t *)"\0\3\2h2", 5}, &protocol), TLS_ALERT_NONE);
	CU_ASSERT(protocol.len == 2 && memcmp(protocol.data, "h2", 2) == 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_EQUAL(
			tls_extensions_protocol((struct bytes){(const uint8_t *)bad[i].octets, bad[i].len}, &protocol),
			TLS_ALERT_DECODE_ERROR);
}

int main(void)
{
	CU_TestInfo tests[] = {{"each is handed on, in order", each_is_handed_on_in_order},
		{"the reader's alert ends it", the_readers_alert_ends_it},
		{"what is cut, twice, or too much is refused", what_is_cut_twice_or_too_much_is_refused},
		{"a server answers one protocol", a_server_answers_one_protocol}, CU_TEST_INFO_NULL};
	return unit_run("tls_extensions", tests);
}
