/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls_assembly.h"
#include "unit.h"

#include <string.h>

static struct tls_assembly assembly;
static char seen[64]; /* the last octet of each message, and "." where it ended its record */
static size_t stop_after;

static void set_up(void)
{
	assembly = (struct tls_assembly){0};
	memset(seen, 0, sizeof(seen));
	stop_after = SIZE_MAX;
}

static void tear_down(void)
{
	tls_assembly_fini(&assembly);
}

static bool note(void *context, struct bytes message, bool ends_record)
{
	(void)context;
	strncat(seen, (const char *)message.data + message.len - 1, 1);
	if (ends_record)
		strcat(seen, ".");
	return --stop_after > 0;
}

static enum tls_assembly_result messages(const char *octets, size_t len)
{
	return tls_assembly_messages(&assembly, (struct bytes){(const uint8_t *)octets, len}, note, NULL);
}

/* Two records, in pieces of every size; each comes out once and whole. */
static void records_come_out_whole(void)
{
	static const uint8_t stream[] = {22, 3, 3, 0, 3, 'a', 'b', 'c', 23, 3, 3, 0, 1, 'd', 20, 3, 3, 0, 0};
	for (size_t piece = 1; piece <= sizeof(stream); piece++) {
		char text[64] = "";
		tls_assembly_clear(&assembly);
		for (size_t at = 0; at < sizeof(stream); at += piece) {
			const size_t left = sizeof(stream) - at;
			const struct bytes input = {stream + at, piece < left ? piece : left};
			struct bytes record;
			size_t used = 0;
			while (tls_assembly_record(&assembly, input, &used, &record) == TLS13_RECORD_OK)
				strncat(text, (const char *)record.data + 5, record.len - 5), strcat(text, "|");
			CU_ASSERT_EQUAL(used, input.len);
		}
		CU_ASSERT_STRING_EQUAL(text, "abc|d||");
	}
}

static void what_is_no_record_is_refused_at_once(void)
{
	struct bytes record;
	size_t used = 0;
	const struct bytes piece = {(const uint8_t *)"HT", 2}, rest = {(const uint8_t *)"TP/1", 4};
	CU_ASSERT_EQUAL(tls_assembly_record(&assembly, piece, &used, &record), TLS13_RECORD_NEED_MORE);
	used = 0;
	CU_ASSERT_EQUAL(tls_assembly_record(&assembly, rest, &used, &record), TLS13_RECORD_NOT_TLS);
	tls_assembly_clear(&assembly);
	used = 0;
	const struct bytes large = {(const uint8_t *)"\x16\3\3\xff\xff", 5};
	CU_ASSERT_EQUAL(tls_assembly_record(&assembly, large, &used, &record), TLS13_RECORD_TOO_LONG);
}

static void messages_come_out_whole(void)
{
	CU_ASSERT_EQUAL(messages("\1\0\0\2ab\2\0\0\1c", 11), TLS_ASSEMBLY_OK);
	CU_ASSERT_STRING_EQUAL(seen, "bc.");
	CU_ASSERT_FALSE(tls_assembly_is_in_message(&assembly));
	CU_ASSERT_EQUAL(messages("\1\0\0\2d", 5), TLS_ASSEMBLY_OK);
	CU_ASSERT(tls_assembly_is_in_message(&assembly));
	CU_ASSERT_EQUAL(messages("e\1\0", 3), TLS_ASSEMBLY_OK);
	CU_ASSERT_STRING_EQUAL(seen, "bc.e");
	CU_ASSERT_EQUAL(messages("\0\1f", 3), TLS_ASSEMBLY_OK);
	CU_ASSERT_STRING_EQUAL(seen, "bc.ef.");
}

static void a_handler_that_has_enough_gets_no_more(void)
{
	stop_after = 1;
	CU_ASSERT_EQUAL(messages("\1\0\0\1a\2\0\0\1b", 10), TLS_ASSEMBLY_OK);
	CU_ASSERT_STRING_EQUAL(seen, "a");
}

static void a_message_that_claims_too_much_is_refused_by_its_header(void)
{
	CU_ASSERT_EQUAL(messages("\1\2\0\0", 4), TLS_ASSEMBLY_TOO_LONG);
	tls_assembly_clear(&assembly);
	CU_ASSERT_EQUAL(messages("\1\1\xff\xfc", 4), TLS_ASSEMBLY_OK); /* 128 KiB with its header */
	tls_assembly_clear(&assembly);
	CU_ASSERT_EQUAL(messages("\1", 1), TLS_ASSEMBLY_OK);
	CU_ASSERT_EQUAL(messages("\2\0\0", 3), TLS_ASSEMBLY_TOO_LONG);
	CU_ASSERT_STRING_EQUAL(seen, "");
}

int main(void)
{
	CU_TestInfo tests[] = {{"records come out whole", records_come_out_whole},
		{"what is no record is refused at once", what_is_no_record_is_refused_at_once},
		{"messages come out whole", messages_come_out_whole},
		{"a handler that has enough gets no more", a_handler_that_has_enough_gets_no_more},
		{"a message that claims too much is refused by its header",
			a_message_that_claims_too_much_is_refused_by_its_header},
		CU_TEST_INFO_NULL};
	return unit_run_each("tls_assembly", tests, set_up, tear_down);
}
