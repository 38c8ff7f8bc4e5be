/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_writer.h"
#include "unit.h"

#include <stdbool.h>
#include <string.h>

static uint8_t out[64];

static bool wrote(const struct tls_writer *writer, const char *octets, size_t len)
{
	return writer->at == len && memcmp(out, octets, len) == 0;
}

static void numbers_are_in_network_order(void)
{
	struct tls_writer writer = {out, 0};
	tls_writer_number(&writer, 0x010203, 3);
	tls_writer_numbers(&writer, (const uint16_t[]){0x0405, 0x0607}, 2);
	CU_ASSERT(wrote(&writer, "\1\2\3\4\5\6\7", 7));
}

static void a_length_counts_what_comes_after_it(void)
{
	struct tls_writer writer = {out, 0};
	const size_t outer = tls_writer_open(&writer, 3), inner = tls_writer_open(&writer, 1);
	tls_writer_octets(&writer, (struct bytes){(const uint8_t *)"ab", 2});
	tls_writer_octets(&writer, (struct bytes){0});
	tls_writer_close(&writer, inner, 1);
	tls_writer_close(&writer, outer, 3);
	CU_ASSERT(wrote(&writer, "\0\0\3\2ab", 6));
}

static void extensions_have_their_form(void)
{
	struct tls_writer writer = {out, 0};
	tls_writer_server_name(&writer, (struct bytes){(const uint8_t *)"a.b", 3});
	tls_writer_vector_extension(&writer, 16, (struct bytes){(const uint8_t *)"\2h2", 3});
	tls_writer_list_extension(&writer, 10, (const uint16_t[]){29, 23}, 2);
	CU_ASSERT(wrote(&writer, "\0\0\0\x08\0\6\0\0\3a.b\0\x10\0\5\0\3\2h2\0\x0a\0\6\0\4\0\x1d\0\x17", 31));
}

static void what_is_not_there_is_not_written(void)
{
	struct tls_writer writer = {out, 0};
	tls_writer_server_name(&writer, (struct bytes){0});
	tls_writer_vector_extension(&writer, 16, (struct bytes){0});
	CU_ASSERT_EQUAL(writer.at, 0);
}

int main(void)
{
	CU_TestInfo tests[] = {{"numbers are in network order", numbers_are_in_network_order},
		{"a length counts what comes after it", a_length_counts_what_comes_after_it},
		{"extensions have their form", extensions_have_their_form},
		{"what is not there is not written", what_is_not_there_is_not_written}, CU_TEST_INFO_NULL};
	return unit_run("tls_writer", tests);
}
